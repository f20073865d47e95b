import HornbillCore
import HornbillLayers
import HornbillReference
import Testing

/// The results of the layers that only old Keras has; the expectations are NumPy's in float64, by the formulas of
/// Keras 1.2.2.
@Suite("Numbers of layers that only old Keras has")
struct LegacyNumbersTests {
  private struct Case {
    let layer: any Layer
    let inputs: [Tensor]
    var weights: [Tensor] = []
    let expected: [Double]
  }

  private static func tensor(_ shape: [Int], _ values: [Double]) -> Tensor {
    Tensor(shape: shape, values.map { Float($0) })
  }

  private func check(_ example: Case) throws {
    let instance = LayerInstance(example.layer, name: "layer")
    var build = LayerBuild()
    let specs = example.inputs.map { TensorSpec(Shape($0.shape), $0.dtype) }
    let shapes = try build.build(instance, BuildCall(specs)).map { $0.shape?.known }
    var lowering = Lowering(build: build, rules: SemanticRules(kerasMajor: 1))
    let flows = example.inputs.map {
      Flow(lowering.graph.input(ValueType(shape: $0.shape, dtype: $0.dtype)))
    }
    let outputs = try lowering.call(instance, flows).map(\.value)
    let executor = try ReferenceExecutor(
      graph: lowering.graph.finished(outputs: outputs), threads: 1
    ) { (id) throws(ExecutionError) in example.weights[id.index] }
    let result = try executor.run(inputs: example.inputs, states: [], computing: outputs)
    #expect(result.map { Optional($0.shape) } == shapes)
    let numbers = try #require(result.first?.doubles)
    #expect(numbers.count == example.expected.count)
    for (found, expected) in zip(numbers, example.expected) {
      #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)))
    }
  }

  private let pair = LegacyNumbersTests.tensor([2, 2], [1, -2, 0.5, 3])
  private let triple = LegacyNumbersTests.tensor([2, 3], [-3, 0.5, 5, 1, -1, 2])

  @Test func maxoutTakesTheGreatestMap() throws {
    try check(
      Case(
        layer: MaxoutDense(units: 3, features: 2), inputs: [pair],
        weights: [
          Self.tensor([2, 2, 3], [1, 2, 0, 0, 1, -1, -1, 0, 1, 2, -1, 1]),
          Self.tensor([2, 3], [0.5, 0, 0, 0, -1, 2]),
        ], expected: [1.5, 1, 2, 5.5, 4, 5.5]))
  }

  @Test func highwayCarriesItsInput() throws {
    try check(
      Case(
        layer: Highway(activation: .tanh), inputs: [pair],
        weights: [
          Self.tensor([2, 2], [1, 0.5, -1, 2]), Self.tensor([2, 2], [0.25, 0, 1, -1]),
          Self.tensor([2], [0.5, -0.5]), Self.tensor([2], [1, 0]),
        ],
        expected: [
          0.9994154307413892, -1.1186121711920889, -0.9407401839102307, 2.9051472927975315,
        ]))
  }

  @Test func sReLUHasThreePieces() throws {
    try check(
      Case(
        layer: SReLU(), inputs: [triple],
        weights: [
          Self.tensor([3], [-1, 0, 1]), Self.tensor([3], [0.1, 0.2, 0.3]),
          Self.tensor([3], [2, -1, 0.5]), Self.tensor([3], [2, 3, 4]),
        ], expected: [-1.2, 0.5, 15.5, 1, -0.2, 3.5]))
  }

  @Test func parametricSoftplusScalesBothAxes() throws {
    try check(
      Case(
        layer: ParametricSoftplus(), inputs: [triple],
        weights: [Self.tensor([3], [0.2, 1, 0.5]), Self.tensor([3], [5, 1, -1])],
        expected: [
          6.11804547427441e-08, 0.9740769841801067, 0.003357674244559034, 1.0013430696978236,
          0.31326168751822286, 0.06346400552148625,
        ]))
  }

  @Test(arguments: [
    (
      LegacyBatchNormalization.Mode.featureWise,
      [
        -1.1702572192336507, 0.7964770053506695, 2.816056149674948, 0.2669614013698419,
        -1.669614013698419, 2.203536816438103,
      ]
    ),
    (
      .batchWise,
      [
        -0.9998750234326181, 2.998224589086387, 1.999333555473283, 0.9998750234326181,
        -0.9982245890863868, -3.999333555473283,
      ]
    ),
  ])
  func batchNormalizationByMode(
    mode: LegacyBatchNormalization.Mode, expected: [Double]
  ) throws {
    try check(
      Case(
        layer: LegacyBatchNormalization(mode: mode), inputs: [triple],
        weights: [
          Self.tensor([3], [1, 2, 3]), Self.tensor([3], [0, 1, -1]), Self.tensor([3], [9, 9, 9]),
          Self.tensor([3], [9, 9, 9]),
        ], expected: expected))
  }

  @Test func cosineOfVectors() throws {
    try check(
      Case(
        layer: CosineMerge(),
        inputs: [Self.tensor([2, 2], [1, 2, 0, 0]), Self.tensor([2, 2], [3, -1, 1, 1])],
        expected: [0.1414213562373095, 0]))
  }
}
