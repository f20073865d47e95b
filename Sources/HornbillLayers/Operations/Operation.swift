package import HornbillCore

/// An operation of `keras.ops` that stands in a functional model beside its layers.
///
/// It has no variables; it computes in the types of its operands. ``OperationRegistry`` holds what each class does.
package struct Operation: Layer {
  package static let className = "Operation"

  /// How an operation lowers: a function of its call.
  package typealias Rule =
    @Sendable (OperationCall, inout GraphBuilder) throws(LayerError) -> [Value]

  private let name: String
  private let fields: JSONObject
  private let rule: Rule

  init(className: String, fields: JSONObject, rule: @escaping Rule) {
    name = className
    self.fields = fields
    self.rule = rule
  }

  package init(config: LayerConfig) throws(LayerError) {
    guard let rule = OperationRegistry.standard.operations[config.className] else {
      throw LayerError(.unsupported, "\(config.className) is not an operation that Hornbill runs")
    }
    self.init(className: config.className, fields: config.fields, rule: rule)
  }

  package func encode(to config: inout ConfigEncoder) {
    for (field, value) in fields.pairs where field != "name" { config[field] = value }
  }

  package func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    if let stated = try StatedShape.specs(name, fields, call) { return stated }
    do {
      return try SymbolicShape.infer(call.arguments) {
        (arguments, graph) throws(LayerError) in
        try rule(OperationCall(className: name, fields: fields, arguments: arguments), &graph)
      }
    } catch {
      guard error.code == .unsupported else { throw error }
      return [.unknown]
    }
  }

  package func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let call = OperationCall(className: name, fields: fields, arguments: call.arguments)
    if let rule = DataDependentOperations.rules[name], let values = try rule(call, &lowering) {
      return values
    }
    return try rule(call, &lowering.graph)
  }
}
