public import HornbillCore

/// A convolution over an image.
///
///     y = activation(sum over window cells and channels (x · kernel) + bias)
///
/// - Input: `(batch, height, width, in)`, or `(batch, in, height, width)` with channels first. Output: the same with `filters` channels.
/// - Weights: `kernel` (k1, k2, in / groups, filters), `bias` (filters) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/conv2d.py`.
public struct Conv2D: ConvolutionLayer {
  public static let className = "Conv2D"
  public static let aliases = ["Convolution2D"]
  package static let spatialRank = 2

  package let arguments: ConvolutionArguments

  /// Makes a convolution.
  ///
  /// Building a model throws ``LayerError`` when `filters` or an extent is not above 0, or when `filters` is no multiple of `groups`.
  public init(
    filters: Int, kernelSize: (Int, Int), strides: (Int, Int) = (1, 1), padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int) = (1, 1), groups: Int = 1,
    activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil
  ) {
    arguments = ConvolutionArguments(
      filters: filters,
      window: WindowGeometry(
        size: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1],
        dilations: [dilationRate.0, dilationRate.1],
        padding: padding, format: dataFormat),
      groups: groups,
      options: FilterOptions(
        activation: activation, useBias: useBias,
        kernels: [
          "kernel": VariableOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
        ],
        bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint),
        activityRegularizer: activityRegularizer))
  }

  package init(arguments: ConvolutionArguments) {
    self.arguments = arguments
  }
}
