import HornbillCore

/// What an equation says of the scales of a quantized kernel and of quantized inputs.
///
/// Source: Keras 3, `keras/src/layers/core/einsum_dense.py`, `_analyze_quantization_info`, `_gptq_build`.
extension EinsumDenseShapes {
  /// The axes of an input of that rank that the result does not have.
  func summedAxes(rank: Int) throws(LayerError) -> [Int] {
    let (input, output) = try labels(rank: rank)
    return input.indices.filter { !output.contains(input[$0]) }
  }

  /// A tensor of the input's axes, of extent 1 where they are summed over, with the axes of the result.
  func aligned(_ scale: Value, in graph: inout GraphBuilder) throws(LayerError) -> Value {
    let (input, output) = try labels(rank: graph.rank(scale))
    let extents = graph.shape(scale)
    let kept = input.indices.filter { output.contains(input[$0]) }
    let flat = try graph.reshape(scale, to: kept.map { extents[$0] })
    let places = output.map { label in kept.firstIndex { input[$0] == label } }
    let arranged = try graph.transpose(flat, places.compactMap { $0 })
    return try graph.reshape(arranged, to: places.map { $0.map { extents[kept[$0]] } ?? 1 })
  }

  /// The shape of the scales of a kernel: the result's axes, of extent 1 where the kernel has none.
  func scaleShape(kernel shape: [Int], rank: Int) throws(LayerError) -> [Int] {
    try labels(rank: rank).output.map { label in
      guard case .letter(let letter) = label, let place = kernel.firstIndex(of: letter),
        place < shape.count
      else { return 1 }
      return shape[place]
    }
  }

  /// The extents of a kernel as a matrix, as the quantization takes it.
  func matrix(
    _ shape: [Int], of quantization: Quantization?
  ) throws(LayerError) -> (rows: Int, columns: Int) {
    let letters = Set(output.before + output.after)
    var rowAxes = shape.indices.filter { !letters.contains(kernel[$0]) }
    switch quantization?.scheme {
    case .gptq, .awq:
      guard shape.count == 2 || shape.count == 3 else {
        throw LayerError(
          .unsupported, "a kernel of shape \(Shape(shape)) cannot be quantized in groups")
      }
      let greatest = shape.firstIndex(of: shape.max() ?? 0) ?? 0
      rowAxes = shape.count == 2 || greatest == 0 ? [0] : [0, 1]
    default: break
    }
    let columnAxes = shape.indices.filter { !rowAxes.contains($0) }
    guard let rows = Shape.elementCount(rowAxes.map { shape[$0] }),
      let columns = Shape.elementCount(columnAxes.map { shape[$0] })
    else { throw LayerError(.shape, "shape \(Shape(shape)) has too many elements") }
    return (rows, columns)
  }

  private func labels(
    rank: Int
  ) throws(LayerError) -> (input: [Einsum.Label], output: [Einsum.Label]) {
    let covered = rank - input.before.count - input.after.count
    guard let inner = input.labels(rank: rank),
      let outer = output.labels(rank: output.before.count + output.after.count + covered)
    else {
      throw LayerError(.shape, "a tensor of \(rank) axes does not fit \"\(equation)\"")
    }
    return (inner, outer)
  }
}
