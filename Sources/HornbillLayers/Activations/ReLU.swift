public import HornbillCore

/// A rectifier with a ceiling, a slope below and a threshold.
///
///     y = x ≥ maxValue: maxValue; x ≥ threshold: x; else negativeSlope · (x − threshold)
///
/// - Input: any shape. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/activations/relu.py`.
public struct ReLU: ElementwiseActivation {
  public static let className = "ReLU"

  /// The ceiling, if there is one.
  public let maxValue: Double?
  /// The slope below the threshold.
  public let negativeSlope: Double
  /// Where the rectifier begins to pass its input.
  public let threshold: Double

  /// Makes a rectifier.
  public init(maxValue: Double? = nil, negativeSlope: Double = 0, threshold: Double = 0) {
    self.maxValue = maxValue
    self.negativeSlope = negativeSlope
    self.threshold = threshold
  }

  public init(config: LayerConfig) throws(LayerError) {
    maxValue = try config.optionalNumber("max_value")
    negativeSlope = try config.number("negative_slope", default: 0)
    threshold = try config.number("threshold", default: 0)
    if let maxValue, maxValue < 0 {
      throw config.invalid("max_value", expected: "a number of at least 0")
    }
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("max_value", maxValue)
    config.set("negative_slope", negativeSlope)
    config.set("threshold", threshold)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    if let maxValue, maxValue < 0 {
      throw LayerError(
        .configuration, "maxValue: expected a number of at least 0, found \(maxValue)")
    }
    return [try call.input]
  }

  package var function: Activation {
    .relu(negativeSlope: negativeSlope, maximum: maxValue, threshold: threshold)
  }
}
