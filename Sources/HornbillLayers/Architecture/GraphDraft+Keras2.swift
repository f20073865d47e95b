import HornbillCore

extension GraphDraft {
  /// The configuration of the model as Keras 2.15 writes it.
  ///
  /// - Throws: ``LayerError`` for an argument that it cannot write.
  func keras2Config(
    name: String, trainable: Bool, inputs: Argument<DraftTensor>, outputs: Argument<DraftTensor>
  ) throws(LayerError) -> JSONObject {
    let order = OperationOrder(
      self, inputs: inputs.tensors.map(\.key), outputs: outputs.tensors.map(\.key))
    var layers: [JSON] = []
    for index in order.entries {
      let entry = entries[index]
      var object = entry.object
      object["name"] = .string(entry.name)
      var nodes: [JSON] = []
      for call in entry.calls {
        do {
          let isFunction = entry.instance == nil
          nodes.append(try keras2Node(call, isFunction: isFunction))
        } catch {
          throw error.at(entry.name)
        }
      }
      object["inbound_nodes"] = .array(nodes)
      layers.append(.object(object))
    }
    return JSONObject([
      ("name", .string(name)), ("trainable", .bool(trainable)), ("layers", .array(layers)),
      ("input_layers", try structure(inputs.listed)),
      ("output_layers", try structure(outputs.listed)),
    ])
  }

  private func structure(_ argument: Argument<DraftTensor>) throws(LayerError) -> JSON {
    switch argument {
    case .tensor(let tensor): return triple(tensor)
    case .list(let elements):
      var result: [JSON] = []
      for element in elements { result.append(try structure(element)) }
      return .array(result)
    case .dictionary(let pairs):
      var result = JSONObject()
      for (key, value) in pairs { result[key] = try structure(value) }
      return .object(result)
    default:
      throw LayerError(.unsupported, "an input or output that is no tensor")
    }
  }

  /// A tensor by layer, call and output; Keras 2 counts the calls of a nested model from 1.
  private func triple(_ tensor: DraftTensor) -> JSON {
    let entry = entries[tensor.key.entry]
    let isModel =
      entry.instance?.layer is Functional
      || (entry.instance?.layer as? Sequential).map { $0.inputSpec != nil } ?? false
    return .array([
      .string(entry.name), .integer(Int64(tensor.key.node + (isModel ? 1 : 0))),
      .integer(Int64(tensor.key.tensor)),
    ])
  }

  /// One call; the single operand of a function stands bare, that of a layer in a list.
  private func keras2Node(
    _ call: CallArguments<DraftTensor>, isFunction: Bool
  ) throws(LayerError) -> JSON {
    var keywords = JSONObject()
    for (name, value) in call.keywords { keywords[name] = try keras2Value(value) }
    guard let first = call.positional.first else {
      throw LayerError(.unsupported, "a call without an argument")
    }
    let node = try keras2First(first, .object(keywords))
    if !isFunction, case .array(let elements) = node, elements.first?.string != nil {
      return .array([node])
    }
    return node
  }

  private func keras2First(
    _ argument: Argument<DraftTensor>, _ keywords: JSON
  ) throws(LayerError) -> JSON {
    switch argument {
    case .tensor(let tensor):
      guard case .array(let parts) = triple(tensor) else { return .null }
      return .array(parts + [keywords])
    case .list(let elements) where argument.hasTensors:
      var result: [JSON] = []
      for element in elements { result.append(try keras2First(element, keywords)) }
      return .array(result)
    case .dictionary(let pairs) where argument.hasTensors:
      var result = JSONObject()
      for (key, value) in pairs { result[key] = try keras2First(value, keywords) }
      return .object(result)
    default:
      return .array([
        .string("_CONSTANT_VALUE"), .integer(-1), try keras2Value(argument), keywords,
      ])
    }
  }

  private func keras2Value(_ argument: Argument<DraftTensor>) throws(LayerError) -> JSON {
    switch argument {
    case .tensor(let tensor): return triple(tensor)
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .double(value)
    case .string(let value): return .string(value)
    case .array(let value):
      return value.serialized["config"]?["value"] ?? value.serialized
    case .list(let elements):
      var result: [JSON] = []
      for element in elements { result.append(try keras2Value(element)) }
      return .array(result)
    case .dictionary(let pairs):
      var result = JSONObject()
      for (key, value) in pairs { result[key] = try keras2Value(value) }
      return .object(result)
    case .slice(let start, let stop, let step):
      return .object(
        JSONObject([
          ("start", try keras2Value(start)), ("stop", try keras2Value(stop)),
          ("step", try keras2Value(step)),
        ]))
    case .ellipsis:
      return .object(JSONObject([("class_name", .string("__ellipsis__"))]))
    }
  }
}

extension Argument {
  /// A single tensor as a list of one, as Keras 2 writes inputs and outputs.
  fileprivate var listed: Argument {
    if case .tensor = self { return .list([self]) }
    return self
  }
}
