public import HornbillCore

/// Tensors one after another along an axis.
///
/// - Input: several tensors of one rank whose extents agree but for the axis. Output: the extents of the axis summed.
/// - Weights: none.
/// - Mask: the inputs' masks spread over their tensors' last axes, a tensor without mask counting as true, joined along the axis;
///   true where any element of the last axis is (Keras 1 and 2: all of them), if any input has a mask.
/// - Source: Keras 3, `keras/src/layers/merging/concatenate.py`.
public struct Concatenate: Layer {
  public static let className = "Concatenate"

  /// The axis, counted with the batch; negative from the end.
  public let axis: Int

  /// Makes a concatenating layer.
  public init(axis: Int = -1) {
    self.axis = axis
  }

  public init(config: LayerConfig) throws(LayerError) {
    axis = try config.integer("axis", default: -1)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("axis", axis)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let first = try call.input
    var result = try call.inputShape
    let position = axis < 0 ? axis + result.rank : axis
    guard result.dimensions.indices.contains(position) else {
      throw LayerError(.shape, "axis \(axis) does not exist in shape \(result)")
    }
    for input in call.inputs.dropFirst() {
      guard let shape = input.shape else { return [TensorSpec(nil, first.dtype)] }
      guard fits(shape, result, except: position) else {
        throw LayerError(
          .shape, "shapes \(result) and \(shape) do not join along axis \(axis)")
      }
      if let sum = result[position], let extent = shape[position] {
        result[position] = try Extent.sum(sum, extent)
      } else {
        result[position] = nil
      }
    }
    return [TensorSpec(result, first.dtype)]
  }

  private func fits(_ a: Shape, _ b: Shape, except position: Int) -> Bool {
    guard a.rank == b.rank else { return false }
    return a.dimensions.indices.allSatisfy { axis in
      axis == position || a[axis] == nil || b[axis] == nil || a[axis] == b[axis]
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let operands = try lowering.graph.promoted(call.inputs)
    return [try lowering.graph.concatenate(operands, axis: axis)]
  }

  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    guard call.attachedMasks.contains(where: { $0 != nil }) else { return [nil] }
    var masks: [Value] = []
    for (input, mask) in zip(call.inputs, call.attachedMasks) {
      let shape = lowering.graph.shape(input)
      guard var mask else {
        masks.append(try lowering.graph.full(1, shape: shape, .bool))
        continue
      }
      if lowering.graph.rank(mask) < shape.count {
        mask = try lowering.graph.expand(mask, axis: -1)
      }
      masks.append(try lowering.graph.broadcast(mask, to: shape))
    }
    let joined = try lowering.graph.concatenate(masks, axis: axis)
    let reduction: Reduction = lowering.rules.kerasMajor < 3 ? .all : .any
    return [try lowering.graph.reduce(reduction, joined, axes: [-1])]
  }
}
