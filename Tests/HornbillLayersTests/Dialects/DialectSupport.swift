import HornbillCore
import HornbillLayers
import Testing

/// Upgrades a configuration given as JSON text.
func upgrade(
  _ className: String, _ config: String, keras major: Int = 2
) throws -> (className: String, fields: JSONObject, changes: [String]) {
  let context = DecodingContext(rules: SemanticRules(kerasMajor: major))
  let fields = try #require(JSON(parsing: Array(config.utf8)).object)
  let upgrade = try ConfigDialect.upgraded(
    fields, className: className, name: "layer", in: context)
  return (upgrade.className, upgrade.fields, context.upgrades.map(\.change))
}

/// Decodes a layer or model given as JSON text.
func decode(
  _ text: String, keras major: Int = 2
) throws -> (instance: LayerInstance, changes: [String]) {
  let context = DecodingContext(rules: SemanticRules(kerasMajor: major))
  let instance = try context.decode(try JSON(parsing: Array(text.utf8)))
  return (instance, context.upgrades.map(\.description))
}

/// Builds a decoded model from its own inputs and gives the shapes of its outputs.
func outputShapes(_ instance: LayerInstance) throws -> [String] {
  let model = try #require(instance.layer as? any ModelLayer)
  var build = LayerBuild()
  let specs = try build.build(instance, BuildCall(try #require(model.inputSpecs)))
  return specs.map { $0.shape?.description ?? "?" }
}

/// JSON text as a value.
func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }
