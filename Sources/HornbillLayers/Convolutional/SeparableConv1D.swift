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
  ///
  /// Building a model throws ``LayerError`` when `filters`, an extent or the multiplier is not above 0.
  public init(
    filters: Int, kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, depthMultiplier: Int = 1,
    activation: Activation = .linear, useBias: Bool = true,
    depthwiseInitializer: Initializer? = .glorotUniform(),
    pointwiseInitializer: Initializer? = .glorotUniform(), biasInitializer: Initializer? = .zeros,
    depthwiseRegularizer: Regularizer? = nil, pointwiseRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    depthwiseConstraint: Constraint? = nil, pointwiseConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil
  ) {
    self.filters = filters
    arguments = DepthwiseConvolutionArguments(
      depthMultiplier: depthMultiplier,
      window: WindowGeometry(
        size: [kernelSize], strides: [strides], dilations: [dilationRate],
        padding: padding, format: dataFormat),
      options: FilterOptions(
        activation: activation, useBias: useBias,
        kernels: [
          "depthwise": VariableOptions(
            depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint),
          "pointwise": VariableOptions(
            pointwiseInitializer, pointwiseRegularizer, pointwiseConstraint),
        ],
        bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint),
        activityRegularizer: activityRegularizer))
  }

  package init(filters: Int, arguments: DepthwiseConvolutionArguments) {
    self.filters = filters
    self.arguments = arguments
  }
}
