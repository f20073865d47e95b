import HornbillCore
import HornbillFast
import HornbillLayers
import HornbillReference
import HornbillTestSupport
import Testing

/// Every operation against Keras, on both executors.
@Suite struct OperationGoldenTests {
  @Test func theFamiliesAreRead() throws {
    #expect(try OperationFamily.result.get().count >= 16)
  }

  @Test(arguments: OperationFamily.all)
  func declaredShapes(family: OperationFamily) throws {
    let specs = try family.declared()
    try #require(specs.count == family.outputs.count)
    for (index, (spec, output)) in zip(specs, family.outputs).enumerated() {
      #expect(spec.shape == output.declared, "output \(index), \(output.className)")
    }
  }

  /// No further from the truth than twice Keras, and a few units in the last place where Keras has luck.
  @Test(arguments: OperationFamily.all)
  func fast(family: OperationFamily) throws {
    let found = try family.run(FastExecutor.self)
    try #require(found.count == family.outputs.count)
    for (index, (result, output)) in zip(found, family.outputs).enumerated() {
      let label = "output \(index), \(output.className)"
      #expect(result.dtype == output.dtype, "\(label)")
      guard output.dtype.isFloatingPoint else {
        #expect(
          result.integers == output.value.integers && result.shape == output.value.shape, "\(label)"
        )
        continue
      }
      let scale = max((output.truth ?? output.value).magnitude, 1)
      if let truth = output.truth {
        let bound = 2 * output.value.distance(to: truth) + 4 * 0x1p-23 * scale
        expectClose(result, truth, within: bound, label)
      } else {
        let room = output.dtype == .float32 ? 1e-5 : 0x1p-9
        expectClose(result, output.value, within: room * scale, label)
      }
    }
  }

  /// As near to double precision as the constants of a graph, which have the type of their partner; where there is no truth, as near as single
  /// precision allows.
  @Test(arguments: OperationFamily.all)
  func reference(family: OperationFamily) throws {
    let found = try family.run(ReferenceExecutor.self)
    try #require(found.count == family.outputs.count)
    for (index, (result, output)) in zip(found, family.outputs).enumerated() {
      let label = "output \(index), \(output.className)"
      guard output.dtype.isFloatingPoint else {
        #expect(
          result.integers == output.value.integers && result.dtype == output.dtype, "\(label)")
        continue
      }
      let scale = max((output.truth ?? output.value).magnitude, 1)
      let isRounded = output.dtype != .float32 || family.name == "single"
      let room = output.truth == nil ? (isRounded ? 0x1p-8 : 1e-5) : 0x1p-23
      expectClose(result, output.truth ?? output.value, within: room * scale, label)
    }
  }

  @Test func everyOperationHasAGolden() throws {
    let covered = Set(try OperationFamily.result.get().flatMap(\.classNames))
    let registry = OperationRegistry.standard.operations
    for name in registry.keys where !OperationRegistry.refused.contains(name) {
      let hasGolden = covered.contains(name)
      let reason = Self.withoutGolden[name]
      #expect(hasGolden != (reason != nil), "\(name): \(reason ?? "no golden, no reason")")
    }
    #expect(Set(Self.withoutGolden.keys).subtracting(registry.keys) == [])
    #expect(OperationRegistry.refused.isDisjoint(with: covered))
  }

  /// The operations for which Keras gives no numbers.
  static let withoutGolden = [
    "Abs": "Keras writes Absolute",
    "AdaptiveAveragePool": "Keras cannot read its own file",
    "AdaptiveMaxPool": "Keras cannot read its own file",
    "Conj": "Keras writes Conjugate",
    "ConvTranspose": "Keras cannot run the node",
    "Mish": "no function makes the node",
  ]
}
