package import HornbillCore

/// Infers the shapes that a computation makes of shapes with unknown extents.
///
/// The computation is lowered with a number in the place of every unknown extent, then with another number; an extent of
/// a result that differs between the two is unknown. Where no pair of numbers fits, because an unknown extent meets a
/// known one, extents among the operands' own stand in, and the result counts as known.
package enum SymbolicShape {
  /// Numbers with many divisors, so that unknown extents can be split; the second pair is for long windows.
  private static let standIns = [(120, 240), (20160, 40320)]

  /// The shapes and types of the results.
  ///
  /// - Parameter lower: the computation.
  /// - Throws: ``LayerError`` when the computation cannot take such operands.
  package static func infer(
    _ arguments: CallArguments<TensorSpec>,
    lower: (CallArguments<Flow>, inout GraphBuilder) throws(LayerError) -> [Value]
  ) throws(LayerError) -> [TensorSpec] {
    let shapes = arguments.tensors.map(\.shape)
    guard shapes.allSatisfy({ $0 != nil }) else { return [.unknown] }
    let extents = shapes.flatMap { $0?.dimensions ?? [] }
    guard extents.contains(nil) else {
      return try types(arguments, standIn: 1, lower).map { TensorSpec(Shape($0.shape), $0.dtype) }
    }
    var obstacle: LayerError?
    for (first, second) in standIns {
      do {
        let a = try types(arguments, standIn: first, lower)
        let b = try types(arguments, standIn: second, lower)
        return zip(a, b).map { joined($0, $1) }
      } catch {
        obstacle = obstacle ?? error
      }
    }
    let known = extents.compactMap { $0 } + arguments.positional.flatMap(constantExtents)
    for extent in Set(known).union([1]).sorted() where extent > 0 {
      do {
        let found = try types(arguments, standIn: extent, lower)
        return found.map { TensorSpec(Shape($0.shape), $0.dtype) }
      } catch {
        obstacle = obstacle ?? error
      }
    }
    throw obstacle ?? LayerError(.shape, "the shapes of the results are not known")
  }

  /// The extents of the arrays and lists in an argument.
  private static func constantExtents(_ argument: Argument<TensorSpec>) -> [Int] {
    switch argument {
    case .array(let tensor): tensor.shape
    case .list(let elements): [elements.count] + elements.flatMap(constantExtents)
    default: []
    }
  }

  private static func joined(_ a: ValueType, _ b: ValueType) -> TensorSpec {
    guard a.shape.count == b.shape.count else { return TensorSpec(nil, a.dtype) }
    return TensorSpec(Shape(zip(a.shape, b.shape).map { $0 == $1 ? $0 : nil }), a.dtype)
  }

  private static func types(
    _ arguments: CallArguments<TensorSpec>, standIn: Int,
    _ lower: (CallArguments<Flow>, inout GraphBuilder) throws(LayerError) -> [Value]
  ) throws(LayerError) -> [ValueType] {
    var graph = GraphBuilder()
    let flows = try arguments.map { (spec: TensorSpec) throws(LayerError) -> Flow in
      let shape = (spec.shape?.dimensions ?? []).map { $0 ?? standIn }
      guard Shape.elementCount(shape) != nil else {
        throw LayerError(.shape, "a tensor of shape \(Shape(shape)) has too many elements")
      }
      return Flow(graph.input(ValueType(shape: shape, dtype: spec.dtype)))
    }
    return try lower(flows, &graph).map { value in
      ValueType(shape: graph.shape(value), dtype: graph.dtype(value))
    }
  }
}
