package import HornbillCore

/// The extents of a graph that depend on the elements of its inputs, such as the number of words in the longest text.
///
/// Shapes are static, so that such a graph holds for inputs of the same extents only. They are computed while the graph is
/// built, from the part that is there already.
package struct DataExtents: Sendable {
  /// Computes a scalar integer of a graph.
  package typealias Evaluator =
    @Sendable (_ graph: Graph, _ value: Value) throws(LayerError) -> Int

  /// One such extent.
  package struct Extent: Sendable {
    /// The scalar integer of the graph that the extent is.
    package let value: Value
    /// The extent for the inputs that the graph was built for.
    package let extent: Int
  }

  private let evaluator: Evaluator?
  /// The extents, in the order in which they were asked for.
  package private(set) var found: [Extent] = []

  package init(_ evaluator: Evaluator?) {
    self.evaluator = evaluator
  }

  mutating func extent(of value: Value, in graph: GraphBuilder) throws(LayerError) -> Int {
    guard let evaluator else {
      throw LayerError(
        .unsupported, "the output's shape depends on the input's elements, which are not known here"
      )
    }
    let extent = try evaluator(graph.finished(outputs: [value]), value)
    guard extent >= 0 else { throw LayerError(.shape, "an extent of \(extent)") }
    found.append(Extent(value: value, extent: extent))
    return extent
  }
}
