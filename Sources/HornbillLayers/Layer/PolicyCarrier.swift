/// A layer that makes layers inside itself, which have the types that it has.
///
/// A policy stands with the instance of a layer and not with the layer, so that those inside hear of it when the instance is made.
package protocol PolicyCarrier: Layer {
  /// The same layer with those that it has made itself of other types.
  func with(policy: DTypePolicy) -> Self
}
