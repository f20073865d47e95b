public import HornbillCore

/// A convolution over a sequence with a kernel of its own at each position.
///
///     y[p] = activation(sum over window cells and channels (x · kernel[p]) + bias[p])
///
/// - Input: `(batch, steps, in)`, or channels first, with known extents. Output: `filters` channels.
/// - Weights: `kernel`, by implementation: 1: (positions, k · in, filters); 2: (input, output) without their batches; 3: the values that windows
///   reach, by output cell, then input cell. `bias` (positions…, filters) unless `useBias` is false.
/// - Source: Keras 2, `keras/src/layers/locally_connected/locally_connected1d.py`; Keras 3 does not have the class.
public struct LocallyConnected1D: LocallyConnectedLayer {
  public static let className = "LocallyConnected1D"
  package static let spatialRank = 1

  package let arguments: LocallyConnectedArguments

  /// Makes a layer.
  ///
  /// Building a model throws ``LayerError`` when `filters`, an extent or a stride is not above 0, or when the padding is none that
  /// the implementation has: a kernel for each position allows ``Padding/valid`` only.
  public init(
    filters: Int, kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    dataFormat: DataFormat = .channelsLast, activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil, implementation: LocalKernelStorage = .perPosition
  ) {
    arguments = LocallyConnectedArguments(
      filters: filters,
      window: WindowGeometry(
        size: [kernelSize], strides: [strides], padding: padding,
        format: dataFormat),
      storage: implementation,
      options: FilterOptions(
        activation: activation, useBias: useBias,
        kernels: [
          "kernel": VariableOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
        ],
        bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint),
        activityRegularizer: activityRegularizer))
  }

  package init(arguments: LocallyConnectedArguments) {
    self.arguments = arguments
  }
}
