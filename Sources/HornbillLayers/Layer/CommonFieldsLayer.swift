/// A layer whose Python constructor does not take the fields that every layer has, or not every value of them.
package protocol CommonFieldsLayer: Layer {
  /// The fields among `trainable`, `dtype` and `activity_regularizer` that the constructor refuses.
  var refusedFields: [String] { get }

  /// The types that the constructor takes instead of others.
  func statedPolicy(_ policy: DTypePolicy) -> DTypePolicy
}

extension CommonFieldsLayer {
  package var refusedFields: [String] { [] }

  package func statedPolicy(_ policy: DTypePolicy) -> DTypePolicy { policy }
}
