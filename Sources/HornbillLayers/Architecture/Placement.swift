package import HornbillCore

/// Where the variables of a layer of a new model come from.
package struct Placement: Sendable {
  /// The names that lead to the layer in the new model, the model's own name left out.
  package let path: [String]
  /// The layer of the old model, or the arrays that are made of its variables, in the order of the new layer's own.
  package let origin: Origin

  /// What a layer's variables are made of.
  package enum Origin: Sendable {
    /// The variables of a layer of the same structure.
    case layer(LayerInstance)
    /// One array for each variable that the new layer and the layers inside it have.
    case arrays([DerivedArray])
  }
}

/// An array that is made of one variable of a layer.
package struct DerivedArray: Sendable {
  /// The layer.
  package let layer: LayerInstance
  /// The variable's position among the layer's own.
  package let index: Int
  /// Makes the array.
  package let transform: @Sendable (Tensor) throws(LayerError) -> Tensor

  init(
    _ layer: LayerInstance, _ index: Int,
    _ transform: @escaping @Sendable (Tensor) throws(LayerError) -> Tensor = {
      (tensor) throws(LayerError) in tensor
    }
  ) {
    self.layer = layer
    self.index = index
    self.transform = transform
  }
}
