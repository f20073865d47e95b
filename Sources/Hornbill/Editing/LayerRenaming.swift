import HornbillCore

/// Gives a layer another name wherever an architecture says the old one.
struct LayerRenaming {
  let layer: ArchitectureLayers.Layer
  let new: String

  /// The prefix that tf.keras 2.0 to 2.3 put before the name of a layer for a raw operation, which its configuration leaves out.
  private static let operationPrefix = "tf_op_layer_"

  /// Checks that the name can be the layer's.
  ///
  /// - Throws: ``EditError`` with the code `badName` or `unsupported`.
  func check(among layers: ArchitectureLayers) throws(EditError) {
    guard !new.isEmpty, !new.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") }),
      new != ".", new != ".."
    else {
      throw EditError(
        .badName, "'\(new)' cannot be a layer's name: expected some text without '/' and NUL")
    }
    let siblings = layers.all.filter {
      $0.standing == .listed && layer.standing == .listed && $0.owner == layer.owner
    }
    if siblings.contains(where: { $0.name == new }) {
      throw EditError(.badName, "the model has a layer '\(new)' already")
    }
    if layer.standing == .wrapped, layer.ownerClass == "Bidirectional" {
      throw EditError(
        .unsupported, "Bidirectional names the layers inside it itself; rename the layer around")
    }
    if layer.className == "TensorFlowOpLayer", !new.hasPrefix(LayerRenaming.operationPrefix) {
      throw EditError(
        .badName,
        "the name of a TensorFlowOpLayer begins with '\(LayerRenaming.operationPrefix)'")
    }
  }

  /// Renames the layer in an architecture: in its own object, and where its model refers to it.
  func apply(to architecture: inout JSON) {
    architecture.update(at: layer.location) { object in
      object.update(key: "name") { $0 = .string(new) }
      object.update(key: "config") { config in
        config.update(key: "name") { name in
          let isShort =
            layer.className == "TensorFlowOpLayer" && name.string.map { $0 != layer.name } == true
          name = .string(
            isShort ? String(new.dropFirst(LayerRenaming.operationPrefix.count)) : new)
        }
      }
    }
    guard layer.standing == .listed else { return }
    let isOutput = LayerRenaming.outputs(of: architecture, at: layer.owner).contains(layer.name)
    architecture.update(at: layer.owner + [.key("config")]) { config in
      for key in ["input_layers", "output_layers"] {
        config.update(key: key) { $0 = references($0) }
      }
      config.update(key: "layers") { layers in
        guard case .array(var objects) = layers else { return }
        for index in objects.indices {
          objects[index].update(key: "inbound_nodes") { $0 = references($0) }
        }
        layers = .array(objects)
      }
    }
    if isOutput, layer.owner.isEmpty {
      architecture.update(key: "compile_config") { $0 = training($0) }
    }
  }

  /// Renames the layer in a training configuration, whose losses and metrics may be listed by the names of outputs.
  func apply(toTraining config: inout JSON, of architecture: JSON) {
    let outputs = LayerRenaming.outputs(of: architecture, at: layer.owner)
    guard layer.standing == .listed, layer.owner.isEmpty, outputs.contains(layer.name) else {
      return
    }
    config = training(config)
  }

  /// The layers whose names are those of a model's outputs; none when outputs have names of their own.
  private static func outputs(of architecture: JSON, at model: [JSONStep]) -> Set<String> {
    guard let outputs = architecture[model + [.key("config"), .key("output_layers")]]?.array
    else { return [] }
    if let name = outputs.first?.string { return [name] }
    return Set(outputs.compactMap { $0.array?.first?.string })
  }

  private func training(_ config: JSON) -> JSON {
    guard case .object(var object) = config else { return config }
    for key in ["loss", "loss_weights", "metrics", "weighted_metrics", "sample_weight_mode"] {
      guard let listed = object[key]?.object, listed["class_name"] == nil, listed[layer.name] != nil
      else { continue }
      object[key] = .object(
        JSONObject(listed.pairs.map { ($0.key == layer.name ? new : $0.key, $0.value) }))
    }
    return .object(object)
  }

  /// The value with the new name in every reference to a tensor of the layer: `[name, node, tensor, …]`, in all dialects.
  private func references(_ value: JSON) -> JSON {
    switch value {
    case .array(var elements):
      let isReference =
        elements.count >= 3 && elements[0].string == layer.name && elements[1].int != nil
        && elements[2].int != nil
      for index in elements.indices { elements[index] = references(elements[index]) }
      if isReference { elements[0] = .string(new) }
      return .array(elements)
    case .object(var object):
      for (key, inner) in object.pairs { object[key] = references(inner) }
      return .object(object)
    default: return value
    }
  }
}
