public import HornbillCore

/// The height of images changed at random; the identity at inference.
///
/// - Only Keras 1 and 2 have the layer.
/// - Input: images `(batch, height, width, channels)`. Output: the same, though its height counts as unknown. Weights: none.
/// - Source: Keras 2, `keras/src/layers/preprocessing/image_preprocessing.py`, `RandomHeight`.
public struct RandomHeight: ImageAugmentation {
  public static let className = "RandomHeight"
  package var castsImages: Bool { false }

  /// Makes a layer.
  public init() {}

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    var shape = try call.inputShape
    shape[try ImageAxes(rank: shape.rank, format: .channelsLast).height] = nil
    return [TensorSpec(shape, try call.input.dtype)]
  }
}
