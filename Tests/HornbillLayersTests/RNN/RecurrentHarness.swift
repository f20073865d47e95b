import HornbillCore
import HornbillLayers
import HornbillReference

/// A layer decoded from its configuration, with weights that depend on their shapes only.
struct RecurrentHarness {
  let instance: LayerInstance
  let rules: SemanticRules

  init(
    _ className: String, _ config: String, kerasMajor: Int = 3
  ) throws {
    rules = SemanticRules(kerasMajor: kerasMajor)
    let object = JSONObject([
      ("class_name", .string(className)), ("config", try JSON(parsing: config)),
    ])
    instance = try DecodingContext(rules: rules).decode(.object(object))
  }

  init(_ layer: any Layer, kerasMajor: Int = 3) {
    rules = SemanticRules(kerasMajor: kerasMajor)
    instance = LayerInstance(layer, name: "layer")
  }

  /// What the layer makes of one input's shape.
  func shapes(_ input: Shape, _ dtype: DType = .float32) throws -> [Shape?] {
    var build = LayerBuild()
    return try build.build(instance, BuildCall([TensorSpec(input, dtype)])).map(\.shape)
  }

  /// The names and shapes of all variables, those of sublayers after the layer's own.
  func weights(_ input: Shape) throws -> [String] {
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec(input)]))
    func list(_ instance: LayerInstance) -> [String] {
      build.weights(of: instance).map { "\($0.name) \(Shape($0.shape))" }
        + instance.layer.sublayers.flatMap { list($0.instance) }
    }
    return list(instance)
  }

  /// Everything about one lowered call.
  struct Lowered {
    var outputs: [Flow]
    var graph: Graph
    let weights: [WeightID: [Int]]

    /// The tensors of values for inputs and states, the latter zeros unless given.
    func values(
      _ wanted: [Value], inputs: [Tensor], states: [Tensor]? = nil
    ) throws -> [Tensor] {
      let executor = try ReferenceExecutor(graph: graph, threads: 1) {
        (id) throws(ExecutionError) in
        RecurrentHarness.weight(shape: weights[id] ?? [], index: id.index)
      }
      let zeros = graph.states.map { state in
        let type = graph.type(of: state.initial)
        let count = type.shape.reduce(1, *)
        return Tensor(shape: type.shape, [Float](repeating: 0, count: count))
      }
      return try executor.run(inputs: inputs, states: states ?? zeros, computing: wanted)
    }

    /// The numbers of the outputs.
    func numbers(_ inputs: [Tensor]) throws -> [[Double]] {
      try values(outputs.map(\.value), inputs: inputs).map { $0.doubles ?? [] }
    }
  }

  /// Lowers one call: the sequence, its mask as a second input, and initial states as further ones.
  func lower(
    _ input: [Int], mask: [Int]? = nil, states: [[Int]] = [], dtype: DType = .float32,
    calls: Int = 1
  ) throws -> Lowered {
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec(Shape(input), dtype)]))
    var lowering = Lowering(build: build, rules: rules)
    let value = lowering.graph.input(ValueType(shape: input, dtype: dtype))
    let maskValue = mask.map { lowering.graph.input(ValueType(shape: $0, dtype: .bool)) }
    let given = states.map { lowering.graph.input(ValueType(shape: $0, dtype: .float32)) }
    let flow = Flow(value, mask: maskValue)
    var outputs: [Flow] = []
    for _ in 0..<calls {
      if given.isEmpty {
        outputs += try lowering.call(instance, [flow])
      } else if rules.kerasMajor < 3 {
        outputs += try lowering.call(instance, [flow] + given.map { Flow($0) })
      } else {
        let keyword = Argument<Flow>.list(given.map { .tensor(Flow($0)) })
        outputs += try lowering.call(
          instance, CallArguments([.tensor(flow)], keywords: [("initial_state", keyword)]))
      }
    }
    var shapes: [WeightID: [Int]] = [:]
    collect(instance, build, &shapes)
    return Lowered(
      outputs: outputs, graph: lowering.graph.finished(outputs: outputs.map(\.value)),
      weights: shapes)
  }

  private func collect(
    _ instance: LayerInstance, _ build: LayerBuild, _ shapes: inout [WeightID: [Int]]
  ) {
    for (index, spec) in build.weights(of: instance).enumerated() {
      shapes[WeightID(layer: instance.id, index: index)] = spec.shape
    }
    for sublayer in instance.layer.sublayers { collect(sublayer.instance, build, &shapes) }
  }

  /// Numbers between −1 and 1 without a pattern that a layer could cancel.
  static func weight(shape: [Int], index: Int) -> Tensor {
    numbers(shape, seed: 7 + index)
  }

  static func numbers(_ shape: [Int], seed: Int) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, (0..<count).map { Float(($0 * 37 + seed * 101) % 113) / 56 - 1 })
  }

  static func mask(_ rows: [[Int64]]) -> Tensor {
    Tensor(shape: [rows.count, rows[0].count], integers: rows.flatMap { $0 }, dtype: .bool)
  }
}

/// Whether two lists of tensors hold the same numbers but for rounding.
func agree(_ a: [[Double]], _ b: [[Double]], tolerance: Double = 1e-12) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { x, y in
      x.count == y.count && !x.isEmpty && zip(x, y).allSatisfy { abs($0 - $1) < tolerance }
    }
}
