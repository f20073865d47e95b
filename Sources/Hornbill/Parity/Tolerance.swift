import HornbillCore

/// How far two results of the same computation may lie apart, and why.
public struct Tolerance: Sendable, Hashable {
  /// The part that does not depend on the element.
  public let absolute: Double
  /// The part in proportion to the expected element's magnitude.
  public let relative: Double
  /// What the numbers derive from.
  public let basis: String

  /// Makes a tolerance that the user states.
  public init(absolute: Double, relative: Double, basis: String = "given") {
    self.absolute = absolute
    self.relative = relative
    self.basis = basis
  }

  /// Nothing may differ: for integers, truth values and text.
  public static let exact = Tolerance(absolute: 0, relative: 0, basis: "exact")

  /// Whether an element agrees with the expected one.
  ///
  /// NaN agrees with NaN, an infinity with the same infinity, and nothing else with either.
  public func accepts(_ found: Double, expected: Double) -> Bool {
    if found.isNaN || expected.isNaN { return found.isNaN && expected.isNaN }
    if found.isInfinite || expected.isInfinite { return found == expected }
    return (found - expected).magnitude <= absolute + relative * expected.magnitude
  }
}

/// Counts the roundings between a model's inputs and each value, from which tolerances derive.
///
/// A sum of `n` products rounds `n` times; the errors are independent in sign, so they grow with `√n` (Higham, *Accuracy and Stability
/// of Numerical Algorithms*, section 2.8). Along a path of operations the counts add, since every operation hands its operand's error on;
/// each counts in the units of the type that it rounds to, so a wide result of narrow operands is no better than they are.
package struct RoundingBudget: Sendable {
  /// The roundings on the worst path to a value.
  private struct Path {
    /// The sum of the roundings, each in the unit of its type.
    var error = 0.0
    /// The coarsest type that was rounded to.
    var coarsest: DType?

    /// The path when one more operation rounds some times to a type.
    func rounded(_ count: Double, to dtype: DType) -> Path {
      guard count > 0, dtype.isFloatingPoint else { return self }
      let isCoarser = coarsest.map { $0.unitRoundoff < dtype.unitRoundoff } ?? true
      return Path(
        error: error + count * dtype.unitRoundoff, coarsest: isCoarser ? dtype : coarsest)
    }
  }

  private let paths: [Path]
  private let graph: Graph

  /// Two results differ by at most the sum of their errors; the other factor covers conditioning of the functions on the way.
  static let safety = 8.0

  package init(graph: Graph) {
    self.graph = graph
    var paths = [Path](repeating: Path(), count: graph.types.count)
    for node in graph.nodes {
      let worst = node.inputs.map { paths[$0.index] }.max { $0.error < $1.error } ?? Path()
      let count = RoundingBudget.roundings(of: node, graph)
      for output in node.outputs {
        paths[output.index] = worst.rounded(count, to: graph.type(of: output).dtype)
      }
    }
    self.paths = paths
  }

  /// The tolerance for a value whose expected elements have at most the given magnitude.
  package func tolerance(of value: Value, magnitude: Double) -> Tolerance {
    let dtype = graph.type(of: value).dtype
    guard dtype.isFloatingPoint else { return .exact }
    let path = paths[value.index]
    let type = path.coarsest ?? dtype
    let error = max(path.error, dtype.unitRoundoff)
    let relative = RoundingBudget.safety * error
    return Tolerance(
      absolute: relative * max(magnitude, 1), relative: relative,
      basis: "\(type), \(Int((error / type.unitRoundoff).rounded(.up))) roundings")
  }

  private static func roundings(of node: Graph.Node, _ graph: Graph) -> Double {
    func shape(_ index: Int) -> [Int] {
      index < node.inputs.count ? graph.type(of: node.inputs[index]).shape : []
    }
    switch node.op {
    case .input, .weight, .constant, .state, .reshape, .transpose, .broadcast, .concatenate,
      .slice, .pad, .gather, .gatherElements, .select, .argReduce, .sort, .text, .tokens,
      .tokenCount, .lookup, .hash:
      return 0
    case .unary, .activation, .binary, .cast, .bitcast, .scatter:
      return 2
    case .fft:
      return Double(shape(0).last ?? 1).squareRoot() + 1
    case .linearAlgebra:
      return Double(shape(0).last ?? 1) * 4 + 1
    case .reduce:
      let operand = Shape.elementCount(shape(0)) ?? 1
      let result = node.outputs.first.flatMap {
        Shape.elementCount(graph.type(of: $0).shape)
      }
      return Double(operand / max(result ?? 1, 1)).squareRoot() + 1
    case .accumulate(_, let axis, _):
      return Double(shape(0)[axis]).squareRoot() + 1
    case .matmul(let transposeA, _):
      return Double(shape(0).suffix(2).dropFirst(transposeA ? 0 : 1).first ?? 1).squareRoot() + 1
    case .convolution, .transposedConvolution:
      return Double(Shape.elementCount(Array(shape(1).dropLast())) ?? 1).squareRoot() + 1
    case .pool(_, let window):
      return Double(Shape.elementCount(window.size) ?? 1).squareRoot() + 1
    case .resample(let resampling, _):
      return Double(resampling.cells.map(\.weights.count).max() ?? 1).squareRoot() + 1
    case .simpleRNN, .lstm, .gru:
      let terms = (shape(0).last ?? 1) + (shape(2).first ?? 1)
      let steps = shape(0).count > 1 ? shape(0)[1] : 1
      return (Double(terms).squareRoot() + 8) * Double(max(steps, 1)).squareRoot()
    }
  }
}

extension DType {
  /// Half the distance between 1 and the next number of the type.
  var unitRoundoff: Double {
    switch self {
    case .float16: 0x1p-11
    case .bfloat16: 0x1p-8
    case .float64: 0x1p-53
    default: 0x1p-24
    }
  }
}
