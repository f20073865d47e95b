public import HornbillCore

/// A convolution of each channel of a sequence by itself, then one of all channels at each position.
///
///     y = activation(depthwise(x) · pointwise_kernel + bias)
///
/// - Input: `(batch, steps, in)`, or channels first. Output: the same with `filters` channels.
/// - Weights: `depthwise_kernel` (k, in, depthMultiplier), `pointwise_kernel` (1, in · depthMultiplier, filters),
///   `bias` (filters) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/separable_conv1d.py`.
public struct SeparableConv1D: SeparableConvolutionLayer {
  public static let className = "SeparableConv1D"
  public static let aliases = ["SeparableConvolution1D"]
  package static let spatialRank = 1

  /// The number of output channels.
  public let filters: Int
  package let arguments: DepthwiseConvolutionArguments

  /// Makes a separable convolution.
  public init(
    filters: Int, kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, depthMultiplier: Int = 1,
    activation: Activation = .linear, useBias: Bool = true
  ) {
    self.filters = filters
    arguments = DepthwiseConvolutionArguments(
      depthMultiplier: depthMultiplier,
      window: WindowGeometry(
        size: [kernelSize], strides: [strides], dilations: [dilationRate],
        padding: padding, format: dataFormat),
      activation: activation, useBias: useBias)
  }

  package init(filters: Int, arguments: DepthwiseConvolutionArguments) {
    self.filters = filters
    self.arguments = arguments
  }
}
