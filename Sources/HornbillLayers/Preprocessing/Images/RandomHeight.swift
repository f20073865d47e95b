public import HornbillCore

/// The height of images changed at random; the identity at inference.
///
/// - Only Keras 1 and 2 have the layer.
/// - Input: images `(batch, height, width, channels)`. Output: the same, though its height counts as unknown. Weights: none.
/// - Source: Keras 2, `keras/src/layers/preprocessing/image_preprocessing.py`, `RandomHeight`.
public struct RandomHeight: ImageAugmentation {
  public static let className = "RandomHeight"
  package var castsImages: Bool { false }

  /// The change as a share of the height: a number, or the ends of its range.
  public let factor: AugmentationFactor
  /// How the cells between are found.
  public let interpolation: Interpolation
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?

  /// Makes a layer.
  public init(
    factor: AugmentationFactor, interpolation: Interpolation = .bilinear, seed: Int? = nil
  ) {
    self.factor = factor
    self.interpolation = interpolation
    self.seed = seed
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor")
    interpolation = try config.choice("interpolation", default: Interpolation.bilinear)
    seed = try config.seed()
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("factor", factor)
    config.set("interpolation", interpolation)
    config.set("seed", seed)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    var shape = try call.inputShape
    shape[try ImageAxes(rank: shape.rank, format: .channelsLast).height] = nil
    return [TensorSpec(shape, try call.input.dtype)]
  }
}
