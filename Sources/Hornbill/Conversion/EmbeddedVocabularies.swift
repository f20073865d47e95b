import HornbillCore
import HornbillFormats
import HornbillLayers

/// Writes adapted vocabularies, which an archive keeps in files of their own, into the configurations of their layers.
///
/// A legacy `.h5` file has no place for files; Keras itself loses the vocabularies there.
struct EmbeddedVocabularies {
  /// The architecture with the vocabularies.
  private(set) var architecture: JSON
  /// The names of the layers that got one.
  private(set) var layers: [String] = []

  /// The paths of the files that were read.
  private(set) var files: Set<String> = []

  private let bindings: WeightBindings
  private let walk: VariableWalk

  /// Reads the vocabularies of a model's file.
  init(of model: Model) {
    architecture = .null
    bindings = model.bindings
    walk = model.walk
  }

  /// Adds what the assets of a model's file hold.
  ///
  /// - Throws: ``LayerError`` when a file cannot be read.
  init(_ architecture: JSON, of model: Model) throws(LayerError) {
    self.architecture = architecture
    bindings = model.bindings
    walk = model.walk
    self.architecture = try completed(architecture, model.root)
  }

  private mutating func completed(
    _ object: JSON, _ instance: LayerInstance
  ) throws(LayerError) -> JSON {
    guard var result = object.object, var config = result["config"]?.object else { return object }
    if let model = instance.layer as? any ModelLayer, let entries = config["layers"]?.array {
      let inner = Dictionary(model.layers.map { ($0.name, $0) }) { first, _ in first }
      var layers: [JSON] = []
      for entry in entries {
        guard let name = entry["config"]?["name"]?.string, let layer = inner[name] else {
          layers.append(entry)
          continue
        }
        layers.append(try completed(entry, layer))
      }
      config["layers"] = .array(layers)
    } else {
      for (field, value) in try fields(of: instance, config).pairs { config[field] = value }
    }
    result["config"] = .object(config)
    return .object(result)
  }

  /// What a layer's configuration does not say: its vocabulary, and the weights of the tokens.
  ///
  /// - Throws: ``LayerError`` when they cannot be read.
  mutating func fields(
    of instance: LayerInstance, _ config: JSONObject
  ) throws(LayerError) -> JSONObject {
    var fields = JSONObject()
    guard let (vocabulary, count) = try vocabulary(of: instance, config) else { return fields }
    if config["output_mode"]?.string == "tf_idf" {
      guard let weights = try tokenWeights(of: instance), weights.count >= count else {
        return fields
      }
      fields["idf_weights"] = .array(weights.prefix(count).map { .double($0) })
    }
    fields["vocabulary"] = vocabulary
    layers.append(instance.name)
    if let path = bindings.assetPath("vocabulary.txt", of: instance) { files.insert(path) }
    return fields
  }

  /// The weights that were learned with a vocabulary, those of the tokens outside it first.
  private func tokenWeights(of instance: LayerInstance) throws(LayerError) -> [Double]? {
    let holders = [instance] + instance.layer.sublayers.map(\.instance)
    for variable in holders.flatMap({ walk.constants($0) })
    where variable.spec.name == "idf_weights" {
      return try bindings.tensor(for: variable.id)?.doubles
    }
    return nil
  }

  private func vocabulary(
    of instance: LayerInstance, _ config: JSONObject
  ) throws(LayerError) -> (list: JSON, count: Int)? {
    let classes = ["IntegerLookup", "StringLookup", "TextVectorization"]
    guard classes.contains(instance.className), config["vocabulary"]?.array == nil,
      let bytes = try bindings.assets.read("vocabulary.txt", of: instance)
    else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard instance.className == "IntegerLookup" else {
      return (.array(lines.map { .string($0) }), lines.count)
    }
    var numbers: [JSON] = []
    for line in lines where !line.isEmpty {
      guard let number = Int64(line) else {
        throw LayerError(.configuration, "a vocabulary of integers with a line that is none")
          .at(instance.name)
      }
      numbers.append(.integer(number))
    }
    return (.array(numbers), numbers.count)
  }
}
