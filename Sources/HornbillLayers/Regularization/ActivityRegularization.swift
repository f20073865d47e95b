public import HornbillCore

/// A penalty on activations in training; the identity at inference.
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/regularization/activity_regularization.py`.
public struct ActivityRegularization: InferenceIdentity {
  public static let className = "ActivityRegularization"

  /// The factor of the sum of absolute values.
  public let l1: Double
  /// The factor of the sum of squares.
  public let l2: Double

  /// Makes a penalty.
  public init(l1: Double = 0, l2: Double = 0) {
    self.l1 = l1
    self.l2 = l2
  }

  public init(config: LayerConfig) throws(LayerError) {
    l1 = try config.number("l1", default: 0)
    l2 = try config.number("l2", default: 0)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("l1", l1)
    config.set("l2", l2)
  }
}
