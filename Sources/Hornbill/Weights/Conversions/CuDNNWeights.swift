import HornbillCore
import HornbillLayers

/// The layouts of cuDNN's recurrent layers and of the plain ones, each into the other.
///
/// A cuDNN input kernel holds each gate's block as its transpose read row by row; a recurrent kernel holds each gate's block
/// transposed; the biases of input and recurrence are apart.
///
/// Source: Keras 2.15, `keras/src/saving/legacy/hdf5_format.py`, `_convert_rnn_weights`.
enum CuDNNWeights {
  static func converted(
    _ arrays: [Tensor], _ layer: ConvertedLayer
  ) throws(LayerError) -> [Tensor] {
    let gates: Int
    switch layer.className {
    case "LSTM", "CuDNNLSTM": gates = 4
    case "GRU", "CuDNNGRU": gates = 3
    default: return arrays
    }
    guard arrays.count == 3, arrays[0].rank == 2, arrays[1].rank == 2 else { return arrays }
    let units = arrays[1].shape[0]
    let (width, overflow) = units.multipliedReportingOverflow(by: 2 * gates)
    guard !overflow, arrays[1].shape[1] == width / 2, arrays[0].shape[1] == width / 2 else {
      return arrays
    }
    let isStoredByCuDNN = arrays[2].shape == [width]
    let isWantedByCuDNN = layer.className.hasPrefix("CuDNN")
    let isPlainPair = arrays[2].shape == [2, width / 2]
    guard isStoredByCuDNN || isPlainPair || arrays[2].shape == [width / 2] else {
      throw LayerError(
        .weights,
        "bias of shape \(Shape(arrays[2].shape)) fits no recurrent layer of \(units) units")
    }
    if gates == 3 {
      try checkReset(isCoupled: !(isStoredByCuDNN || isPlainPair), layer, width: width)
    }
    guard isStoredByCuDNN != isWantedByCuDNN else { return arrays }
    if isStoredByCuDNN { return try (gates == 4 ? CuDNNLayout.lstm : .gru).converted(arrays) }
    return [
      inputKernel(arrays[0], gates: gates), recurrentKernel(arrays[1], gates: gates),
      gates == 4 ? arrays[2].halved : arrays[2].reshaped([width]),
    ]
  }

  /// A GRU that resets before the recurrent product computes another function than one that resets after it.
  private static func checkReset(
    isCoupled: Bool, _ layer: ConvertedLayer, width: Int
  ) throws(LayerError) {
    let wanted = layer.expected.last?.shape
    let wantsCoupled = layer.className == "GRU" && wanted == [width / 2]
    guard isCoupled != wantsCoupled, wanted != nil else { return }
    let kinds = [true: "reset_after=False", false: "reset_after=True or cuDNN"]
    throw LayerError(
      .weights,
      "the weights are those of a GRU with \(kinds[isCoupled] ?? ""), the layer is one with \(kinds[wantsCoupled] ?? "")"
    )
  }

  /// Each gate's block, transposed and read row by row.
  private static func inputKernel(_ kernel: Tensor, gates: Int) -> Tensor {
    let (rows, columns) = (kernel.shape[0], kernel.shape[1])
    let units = columns / gates
    return kernel.picked(shape: kernel.shape) { place in
      let (row, column) = (place / columns, place % columns)
      let inside = row * units + column % units
      return (inside % rows) * columns + column / units * units + inside / rows
    }
  }

  private static func recurrentKernel(_ kernel: Tensor, gates: Int) -> Tensor {
    let columns = kernel.shape[1]
    let units = columns / gates
    return kernel.picked(shape: kernel.shape) { place in
      let (row, column) = (place / columns, place % columns)
      return (column % units) * columns + (column / units) * units + row
    }
  }
}
