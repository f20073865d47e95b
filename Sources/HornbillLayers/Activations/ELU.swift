public import HornbillCore

/// An exponential linear unit.
///
///     y = x > 0: x; else alpha · (exp(x) − 1)
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/activations/elu.py`.
public struct ELU: ElementwiseActivation {
  public static let className = "ELU"

  /// The factor of the exponential part.
  public let alpha: Double

  /// Makes an exponential linear unit.
  public init(alpha: Double = 1) {
    self.alpha = alpha
  }

  public init(config: LayerConfig) throws(LayerError) {
    alpha = try config.number("alpha", default: 1)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("alpha", alpha)
  }

  package var function: Activation { .elu(alpha: alpha) }
}
