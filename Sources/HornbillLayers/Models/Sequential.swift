public import HornbillCore

/// A model whose layers follow one another.
///
///     let model = Sequential {
///       Embedding(inputDim: 11, outputDim: 11, maskZero: true)
///       SimpleRNN(units: 10)
///       Dense(units: 2)
///     }
///
/// - Source: Keras 3, `keras/src/models/sequential.py`; the file's forms are those of Keras 1, 2 and 3.
public struct Sequential: ModelLayer {
  public static let className = "Sequential"

  /// The layers without the input.
  public let layers: [LayerInstance]
  /// What the model says of its input; `nil` for a model that has not seen one.
  public let inputSpec: TensorSpec?
  /// The input as a layer, when the model has one.
  package let inputLayer: LayerInstance?

  /// Makes a model of layers; those without a name get Keras's automatic one, counted within this model.
  ///
  ///     Sequential {
  ///       Input(shape: [10])
  ///       Dense(units: 2)
  ///     }
  public init(input: TensorSpec? = nil, @LayerListBuilder _ layers: () -> [LayerInstance]) {
    self.init(layers(), input: input)
  }

  /// Makes a model of layers; those without a name of their own get Keras's automatic one.
  ///
  /// Building a model throws ``LayerError`` with the code `wiring` when two layers have one
  /// name, or when an input comes after a layer.
  public init(_ layers: [LayerInstance], input: TensorSpec? = nil) {
    var scope = NameScope()
    let layers = layers.map { scope.named($0) }
    if let first = layers.first, let stated = (first.layer as? InputLayer)?.spec {
      self.layers = Array(layers.dropFirst())
      inputSpec = input ?? stated
      inputLayer = first
    } else {
      self.layers = layers
      inputSpec = input
      inputLayer = nil
    }
  }

  private init(_ layers: [LayerInstance], _ inputSpec: TensorSpec, _ inputLayer: LayerInstance?) {
    self.layers = layers
    self.inputSpec = inputSpec
    self.inputLayer = inputLayer
  }

  /// The same layers, with an input that the model did not state.
  package func stating(_ input: TensorSpec) -> Sequential {
    inputSpecs == nil ? Sequential(layers, input, inputLayer) : self
  }

  public init(config: LayerConfig) throws(LayerError) {
    guard let objects = config["layers"]?.array else {
      throw config.invalid("layers", expected: "a list of layers")
    }
    var layers: [LayerInstance] = []
    var input: LayerInstance?
    var names: Set<String> = []
    for object in objects {
      let instance = try config.context.decode(object)
      guard names.insert(instance.name).inserted else {
        throw LayerError(.wiring, "two layers are named \"\(instance.name)\"")
      }
      if instance.layer is InputLayer, layers.isEmpty, input == nil {
        input = instance
      } else {
        layers.append(instance)
      }
    }
    self.layers = layers
    inputLayer = input
    if let spec = (input?.layer as? InputLayer)?.spec {
      inputSpec = spec
    } else if let first = objects.first,
      let stated = try StatedInput.spec(of: first, in: config.context)
    {
      inputSpec = stated
    } else if let shape = try config.shape("build_input_shape") {
      inputSpec = TensorSpec(shape)
    } else {
      inputSpec = nil
    }
  }

  public var sublayers: [Sublayer] {
    layers.map { Sublayer("layers", $0, isListElement: true) }
  }

  public var inputSpecs: [TensorSpec]? {
    if let inputSpec { return [inputSpec] }
    return (layers.first?.layer as? any ModelLayer)?.inputSpecs
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try check()
    let own = inputSpecs ?? call.inputs
    if let model = build.current, build.callOutputs[model.id] == nil {
      let specs = try propagate(own, in: &build)
      build.record(specs.map { [$0] }, of: model)
      if own == call.inputs { return specs.last ?? own }
    }
    return try propagate(call.inputs, in: &build).last ?? call.inputs
  }

