package import HornbillCore

/// `x1 != x2`, broadcast.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, `NotEqual`.
package struct NotEqualOperation: Layer {
  package static let className = "NotEqual"

  package init(config: LayerConfig) throws(LayerError) {}

  package func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [TensorSpec(try call.inputShape, .bool)]
  }

  package func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    guard let second = call.arguments.parameter(1, "x2") else {
      throw LayerError(.wiring, "NotEqual needs two operands")
    }
    switch second {
    case .integer(let number):
      return [try lowering.graph.notEqual(x, Double(number))]
    case .number(let number):
      return [try lowering.graph.notEqual(x, number)]
    default:
      throw LayerError(.unsupported, "NotEqual between two tensors is not supported")
    }
  }
}

/// Whether any element along some axes is true.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, `Any`.
package struct AnyOperation: Layer {
  package static let className = "Any"

  let axes: [Int]?
  let keepDimensions: Bool

  package init(config: LayerConfig) throws(LayerError) {
    axes = config["axis"] == nil ? nil : try config.axes("axis")
    keepDimensions = try config.bool("keepdims", default: false)
  }

  package func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shape = try call.inputShape
    let reduced = Set((axes ?? Array(0..<shape.rank)).map { $0 < 0 ? $0 + shape.rank : $0 })
    var result: [Int?] = []
    for (axis, extent) in shape.dimensions.enumerated() {
      if !reduced.contains(axis) {
        result.append(extent)
      } else if keepDimensions {
        result.append(1)
      }
    }
    return [TensorSpec(Shape(result), .bool)]
  }

  package func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try lowering.graph.cast(call.input, to: .bool)
    let axes = axes ?? Array(0..<lowering.graph.rank(x))
    return [try lowering.graph.reduce(.any, x, axes: axes, keepDimensions: keepDimensions)]
  }
}
