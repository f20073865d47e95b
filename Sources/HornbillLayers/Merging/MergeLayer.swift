package import HornbillCore

/// A layer that folds a list of tensors into one, element by element.
///
/// Tensors of lower rank get axes of extent 1 after the batch; then extents of 1 broadcast.
///
/// The mask of the result is true where any input's mask is, if every input has one. Keras 1 and 2 take the elements that all
/// the masks there are keep.
///
/// Source: Keras 3, `keras/src/layers/merging/base_merge.py`; Keras 2, `keras/src/layers/merging/base_merge.py`.
package protocol MergeLayer: Layer {
  /// Folds tensors of one type and rank, with the masks that are attached to them.
  func merge(
    _ operands: [Value], masks: [Value?], into lowering: inout Lowering
  ) throws(LayerError) -> Value
}

extension MergeLayer {
  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let first = try call.input
    var shapes: [Shape] = []
    for input in call.inputs {
      guard let shape = input.shape else { return [TensorSpec(nil, first.dtype)] }
      shapes.append(shape)
    }
    return [TensorSpec(try Shape.merged(shapes), first.dtype)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let promoted = try lowering.graph.promoted(call.inputs)
    let rank = promoted.map { lowering.graph.rank($0) }.max() ?? 0
    var operands: [Value] = []
    var isReshaped = false
    for var operand in promoted {
      while lowering.graph.rank(operand) < rank {
        operand = try lowering.graph.expand(operand, axis: min(1, lowering.graph.rank(operand)))
        isReshaped = true
      }
      operands.append(operand)
    }
    let masks =
      isReshaped ? [Value?](repeating: nil, count: operands.count) : call.attachedMasks
    return [try merge(operands, masks: masks, into: &lowering)]
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    let masks = call.attachedMasks.compactMap { $0 }
    let isKeras3 = lowering.rules.kerasMajor >= 3
    guard var result = masks.first, !isKeras3 || masks.count == call.attachedMasks.count
    else { return [nil] }
    for mask in masks.dropFirst() {
      result = try lowering.graph.binary(isKeras3 ? .logicalOr : .logicalAnd, result, mask)
    }
    return [result]
  }
}

extension Shape {
  /// The shape of tensors that are merged element by element.
  static func merged(_ shapes: [Shape]) throws(LayerError) -> Shape {
    var batch: Int?
    var result: [Int?] = []
    for (index, shape) in shapes.enumerated() {
      if let extent = shape.dimensions.first ?? nil {
        if let batch, batch != extent {
          throw LayerError(.shape, "tensors of batch sizes \(batch) and \(extent) do not merge")
        }
        batch = extent
      }
      let extents = Array(shape.dimensions.dropFirst())
      result = index == 0 ? extents : try broadcast(result, extents)
    }
    return Shape([batch] + result)
  }

  private static func broadcast(_ a: [Int?], _ b: [Int?]) throws(LayerError) -> [Int?] {
    let (long, short) = a.count < b.count ? (b, a) : (a, b)
    var result = long
    let offset = long.count - short.count
    for (index, extent) in short.enumerated() {
      guard let x = long[offset + index], let y = extent else {
        result[offset + index] = nil
        continue
      }
      guard x == y || x == 1 || y == 1 else {
        throw LayerError(
          .shape, "shapes \(Shape([nil] + a)) and \(Shape([nil] + b)) do not merge")
      }
      result[offset + index] = x == 1 ? y : x
    }
    return result
  }
}

extension GraphBuilder {
  /// Tensors in the type that is the widest among theirs, as Keras promotes numbers of several types.
  mutating func promoted(_ values: [Value]) throws(LayerError) -> [Value] {
    guard let first = values.first else {
      throw LayerError(.wiring, "a merging layer needs at least one tensor")
    }
    var target = dtype(first)
    for value in values.dropFirst() { target = DType.wider(target, dtype(value)) }
    var result: [Value] = []
    for value in values { result.append(try cast(value, to: target)) }
    return result
  }
}

extension DType {
  /// The type that holds the numbers of both; two half types widen to `float32`.
  static func wider(_ a: DType, _ b: DType) -> DType {
    if a == b { return a }
    if a.isFloatingPoint != b.isFloatingPoint { return a.isFloatingPoint ? a : b }
    if a == .bool { return b }
    if b == .bool { return a }
    if a.bitWidth != b.bitWidth { return a.bitWidth > b.bitWidth ? a : b }
    if a.isFloatingPoint { return .float32 }
    switch a.bitWidth {
    case 8: return .int16
    case 16: return .int32
    default: return .int64
    }
  }
}
