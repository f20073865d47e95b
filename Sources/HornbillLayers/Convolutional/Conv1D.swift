public import HornbillCore

/// A convolution over a sequence.
///
///     y = activation(sum over window cells and channels (x · kernel) + bias)
///
/// - Input: `(batch, steps, in)`, or `(batch, in, steps)` with channels first. Output: the same with `filters` channels.
/// - Weights: `kernel` (k, in / groups, filters), `bias` (filters) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/conv1d.py`.
public struct Conv1D: ConvolutionLayer {
  public static let className = "Conv1D"
  public static let aliases = ["Convolution1D"]
  package static let spatialRank = 1

  package let arguments: ConvolutionArguments

  /// Makes a convolution.
  ///
  /// Building a model throws ``LayerError`` when `filters` or an extent is not above 0, or when `filters` is no multiple of `groups`.
  public init(
    filters: Int, kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, dilationRate: Int = 1, groups: Int = 1,
    activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil
  ) {
    arguments = ConvolutionArguments(
      filters: filters,
      window: WindowGeometry(
        size: [kernelSize], strides: [strides], dilations: [dilationRate],
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
