import HornbillCore

/// What becomes of category numbers.
public enum CategoryOutput: String, Sendable, Hashable, CaseIterable {
  /// They stay.
  case int
  /// A vector for each number, 1 at its place.
  case oneHot = "one_hot"
  /// One vector for all numbers of a sample, 1 at the place of each.
  case multiHot = "multi_hot"
  /// One vector for all numbers of a sample, at each place how often its number is there.
  case count
  /// As ``count``, times the weight of each place.
  case tfIDF = "tf_idf"
}

extension CategoryOutput {
  /// Makes sure that a layer made in Swift has a mode of its own.
  func check(allowed: [CategoryOutput]) throws(LayerError) {
    guard allowed.contains(self) else {
      let expected = allowed.map { "\($0)" }.joined(separator: " or ")
      throw LayerError(.configuration, "outputMode: expected \(expected), found \(self)")
    }
  }

  /// The shape of encoded category numbers.
  ///
  /// Source: Keras 3, `keras/src/layers/preprocessing/index_lookup.py`, `compute_output_shape`.
  func outputShape(of input: Shape, depth: Int?) -> Shape {
    if self == .int { return input }
    if input.rank == 0 { return [depth] }
    let keepsLast = self == .oneHot && (input.rank == 1 || input[-1] != 1)
    return Shape((keepsLast ? input.dimensions : input.dimensions.dropLast()) + [depth])
  }
}

extension GraphBuilder {
  /// Category numbers as vectors; numbers outside `0 ..< depth` have no place.
  ///
  /// A tensor of more than two axes is one sample along axis 1, as in Keras 3.
  ///
  /// - Parameter amounts: what each number counts, of the shape of the numbers; 1 when absent.
  ///
  /// Source: Keras 3, `keras/src/utils/numerical_utils.py`, `encode_categorical_inputs`.
  mutating func encoded(
    _ numbers: Value, as output: CategoryOutput, depth: Int, dtype: DType, amounts: Value? = nil
  ) throws(LayerError) -> Value {
    if output == .int { return try cast(numbers, to: dtype) }
    var ids = try cast(numbers, to: .int64)
    if rank(ids) == 0 { ids = try expand(ids, axis: 0) }
    var amounts = amounts
    var lead: [Int]
    if output == .oneHot {
      lead = shape(ids)
      if lead.count > 1, lead.last == 1 { lead.removeLast() }
      amounts = nil
    } else {
      let axis = min(1, rank(ids) - 1)
      ids = try moveAxis(ids, from: axis, to: -1)
      if let given = amounts { amounts = try moveAxis(given, from: axis, to: -1) }
      lead = Array(shape(ids).dropLast())
    }
    guard let count = Shape.elementCount(shape(ids)), let rows = Shape.elementCount(lead) else {
      throw LayerError(.shape, "shape \(Shape(shape(ids))) has too many elements")
    }
    let width = rows == 0 ? 0 : count / rows
    let row = Tensor(
      shape: [count, 1], integers: (0..<count).map { Int64(width == 0 ? 0 : $0 / width) })
    let places = try concatenate([constant(row), reshape(ids, to: [count, 1])], axis: 1)
    let base = try full(0, shape: [rows, depth], dtype)
    let updates: Value
    if let amounts {
      updates = try cast(reshape(amounts, to: [count]), to: dtype)
    } else {
      updates = try full(1, shape: [count], dtype)
    }
    let isSum = output == .count || output == .tfIDF
    let result = try scatter(isSum ? .add : .update, base, places, updates)
    return try reshape(result, to: lead + [depth])
  }

  /// Ones in the shape of category numbers; when the graph runs, a number outside `0 ..< limit` is an error.
  mutating func ones(
    forNumbers numbers: Value, below limit: Int, dtype: DType
  ) throws(LayerError) -> Value {
    try gather(full(1, shape: [limit], dtype), numbers, axis: 0)
  }
}
