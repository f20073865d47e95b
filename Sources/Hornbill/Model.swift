@_exported public import HornbillCore
@_exported public import HornbillFormats
@_exported public import HornbillLayers

/// A Keras model: its layers with their wiring, and its weights.
///
///     let model = try Model(contentsOf: "mnist.keras")
///     print(try model.summary().text())
///     let outputs = try model.predict([digits])
///
/// Weights are read when the model first runs, and not when it is opened, a few of old files and of shared layers apart; see
/// ``init(contentsOf:options:)``.
public struct Model: Sendable {
  /// The model as a layer.
  public let root: LayerInstance
  /// The file that the model came from.
  public let path: String?
  /// The Keras version that wrote the file, as the file gives it.
  public let kerasVersion: String?
  /// What decoding changed in an old configuration.
  public let upgrades: [ConfigUpgrade]
  package let rules: SemanticRules
  package let build: LayerBuild
  package let archive: ModelArchive?
  package internal(set) var bindings: WeightBindings

  /// The model's name.
  public var name: String { root.name }

  /// The model's layers in order.
  public var layers: [LayerInstance] { (root.layer as? any ModelLayer)?.layers ?? [] }

  /// What the model takes, flattened; empty when it does not say.
  public let inputs: [TensorSpec]

  /// Makes a model of a layer that is a model, with weights that the caller supplies or that its initializers make.
  ///
  /// - Parameters:
  ///   - model: a ``Sequential`` or ``Functional``.
  ///   - name: the model's name; Keras's automatic one when absent.
  ///   - input: the model's input, when the model does not state it; a ``Sequential`` states it from then on, so that it is saved with the
  ///     model. Without any the model is not built.
  ///   - weights: the tensors in Keras's order (`model.get_weights()`); empty for those that the layers' initializers make when
  ///     the model first runs.
  /// - Throws: ``ModelError`` when shapes do not fit.
  public init(
    _ model: any ModelLayer, name: String? = nil, input: TensorSpec? = nil, weights: [Tensor] = []
  ) throws(ModelError) {
    var model = model
    if let input, let sequential = model as? Sequential { model = sequential.stating(input) }
    let name = name ?? SnakeCase.name(of: type(of: model).className)
    root = LayerInstance(model, name: name)
    path = nil
    kerasVersion = nil
    upgrades = []
    rules = SemanticRules(kerasMajor: 3)
    archive = nil
    let inputs = input.map { [$0] } ?? model.inputSpecs
    self.inputs = inputs ?? []
    do {
      var build = LayerBuild()
      if let inputs {
        try build.build(root, BuildCall(inputs))
      }
      self.build = build
      bindings =
        weights.isEmpty
        ? WeightBindings(initialValuesOf: root, build: build)
        : try WeightBindings(tensors: weights, root: root, build: build)
    } catch {
      throw ModelError(error, file: nil)
    }
  }

  /// The outputs of the model for one set of inputs.
  ///
  /// - Parameters:
  ///   - inputs: one tensor for each input, in order, with the batch axis.
  ///   - engine: which executor computes.
  /// - Throws: ``ModelError`` when the inputs do not fit, when the model holds a layer that does not run, or when weights are missing.
  public func predict(_ inputs: [Tensor], engine: Engine = .fast) throws(ModelError) -> [Tensor] {
    try session(engine: engine).run(inputs)
  }

  /// A session that keeps the states of stateful layers between runs.
  public func session(engine: Engine = .fast, threads: Int = 1) -> Session {
    Session(model: self, engine: engine, threads: threads)
  }
}
