public import HornbillCore

/// A convolution of each channel of an image by itself.
///
///     y[c · depthMultiplier + m] = activation(sum over window cells (x[c] · kernel[c, m]) + bias)
///
/// - Input: `(batch, height, width, in)`, or channels first. Output: the same with `in · depthMultiplier` channels.
/// - Weights: `kernel` (k1, k2, in, depthMultiplier), `bias` (in · depthMultiplier) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/depthwise_conv2d.py`.
public struct DepthwiseConv2D: DepthwiseConvolutionLayer {
  public static let className = "DepthwiseConv2D"
  package static let spatialRank = 2

  package let arguments: DepthwiseConvolutionArguments

  /// Makes a depthwise convolution.
  ///
  /// Building a model throws ``LayerError`` when an extent or the multiplier is not above 0.
  public init(
    kernelSize: (Int, Int), strides: (Int, Int) = (1, 1), padding: Padding = .valid,
    depthMultiplier: Int = 1, dataFormat: DataFormat = .channelsLast,
    dilationRate: (Int, Int) = (1, 1), activation: Activation = .linear, useBias: Bool = true,
    depthwiseInitializer: Initializer? = .glorotUniform(), biasInitializer: Initializer? = .zeros,
    depthwiseRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, depthwiseConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil
  ) {
    arguments = DepthwiseConvolutionArguments(
      depthMultiplier: depthMultiplier,
      window: WindowGeometry(
        size: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1],
        dilations: [dilationRate.0, dilationRate.1],
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
