import HornbillCore

/// Colours inverted at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_invert.py`.
public struct RandomInvert: ColorAugmentation {
  public static let className = "RandomInvert"
  package static let defaultFactor: AugmentationFactor? = 1

  package let arguments: ColorArguments

  /// Makes a layer.
  ///
  /// - Parameters:
  ///   - factor: the share of images that are inverted, from 0 to 1.
  ///   - valueRange: the lowest and the highest colour.
  ///   - seed: the seed of the random numbers; `nil` for a new one.
  ///   - dataFormat: where the channels stand.
  public init(
    factor: AugmentationFactor = 1, valueRange: (Double, Double) = (0, 255), seed: Int? = nil,
    dataFormat: DataFormat = .channelsLast
  ) {
    arguments = ColorArguments(
      factor: factor, valueRange: valueRange, seed: seed, dataFormat: dataFormat)
  }

  package init(arguments: ColorArguments) {
    self.arguments = arguments
  }
}
