import HornbillCore

/// How a recurrent layer runs its cell over a sequence, and what it gives.
///
/// Source: Keras 3, `keras/src/layers/rnn/rnn.py`.
public struct RecurrentOptions: Sendable, Hashable {
  /// Whether the output is that of every step, `(batch, time, …)`, and not that of the last one.
  public var returnSequences: Bool
  /// Whether the states after the last step are outputs too.
  public var returnState: Bool
  /// Whether the sequence is read from its end; the outputs stay in the order in which they are computed.
  public var goBackwards: Bool
  /// Whether a call starts with the states that the previous call left.
  public var stateful: Bool
  /// Whether Keras unrolls the loop.
  ///
  /// It changes one thing: reading backwards with `zeroOutputForMask`, Keras takes the zeros from the mask in the
  /// order that it had before it was reversed.
  public var unroll: Bool
  /// Whether masked steps give zeros; otherwise they repeat the output of the step before.
  public var zeroOutputForMask: Bool
  /// Whether sequences are `(time, batch, …)`; Keras 2 only.
  public var timeMajor: Bool

  /// Makes options.
  public init(
    returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false,
    stateful: Bool = false, unroll: Bool = false, zeroOutputForMask: Bool = false,
    timeMajor: Bool = false
  ) {
    self.returnSequences = returnSequences
    self.returnState = returnState
    self.goBackwards = goBackwards
    self.stateful = stateful
    self.unroll = unroll
    self.zeroOutputForMask = zeroOutputForMask
    self.timeMajor = timeMajor
  }

  init(config: LayerConfig) throws(LayerError) {
    returnSequences = try config.bool("return_sequences", default: false)
    returnState = try config.bool("return_state", default: false)
    goBackwards = try config.bool("go_backwards", default: false)
    stateful = try config.bool("stateful", default: false)
    unroll = try config.bool("unroll", default: false)
    zeroOutputForMask = try config.bool("zero_output_for_mask", default: false)
    timeMajor = try config.bool("time_major", default: false)
    if try config.integer("num_constants", default: 0) > 0 {
      throw LayerError(
        .unsupported,
        "\(config.className).num_constants: constants beside the states are not "
          + "supported")
    }
  }

  func encode(to config: inout ConfigEncoder) {
    config.set("return_sequences", returnSequences)
    config.set("return_state", returnState)
    config.set("go_backwards", goBackwards)
    config.set("stateful", stateful)
    config.set("unroll", unroll)
    config.set("zero_output_for_mask", zeroOutputForMask)
    if timeMajor { config.fail("time_major", "Keras 3 takes sequences with the batch first only") }
  }

  /// The shape of one step of a sequence.
  func step(of sequence: Shape) -> Shape {
    let dimensions = sequence.dimensions
    return Shape([dimensions[timeMajor ? 1 : 0]] + dimensions[2...])
  }

  /// The layer's outputs for a sequence, from the output and the states of one step.
  func outputs(
    for sequence: Shape, step: [TensorSpec]
  ) throws(LayerError) -> [TensorSpec] {
    guard var output = step.first, var shape = output.shape, shape.rank > 0 else {
      return [.unknown]
    }
    if returnSequences {
      shape.dimensions.insert(
        sequence.dimensions[timeMajor ? 0 : 1], at: timeMajor ? 0 : 1)
      output.shape = shape
    }
    return [output] + (returnState ? step.dropFirst() : [])
  }
}
