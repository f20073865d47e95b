import HornbillCore
import Testing

/// An op whose result on small tensors `fixtures/ops/cases.json` records under a name.
struct OpCase: Sendable, CustomTestStringConvertible {
  let name: String
  let op: Op
  /// The number of terms that an element of the result sums; 0 for ops that only move data.
  let terms: Int
  var testDescription: String { name }

  init(_ name: String, _ op: Op, terms: Int = 0) {
    self.name = name
    self.op = op
    self.terms = terms
  }

  static let all = folding + alongLines + movement + products + windows + recurrence

  private static let folding: [OpCase] = {
    let folds: [(Reduction, Int)] = [
      (.sum, 30), (.mean, 30), (.product, 30), (.maximum, 0), (.minimum, 0), (.logSumExp, 30),
    ]
    var result: [OpCase] = []
    for (reduction, terms) in folds {
      func add(_ name: String, _ axes: [Int], keep: Bool = false) {
        result.append(
          OpCase(
            "\(reduction) \(name)", .reduce(reduction, axes: axes, keepDimensions: keep),
            terms: terms))
      }
      for axes in [[2], [0], [0, 2], [0, 1, 2]] { add("\(axes)", axes) }
      add("keep", [1], keep: true)
      add("extremes", [1])
      if reduction != .mean { add("empty", [1]) }
    }
    for reduction in [Reduction.any, .all] {
      for axes in [[2], [0, 1]] {
        result.append(
          OpCase("\(reduction) \(axes)", .reduce(reduction, axes: axes, keepDimensions: false)))
      }
    }
    return result + [
      OpCase("sum int8", .reduce(.sum, axes: [1], keepDimensions: false)),
      OpCase("product int8", .reduce(.product, axes: [0], keepDimensions: false)),
      OpCase("maximum int8", .reduce(.maximum, axes: [0], keepDimensions: false)),
      OpCase("minimum int8", .reduce(.minimum, axes: [1], keepDimensions: false)),
      OpCase("argmax", .argReduce(.maximum, axis: 1)),
      OpCase("argmin", .argReduce(.minimum, axis: 1)),
      OpCase("argmax axis 0", .argReduce(.maximum, axis: 0)),
      OpCase("cumsum", .accumulate(.sum, axis: 1, reverse: false), terms: 3),
      OpCase("cumsum reverse", .accumulate(.sum, axis: 2, reverse: true), terms: 5),
      OpCase("cumprod", .accumulate(.product, axis: 0, reverse: false), terms: 2),
      OpCase("cumulative maximum", .accumulate(.maximum, axis: 2, reverse: false)),
      OpCase("cumulative minimum reverse", .accumulate(.minimum, axis: 1, reverse: true)),
      OpCase("cumsum int8", .accumulate(.sum, axis: 1, reverse: false)),
      OpCase("sort", .sort(descending: false)),
      OpCase("sort descending", .sort(descending: true)),
    ]
  }()

  private static let alongLines = [
    OpCase("softmax", .activation(.softmax), terms: 5),
    OpCase("logSoftmax", .activation(.logSoftmax), terms: 5),
    OpCase("sparsemax", .activation(.sparsemax), terms: 5),
  ]

  private static let movement: [OpCase] = {
    func pad(_ mode: PadMode) -> Op { .pad(before: [1, 2, 0], after: [0, 1, 3], mode: mode) }
    let casts: [DType] = [.int8, .uint8, .int16, .uint32, .uint64, .bool, .float64]
    return [
      OpCase("reshape", .reshape([4, 6])),
      OpCase("transpose", .transpose([2, 0, 1])),
      OpCase("broadcast", .broadcast([2, 3, 4])),
      OpCase("concatenate", .concatenate(axis: 1)),
      OpCase("slice", .slice(starts: [1, 2, 1], counts: [1, 2, 2], strides: [1, -2, 2])),
      OpCase("pad constant", pad(.constant(2.5))),
      OpCase("pad reflect", pad(.reflect)),
      OpCase("pad symmetric", pad(.symmetric)),
      OpCase("pad edge", pad(.edge)),
      OpCase("gather", .gather(axis: 1, negative: false)),
      OpCase("gather negative", .gather(axis: 2, negative: true)),
      OpCase("gatherElements", .gatherElements(axis: 1)),
      OpCase("scatter update", .scatter(.update)),
      OpCase("scatter add", .scatter(.add), terms: 2),
      OpCase("scatter multiply", .scatter(.multiply), terms: 2),
      OpCase("scatter maximum", .scatter(.maximum)),
      OpCase("scatter minimum", .scatter(.minimum)),
      OpCase("select", .select),
      OpCase("cast int32", .cast(.int32)),
      OpCase("cast int64", .cast(.int64)),
      OpCase("cast bool", .cast(.bool)),
    ] + casts.map { OpCase("cast int64 \($0)", .cast($0)) }
  }()

