import HornbillCore

/// The layouts of Keras 0.3 to 1.2.
///
/// Source: Keras 2.15, `keras/src/saving/legacy/hdf5_format.py`, `preprocess_weights_for_loading`, the branch for version 1;
/// where that is wrong for a layout that Keras 1 did write, the source of Keras 1.2.2 (`keras/layers/…`, `build`).
enum Keras1Weights {
  static func converted(
    _ arrays: [Tensor], _ layer: ConvertedLayer
  ) throws(LayerError) -> [Tensor] {
    switch layer.className {
    case "Conv1D":
      return replacing(arrays, 0, try convolution1D(arrays[0], layer))
    case "Conv2D" where layer.isChannelsFirst:
      return replacing(arrays, 0, arrays[0].transposed([2, 3, 1, 0]))
    case "Conv2DTranspose":
      let order = layer.isChannelsFirst ? [2, 3, 0, 1] : [0, 1, 3, 2]
      return replacing(arrays, 0, arrays[0].transposed(order))
    case "Conv3D" where layer.isChannelsFirst:
      return replacing(arrays, 0, arrays[0].transposed([2, 3, 4, 1, 0]))
    case "SeparableConv2D" where layer.isChannelsFirst && arrays.count >= 2:
      return [arrays[0], arrays[1]].map { $0.transposed([2, 3, 1, 0]) } + arrays.dropFirst(2)
    case "GRU" where arrays.count == 9:
      return try joined(arrays, gates: [0, 1, 2])
    case "LSTM" where arrays.count == 12:
      return try joined(arrays, gates: [0, 2, 1, 3])
    case "ConvLSTM2D" where arrays.count == 12:
      let plain =
        layer.isChannelsFirst ? arrays.map { $0.transposed([2, 3, 1, 0]) } : arrays
      return try joined(plain, gates: [0, 2, 1, 3])
    case "Highway" where arrays.count == 4 && arrays[1].rank == 1:
      // Keras 1.0 has W, b, W_carry, b_carry; 1.1 and later W, W_carry, b, b_carry.
      return [arrays[0], arrays[2], arrays[1], arrays[3]]
    case "PReLU", "SReLU", "ParametricSoftplus":
      return arrays.enumerated().map { index, array in
        layer.shape(index).flatMap(array.spread(to:)) ?? array
      }
    default:
      return arrays
    }
  }

  private static func replacing(_ arrays: [Tensor], _ index: Int, _ new: Tensor) -> [Tensor] {
    var result = arrays
    result[index] = new
    return result
  }

  /// A one-dimensional kernel, which Keras 1 keeps with an axis of extent 1: `(length, 1, in, out)` since 1.1.1,
  /// `(out, in, length, 1)` before.
  private static func convolution1D(
    _ kernel: Tensor, _ layer: ConvertedLayer
  ) throws(LayerError) -> Tensor {
    guard kernel.rank == 4, let shape = layer.shape(0), shape.count == 3 else { return kernel }
    var plain = kernel
    if Array(kernel.shape[..<2]) != [shape[0], 1] || kernel.shape[3] != shape[2] {
      guard kernel.shape[0] == shape[2], Array(kernel.shape[2...]) == [shape[0], 1] else {
        throw LayerError(
          .weights,
          "kernel of shape \(Shape(kernel.shape)) is none that Keras 1 wrote for \(Shape(shape))")
      }
      plain = kernel.transposed([2, 3, 1, 0])
    }
    return plain.reshaped([plain.shape[0], plain.shape[2], plain.shape[3]])
  }

  /// The arrays `W`, `U`, `b` of each gate as three arrays with the gates along the last axis.
  ///
  /// - Parameter gates: which gate of the file comes first, second, and so on.
  private static func joined(_ arrays: [Tensor], gates: [Int]) throws(LayerError) -> [Tensor] {
    var result: [Tensor] = []
    for kind in 0..<3 {
      let parts = gates.map { arrays[3 * $0 + kind] }
      guard let whole = Tensor.joined(parts) else {
        throw LayerError(
          .weights,
          "the gates' arrays differ in shape: \(parts.map { Shape($0.shape).description }.joined(separator: ", "))"
        )
      }
      result.append(whole)
    }
    return result
  }
}
