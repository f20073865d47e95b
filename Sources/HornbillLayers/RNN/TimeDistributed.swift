public import HornbillCore

/// A layer applied to every step of a sequence alike.
///
///     y[:, t] = layer(x[:, t])
///
/// - Input: `(batch, time, …)`. Output: `(batch, time, …)` with the layer's output for `(batch, …)`.
/// - Weights: those of the layer.
/// - Masks: step `t` gets `mask[:, t]`. The mask goes with the output in Keras 3; in Keras 2 the layer's own mask does,
///   else the mask with its further axes folded by OR.
/// - Source: Keras 3, `keras/src/layers/rnn/time_distributed.py`.
///
/// Steps do not see each other, so all of them run as one batch, unless the layer keeps states or fixes its batch size.
public struct TimeDistributed: RecurrentLayer {
  public static let className = "TimeDistributed"

  /// The layer that is applied.
  public let layer: LayerInstance

  /// Makes a layer that applies another one to every step.
  public init(_ layer: LayerInstance) {
    self.layer = layer
  }

  /// Makes a layer that applies another one, which gets Keras's automatic name, to every step.
  public init(_ layer: some Layer) {
    self.init(LayerInstance(automatic: layer))
  }

  public init(config: LayerConfig) throws(LayerError) {
    layer = try config.layer("layer")
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("layer", layer)
  }

  package var returnsSequences: Bool { true }

  public var sublayers: [Sublayer] { [Sublayer("layer", layer)] }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let sequence = try call.inputShape
    guard sequence.rank >= 3 else {
      throw LayerError(
        .shape, "expected an input of at least 3 axes (batch, time, …), found shape \(sequence)")
    }
    let step = Shape([sequence[0]] + sequence.dimensions[2...])
    let outputs = try build.build(layer, BuildCall([TensorSpec(step, try call.input.dtype)]))
    return outputs.map { spec in
      guard var shape = spec.shape, shape.rank > 0 else { return .unknown }
      shape.dimensions.insert(sequence[1], at: 1)
      return TensorSpec(shape, spec.dtype)
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try flows(call, mask: call.mask, into: &lowering).map(\.value)
  }

  private func flows(
    _ call: LayerCall, mask: Value?, into lowering: inout Lowering
  ) throws(LayerError) -> [Flow] {
    let input = try call.input
    let extents = lowering.graph.shape(input)
    guard extents.count >= 3 else {
      throw LayerError(
        .shape, "expected a sequence (batch, time, …), found shape \(Shape(extents))")
    }
    if let mask {
      let found = lowering.graph.shape(mask)
      guard found.count >= 2, found.prefix(2) == extents.prefix(2) else {
        throw LayerError(
          .shape,
          "expected a mask of shape (\(extents[0]), \(extents[1]), …), found "
            + "\(Shape(found))")
      }
    }
    return TimeDistributed.isFoldable(layer)
      ? try folded(input, mask, into: &lowering) : try unrolled(input, mask, into: &lowering)
  }

  private func folded(
    _ input: Value, _ mask: Value?, into lowering: inout Lowering
  ) throws(LayerError) -> [Flow] {
    let lead = Array(lowering.graph.shape(input).prefix(2))
    let step = Flow(
      try lowering.graph.foldLeadingAxes(input),
      mask: try mask.map { (mask: Value) throws(LayerError) -> Value in
        try lowering.graph.foldLeadingAxes(mask)
      })
    var result: [Flow] = []
    for flow in try lowering.call(layer, [step]) {
      let value = try lowering.graph.unfoldLeadingAxis(flow.value, to: lead)
      let mask = try flow.mask.map { (mask: Value) throws(LayerError) -> Value in
        try lowering.graph.unfoldLeadingAxis(mask, to: lead)
      }
      result.append(Flow(value, mask: mask))
    }
    return result
  }

  private func unrolled(
    _ input: Value, _ mask: Value?, into lowering: inout Lowering
  ) throws(LayerError) -> [Flow] {
    let time = lowering.graph.shape(input)[1]
    var steps: [[Value]] = []
    for index in 0..<time {
      let step = Flow(
        try lowering.graph.select(input, axis: 1, index: index),
        mask: try mask.map { (mask: Value) throws(LayerError) -> Value in
          try lowering.graph.select(mask, axis: 1, index: index)
        })
      steps.append(try lowering.call(layer, [step]).map(\.value))
    }
    guard let first = steps.first else {
      throw LayerError(.shape, "the sequence has no time step")
    }
    var result: [Flow] = []
    for output in first.indices {
      result.append(Flow(try lowering.graph.stack(steps.map { $0[output] }, axis: 1)))
    }
    return result
  }

  /// Whether the layer gives the same for a step whatever batch it stands in.
  private static func isFoldable(_ instance: LayerInstance) -> Bool {
    if let network = instance.layer as? any RecurrentNetwork, network.options.stateful {
      return false
    }
    if let model = instance.layer as? any ModelLayer,
      model.inputSpecs?.contains(where: { ($0.shape?.dimensions.first ?? nil) != nil }) == true
    {
      return false
    }
    return instance.layer.sublayers.allSatisfy { isFoldable($0.instance) }
  }

  /// The mask that was given, or in Keras 2 the layer's own.
  ///
  /// Lowering the layer once more to learn its mask leaves nodes that only the mask depends on.
  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    var mask = call.attachedMasks.first ?? nil
    if lowering.rules.kerasMajor < 3, TimeDistributed.isFoldable(layer) {
      if let own = try flows(call, mask: mask, into: &lowering).first?.mask {
        mask = own
      } else if let given = mask, lowering.graph.rank(given) > 2 {
        mask = try lowering.graph.reduce(
          .any, given, axes: Array(2..<lowering.graph.rank(given)))
      }
    }
    return [Value?](repeating: mask, count: outputs.count)
  }
}

extension GraphBuilder {
  /// The tensor with its first two axes as one.
  mutating func foldLeadingAxes(_ x: Value) throws(LayerError) -> Value {
    let extents = shape(x)
    guard let lead = Shape.elementCount(Array(extents.prefix(2))) else {
      throw LayerError(.shape, "shape \(Shape(extents)) has too many elements")
    }
    return try reshape(x, to: [lead] + extents.dropFirst(2))
  }

  /// The tensor with its first axis as two.
  mutating func unfoldLeadingAxis(_ x: Value, to lead: [Int]) throws(LayerError) -> Value {
    try reshape(x, to: lead + shape(x).dropFirst())
  }
}
