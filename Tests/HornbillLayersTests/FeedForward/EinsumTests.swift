import HornbillCore
import HornbillLayers
import HornbillReference
import Testing

/// Sums of products against the definition, computed index by index.
@Suite struct EinsumTests {
  static let cases: [(equation: String, shapes: [[Int]])] = [
    ("ab,bc->ac", [[2, 3], [3, 4]]),
    ("ab,cb->ac", [[2, 3], [4, 3]]),
    ("ba,bc->ca", [[3, 2], [3, 4]]),
    ("abc,cde->abde", [[2, 3, 4], [4, 2, 5]]),
    ("abcd,cde->abe", [[2, 2, 3, 4], [3, 4, 2]]),
    ("aecd,abcd->acbe", [[2, 3, 2, 4], [2, 5, 2, 4]]),
    ("ii->i", [[3, 3]]),
    ("ii", [[3, 3]]),
    ("ijij->ji", [[2, 3, 2, 3]]),
    ("ab->", [[2, 3]]),
    ("ba", [[2, 3]]),
    ("ab,cd->acbd", [[2, 3], [2, 2]]),
    ("a,a->a", [[4], [4]]),
    ("ab,bc,cd->da", [[2, 3], [3, 2], [2, 4]]),
    ("iab,bc->ac", [[3, 2, 2], [2, 3]]),
  ]

  @Test(arguments: cases) func definition(equation: String, shapes: [[Int]]) throws {
    let tensors = shapes.enumerated().map { index, shape in
      Tensor(
        shape: shape,
        (0..<shape.reduce(1, *)).map { Float(($0 * 7 + index * 3) % 11) - 5 })
    }
    #expect(agree(try evaluate(equation, tensors).doubles, Self.sum(equation, tensors)))
  }

  @Test func ellipsisBroadcasts() throws {
    let a = counting(2, 1, 2, 2)
    let b = counting(3, 2, 2)
    let result = try evaluate("...ij,...jk->...ik", [a, b])
    #expect(result.shape == [2, 3, 2, 2])
    let expected = try evaluate(
      "xij,yjk->xyik", [a.reshaped([2, 2, 2]), b])
    #expect(agree(result.doubles, expected.doubles ?? []))
  }

  @Test(arguments: ["ab,bc->ad", "ab,bc->aa", "a->->b", "a.b->ab", "......a", "ab,->"])
  func refused(equation: String) {
    #expect(throws: LayerError.self) {
      try evaluate(equation, [counting(2, 2), counting(2, 2)])
    }
  }

  private func evaluate(_ equation: String, _ tensors: [Tensor]) throws -> Tensor {
    var graph = GraphBuilder()
    let operands = tensors.map { graph.input(ValueType(shape: $0.shape, dtype: $0.dtype)) }
    let value = try graph.einsum(Einsum(equation), operands)
    let executor = try ReferenceExecutor(
      graph: graph.finished(outputs: [value]), threads: 1
    ) { (_) throws(ExecutionError) in throw ExecutionError("there are no weights") }
    return try executor.run(inputs: tensors, states: [], computing: [value])[0]
  }

  /// The sum over all assignments of indices to letters.
  private static func sum(_ equation: String, _ tensors: [Tensor]) -> [Double] {
    let parts = equation.split(separator: ">", omittingEmptySubsequences: false)
    let terms = parts[0].filter { $0 != "-" }.split(separator: ",").map(Array.init)
    let letters = Set(terms.joined()).sorted()
    let counts = letters.map { letter in terms.joined().count { $0 == letter } }
    let result =
      parts.count > 1
      ? Array(parts[1]) : zip(letters, counts).filter { $0.1 == 1 }.map(\.0)
    var extents: [Character: Int] = [:]
    for (term, tensor) in zip(terms, tensors) {
      for (letter, extent) in zip(term, tensor.shape) { extents[letter] = extent }
    }
    func place(_ term: [Character], _ index: [Character: Int]) -> Int {
      term.reduce(0) { $0 * (extents[$1] ?? 1) + (index[$1] ?? 0) }
    }
    var output = [Double](repeating: 0, count: result.reduce(1) { $0 * (extents[$1] ?? 1) })
    let total = letters.reduce(1) { $0 * (extents[$1] ?? 1) }
    for number in 0..<total {
      var index: [Character: Int] = [:]
      var rest = number
      for letter in letters {
        index[letter] = rest % (extents[letter] ?? 1)
        rest /= extents[letter] ?? 1
      }
      var product = 1.0
      for (term, tensor) in zip(terms, tensors) {
        product *= tensor.doubles?[place(term, index)] ?? .nan
      }
      output[place(result, index)] += product
    }
    return output
  }
}
