import HornbillCore
import Testing

/// Every op with nothing, with one of everything, and with extents beyond the memory and the integers: its result is right, or it is
/// refused.
@Suite struct ExtentTests {
  private static let extents = [0, 1, 2, 1 << 31, 1 << 62, .max]
  /// The elements up to which an op is run, and not only planned.
  private static let most = 4096

  @Test func everyOpIsThere() {
    let found = Set(ExtentCase.all.compactMap { ExtentCase.Kind($0.make($0.usual).op) })
    #expect(found == Set(ExtentCase.Kind.allCases))
  }

  @Test(arguments: ExtentCase.all) func usualExtentsAreTaken(_ item: ExtentCase) throws {
    let (op, types) = item.make(item.usual)
    _ = try op.infer(types)
  }

  @Test(arguments: ExtentCase.all) func oneExtent(_ item: ExtentCase) {
    for place in item.usual.indices {
      for extent in Self.extents {
        var extents = item.usual
        extents[place] = extent
        check(item, extents)
      }
    }
  }

  /// With no elements at all, products of the other extents may still exceed the integers.
  @Test(arguments: ExtentCase.all) func twoExtents(_ item: ExtentCase) {
    for first in item.usual.indices {
      for second in item.usual.indices where second > first {
        for (one, other) in Self.extents.flatMap({ one in Self.extents.map { (one, $0) } }) {
          var extents = item.usual
          (extents[first], extents[second]) = (one, other)
          check(item, extents)
        }
      }
    }
  }

  /// Runs or plans an op on every executor.
  private func check(_ item: ExtentCase, _ extents: [Int]) {
    let (op, types) = item.make(extents)
    var builder = GraphBuilder()
    let inputs = types.map { builder.input($0) }
    let outputs: [Value]
    do {
      outputs = try builder.add(op, inputs)
    } catch {
      expectOneLine(error.description)
      return
    }
    let results = outputs.map { ValueType(shape: builder.shape($0), dtype: builder.dtype($0)) }
    let counts = (types + results).map { Shape.elementCount($0.shape) ?? .max }
    guard counts.allSatisfy({ $0 <= Self.most }) else {
      let graph = builder.finished(outputs: outputs)
      for engine in Engine.all {
        do {
          try engine.plan(graph, outputs)
        } catch {
          expectOneLine("\(error)")
        }
      }
      return
    }
    let tensors = types.enumerated().map { tensor($1, seed: $0) }
    var expected: [Tensor]?
    for engine in Engine.all {
      var found: [Tensor]?
      do {
        found = try engine.results(of: op, tensors)
        // Fixed operands go other ways than computed ones.
        let fixed = try engine.results(of: op, tensors, fixed: true)
        #expect(fixed.map(\.shape) == results.map(\.shape), "\(item), \(extents), \(engine)")
      } catch {
        expectOneLine("\(error)")
      }
      if engine.name == Engine.all[0].name {
        expected = found
        if let found { #expect(found.map(\.shape) == results.map(\.shape)) }
        continue
      }
      // One executor may refuse what another one still takes, but for extents that nobody need refuse.
      if extents.allSatisfy({ $0 <= 6 }) || (found != nil && expected != nil) {
        compare(found, expected, item, "\(item), \(extents), \(engine)")
      }
    }
  }

  private func compare(
    _ found: [Tensor]?, _ expected: [Tensor]?, _ item: ExtentCase, _ comment: String
  ) {
    #expect(found?.map(\.shape) == expected?.map(\.shape), "\(comment)")
    guard let terms = item.terms, let found, let expected, found.count == expected.count else {
      return
    }
    for (one, other) in zip(found, expected) {
      guard let numbers = one.doubles, let truth = other.doubles else { continue }
      let rounded = one.dtype == .float32 ? truth.map { Double(Float($0)) } : truth
      let problem = disagreement(
        numbers, rounded, .sum(terms: terms, magnitude: 16 * Double(terms), of: .float32))
      #expect(problem == nil, "\(comment): \(problem ?? "")")
    }
  }

  private func tensor(_ type: ValueType, seed: Int) -> Tensor {
    let count = Shape.elementCount(type.shape) ?? 0
    switch type.dtype {
    case .string: return Tensor(shape: type.shape, text: (0..<count).map { "a b \($0)" })
    case .bool:
      return Tensor(
        shape: type.shape, integers: (0..<count).map { Int64($0 % 2) }, dtype: .bool)
    case .float32, .float64: return Tensor.sample(type.shape, seed: seed, dtype: type.dtype)
    default:
      return Tensor(
        shape: type.shape, integers: (0..<count).map { Int64($0 % 2) }, dtype: type.dtype)
    }
  }

  private func expectOneLine(_ message: String) {
    #expect(!message.isEmpty && !message.contains("\n"))
  }
}
