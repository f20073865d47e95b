import HornbillCore
import HornbillLayers
import HornbillReference

/// A preprocessing layer decoded from its configuration, and what it makes of tensors.
struct PreprocessingProbe {
  let instance: LayerInstance
  let rules: SemanticRules
  /// The files that the archive keeps for the layer.
  var assets: [String: String] = [:]
  /// The values of the layer's variables, in order.
  var weights: [Tensor] = []

  init(_ className: String, _ config: String, kerasMajor: Int = 3) throws {
    rules = SemanticRules(kerasMajor: kerasMajor)
    let object = JSONObject([
      ("class_name", .string(className)), ("config", try JSON(parsing: config)),
    ])
    instance = try DecodingContext(rules: rules).decode(.object(object))
  }

  /// The output for one input's shape, before the model runs.
  func spec(_ shape: Shape, _ dtype: DType = .float32) throws -> [TensorSpec] {
    var build = LayerBuild()
    return try build.build(instance, BuildCall([TensorSpec(shape, dtype)]))
  }

  /// The names, shapes and types of the layer's own variables.
  func variables(_ shape: Shape) throws -> [String] {
    var build = LayerBuild()
    try build.build(instance, BuildCall([TensorSpec(shape)]))
    return build.weights(of: instance).map { "\($0.name) \(Shape($0.shape)) \($0.dtype)" }
  }

  /// The outputs for tensors, which are one argument or a list.
  func run(_ inputs: Tensor..., keywords: [String] = []) throws -> [Tensor] {
    try run(inputs) { flows in
      let argument: Argument<Flow> =
        flows.count == 1 ? .tensor(flows[0]) : .list(flows.map { .tensor($0) })
      return CallArguments([argument])
    }
  }

  /// The outputs for tensors that a function arranges as arguments.
  func run(
    _ inputs: [Tensor], arranged: ([Flow]) -> CallArguments<Flow>
  ) throws -> [Tensor] {
    let specs = inputs.map { TensorSpec(Shape($0.shape), $0.dtype) }
    var build = LayerBuild()
    try build.build(instance, BuildCall(specs))
    let texts = assets
    let values = weights
    let load: @Sendable (WeightID) throws(ExecutionError) -> Tensor = {
      (id) throws(ExecutionError) in
      guard id.index < values.count else { throw ExecutionError("no such weight") }
      return values[id.index]
    }
    var lowering = Lowering(
      build: build, rules: rules,
      assets: LayerAssets { (_, name) throws(LayerError) in texts[name].map { Array($0.utf8) } }
    ) { (graph, value) throws(LayerError) in
      do {
        let executor = try ReferenceExecutor(graph: graph, threads: 1, weights: load)
        let found = try executor.run(inputs: inputs, states: [], computing: [value])
        return Int(found[0].integers?.first ?? -1)
      } catch {
        throw LayerError(.shape, "\(error)")
      }
    }
    let flows = inputs.map {
      Flow(lowering.graph.input(ValueType(shape: $0.shape, dtype: $0.dtype)))
    }
    let outputs = try lowering.call(instance, arranged(flows)).map(\.value)
    let executor = try ReferenceExecutor(
      graph: lowering.graph.finished(outputs: outputs), threads: 1, weights: load)
    return try executor.run(inputs: inputs, states: [], computing: outputs)
  }
}
