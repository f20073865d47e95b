import HornbillCore

/// Bits of colours dropped at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_posterization.py`.
public struct RandomPosterization: ColorAugmentation {
  public static let className = "RandomPosterization"
  package static let leastFactor: Double = 1

  package let arguments: ColorArguments

  /// Makes a layer.
  ///
  /// - Parameters:
  ///   - factor: the number of bits that stay, from 1 to 8.
  ///   - valueRange: the lowest and the highest colour.
  ///   - dataFormat: where the channels stand.
  ///   - seed: the seed of the random numbers; `nil` for a new one.
  public init(
    factor: AugmentationFactor, valueRange: (Double, Double) = (0, 255),
    dataFormat: DataFormat = .channelsLast, seed: Int? = nil
  ) {
    arguments = ColorArguments(
      factor: factor, valueRange: valueRange, seed: seed, dataFormat: dataFormat)
  }

  package init(arguments: ColorArguments) {
    self.arguments = arguments
  }
}
