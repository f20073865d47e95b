public import HornbillCore

/// A convolution over a volume.
///
///     y = activation(sum over window cells and channels (x · kernel) + bias)
///
/// - Input: `(batch, depth, height, width, in)`, or `(batch, in, depth, height, width)` with channels first. Output: the same with `filters` channels.
/// - Weights: `kernel` (k1, k2, k3, in / groups, filters), `bias` (filters) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/conv3d.py`.
public struct Conv3D: ConvolutionLayer {
  public static let className = "Conv3D"
  public static let aliases = ["Convolution3D"]
  package static let spatialRank = 3

  package let arguments: ConvolutionArguments

  /// Makes a convolution.
  ///
  /// Building a model throws ``LayerError`` when `filters` or an extent is not above 0, or when `filters` is no multiple of `groups`.
  public init(
    filters: Int, kernelSize: (Int, Int, Int), strides: (Int, Int, Int) = (1, 1, 1),
    padding: Padding = .valid, dataFormat: DataFormat = .channelsLast,
    dilationRate: (Int, Int, Int) = (1, 1, 1), groups: Int = 1, activation: Activation = .linear,
    useBias: Bool = true, kernelInitializer: Initializer? = .glorotUniform(),
    biasInitializer: Initializer? = .zeros, kernelRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, biasConstraint: Constraint? = nil
  ) {
    arguments = ConvolutionArguments(
      filters: filters,
      window: WindowGeometry(
        size: [kernelSize.0, kernelSize.1, kernelSize.2],
        strides: [strides.0, strides.1, strides.2],
        dilations: [dilationRate.0, dilationRate.1, dilationRate.2],
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
