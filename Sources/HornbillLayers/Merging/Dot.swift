public import HornbillCore

/// The product of two tensors, summed over one axis of each, for every element of the batch.
///
/// - Input: two tensors of rank ≥ 2. Output: the first one's axes without the summed one, then the second one's without batch and
///   summed one; `(batch, 1)` when none is left.
/// - Weights: none. Masks are dropped.
/// - Source: Keras 3, `keras/src/layers/merging/dot.py`.
public struct Dot: Layer {
  public static let className = "Dot"

  /// The summed axis of each tensor, counted with the batch; negative from the end.
  public let axes: [Int]
  /// Whether both tensors are scaled to length 1 along the summed axis first.
  public let normalize: Bool

  /// Makes a product of one axis of each tensor.
  public init(axes: (Int, Int), normalize: Bool = false) {
    self.axes = [axes.0, axes.1]
    self.normalize = normalize
  }

  /// Makes a product of the same axis of each tensor.
  public init(axes: Int, normalize: Bool = false) {
    self.init(axes: (axes, axes), normalize: normalize)
  }

  public init(config: LayerConfig) throws(LayerError) {
    let given = try config.axes("axes")
    guard given.count == 1 || given.count == 2 else {
      throw config.invalid("axes", expected: "an axis or two")
    }
    axes = given.count == 2 ? given : [given[0], given[0]]
    normalize = try config.bool("normalize", default: false)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setAxes("axes", axes[0] == axes[1] ? [axes[0]] : axes)
    config.set("normalize", normalize)
  }

  private func position(_ operand: Int, rank: Int) throws(LayerError) -> Int {
    let axis = axes[operand]
    let position = axis < 0 ? axis + rank : axis
    guard position > 0, position < rank else {
      throw LayerError(
        .shape, "axis \(axis) of a tensor of \(rank) axes cannot be summed, 1 to \(rank - 1) can")
    }
    return position
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    guard call.inputs.count == 2 else {
      throw LayerError(.wiring, "Dot takes two tensors, found \(call.inputs.count)")
    }
    let dtype = call.inputs[0].dtype
    guard let x = call.inputs[0].shape, let y = call.inputs[1].shape else {
      return [TensorSpec(nil, dtype)]
    }
    let a = try position(0, rank: x.rank)
    let b = try position(1, rank: y.rank)
    guard x[a] == nil || y[b] == nil || x[a] == y[b] else {
      throw LayerError(.shape, "shapes \(x) and \(y) differ along axes \(a) and \(b)")
    }
    var left = x.dimensions
    left.remove(at: a)
    var right = y.dimensions
    right.remove(at: b)
    let result = left + right.dropFirst()
    return [TensorSpec(Shape(result.count == 1 ? result + [1] : result), dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let operands = try lowering.graph.promoted(call.inputs)
    guard operands.count == 2 else {
      throw LayerError(.wiring, "Dot takes two tensors, found \(operands.count)")
    }
    var (x, y) = (operands[0], operands[1])
    let a = try position(0, rank: lowering.graph.rank(x))
    let b = try position(1, rank: lowering.graph.rank(y))
    if normalize {
      let rules = lowering.rules
      x = try lowering.graph.unitLength(x, axes: [a], leastSquare: rules.leastSquareOfDot)
      y = try lowering.graph.unitLength(y, axes: [b], leastSquare: rules.leastSquareOfDot)
    }
    x = try lowering.graph.moveAxis(x, from: a, to: -1)
    y = try lowering.graph.moveAxis(y, from: b, to: 1)
    let left = lowering.graph.shape(x)
    let right = lowering.graph.shape(y)
    let rows = Array(left[1..<(left.count - 1)])
    let columns = Array(right[2...])
    guard let m = Shape.elementCount(rows), let n = Shape.elementCount(columns) else {
      throw LayerError(.shape, "shapes \(Shape(left)) and \(Shape(right)) are too large")
    }
    x = try lowering.graph.reshape(x, to: [left[0], m, left[left.count - 1]])
    y = try lowering.graph.reshape(y, to: [right[0], right[1], n])
    let product = try lowering.graph.matmul(x, y)
    let lead = [max(left[0], right[0])]
    let result = lead + rows + columns
    return [try lowering.graph.reshape(product, to: result.count == 1 ? result + [1] : result)]
  }
}

extension SemanticRules {
  /// The least sum of squares that normalizing divides by in `Dot`.
  var leastSquareOfDot: Double { kerasMajor < 3 ? 1e-12 : 1e-14 }
}
