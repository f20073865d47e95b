package import HornbillCore

/// One primitive operation of TensorFlow.
///
/// The operands are the tensors of the call, with the constants of the configuration inserted at their positions.
///
/// - Source: Keras 2.15, `keras/src/engine/base_layer.py`.
package struct TensorFlowOpLayer: TensorFlowLayer {
  package static let className = "TensorFlowOpLayer"

  /// What Keras puts before the name of the operation to make the layer's name.
  package static let namePrefix = "tf_op_layer_"

  package let function: String
  package let rule: Operation.Rule?
  private let node: NodeDef
  private let constants: [(position: Int, value: JSON)]

  package init(config: LayerConfig) throws(LayerError) {
    guard let definition = config["node_def"] else {
      throw config.invalid("node_def", expected: "an operation of TensorFlow")
    }
    node = try NodeDef(json: definition)
    function = RawOperations.function(node.op)
    rule = RawOperations.rule(node.op)
    var constants: [(position: Int, value: JSON)] = []
    for (key, value) in config["constants"]?.object?.pairs ?? [] {
      guard let position = Int(key), position >= 0, position <= 1 << 16 else {
        throw config.invalid("constants", expected: "constants by the positions of operands")
      }
      constants.append((position, value))
    }
    self.constants = constants.sorted { $0.position < $1.position }
  }

  /// The shapes of the results that the file itself states; `nil` when it states none.
  var storedSpecs: [TensorSpec]? {
    let attribute = node.attributes.first { $0.name == "output_shapes" }
    guard case .list(let elements)? = attribute?.value, !elements.isEmpty else { return nil }
    return elements.map { element in
      guard case .shape(let extents) = element else { return .unknown }
      return TensorSpec(Shape(extents.map { $0 < 0 ? nil : Int($0) }))
    }
  }

  package func completed<Element: Sendable>(
    _ arguments: CallArguments<Element>
  ) throws(LayerError) -> CallArguments<Element> {
    var operands = arguments.positional.flatMap(\.tensors).map { Argument.tensor($0) }
    for (position, value) in constants {
      guard position <= operands.count else {
        throw LayerError(
          .wiring, "a constant is operand \(position), but there are \(operands.count) operands")
      }
      let constant: Argument<Element> = try Argument(json: value) {
        (_: JSON) throws(LayerError) -> Element? in nil
      }
      operands.insert(constant, at: position)
    }
    guard node.inputCount == 0 || operands.count == node.inputCount else {
      throw LayerError(
        .wiring, "\(node.op) has \(node.inputCount) operands, the file gives \(operands.count)")
    }
    var keywords: [(name: String, value: Argument<Element>)] = []
    for (name, value) in node.attributes {
      if let argument: Argument<Element> = value.argument() { keywords.append((name, argument)) }
    }
    return CallArguments(operands, keywords: keywords)
  }
}
