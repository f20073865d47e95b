package import HornbillCore

/// What all recurrent layers have in common.
///
/// Source: Keras 3, `keras/src/layers/rnn/rnn.py` and `keras/src/backend/tensorflow/rnn.py`.
extension Lowering {
  /// Lowers the call of a recurrent layer.
  ///
  /// - Parameters:
  ///   - cell: what computes a step; its policy gives the type of the computation.
  ///   - states: the shapes of the states for the shape of one step's input.
  ///   - run: goes through the sequence.
  package mutating func recurrent(
    _ call: LayerCall, _ options: RecurrentOptions, cell: LayerInstance,
    states: (Shape) throws(LayerError) -> [Shape],
    run: (inout Lowering, CellSequence) throws(LayerError) -> SequenceResult
  ) throws(LayerError) -> [Value] {
    var input = try call.input
    guard graph.rank(input) >= 3 else {
      throw LayerError(
        .shape,
        "expected a sequence (batch, time, features), found shape "
          + "\(Shape(graph.shape(input)))")
    }
    if cell.policy.compute.isFloatingPoint {
      input = try graph.cast(input, to: cell.policy.compute)
    }
    if options.timeMajor { input = try graph.swapTimeAndBatch(input) }
    let extents = graph.shape(input)
    guard extents[1] > 0 else {
      throw LayerError(.shape, "the sequence of shape \(Shape(extents)) has no time step")
    }
    let mask = try call.mask.map { (mask: Value) throws(LayerError) -> Value in
      try sequenceMask(mask, batch: extents[0], time: extents[1], options)
    }
    let expected = try states(Shape([extents[0]] + extents[2...])).map {
      (shape: Shape) throws(LayerError) -> [Int] in
      guard let known = shape.known else {
        throw LayerError(.shape, "the state's shape \(shape) is not known")
      }
      return known
    }
    var sequence = CellSequence(
      cell: cell, input: input,
      states: try initialStates(call, options, expected, dtype: graph.dtype(input)),
      mask: mask, zeroOutputForMask: options.zeroOutputForMask)
    if options.goBackwards {
      sequence.input = try graph.reverse(input, axis: 1)
      if let mask { sequence.mask = try graph.reverse(mask, axis: 1) }
    }
    let zeroesUnreversed =
      options.unroll && options.goBackwards && options.zeroOutputForMask
      && options.returnSequences
    if zeroesUnreversed { sequence.zeroOutputForMask = false }
    var result = try run(&self, sequence)
    if zeroesUnreversed, let mask {
      result.outputs = try zeroing(result.outputs, where: mask)
      result.last = nil
    }
    if options.stateful || keepsStates { try keepStates(result.states, of: call.instance) }
    return try outputs(result, call, options)
  }

  private mutating func outputs(
    _ result: SequenceResult, _ call: LayerCall, _ options: RecurrentOptions
  ) throws(LayerError) -> [Value] {
    var output: Value
    if options.returnSequences {
      output = result.outputs
      if options.timeMajor { output = try graph.swapTimeAndBatch(output) }
    } else if let last = result.last {
      output = last
    } else {
      output = try graph.select(
        result.outputs, axis: 1, index: graph.shape(result.outputs)[1] - 1)
    }
    var values = [output]
    if options.returnState { values += result.states }
    guard call.dtype.isFloatingPoint else { return values }
    for index in values.indices { values[index] = try graph.cast(values[index], to: call.dtype) }
    return values
  }

  /// The mask as `(batch, time)` truth values.
  private mutating func sequenceMask(
    _ mask: Value, batch: Int, time: Int, _ options: RecurrentOptions
  ) throws(LayerError) -> Value {
    var mask = try graph.cast(mask, to: .bool)
    if graph.rank(mask) == 3, graph.shape(mask)[2] == 1 {
      mask = try graph.squeeze(mask, axis: 2)
    }
    if options.timeMajor, graph.rank(mask) == 2 { mask = try graph.transpose(mask, [1, 0]) }
    guard graph.shape(mask) == [batch, time] else {
      throw LayerError(
        .shape,
        "expected a mask of shape (\(batch), \(time)), found "
          + "\(Shape(graph.shape(mask)))")
    }
    return mask
  }

