/// Why a run stopped.
public struct ExecutionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was expected and what was found, in one line.
  public let detail: String
  /// Whether the tensors or buffers that the caller gave are to blame, and not an operation.
  package let isOfInput: Bool

  /// Makes an error of an operation.
  public init(_ detail: String) {
    self.detail = detail
    isOfInput = false
  }

  /// Makes an error of what the caller gave.
  package init(input detail: String) {
    self.detail = detail
    isOfInput = true
  }

  /// The detail.
  public var description: String { detail }
}

/// Runs a graph.
///
/// The two executors share nothing but this protocol, so that one can judge the other.
package protocol Executor: Sendable {
  /// Prepares a graph.
  ///
  /// - Parameters:
  ///   - graph: what to run.
  ///   - weights: gives the variable in a slot, of the type that the graph states; called at most once a slot.
  init(
    graph: Graph, threads: Int,
    weights: (WeightID) throws(ExecutionError) -> Tensor
  ) throws(ExecutionError)

  /// Computes the wanted values.
  ///
  /// - Parameters:
  ///   - inputs: one tensor for each of the graph's inputs, of its type.
  ///   - states: one tensor for each of the graph's states, of its type (a floating-point state may be `float64`).
  ///   - values: what to compute; nodes that they do not depend on do not run.
  /// - Returns: the values in order. An executor may give floating-point values in `float64`.
  func run(
    inputs: [Tensor], states: [Tensor], computing values: [Value]
  ) throws(ExecutionError) -> [Tensor]
}
