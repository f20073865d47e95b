import HornbillCore

/// Brightness changed at random; the identity at inference.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same. Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/random_brightness.py`.
public struct RandomBrightness: ColorAugmentation {
  public static let className = "RandomBrightness"
  package static let leastFactor: Double = -1
  package var castsImages: Bool { arguments.isBeforeKeras3 }

  package let arguments: ColorArguments

  /// Makes a layer.
  ///
  /// - Parameters:
  ///   - factor: the change of brightness as a share of the range of colours, from −1 to 1.
  ///   - valueRange: the lowest and the highest colour.
  ///   - seed: the seed of the random numbers; `nil` for a new one.
  public init(
    factor: AugmentationFactor, valueRange: (Double, Double) = (0, 255), seed: Int? = nil
  ) {
    arguments = ColorArguments(
      factor: factor, valueRange: valueRange, seed: seed)
  }

  package init(arguments: ColorArguments) {
    self.arguments = arguments
  }
}
