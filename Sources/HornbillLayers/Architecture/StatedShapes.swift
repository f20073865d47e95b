package import HornbillCore

/// Fills in the shapes and types that Keras 3 writes beside every tensor of a functional model's calls.
package enum StatedShapes {
  /// The serialised model with what building it has told.
  package static func completed(
    _ object: JSON, of instance: LayerInstance, _ build: LayerBuild
  ) -> JSON {
    guard var result = object.object, var config = result["config"]?.object,
      let layers = config["layers"]?.array, let model = instance.layer as? any ModelLayer
    else { return object }
    let known = tensors(of: instance, build)
    let inner = Dictionary(model.layers.map { ($0.name, $0) }) { first, _ in first }
    config["layers"] = .array(
      layers.map { layer in
        guard var entry = layer.object else { return layer }
        if let name = entry["config"]?["name"]?.string, let instance = inner[name] {
          entry = completed(layer, of: instance, build).object ?? entry
        }
        if let nodes = entry["inbound_nodes"] {
          entry["inbound_nodes"] = stated(nodes, known)
        }
        return .object(entry)
      })
    result["config"] = .object(config)
    return .object(result)
  }

  private struct Key: Hashable {
    let name: String
    let node: Int
    let tensor: Int
  }

  private static func tensors(of instance: LayerInstance, _ build: LayerBuild) -> [Key: TensorSpec]
  {
    guard let model = instance.layer as? Functional, let calls = build.callOutputs[instance.id]
    else { return [:] }
    var result: [Key: TensorSpec] = [:]
    for (entry, nodes) in zip(model.entries, calls) {
      for (node, specs) in nodes.enumerated() {
        for (tensor, spec) in specs.enumerated() {
          result[Key(name: entry.instance.name, node: node, tensor: tensor)] = spec
        }
      }
    }
    return result
  }

  private static func stated(_ value: JSON, _ known: [Key: TensorSpec]) -> JSON {
    switch value {
    case .array(let elements):
      return .array(elements.map { stated($0, known) })
    case .object(var object):
      if object["class_name"]?.string == "__keras_tensor__", var config = object["config"]?.object,
        let history = config["keras_history"]?.array, history.count == 3,
        let name = history[0].string, let node = history[1].int, let tensor = history[2].int
      {
        if let spec = known[Key(name: name, node: node, tensor: tensor)], let shape = spec.shape {
          config["shape"] = shape.json
          config["dtype"] = .string(spec.dtype.rawValue)
          object["config"] = .object(config)
        }
        return .object(object)
      }
      for (key, inner) in object.pairs { object[key] = stated(inner, known) }
      return .object(object)
    case .null, .bool, .integer, .double, .string:
      return value
    }
  }
}
