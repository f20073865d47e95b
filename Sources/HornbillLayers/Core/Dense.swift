public import HornbillCore

/// A fully connected layer.
///
///     y = activation(x · kernel + bias)
///
/// - Input: `(…, in)`, any rank ≥ 1 with the batch. Output: `(…, units)`.
/// - Weights: `kernel` (in, units), `bias` (units) unless `useBias` is false.
/// - Source: Keras 3, `keras/src/layers/core/dense.py`.
public struct Dense: Layer {
  public static let className = "Dense"

  /// The extent of the output's last axis.
  public let units: Int
  /// The activation.
  public let activation: ActivationFunction
  /// Whether there is a bias.
  public let useBias: Bool

  /// Makes a fully connected layer.
  public init(units: Int, activation: Activation = .linear, useBias: Bool = true) {
    self.units = units
    self.activation = .function(activation)
    self.useBias = useBias
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    activation = try config.activation("activation")
    useBias = try config.bool("use_bias", default: true)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    var output = try call.input
    let features = try call.knownExtent(-1)
    build.weight("kernel", [features, units])
    if useBias { build.weight("bias", [units]) }
    output.shape?[-1] = units
    return [try activation.build(output, in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var y = try lowering.graph.dense(call.input, kernel: call.weights[0])
    if useBias { y = try lowering.graph.add(y, call.weights[1]) }
    return [try activation.lower(y, into: &lowering)]
  }
}

extension GraphBuilder {
  /// The product of the last axis with a matrix, whatever the rank.
  package mutating func dense(_ x: Value, kernel: Value) throws(LayerError) -> Value {
    let extents = shape(x)
    guard let last = extents.last, let columns = shape(kernel).last else {
      throw LayerError(.shape, "a dense layer needs at least one axis")
    }
    let lead = Array(extents.dropLast())
    guard let rows = Shape.elementCount(lead) else {
      throw LayerError(.shape, "shape \(Shape(extents)) has too many elements")
    }
    let flat = try reshape(x, to: [rows, last])
    return try reshape(matmul(flat, kernel), to: lead + [columns])
  }
}