  private func check() throws(LayerError) {
    var known: [String: LayerInstance] = [:]
    for layer in (inputLayer.map { [$0] } ?? []) + layers {
      // One layer may stand in several places, where it has the same weights.
      if let other = known.updateValue(layer, forKey: layer.name), other.id != layer.id {
        throw LayerError(.wiring, "two layers are named \"\(layer.name)\"")
      }
    }
    // A file may have an input in a later place, where it hands on what it gets.
    if let input = layers.first(where: { $0.layer is InputLayer && $0.source == nil }) {
      throw LayerError(
        .wiring, "input \"\(input.name)\" is not the only one, or comes after a layer")
    }
  }

  private func propagate(
    _ inputs: [TensorSpec], in build: inout LayerBuild
  ) throws(LayerError) -> [[TensorSpec]] {
    var current = inputs
    if let inputSpec, current.count == 1 { current[0].dtype = inputSpec.dtype }
    var result: [[TensorSpec]] = []
    for layer in layers {
      let isUnknown = current.contains { $0.shape == nil }
      if isUnknown && !(layer.layer is OpaqueLayer) {
        current = [.unknown]
      } else {
        current = try build.build(layer, BuildCall(current))
      }
      result.append(current)
    }
    return result
  }

  public func lowerFlows(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Flow] {
    var flows = zip(call.inputs, call.attachedMasks).map { Flow($0, mask: $1) }
    if let inputSpec, flows.count == 1 {
      flows[0].value = try lowering.graph.adjusted(flows[0].value, to: inputSpec)
    }
    for layer in layers { flows = try lowering.call(layer, flows) }
    return flows
  }
}

/// Collects the layers of a model that is written in Swift.
@resultBuilder
public enum LayerListBuilder {
  /// A layer that gets Keras's automatic name.
  public static func buildExpression(_ layer: any Layer) -> [PendingLayer] {
    [PendingLayer(instance: LayerInstance(automatic: layer))]
  }

  /// A layer with a name of its own.
  public static func buildExpression(_ instance: LayerInstance) -> [PendingLayer] {
    [PendingLayer(instance: instance)]
  }

  /// The model's input, before its layers.
  ///
  /// What a layer gives is no input; a model with it in its list is refused when it is built.
  public static func buildExpression(_ input: SymbolicTensor) -> [PendingLayer] {
    let instance = input.call.instance
    if instance.layer is InputLayer { return buildExpression(instance) }
    return buildExpression(LayerInstance(StrayTensor(), name: instance.name))
  }

  /// All layers in order.
  public static func buildBlock(_ parts: [PendingLayer]...) -> [PendingLayer] {
    parts.flatMap { $0 }
  }

  /// Layers made in a loop.
  public static func buildArray(_ parts: [[PendingLayer]]) -> [PendingLayer] {
    parts.flatMap { $0 }
  }

  /// Layers under a condition.
  public static func buildOptional(_ part: [PendingLayer]?) -> [PendingLayer] { part ?? [] }

  /// Layers under a condition.
  public static func buildEither(first: [PendingLayer]) -> [PendingLayer] { first }

  /// Layers under the opposite condition.
  public static func buildEither(second: [PendingLayer]) -> [PendingLayer] { second }

  /// The layers, which the model that they come into names.
  public static func buildFinalResult(_ parts: [PendingLayer]) -> [LayerInstance] {
    parts.map(\.instance)
  }
}

/// A layer on its way into a model, with or without a name.
public struct PendingLayer {
  let instance: LayerInstance
}

/// What stands in a list of layers for a tensor that a layer gives: the list has no place for what is behind it.
private struct StrayTensor: Layer {
  static let className = "SymbolicTensor"

  private static let error = LayerError(
    .wiring, "a list holds layers and not what calling them gives: expected a layer or an input")

  init() {}

  init(config: LayerConfig) throws(LayerError) { throw StrayTensor.error }

  func encode(to config: inout ConfigEncoder) {}

  func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    throw StrayTensor.error
  }

  func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    throw StrayTensor.error
  }
}
