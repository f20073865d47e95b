public import HornbillCore

/// The greatest of several linear maps.
///
///     y = max over features f of (x · W[f] + b[f])
///
/// - Input: `(batch, in)`. Output: `(batch, units)`.
/// - Weights: `W` (features, in, units), `b` (features, units) unless `useBias` is false.
/// - Source: Keras 1.2.2, `keras/layers/core.py`; the class is gone since Keras 2.
public struct MaxoutDense: Layer {
  public static let className = "MaxoutDense"

  /// The extent of the output's last axis.
  public let units: Int
  /// The number of linear maps.
  public let features: Int
  /// Whether there is a bias.
  public let useBias: Bool

  private let fields: JSONObject

  /// Makes a maxout layer.
  ///
  /// Building a model throws ``LayerError`` when `units` or `features` is not above 0.
  public init(units: Int, features: Int = 4, useBias: Bool = true) {
    fields = JSONObject()
    self.units = units
    self.features = features
    self.useBias = useBias
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("output_dim")
    features = try config.positive("nb_feature", default: 4)
    useBias = try config.bool("bias", default: true)
    fields = LegacyFields.kept(config)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("output_dim", units)
    config.set("nb_feature", features)
    config.set("bias", useBias)
    LegacyFields.encode(fields, to: &config)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    var output = try call.input
    try LayerError.check(positive: [units, features], "units, features")
    let shape = try call.inputShape(rank: 2)
    build.weight("W", [features, try call.knownExtent(-1), units])
    if useBias { build.weight("b", [features, units], initializer: .zeros) }
    output.shape = [shape[0], units]
    return [output]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.expand(call.input, axis: 0)
    var maps = try lowering.graph.matmul(x, call.weights[0])
    if useBias {
      let bias = try lowering.graph.expand(call.weights[1], axis: 1)
      maps = try lowering.graph.add(maps, bias)
    }
    return [try lowering.graph.reduce(.maximum, maps, axes: [0])]
  }
}
