import HornbillCore
import HornbillFormats
import HornbillLayers

/// Choices about how a file is opened.
public struct LoadOptions: Sendable {
  /// An architecture JSON for a file that holds weights only.
  public var architecture: String?
  /// The layers that models may be made of.
  public var registry: LayerRegistry
  /// Activation functions for names that Keras does not know.
  public var definitions: [String: Activation]

  /// Makes options.
  public init(
    architecture: String? = nil, registry: LayerRegistry = .standard,
    definitions: [String: Activation] = [:]
  ) {
    self.architecture = architecture
    self.registry = registry
    self.definitions = definitions
  }
}

extension Model {
  /// Opens a model file of any Keras: `.h5`, `.keras` (also as a folder), or weights with an architecture JSON.
  ///
  /// The kind of file is found by its content. No weight is read but those that must be to tell what the file holds: arrays of old
  /// files that become others in number or shape, and those of layers that nested models share, of which the file holds two.
  ///
  /// - Throws: ``ModelError`` when the file cannot be read, holds no architecture, or holds a broken one.
  public init(contentsOf path: String, options: LoadOptions = LoadOptions()) throws(ModelError) {
    let archive: ModelArchive
    do {
      archive = try ModelArchive.open(path, architecture: options.architecture)
    } catch {
      throw ModelError(error)
    }
    try self.init(archive: archive, options: options)
  }

  package init(
    archive: ModelArchive, options: LoadOptions = LoadOptions()
  ) throws(ModelError) {
    guard let architecture = archive.architecture else {
      throw ModelError(
        .archive, file: archive.path,
        "holds weights but no architecture; give its JSON with --config")
    }
    let rules = SemanticRules(
      kerasMajor: KerasGeneration.major(
        version: archive.kerasVersion, architecture: architecture))
    let context = DecodingContext(
      registry: options.registry, rules: rules, definitions: options.definitions)
    do {
      let attention = QuantizedAttention(architecture, of: archive)
      attention.upgrades.forEach(context.note)
      let root = try context.decode(attention.architecture)
      var build = LayerBuild()
      let inputs = (root.layer as? any ModelLayer)?.inputSpecs
      if let inputs { try build.build(root, BuildCall(inputs)) }
      self.inputs = inputs ?? []
      self.root = root
      self.build = build
      bindings = try WeightBindings(archive: archive, root: root, build: build, rules: rules)
    } catch {
      throw ModelError(error, file: archive.path)
    }
    path = archive.path
    kerasVersion = archive.kerasVersion
    upgrades = context.upgrades
    self.rules = rules
    self.archive = archive
  }
}
