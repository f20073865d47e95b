import HornbillCore

extension ModelUpgrade {
  /// A layer that Keras 3 does not have, as one layer that computes the same; `nil` for one that needs no other.
  mutating func replacement(
    of instance: LayerInstance, named name: String, at path: [String]
  ) throws(LayerError) -> JSONObject? {
    guard let other = try ModelUpgrade.standIn(for: instance) else { return nil }
    note(instance, "class written as \(other.className)")
    place(path, .layer(instance))
    return try plain(other, named: name)
  }

  /// A layer of a class of Keras 3 that does what a layer of a class of older releases does.
  static func standIn(for instance: LayerInstance) throws(LayerError) -> LayerInstance? {
    let layer: any Layer
    switch instance.layer {
    case let rectifier as ThresholdedReLU:
      layer = ReLU(threshold: rectifier.theta)
    case is RandomWidth, is RandomHeight:
      layer = Identity()
    case let crop as RandomCrop:
      // Outside training Keras 2 cuts the middle of the image's aspect and resizes it.
      layer = Resizing(height: crop.height, width: crop.width, cropToAspectRatio: true)
    case let network as any CuDNNNetwork:
      layer = try plainNetwork(network, of: instance)
    default:
      return nil
    }
    return LayerInstance(
      layer, name: instance.name, className: type(of: layer).className,
      trainable: instance.trainable, policy: instance.policy, source: nil)
  }

  /// The plain recurrent layer of one in cuDNN's layout, with what the file says of its variables.
  private static func plainNetwork(
    _ network: any CuDNNNetwork, of instance: LayerInstance
  ) throws(LayerError) -> any Layer {
    let isLSTM = network is CuDNNLSTM
    var encoder = ConfigEncoder()
    network.encode(to: &encoder)
    var fields = encoder.fields
    fields["activation"] = .string("tanh")
    fields["recurrent_activation"] = .string("sigmoid")
    if !isLSTM { fields["reset_after"] = .bool(true) }
    let config = LayerConfig(
      className: isLSTM ? LSTM.className : GRU.className, name: instance.name, fields: fields,
      context: DecodingContext(rules: SemanticRules(kerasMajor: 3)))
    return isLSTM ? try LSTM(config: config) : try GRU(config: config)
  }

  /// The layers inside a wrapper's configuration, where they are models or of classes that Keras 3 does not have.
  mutating func replaceInner(
    of instance: LayerInstance, in config: inout JSONObject
  ) throws(LayerError) {
    let fields = ["layer": "layer", "forward_layer": "layer", "backward_layer": "backward_layer"]
    for sublayer in instance.layer.sublayers {
      guard let field = fields[sublayer.attribute], let stored = config[field]?.object else {
        continue
      }
      let name = stored["config"]?["name"]?.string ?? sublayer.instance.name
      guard GraphReplacement(of: sublayer.instance) == nil else {
        throw LayerError(
          .unsupported,
          "Keras 3 has \(sublayer.instance.className) only as several operations, which no wrapper holds"
        ).at(instance.name)
      }
      if let other = try ModelUpgrade.standIn(for: sublayer.instance) {
        note(sublayer.instance, "class written as \(other.className)")
        config[field] = .object(try plain(other, named: name))
      } else if sublayer.instance.layer is any ModelLayer {
        var inner = ModelUpgrade(build: build, rules: rules, variable: variable)
        config[field] = .object(try inner.object(of: sublayer.instance, named: name, at: []))
        notes += inner.notes
      }
    }
  }
}

extension CuDNNNetwork {
  /// The variables of the plain layer in the order of its cell's, each made of one of a layer in cuDNN's layout.
  package func plainArrays(of instance: LayerInstance) -> [DerivedArray] {
    let (layout, units) = (Self.layout, units)
    return (0..<3).map { index in
      DerivedArray(instance, index) { (array) throws(LayerError) in
        guard let width = Shape.elementCount([layout.gates, units]), width <= .max / 2 else {
          throw LayerError(.shape, "\(units) units are too many")
        }
        // Each of the three arrays is converted by itself; the others only say the shapes.
        let features = index == 0 ? array.shape.first ?? 1 : 1
        var arrays = [[features, width], [units, width], [2 * width]].map { shape in
          Tensor(shape: shape, [Float](repeating: 0, count: shape.reduce(1, *)))
        }
        arrays[index] = array
        return try layout.converted(arrays)[index]
      }
    }
  }
}
