public import HornbillCore

/// Images blurred at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_gaussian_blur.py`.
public struct RandomGaussianBlur: ImageAugmentation {
  public static let className = "RandomGaussianBlur"

  /// The share of images that are blurred, from 0 to 1.
  public let factor: AugmentationFactor
  /// The extents of the blur.
  public let kernelSize: (Int, Int)
  /// The standard deviation of the blur.
  public let sigma: AugmentationFactor
  /// The lowest and the highest colour.
  public let valueRange: (Double, Double)
  /// The seed of the random numbers; `nil` for a new one.
  public let seed: Int?
  package let images: ImageFields

  /// Makes a layer.
  public init(
    factor: AugmentationFactor = 1, kernelSize: (Int, Int) = (3, 3), sigma: AugmentationFactor = 1,
    valueRange: (Double, Double) = (0, 255), dataFormat: DataFormat = .channelsLast,
    seed: Int? = nil
  ) {
    self.factor = factor
    self.kernelSize = kernelSize
    self.sigma = sigma
    self.valueRange = valueRange
    self.seed = seed
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    factor = try config.factor("factor", default: 1)
    let size = try config.extents("kernel_size", axes: 2, default: 3)
    kernelSize = (size[0], size[1])
    sigma = try config.factor("sigma", default: 1)
    valueRange = try config.colours()
    seed = try config.seed()
    images = try ImageFields(config: config)
  }

  package func check() throws(LayerError) {
    try LayerError.check(positive: [kernelSize.0, kernelSize.1], "kernelSize")
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("factor", factor, least: 0)
    config.set("kernel_size", [kernelSize.0, kernelSize.1])
    config.set("sigma", sigma, least: 0)
    config.set("value_range", colours: valueRange)
    config.set("seed", seed)
  }
}