  private static let products = [
    OpCase("matmul", .matmul(transposeA: false, transposeB: false), terms: 4),
    OpCase("matmul transposeA", .matmul(transposeA: true, transposeB: false), terms: 4),
    OpCase("matmul transposeB", .matmul(transposeA: false, transposeB: true), terms: 4),
    OpCase("matmul transposeAB", .matmul(transposeA: true, transposeB: true), terms: 4),
    OpCase("matmul int64", .matmul(transposeA: false, transposeB: false)),
  ]

  private static let windows: [OpCase] = {
    func window(
      _ size: [Int], strides: [Int], dilations: [Int]? = nil, before: [Int]? = nil,
      after: [Int]? = nil
    ) -> WindowSpec {
      let zeros = size.map { _ in 0 }
      return WindowSpec(
        size: size, strides: strides, dilations: dilations ?? size.map { _ in 1 },
        paddingBefore: before ?? zeros, paddingAfter: after ?? zeros)
    }
    let same = window([3, 2], strides: [2, 2], before: [0, 0], after: [1, 1])
    return [
      OpCase(
        "convolution 1D",
        .convolution(window([3], strides: [2], before: [1], after: [1]), groups: 1), terms: 9),
      OpCase(
        "convolution",
        .convolution(window([3, 2], strides: [2, 1], before: [1, 0], after: [2, 1]), groups: 1),
        terms: 24),
      OpCase(
        "convolution dilated",
        .convolution(
          window([3, 2], strides: [1, 1], dilations: [2, 1], before: [1, 0], after: [2, 1]),
          groups: 1), terms: 24),
      OpCase(
        "convolution groups", .convolution(window([3, 2], strides: [1, 1]), groups: 2), terms: 12),
      OpCase(
        "convolution 3D", .convolution(window([2, 2, 2], strides: [1, 2, 1]), groups: 1),
        terms: 16),
      OpCase(
        "transposedConvolution",
        .transposedConvolution(
          window([3, 2], strides: [2, 2], before: [1, 0], after: [1, 0]), output: [6, 4]),
        terms: 18),
      OpCase(
        "transposedConvolution dilated",
        .transposedConvolution(
          window([3, 2], strides: [1, 1], dilations: [2, 2]), output: [7, 4]),
        terms: 18),
      OpCase("pool maximum", .pool(.maximum, window([3, 2], strides: [2, 2]))),
      OpCase("pool maximum same", .pool(.maximum, same)),
      OpCase("pool average", .pool(.average, window([3, 2], strides: [2, 2])), terms: 6),
      OpCase("pool average same", .pool(.average, same), terms: 6),
      OpCase("pool maximum 1D", .pool(.maximum, window([2], strides: [1]))),
      OpCase(
        "pool average 3D",
        .pool(
          .average,
          window([2, 2, 2], strides: [1, 1, 1], before: [0, 0, 0], after: [1, 1, 1])), terms: 8),
    ]
  }()

  private static let recurrence: [OpCase] = {
    func spec(
      _ activation: Activation = .tanh, gate: Activation = .sigmoid, resetAfter: Bool = false,
      bias: Bool = true, mask: Bool = false, zero: Bool = false
    ) -> RecurrentSpec {
      RecurrentSpec(
        activation: activation, recurrentActivation: gate, resetAfter: resetAfter, hasBias: bias,
        hasMask: mask, zeroOutputForMask: zero)
    }
    return [
      OpCase("simpleRNN", .simpleRNN(spec()), terms: 64),
      OpCase("simpleRNN mask", .simpleRNN(spec(.relu(), mask: true)), terms: 64),
      OpCase(
        "simpleRNN zero output", .simpleRNN(spec(bias: false, mask: true, zero: true)), terms: 64),
      OpCase("simpleRNN softmax", .simpleRNN(spec(.softmax)), terms: 64),
      OpCase("lstm", .lstm(spec()), terms: 64),
      OpCase("lstm no bias", .lstm(spec(gate: .hardSigmoid, bias: false)), terms: 64),
      OpCase("lstm mask", .lstm(spec(mask: true)), terms: 64),
      OpCase("lstm zero output", .lstm(spec(.softsign, mask: true, zero: true)), terms: 64),
      OpCase("gru", .gru(spec()), terms: 64),
      OpCase("gru reset after", .gru(spec(resetAfter: true)), terms: 64),
      OpCase("gru mask", .gru(spec(mask: true)), terms: 64),
      OpCase(
        "gru reset after mask", .gru(spec(resetAfter: true, mask: true, zero: true)), terms: 64),
      OpCase("gru reset after no bias", .gru(spec(resetAfter: true, bias: false)), terms: 64),
    ]
  }()
}
