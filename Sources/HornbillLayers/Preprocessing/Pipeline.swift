public import HornbillCore

/// Layers applied one after another, as one layer.
///
/// - Input: what the first layer takes. Output: what the last layer gives.
/// - Weights: those of the layers.
/// - Source: Keras 3, `keras/src/layers/preprocessing/pipeline.py`.
public struct Pipeline: UncastInputLayer, CommonFieldsLayer {
  public static let className = "Pipeline"

  /// The layers.
  public let layers: [LayerInstance]

  /// Makes a pipeline of layers.
  public init(layers: [LayerInstance]) {
    self.layers = layers
  }

  /// Makes a pipeline of layers that get Keras's automatic names.
  public init(@LayerListBuilder _ layers: () -> [LayerInstance]) {
    self.layers = layers()
  }

  public init(config: LayerConfig) throws(LayerError) {
    guard let objects = config["layers"]?.array else {
      throw config.invalid("layers", expected: "a list of layers")
    }
    var layers: [LayerInstance] = []
    for object in objects { layers.append(try config.context.decode(object)) }
    self.layers = layers
  }

  package var refusedFields: [String] { ["trainable", "dtype", "activity_regularizer"] }

  public func encode(to config: inout ConfigEncoder) {
    config.set("layers", layers)
  }

  public var sublayers: [Sublayer] {
    layers.map { Sublayer("layers", $0, isListElement: true) }
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    var call = call
    var outputs: [[[TensorSpec]]] = []
    for layer in layers {
      let specs = try build.build(layer, call)
      outputs.append([specs])
      call = BuildCall(specs)
    }
    if let pipeline = build.current, build.callOutputs[pipeline.id] == nil {
      build.record(outputs, of: pipeline)
    }
    return outputs.last?.first ?? call.inputs
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try flows(call, into: &lowering).map(\.value)
  }

  private func flows(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Flow] {
    guard let first = layers.first else {
      return zip(call.inputs, call.attachedMasks).map { Flow($0, mask: $1) }
    }
    var flows = try lowering.call(first, CallArguments(call.arguments.positional))
    for layer in layers.dropFirst() { flows = try lowering.call(layer, flows) }
    return flows
  }
}
