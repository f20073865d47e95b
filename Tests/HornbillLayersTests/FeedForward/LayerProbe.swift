import HornbillCore
import HornbillLayers
import HornbillReference

/// A layer decoded from its configuration, to be asked for shapes, weights and numbers.
struct LayerProbe {
  let instance: LayerInstance
  let rules: SemanticRules

  init(_ className: String, _ config: String = "{}", kerasMajor: Int = 3) throws {
    rules = SemanticRules(kerasMajor: kerasMajor)
    let object = JSONObject([
      ("class_name", .string(className)), ("config", try JSON(parsing: config)),
    ])
    instance = try DecodingContext(rules: rules).decode(.object(object))
  }

  /// The shape that the layer states for inputs of these shapes.
  func shape(_ inputs: Shape...) throws -> Shape? {
    var build = LayerBuild()
    return try build.build(instance, BuildCall(inputs.map { TensorSpec($0) })).first?.shape
  }

  /// The layer's own weights, by name, for an input of that shape.
  func weights(_ input: Shape) throws -> [String] {
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec(input)]))
    return build.weights(of: instance).map { "\($0.name) \(Shape($0.shape))" }
  }

  /// The numbers of the output and of its mask; weight `i` of the layer is `weights[i]`.
  func run(
    _ inputs: [Tensor], masks: [Tensor?] = [], weights: [Tensor] = []
  ) throws -> (output: Tensor, mask: Tensor?) {
    var build = LayerBuild()
    let specs = inputs.map { TensorSpec(Shape($0.shape), $0.dtype) }
    try build.build(instance, BuildCall(specs))
    var lowering = Lowering(build: build, rules: rules)
    var flows = inputs.map {
      Flow(lowering.graph.input(ValueType(shape: $0.shape, dtype: $0.dtype)))
    }
    var fed = inputs
    for (index, mask) in masks.enumerated() {
      guard let mask else { continue }
      flows[index].mask = lowering.graph.input(ValueType(shape: mask.shape, dtype: .bool))
      fed.append(mask)
    }
    let output = try lowering.call(instance, flows)[0]
    let wanted = [output.value] + (output.mask.map { [$0] } ?? [])
    let executor = try ReferenceExecutor(
      graph: lowering.graph.finished(outputs: wanted), threads: 1
    ) { (id) throws(ExecutionError) in
      guard weights.indices.contains(id.index) else {
        throw ExecutionError("weight \(id.index) was not given")
      }
      return weights[id.index]
    }
    let values = try executor.run(inputs: fed, states: [], computing: wanted)
    return (values[0], values.count > 1 ? values[1] : nil)
  }
}

/// A `float32` tensor of whole numbers from 0 on.
func counting(_ shape: Int...) -> Tensor {
  Tensor(shape: shape, (0..<shape.reduce(1, *)).map { Float($0) })
}

/// A mask from zeros and ones.
func mask(_ shape: [Int], _ values: [Int64]) -> Tensor {
  Tensor(shape: shape, integers: values, dtype: .bool)
}

/// Whether two lists of numbers agree; NaN agrees with NaN.
func agree(_ found: [Double]?, _ expected: [Double], within tolerance: Double = 1e-6) -> Bool {
  guard let found, found.count == expected.count else { return false }
  return zip(found, expected).allSatisfy { a, b in
    a.isNaN ? b.isNaN : a == b || abs(a - b) <= tolerance
  }
}
