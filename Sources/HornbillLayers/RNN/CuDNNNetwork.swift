package import HornbillCore

/// A recurrent layer whose variables are in cuDNN's layout.
package protocol CuDNNNetwork: RecurrentNetwork {
  /// The extent of each state.
  var units: Int { get }
  /// What the variables mean.
  static var layout: CuDNNLayout { get }
}

extension CuDNNNetwork {
  package func copy() -> Self { self }

  private func states(_ step: Shape) -> [Shape] {
    [Shape](
      repeating: Shape([step.dimensions.first ?? nil, units]), count: Self.layout.stateCount)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let sequence = try call.inputShape(rank: 3)
    let width = try build.gates(Self.layout.gates, units: units)
    build.weight("kernel", [try call.knownExtent(-1), width])
    build.weight("recurrent_kernel", [units, width], initializer: .orthogonal())
    build.weight("bias", [try build.gates(2, units: width)], initializer: .zeros)
    let states = states(options.step(of: sequence)).map { TensorSpec($0) }
    return try options.outputs(for: sequence, step: [states[0]] + states)
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    guard call.mask == nil else {
      throw LayerError(
        .unsupported, "\(Self.className) cannot take a mask, in Keras neither; the input has one")
    }
    let units = units
    return try lowering.recurrent(
      call, options, cell: call.instance,
      states: { (step: Shape) throws(LayerError) -> [Shape] in states(step) }
    ) { (lowering, sequence) throws(LayerError) in
      let weights = try Self.layout.converted(call.weights, units: units, in: &lowering.graph)
      return try sequence.fused(
        Self.layout.operation, activation: .tanh, recurrentActivation: .sigmoid,
        resetAfter: Self.layout == .gru, weights: weights, into: &lowering)
    }
  }
}
