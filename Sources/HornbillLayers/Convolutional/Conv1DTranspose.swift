public import HornbillCore

/// A transposed convolution over a sequence: the gradient of the convolution with the same arguments.
///
///     y[i · stride + k · dilation − before] += x[i] · kernel[k]
///
/// - Input: `(batch, steps, in)`, or channels first. Output: `filters` channels; along a spatial axis of extent n,
///   with K = (k − 1) · dilation + 1, `valid`: (n − 1) · stride + K + p where p is `outputPadding` or else max(K, stride) − K; `same`: n · stride,
///   or with `outputPadding` p: (n − 1) · stride + K mod 2 + p.
/// - Weights: `kernel` (k, filters, in), `bias` (filters) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/convolutional/conv1d_transpose.py`.
public struct Conv1DTranspose: TransposedConvolutionLayer {
  public static let className = "Conv1DTranspose"
  public static let aliases = ["Convolution1DTranspose"]
  package static let spatialRank = 1

  package let arguments: TransposedConvolutionArguments

  /// Makes a transposed convolution.
  public init(
    filters: Int, kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    outputPadding: Int? = nil, dataFormat: DataFormat = .channelsLast,
    dilationRate: Int = 1, activation: Activation = .linear, useBias: Bool = true
  ) {
    arguments = TransposedConvolutionArguments(
      filters: filters,
      window: WindowGeometry(
        size: [kernelSize], strides: [strides], dilations: [dilationRate],
        padding: padding, format: dataFormat),
      outputPadding: outputPadding.map { [$0] }, activation: activation, useBias: useBias)
  }

  package init(arguments: TransposedConvolutionArguments) {
    self.arguments = arguments
  }
}
