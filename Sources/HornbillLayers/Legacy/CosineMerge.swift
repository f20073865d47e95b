public import HornbillCore

/// Keras 1's `Merge` in its mode `cos`: the cosine of the angle between two inputs.
///
///     y = dot(a, b) / max(√(dot(a, a) · dot(b, b)), 1e-7)
///
/// `dot` is the batched product that sums over one axis of each operand; `y` gets a new axis of extent 1 after the batch.
/// The other modes of `Merge` are layers of their own since Keras 2.
///
/// - Input: two tensors `(batch, …)`. Output: `(batch, 1, …)` with the first's axes without the summed one, then the second's
///   without batch and summed one; an axis of 1 when nothing is left.
/// - Source: Keras 1.2.2, `keras/engine/topology.py`, `Merge`; `keras/backend/tensorflow_backend.py`, `batch_dot`.
public struct CosineMerge: Layer {
  public static let className = "Merge"

  /// The axis of each operand that is summed over; negative ones count from its end.
  public let axes: [Int]

  /// Makes a cosine of two tensors, one axis of each being summed over.
  public init(axes: (Int, Int) = (-1, -1)) {
    self.axes = [axes.0, axes.1]
  }

  public init(config: LayerConfig) throws(LayerError) {
    let mode = try config.string("mode")
    guard mode == "cos" else { throw config.invalid("mode", expected: "\"cos\"") }
    let axes = try config.axes("axes", default: [-1])
    guard axes.count == 1 || axes.count == 2 else {
      throw config.invalid("axes", expected: "one axis or two")
    }
    self.axes = [axes[0], axes[axes.count - 1]]
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("mode", "cos")
    config.set("axes", axes)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    guard call.inputs.count == 2, let a = call.inputs[0].shape, let b = call.inputs[1].shape else {
      throw LayerError(.shape, "the cosine takes two tensors, found \(call.inputs.count)")
    }
    let axis = try (position(axes[0], in: a.rank), position(axes[1], in: b.rank))
    guard a[axis.0] == nil || b[axis.1] == nil || a[axis.0] == b[axis.1] else {
      throw LayerError(.shape, "axes \(axes) of shapes \(a) and \(b) differ in extent")
    }
    var rest = a.dimensions
    rest.remove(at: axis.0)
    var other = b.dimensions
    other.remove(at: axis.1)
    rest += other.dropFirst()
    if rest.count == 1 { rest.append(1) }
    rest.insert(1, at: 1)
    return [TensorSpec(Shape(rest), call.inputs[0].dtype)]
  }

  private func position(_ axis: Int, in rank: Int) throws(LayerError) -> Int {
    let position = axis < 0 ? axis + rank : axis
    guard position >= 1, position < rank else {
      throw LayerError(.shape, "axis \(axis) does not exist beside the batch in \(rank) axes")
    }
    return position
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    guard call.inputs.count == 2 else {
      throw LayerError(.wiring, "the cosine takes two tensors, found \(call.inputs.count)")
    }
    let (a, b) = (call.inputs[0], call.inputs[1])
    let axis = try (
      position(axes[0], in: lowering.graph.rank(a)), position(axes[1], in: lowering.graph.rank(b))
    )
    let product = try lowering.graph.batchDot(a, b, axes: axis)
    let squares = try lowering.graph.multiply(
      lowering.graph.batchDot(a, a, axes: (axis.0, axis.0)),
      lowering.graph.batchDot(b, b, axes: (axis.1, axis.1)))
    let length = try lowering.graph.maximum(lowering.graph.unary(.sqrt, squares), 1e-7)
    return [try lowering.graph.expand(lowering.graph.divide(product, length), axis: 1)]
  }
}

extension GraphBuilder {
  /// The product of two tensors of one batch, summed over one axis of each.
  fileprivate mutating func batchDot(
    _ a: Value, _ b: Value, axes: (Int, Int)
  ) throws(LayerError) -> Value {
    let left = try moveAxis(a, from: axes.0, to: rank(a) - 1)
    let right = try moveAxis(b, from: axes.1, to: 1)
    let (leftShape, rightShape) = (shape(left), shape(right))
    let leftRest = Array(leftShape.dropFirst().dropLast())
    let rightRest = Array(rightShape.dropFirst(2))
    guard let rows = Shape.elementCount(leftRest), let columns = Shape.elementCount(rightRest),
      let depth = leftShape.last
    else {
      throw LayerError(.shape, "shapes \(Shape(leftShape)) and \(Shape(rightShape)) are too large")
    }
    let product = try matmul(
      reshape(left, to: [leftShape[0], rows, depth]),
      reshape(right, to: [rightShape[0], rightShape[1], columns]))
    let rest = leftRest + rightRest
    return try reshape(product, to: [leftShape[0]] + (rest.isEmpty ? [1] : rest))
  }
}
