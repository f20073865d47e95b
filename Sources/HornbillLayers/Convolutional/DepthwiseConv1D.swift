public import HornbillCore

/// A convolution of each channel of a sequence by itself.
///
///     y[c · depthMultiplier + m] = activation(sum over window cells (x[c] · kernel[c, m]) + bias)
///
/// - Input: `(batch, steps, in)`, or channels first. Output: the same with `in · depthMultiplier` channels.
/// - Weights: `kernel` (k, in, depthMultiplier), `bias` (in · depthMultiplier) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/depthwise_conv1d.py`.
public struct DepthwiseConv1D: DepthwiseConvolutionLayer {
  public static let className = "DepthwiseConv1D"
  package static let spatialRank = 1

  package let arguments: DepthwiseConvolutionArguments

  /// Makes a depthwise convolution.
  ///
  /// Building a model throws ``LayerError`` when an extent or the multiplier is not above 0.
  public init(
    kernelSize: Int, strides: Int = 1, padding: Padding = .valid, depthMultiplier: Int = 1,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, activation: Activation = .linear,
    useBias: Bool = true, depthwiseInitializer: Initializer? = .glorotUniform(),
    biasInitializer: Initializer? = .zeros, depthwiseRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    depthwiseConstraint: Constraint? = nil, biasConstraint: Constraint? = nil
  ) {
    arguments = DepthwiseConvolutionArguments(
      depthMultiplier: depthMultiplier,
      window: WindowGeometry(
        size: [kernelSize], strides: [strides], dilations: [dilationRate],
        padding: padding, format: dataFormat),
      options: FilterOptions(
        activation: activation, useBias: useBias,
        kernels: [
          "depthwise": VariableOptions(
            depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint)
        ],
        bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint),
        activityRegularizer: activityRegularizer))
  }

  package init(arguments: DepthwiseConvolutionArguments) {
    self.arguments = arguments
  }
}
