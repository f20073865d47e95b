public import HornbillCore

/// A transposed convolution over a volume: the gradient of the convolution with the same arguments.
///
///     y[i · stride + k · dilation − before] += x[i] · kernel[k]
///
/// - Input: `(batch, depth, height, width, in)`, or channels first. Output: `filters` channels; along a spatial axis of extent n,
///   with K = (k − 1) · dilation + 1, `valid`: (n − 1) · stride + K + p where p is `outputPadding` or else max(K, stride) − K; `same`: n · stride,
///   or with `outputPadding` p: (n − 1) · stride + K mod 2 + p.
/// - Weights: `kernel` (k1, k2, k3, filters, in), `bias` (filters) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/conv3d_transpose.py`.
public struct Conv3DTranspose: TransposedConvolutionLayer {
  public static let className = "Conv3DTranspose"
  public static let aliases = ["Convolution3DTranspose"]
  package static let spatialRank = 3

  package let arguments: TransposedConvolutionArguments

  /// Makes a transposed convolution.
  ///
  /// Building a model throws ``LayerError`` when `filters` or an extent is not above 0.
  public init(
    filters: Int, kernelSize: (Int, Int, Int), strides: (Int, Int, Int) = (1, 1, 1),
    padding: Padding = .valid, outputPadding: (Int, Int, Int)? = nil,
    dataFormat: DataFormat = .channelsLast, dilationRate: (Int, Int, Int) = (1, 1, 1),
    activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil
  ) {
    arguments = TransposedConvolutionArguments(
      filters: filters,
      window: WindowGeometry(
        size: [kernelSize.0, kernelSize.1, kernelSize.2],
        strides: [strides.0, strides.1, strides.2],
        dilations: [dilationRate.0, dilationRate.1, dilationRate.2],
        padding: padding, format: dataFormat),
      outputPadding: outputPadding.map { [$0.0, $0.1, $0.2] },
      options: FilterOptions(
        activation: activation, useBias: useBias,
        kernels: [
          "kernel": VariableOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
        ],
        bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint),
        activityRegularizer: activityRegularizer))
  }

  package init(arguments: TransposedConvolutionArguments) {
    self.arguments = arguments
  }
}