  private mutating func initialStates(
    _ call: LayerCall, _ options: RecurrentOptions, _ shapes: [[Int]], dtype: DType
  ) throws(LayerError) -> [Value] {
    if let constants = call.arguments.keyword("constants"), constants.hasTensors {
      throw LayerError(.unsupported, "constants beside the states are not supported")
    }
    var kept: [Value]?
    if options.stateful || keepsStates {
      let stored = call.instance.policy.variable
      kept = try states(
        of: call.instance, shapes: shapes, dtype: stored.isFloatingPoint ? stored : dtype)
    }
    let given = givenStates(call)
    guard given.isEmpty || given.count == shapes.count else {
      throw LayerError(
        .wiring, "the layer has \(shapes.count) states, the call gives \(given.count)")
    }
    var result: [Value] = []
    for (index, shape) in shapes.enumerated() {
      if let value = given.isEmpty ? kept?[index] : given[index] {
        guard graph.shape(value) == shape else {
          throw LayerError(
            .shape,
            "expected an initial state of shape \(Shape(shape)), found "
              + "\(Shape(graph.shape(value)))")
        }
        result.append(try graph.cast(value, to: dtype))
      } else {
        result.append(try graph.full(0, shape: shape, dtype))
      }
    }
    return result
  }

  /// The initial states of a call: Keras 3 gives them as an argument, Keras 2 after the sequence in the input's list.
  package func givenStates(_ call: LayerCall) -> [Value] {
    let listed = call.inputs.dropFirst()
    if !listed.isEmpty { return Array(listed) }
    let argument =
      rules.kerasMajor >= 3
      ? call.arguments.parameter(1, "initial_state") : call.arguments.keyword("initial_state")
    return argument?.tensors.map(\.value) ?? []
  }

  private mutating func keepStates(
    _ values: [Value], of instance: LayerInstance
  ) throws(LayerError) {
    let stored = instance.policy.variable
    var kept: [Value] = []
    for value in values {
      kept.append(stored.isFloatingPoint ? try graph.cast(value, to: stored) : value)
    }
    setStates(of: instance, to: kept)
  }

  /// Runs a cell over a sequence, at once where the cell can say that, else step by step.
  package mutating func run(
    _ cell: LayerInstance, over sequence: CellSequence
  ) throws(LayerError) -> SequenceResult {
    guard let layer = cell.layer as? any SequenceCell else { return try unrolled(sequence) }
    do {
      return try layer.sequence(sequence, into: &self)
    } catch {
      throw error.at(cell.name)
    }
  }

  /// Calls a cell once for each step.
  package mutating func unrolled(_ sequence: CellSequence) throws(LayerError) -> SequenceResult {
    try steps(of: sequence) { (lowering, input, states) throws(LayerError) in
      let arguments = CallArguments<Flow>([
        .tensor(Flow(input)), .list(states.map { .tensor(Flow($0)) }),
      ])
      return try lowering.call(sequence.cell, arguments).map(\.value)
    }
  }

  /// Goes through a sequence step by step.
  ///
  /// - Parameter step: makes of a step's input and the states the output and the next states.
  package mutating func steps(
    of sequence: CellSequence,
    _ step: (inout Lowering, Value, [Value]) throws(LayerError) -> [Value]
  ) throws(LayerError) -> SequenceResult {
    var states = sequence.states
    var outputs: [Value] = []
    for time in 0..<graph.shape(sequence.input)[1] {
      let input = try graph.select(sequence.input, axis: 1, index: time)
      let results = try step(&self, input, states)
      guard results.count == states.count + 1 else {
        throw LayerError(
          .wiring, "the cell has \(states.count) states, its step gives \(results.count - 1)")
      }
      guard let mask = sequence.mask else {
        outputs.append(results[0])
        states = Array(results.dropFirst())
        continue
      }
      let keeps = try graph.select(mask, axis: 1, index: time)
      let repeated = sequence.zeroOutputForMask ? nil : outputs.last
      outputs.append(try keeping(results[0], else: repeated, where: keeps))
      for index in states.indices {
        states[index] = try keeping(results[index + 1], else: states[index], where: keeps)
      }
    }
    return SequenceResult(
      outputs: try graph.stack(outputs, axis: 1), states: states, last: outputs.last)
  }

  /// The rows of a tensor whose flag is set, and the other's rows, or zeros, elsewhere.
  private mutating func keeping(
    _ value: Value, else other: Value?, where flags: Value
  ) throws(LayerError) -> Value {
    let lead = graph.shape(flags)
    let ones = [Int](repeating: 1, count: graph.rank(value) - lead.count)
    let condition = try graph.reshape(flags, to: lead + ones)
    return try graph.select(condition, value, other ?? graph.scalar(0, graph.dtype(value)))
  }

  /// A sequence with zeros in its masked steps.
  private mutating func zeroing(_ sequence: Value, where mask: Value) throws(LayerError) -> Value {
    try keeping(sequence, else: nil, where: mask)
  }
}

extension GraphBuilder {
  /// `(time, batch, …)` from `(batch, time, …)`, and back.
  mutating func swapTimeAndBatch(_ x: Value) throws(LayerError) -> Value {
    try transpose(x, [1, 0] + Array(2..<rank(x)))
  }
}
