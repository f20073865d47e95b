import HornbillCore
import HornbillLayers
import HornbillReference

/// A layer decoded from its configuration and called with arguments of its own.
struct AttentionProbe {
  let instance: LayerInstance
  let rules: SemanticRules

  init(_ className: String, _ config: String = "{}", kerasMajor: Int = 3) throws {
    rules = SemanticRules(kerasMajor: kerasMajor)
    let object = JSONObject([
      ("class_name", .string(className)), ("config", try JSON(parsing: config)),
    ])
    instance = try DecodingContext(rules: rules).decode(.object(object))
  }

  /// What the layer states for a call.
  func specs(_ arguments: CallArguments<TensorSpec>) throws -> [TensorSpec] {
    var build = LayerBuild()
    return try build.build(instance, BuildCall(arguments))
  }

  /// The variables of the layer and its sublayers, as `attribute/name (shape) type key`.
  func variables(_ arguments: CallArguments<TensorSpec>) throws -> [String] {
    var build = LayerBuild()
    try build.build(instance, BuildCall(arguments))
    func list(_ instance: LayerInstance, _ prefix: String) -> [String] {
      let specs = build.weights(of: instance)
      let stored = specs.filter(\.trainable) + specs.filter { !$0.trainable }
      let own = stored.enumerated().map { position, spec in
        let key = instance.layer.storageKey(position, spec) ?? "none"
        return "\(prefix)\(spec.name) \(Shape(spec.shape)) \(spec.dtype) \(key)"
      }
      return own + instance.layer.sublayers.flatMap { list($0.instance, "\($0.attribute)/") }
    }
    return list(instance, "")
  }

  /// The numbers of the outputs and of their masks; `weights` in the order of the variables' declaration, the layer's own first.
  func run(
    _ inputs: [Tensor], masks: [Tensor?] = [], weights: [Tensor] = [],
    arguments: ([Flow]) -> CallArguments<Flow>
  ) throws -> (outputs: [Tensor], masks: [Tensor?]) {
    var lowering: Lowering
    var graph = GraphBuilder()
    var flows = inputs.map { Flow(graph.input(ValueType(shape: $0.shape, dtype: $0.dtype))) }
    var fed = inputs
    for (index, mask) in masks.enumerated() {
      guard let mask else { continue }
      flows[index].mask = graph.input(ValueType(shape: mask.shape, dtype: .bool))
      fed.append(mask)
    }
    let call = arguments(flows)
    var build = LayerBuild()
    try build.build(
      instance,
      BuildCall(
        try call.map { (flow: Flow) in
          TensorSpec(Shape(graph.shape(flow.value)), graph.dtype(flow.value))
        }))
    lowering = Lowering(build: build, rules: rules)
    lowering.graph = graph
    let results = try lowering.call(instance, call)
    let wanted = results.map(\.value) + results.compactMap(\.mask)
    var owners: [WeightID: Tensor] = [:]
    var rest = weights[...]
    func assign(_ instance: LayerInstance) {
      for index in build.weights(of: instance).indices {
        if let tensor = rest.popFirst() {
          owners[WeightID(layer: instance.id, index: index)] = tensor
        }
      }
      for sublayer in instance.layer.sublayers { assign(sublayer.instance) }
    }
    assign(instance)
    let executor = try ReferenceExecutor(
      graph: lowering.graph.finished(outputs: wanted), threads: 1
    ) { (id) throws(ExecutionError) in
      guard let tensor = owners[id] else { throw ExecutionError("a weight was not given") }
      return tensor
    }
    var values = try executor.run(inputs: fed, states: [], computing: wanted)[...]
    let outputs = results.map { _ in values.removeFirst() }
    return (outputs, results.map { $0.mask == nil ? nil : values.removeFirst() })
  }
}

extension CallArguments where Element == TensorSpec {
  /// Tensors of these shapes, one after another.
  static func shapes(
    _ shapes: Shape..., keywords: [(name: String, value: Argument<TensorSpec>)] = []
  ) -> CallArguments {
    CallArguments(shapes.map { .tensor(TensorSpec($0)) }, keywords: keywords)
  }

  /// Tensors of these shapes as a list.
  static func list(
    _ shapes: Shape..., keywords: [(name: String, value: Argument<TensorSpec>)] = []
  ) -> CallArguments {
    CallArguments([.list(shapes.map { .tensor(TensorSpec($0)) })], keywords: keywords)
  }
}

/// A `float32` tensor of one number.
func constant(_ number: Float, _ shape: Int...) -> Tensor {
  Tensor(shape: shape, [Float](repeating: number, count: shape.reduce(1, *)))
}
