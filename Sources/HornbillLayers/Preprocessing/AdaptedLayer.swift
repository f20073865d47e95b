/// A layer that `adapt` teaches, and for which `.h5` files of Keras 2 may hold arrays that are none of its weights: what was
/// learned so far, or the weights of a vocabulary.
package protocol AdaptedLayer: Layer {}
