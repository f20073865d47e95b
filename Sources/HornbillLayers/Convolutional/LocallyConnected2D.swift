public import HornbillCore

/// A convolution over an image with a kernel of its own at each position.
///
///     y[p] = activation(sum over window cells and channels (x · kernel[p]) + bias[p])
///
/// - Input: `(batch, height, width, in)`, or channels first, with known extents. Output: `filters` channels.
/// - Weights: `kernel`, by implementation: 1: (positions, k1 · k2 · in, filters); 2: (input, output) without their batches; 3: the values that windows
///   reach, by output cell, then input cell. `bias` (positions…, filters) unless `useBias` is false.
/// - Source: Keras 2, `keras/src/layers/locally_connected/locally_connected2d.py`; Keras 3 does not have the class.
public struct LocallyConnected2D: LocallyConnectedLayer {
  public static let className = "LocallyConnected2D"
  package static let spatialRank = 2

  package let arguments: LocallyConnectedArguments

  /// Makes a layer that stores a kernel for each position (implementation 1).
  public init(
    filters: Int, kernelSize: (Int, Int), strides: (Int, Int) = (1, 1),
    dataFormat: DataFormat = .channelsLast, activation: Activation = .linear, useBias: Bool = true
  ) {
    arguments = LocallyConnectedArguments(
      filters: filters,
      window: WindowGeometry(
        size: [kernelSize.0, kernelSize.1], strides: [strides.0, strides.1], format: dataFormat),
      storage: .perPosition, activation: activation, useBias: useBias)
  }

  package init(arguments: LocallyConnectedArguments) {
    self.arguments = arguments
  }
}
