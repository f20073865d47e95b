public import HornbillCore

/// A convolution of each channel of an image by itself, then one of all channels at each position.
///
///     y = activation(depthwise(x) · pointwise_kernel + bias)
///
/// - Input: `(batch, height, width, in)`, or channels first. Output: the same with `filters` channels.
/// - Weights: `depthwise_kernel` (k1, k2, in, depthMultiplier), `pointwise_kernel` (1, 1, in · depthMultiplier, filters),
///   `bias` (filters) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/separable_conv2d.py`.
public struct SeparableConv2D: SeparableConvolutionLayer {
  public static let className = "SeparableConv2D"
  public static let aliases = ["SeparableConvolution2D"]
  package static let spatialRank = 2

  /// The number of output channels.
  public let filters: Int
  package let arguments: DepthwiseConvolutionArguments

  /// Makes a separable convolution.
  public init(
    filters: Int, kernelSize: (Int, Int), strides: (Int, Int) = (1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int) = (1, 1),
    depthMultiplier: Int = 1,
    activation: Activation = .linear, useBias: Bool = true
  ) {
    self.filters = filters
    arguments = DepthwiseConvolutionArguments(
      depthMultiplier: depthMultiplier,
      window: WindowGeometry(
        size: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1],
        dilations: [dilationRate.0, dilationRate.1],
        padding: padding, format: dataFormat),
      activation: activation, useBias: useBias)
  }

  package init(filters: Int, arguments: DepthwiseConvolutionArguments) {
    self.filters = filters
    self.arguments = arguments
  }
}
