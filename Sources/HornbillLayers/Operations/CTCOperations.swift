import HornbillCore

/// Connectionist temporal classification.
///
/// Source: Keras 3, `keras/src/backend/tensorflow/nn.py`; Graves et al., "Connectionist temporal classification", 2006.
enum CTCOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "CTCLoss": loss,
    "CTCDecode": decode,
  ]

  /// The longest sequence that is worked out step by step.
  private static let stepLimit = 1 << 12

  /// The negative logarithm of the probability of all paths that spell the labels: a forward recursion over the labels with blanks between.
  private static let loss: Operation.Rule = { (c, g) throws(LayerError) in
    let target = try g.cast(c.tensor(0, "target", &g), to: .int32)
    let output = try g.floating(c.tensor(1, "output", &g))
    let dtype = g.dtype(output)
    guard g.rank(target) == 2, g.rank(output) == 3, g.shape(target)[0] == g.shape(output)[0] else {
      throw LayerError(
        .shape,
        "labels of shape \(Shape(g.shape(target))) for logits of \(Shape(g.shape(output)))")
    }
    let (batch, steps, classes) = (g.shape(output)[0], g.shape(output)[1], g.shape(output)[2])
    guard steps > 0, steps <= stepLimit else {
      throw LayerError(.unsupported, "CTCLoss over \(steps) steps is not supported")
    }
    let labelCount = try g.cast(c.tensor(2, "target_length", &g), to: .int32)
    let stepCount = try g.cast(c.tensor(3, "output_length", &g), to: .int32)
    let given = try c.integer("mask_index", default: 0)
    let blank = g.scalar(Double(given < 0 ? given + classes : given), .int32)
    let logarithm = try g.activation(
      .logSoftmax, dtype == .float64 ? output : g.cast(output, to: .float32))
    let extended = try withBlanks(target, blank, &g)
    let states = g.shape(extended)[1]
    let wanted = try g.broadcast(g.expand(extended, axis: 1), to: [batch, steps, states])
    let emissions = try g.gatherElements(logarithm, wanted, axis: -1)
    let never = g.scalar(-.infinity, g.dtype(logarithm))
    let place = try g.range(states)
    let length = try g.expand(labelCount, axis: -1)
    let end = try g.multiply(length, g.scalar(2, .int32))
    let isLabel = try g.binary(.notEqual, extended, blank)
    let isNew = try g.binary(.notEqual, extended, shifted(extended, 2, blank, &g))
    let maySkip = try g.binary(.logicalAnd, isLabel, isNew)
    func emission(_ step: Int, _ g: inout GraphBuilder) throws(LayerError) -> Value {
      try g.select(emissions, axis: 1, index: step)
    }
    let isStart = try g.binary(
      .logicalAnd, g.binary(.lessEqual, place, g.scalar(1, .int32)),
      g.binary(.lessEqual, place, end))
    var alpha = try g.select(isStart, emission(0, &g), never)
    let count = try g.expand(stepCount, axis: -1)
    for step in 1..<max(steps, 1) {
      let skipped = try g.select(maySkip, shifted(alpha, 2, never, &g), never)
      let paths = try g.stack([alpha, shifted(alpha, 1, never, &g), skipped], axis: -1)
      let next = try g.add(g.reduce(.logSumExp, paths, axes: [-1]), emission(step, &g))
      let isRunning = try g.binary(.less, g.scalar(Double(step), .int32), count)
      alpha = try g.select(isRunning, next, alpha)
    }
    let isLast = try g.binary(.equal, place, end)
    let isBefore = try g.binary(.equal, place, g.subtract(end, g.scalar(1, .int32)))
    let isEnd = try g.binary(.logicalOr, isLast, isBefore)
    let total = try g.reduce(.logSumExp, g.select(isEnd, alpha, never), axes: [-1])
    return [try g.cast(g.unary(.negate, total), to: dtype == .float64 ? .float64 : .float32)]
  }

  /// The labels with a blank before, between and after them.
  private static func withBlanks(
    _ labels: Value, _ blank: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let (batch, count) = (g.shape(labels)[0], g.shape(labels)[1])
    let blanks = try g.broadcast(blank, to: [batch, count])
    let pairs = try g.reshape(g.stack([blanks, labels], axis: 2), to: [batch, 2 * count])
    return try g.concatenate([pairs, g.broadcast(blank, to: [batch, 1])], axis: 1)
  }

  /// The last axis moved on by some places, a number entering.
  private static func shifted(
    _ x: Value, _ places: Int, _ entering: Value, _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let (batch, count) = (g.shape(x)[0], g.shape(x)[1])
    let entered = try g.broadcast(entering, to: [batch, min(places, count)])
    let kept = try g.slice(x, axis: 1, start: 0, count: max(count - places, 0))
    return try g.concatenate([entered, kept], axis: 1)
  }

  /// The likeliest class of each step, repeats and blanks left out; −1 fills the rows.
  private static let decode: Operation.Rule = { (c, g) throws(LayerError) in
    guard try c.string("strategy", default: "greedy") == "greedy" else {
      throw LayerError(.unsupported, "CTCDecode by beam search is not supported")
    }
    let inputs = try c.tensor(0, "inputs", &g)
    guard g.rank(inputs) == 3 else {
      throw LayerError(.shape, "CTCDecode of shape \(Shape(g.shape(inputs))), 3 axes are needed")
    }
    let x = try g.cast(inputs, to: g.dtype(inputs) == .float64 ? .float64 : .float32)
    let (batch, steps, classes) = (g.shape(x)[0], g.shape(x)[1], g.shape(x)[2])
    let lengths = try g.expand(g.cast(c.tensor(1, "sequence_lengths", &g), to: .int32), axis: -1)
    let given = try c.integer("mask_index", default: classes - 1)
    let blank = g.scalar(Double(given < 0 ? given + classes : given), .int32)
    let best = try g.argReduce(.maximum, x, axis: 2)
    let time = try g.range(steps)
    let isRunning = try g.binary(.less, time, lengths)
    var isKept = try g.binary(.logicalAnd, isRunning, g.binary(.notEqual, best, blank))
    if try c.bool("merge_repeated", default: true) {
      let previous = try shifted(best, 1, g.scalar(-1, .int32), &g)
      isKept = try g.binary(.logicalAnd, isKept, g.binary(.notEqual, best, previous))
    }
    let place = try g.accumulate(.sum, g.cast(isKept, to: .int32), axis: 1)
    let one = g.scalar(1, .int32)
    let target = try g.select(isKept, g.subtract(place, one), g.scalar(Double(steps), .int32))
    let row = try g.broadcast(g.expand(g.range(batch), axis: -1), to: [batch, steps])
    let indices = try g.stack([row, target], axis: -1)
    let base = try g.full(-1, shape: [batch, steps], .int32)
    let decoded = try g.scatterRows(.update, base, indices, best)
    let score = try g.reduce(.maximum, x, axes: [2])
    let counted = try g.select(isRunning, score, g.scalar(0, g.dtype(x)))
    let total = try g.unary(.negate, g.sum(counted, axes: [1], keepDimensions: true))
    return [try g.expand(decoded, axis: 0), total]
  }
}
