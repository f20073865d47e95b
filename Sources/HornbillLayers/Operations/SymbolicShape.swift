package import HornbillCore

/// Infers the shapes that a computation makes of shapes with unknown extents.
///
/// The computation is lowered with a number in the place of every unknown extent, then with another number; an extent of
/// a result that differs between the two is unknown. Where no pair of numbers fits, because an unknown extent meets a
/// known one, extents among the operands' own stand in, and the result counts as known.
package enum SymbolicShape {
  /// Numbers with many divisors, so that unknown extents can be split; the second pair is for long windows.
  private static let standIns = [(120, 240), (20160, 40320)]

  private static let numbers = standIns.flatMap { [$0, $1] }

  /// The greatest number of elements of a tensor that may be a shape.
  private static let elementLimit = 32

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
    let isHinted = arguments.tensors.contains { $0.standIns != nil }
    guard isHinted || extents.contains(nil) else {
      return try results(arguments, standIn: 1, isHinted: false, lower).map { result in
        var spec = TensorSpec(Shape(result.shape), result.dtype)
        if result.standIn.elements != nil {
          spec.standIns = Dictionary(uniqueKeysWithValues: numbers.map { ($0, result.standIn) })
        }
        return spec
      }
    }
    var obstacle: LayerError?
    for isHinted in isHinted ? [true, false] : [false] {
      for (first, second) in standIns {
        do {
          let a = try results(arguments, standIn: first, isHinted: isHinted, lower)
          let b = try results(arguments, standIn: second, isHinted: isHinted, lower)
          var specs = zip(a, b).map { joined($0, $1) }
          if isHinted { blur(&specs, arguments, standIns: (first, second), lower) }
          let isPlain = zip(a, specs).allSatisfy { $0.isPlain(for: $1, standIn: first) }
          return isPlain && !isHinted ? specs : hinted(specs, arguments, isHinted: isHinted, lower)
        } catch {
          obstacle = obstacle ?? error
        }
      }
    }
    let known =
      extents.compactMap { $0 } + arguments.positional.flatMap(constantExtents)
      + arguments.keywords.flatMap { constantExtents($0.value) }
    for extent in Set(known).union([1]).sorted() where extent > 0 {
      do {
        let found = try results(arguments, standIn: extent, isHinted: false, lower)
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

  private static func joined(_ a: Result, _ b: Result) -> TensorSpec {
    guard a.shape.count == b.shape.count else { return TensorSpec(nil, a.dtype) }
    return TensorSpec(Shape(zip(a.shape, b.shape).map { $0 == $1 ? $0 : nil }), a.dtype)
  }

  /// Takes out the extents that follow from hints only, if the computation is possible without them.
  private static func blur(
    _ specs: inout [TensorSpec], _ arguments: CallArguments<TensorSpec>, standIns: (Int, Int),
    _ lower: (CallArguments<Flow>, inout GraphBuilder) throws(LayerError) -> [Value]
  ) {
    do {
      let a = try results(arguments, standIn: standIns.0, isHinted: false, lower)
      let b = try results(arguments, standIn: standIns.1, isHinted: false, lower)
      for (index, plain) in zip(a, b).map({ joined($0, $1) }).enumerated() {
        guard index < specs.count, let own = specs[index].shape, let other = plain.shape,
          own.rank == other.rank
        else { continue }
        specs[index].shape = Shape(
          zip(own.dimensions, other.dimensions).map { $1 == nil ? nil : $0 })
      }
    } catch {
      return
    }
  }

  /// The specifications with what the results are for each number that stands for unknown extents.
  private static func hinted(
    _ specs: [TensorSpec], _ arguments: CallArguments<TensorSpec>, isHinted: Bool,
    _ lower: (CallArguments<Flow>, inout GraphBuilder) throws(LayerError) -> [Value]
  ) -> [TensorSpec] {
    var specs = specs
    for number in numbers {
      do {
        let found = try results(arguments, standIn: number, isHinted: isHinted, lower)
        for (index, result) in found.enumerated() where index < specs.count {
          specs[index].standIns = (specs[index].standIns ?? [:]).merging(
            [number: result.standIn]
          ) { $1 }
        }
      } catch {
        continue
      }
    }
    return specs
  }

  private struct Result {
    let standIn: StandIn
    let dtype: DType

    var shape: [Int] { standIn.shape }

    /// Whether the specification says as much as the result.
    func isPlain(for spec: TensorSpec, standIn number: Int) -> Bool {
      standIn.elements == nil && spec.shape?.dimensions.map { $0 ?? number } == shape
    }
  }

  private static func results(
    _ arguments: CallArguments<TensorSpec>, standIn: Int, isHinted: Bool,
    _ lower: (CallArguments<Flow>, inout GraphBuilder) throws(LayerError) -> [Value]
  ) throws(LayerError) -> [Result] {
    var graph = GraphBuilder()
    let flows = try arguments.map { (spec: TensorSpec) throws(LayerError) -> Flow in
      let hint = isHinted ? spec.standIns?[standIn] : nil
      let shape = hint?.shape ?? (spec.shape?.dimensions ?? []).map { $0 ?? standIn }
      guard let count = Shape.elementCount(shape) else {
        throw LayerError(.shape, "a tensor of shape \(Shape(shape)) has too many elements")
      }
      if let elements = hint?.elements, elements.count == count {
        let tensor = Tensor(
          shape: shape, integers: elements.map { Int64($0) }, dtype: spec.dtype)
        return Flow(graph.constant(tensor))
      }
      return Flow(graph.input(ValueType(shape: shape, dtype: spec.dtype)))
    }
    return try lower(flows, &graph).map { value in
      let shape = graph.shape(value)
      let dtype = graph.dtype(value)
      let isSmall = dtype.isInteger && shape.count <= 1 && (shape.first ?? 1) <= elementLimit
      let elements = isSmall ? graph.folded(value)?.integers : nil
      return Result(standIn: StandIn(shape: shape, elements: elements), dtype: dtype)
    }
  }
}

/// What a tensor is when a number stands for the unknown extents of the model's inputs.
package struct StandIn: Sendable, Hashable {
  /// The extents.
  package let shape: [Int]
  /// The elements, if the tensor may be a shape or an extent and does not depend on elements of the inputs.
  package let elements: [Int]?
  /// The places of elements that the writer's own inference does not follow.
  package var vague: Set<Int> = []
  /// The elements of a shape that was put together of known and unknown ones.
  package var partialElements: [Int?]?
}
