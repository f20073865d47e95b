import HornbillCore

extension ActivationFunction {
  /// The activation as one function, where it is one.
  var fused: Activation? {
    switch self {
    case .function(let function): function
    case .layer(let instance): (instance.layer as? any ActivationLayer)?.function
    case .glu, .unknown: nil
    }
  }

  /// The activation's layer, as a sublayer under the attribute's name.
  func sublayers(_ attribute: String) -> [Sublayer] {
    if case .layer(let instance) = self { [Sublayer(attribute, instance)] } else { [] }
  }
}

extension CellSequence {
  /// Runs the sequence as one operation, with the cell's variables: kernel, recurrent kernel, and the bias if it has one.
  func fused(
    _ operation: (RecurrentSpec) -> Op, activation: Activation,
    recurrentActivation: Activation = .linear, resetAfter: Bool = false, weights: [Value],
    into lowering: inout Lowering
  ) throws(LayerError) -> SequenceResult {
    let spec = RecurrentSpec(
      activation: activation, recurrentActivation: recurrentActivation, resetAfter: resetAfter,
      hasBias: weights.count > 2, hasMask: mask != nil, zeroOutputForMask: zeroOutputForMask)
    let operands = [input] + weights.prefix(2) + states + weights.dropFirst(2)
    let results = try lowering.graph.add(operation(spec), operands + (mask.map { [$0] } ?? []))
    let next = Array(results.dropFirst())
    return SequenceResult(outputs: results[0], states: next, last: mask == nil ? next[0] : nil)
  }
}

extension GraphBuilder {
  /// `x · w`, with the bias added if there is one.
  mutating func affine(_ x: Value, _ w: Value, _ bias: Value?) throws(LayerError) -> Value {
    let product = try matmul(x, w)
    guard let bias else { return product }
    return try add(product, bias)
  }

  /// Block `index` of the last axis, `units` wide.
  mutating func gate(_ x: Value, _ index: Int, units: Int) throws(LayerError) -> Value {
    try slice(x, axis: -1, start: index * units, count: units)
  }
}
