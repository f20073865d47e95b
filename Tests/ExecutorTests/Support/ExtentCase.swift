import HornbillCore
import Testing

/// An op with operands whose extents are given, so that each can be any number.
struct ExtentCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Extents that the op takes.
  let usual: [Int]
  /// The op and the types of its operands for extents in the order of ``usual``; products that exceed `Int` are `Int.max`.
  let make: @Sendable ([Int]) -> (op: Op, operands: [ValueType])
  /// The products that an element of the result sums; `nil` for results that are not compared.
  let terms: Int?
  var testDescription: String { name }

  init(
    _ name: String, _ usual: [Int], terms: Int? = 1,
    _ make: @escaping @Sendable ([Int]) -> (Op, [ValueType])
  ) {
    self.name = name
    self.usual = usual
    self.terms = terms
    self.make = make
  }

  /// The cases of ``Op`` that have operands.
  enum Kind: CaseIterable, Sendable {
    case unary, activation, binary, select, cast
    case reshape, transpose, broadcast, concatenate, slice, pad, gather, gatherElements, scatter
    case reduce, argReduce, accumulate, sort
    case matmul, convolution, transposedConvolution, pool, resample
    case text, tokens, tokenCount, lookup, hash
    case linearAlgebra, fft, bitcast
    case simpleRNN, lstm, gru

    /// `nil` for the sources of a graph.
    init?(_ op: Op) {
      switch op {
      case .input, .weight, .constant, .state: return nil
      case .unary: self = .unary
      case .activation: self = .activation
      case .binary: self = .binary
      case .select: self = .select
      case .cast: self = .cast
      case .reshape: self = .reshape
      case .transpose: self = .transpose
      case .broadcast: self = .broadcast
      case .concatenate: self = .concatenate
      case .slice: self = .slice
      case .pad: self = .pad
      case .gather: self = .gather
      case .gatherElements: self = .gatherElements
      case .scatter: self = .scatter
      case .reduce: self = .reduce
      case .argReduce: self = .argReduce
      case .accumulate: self = .accumulate
      case .sort: self = .sort
      case .matmul: self = .matmul
      case .convolution: self = .convolution
      case .transposedConvolution: self = .transposedConvolution
      case .pool: self = .pool
      case .resample: self = .resample
      case .text: self = .text
      case .tokens: self = .tokens
      case .tokenCount: self = .tokenCount
      case .lookup: self = .lookup
      case .hash: self = .hash
      case .linearAlgebra: self = .linearAlgebra
      case .fft: self = .fft
      case .bitcast: self = .bitcast
      case .simpleRNN: self = .simpleRNN
      case .lstm: self = .lstm
      case .gru: self = .gru
      }
    }
  }

  private static func type(_ shape: Int..., of dtype: DType = .float32) -> ValueType {
    ValueType(shape: shape, dtype: dtype)
  }

  private static func times(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }

  private static func window(
    _ size: [Int], stride: Int = 1, dilation: Int = 1, padding: Int = 0
  ) -> WindowSpec {
    let all = { (number: Int) in size.map { _ in number } }
    return WindowSpec(
      size: size, strides: all(stride), dilations: all(dilation), paddingBefore: all(padding),
      paddingAfter: all(padding))
  }

  static let all = elementwise + movement + folding + products + texts + numerics + recurrence

  private static let elementwise: [ExtentCase] = [
    ExtentCase("negate", [2, 3]) { (.unary(.negate), [type($0[0], $0[1])]) },
    ExtentCase("relu", [2, 3]) { (.activation(.relu()), [type($0[0], $0[1])]) },
    ExtentCase("softmax", [2, 3]) { (.activation(.softmax), [type($0[0], $0[1])]) },
    ExtentCase("sparsemax", [2, 3]) { (.activation(.sparsemax), [type($0[0], $0[1])]) },
    ExtentCase("add", [2, 3]) {
      (.binary(.add), [type($0[0], $0[1]), type($0[1])])
    },
    ExtentCase("add outer", [2, 3]) {
      (.binary(.add), [type($0[0], 1), type(1, $0[1])])
    },
    ExtentCase("select", [2, 3]) {
      (.select, [type($0[0], 1, of: .bool), type($0[0], $0[1]), type($0[1])])
    },
    ExtentCase("cast", [2, 3]) { (.cast(.float64), [type($0[0], $0[1])]) },
    ExtentCase("cast to int8", [2, 3]) { (.cast(.int8), [type($0[0], $0[1])]) },
  ]

  private static let movement: [ExtentCase] = [
    ExtentCase("reshape", [2, 3]) { (.reshape([$0[1], $0[0]]), [type($0[0], $0[1])]) },
    ExtentCase("transpose", [2, 3, 4]) {
      (.transpose([2, 0, 1]), [type($0[0], $0[1], $0[2])])
    },
    ExtentCase("broadcast", [2, 3]) { (.broadcast([$0[0], $0[1]]), [type(1, $0[1])]) },
    ExtentCase("concatenate", [2, 3, 4]) {
      (.concatenate(axis: 1), [type($0[0], $0[1]), type($0[0], $0[2])])
    },
    ExtentCase("slice", [2, 5, 3]) {
      (.slice(starts: [0, 1], counts: [$0[0], $0[2]], strides: [1, 1]), [type($0[0], $0[1])])
    },
    ExtentCase("pad", [2, 3, 1]) {
      (.pad(before: [0, $0[2]], after: [1, 0], mode: .constant(1)), [type($0[0], $0[1])])
    },
    ExtentCase("pad reflect", [2, 3, 1]) {
      (.pad(before: [0, $0[2]], after: [0, 1], mode: .reflect), [type($0[0], $0[1])])
    },
    ExtentCase("gather", [2, 3, 4]) {
      (.gather(axis: 0, negative: false), [type($0[0], $0[1]), type($0[2], of: .int32)])
    },
    ExtentCase("gatherElements", [2, 3, 4]) {
      (
        .gatherElements(axis: 1), [type($0[0], $0[1]), type($0[0], $0[2], of: .int64)]
      )
    },
    ExtentCase("scatter", [2, 3, 4]) {
      (
        .scatter(.add), [type($0[0], $0[1]), type($0[2], 1, of: .int32), type($0[2], $0[1])]
      )
    },
  ]

  private static let folding: [ExtentCase] = [
    ExtentCase("sum", [2, 3, 4], terms: 4) {
      (.reduce(.sum, axes: [1], keepDimensions: false), [type($0[0], $0[1], $0[2])])
    },
    ExtentCase("maximum of all", [2, 3]) {
      (.reduce(.maximum, axes: [0, 1], keepDimensions: true), [type($0[0], $0[1])])
    },
    ExtentCase("mean of the outer axes", [2, 3, 4], terms: 8) {
      (.reduce(.mean, axes: [0, 2], keepDimensions: false), [type($0[0], $0[1], $0[2])])
    },
    ExtentCase("argmax", [2, 3]) { (.argReduce(.maximum, axis: 1), [type($0[0], $0[1])]) },
    ExtentCase("cumsum", [2, 3, 4], terms: 4) {
      (.accumulate(.sum, axis: 1, reverse: true), [type($0[0], $0[1], $0[2])])
    },
    ExtentCase("sort", [2, 3]) { (.sort(descending: false), [type($0[0], $0[1])]) },
  ]

  private static let products: [ExtentCase] = [
    ExtentCase("matmul", [2, 3, 4], terms: 16) {
      (
        .matmul(transposeA: false, transposeB: false), [type($0[0], $0[1]), type($0[1], $0[2])]
      )
    },
    ExtentCase("matmul transposed", [2, 3, 4, 5], terms: 16) {
      (
        .matmul(transposeA: true, transposeB: true),
        [type($0[3], $0[1], $0[0]), type($0[3], $0[2], $0[1])]
      )
    },
    ExtentCase("convolution", [1, 6, 7, 3, 5, 3], terms: 64) {
      (
        .convolution(window([$0[5], $0[5]], padding: 1), groups: 1),
        [type($0[0], $0[1], $0[2], $0[3]), type($0[5], $0[5], $0[3], $0[4])]
      )
    },
    ExtentCase("convolution of many channels", [1, 9, 16, 17], terms: 256) {
      (
        .convolution(window([3, 3]), groups: 1),
        [type($0[0], $0[1], $0[1], $0[2]), type(3, 3, $0[2], $0[3])]
      )
    },
    ExtentCase("strided convolution", [2, 9, 3, 5, 2, 2, 1], terms: 16) {
      (
        .convolution(
          window([2], stride: $0[4], dilation: $0[5], padding: $0[6]), groups: 1),
        [type($0[0], $0[1], $0[2]), type(2, $0[2], $0[3])]
      )
    },
    ExtentCase("grouped convolution", [2, 5, 3, 2], terms: 16) {
      (
        .convolution(window([2]), groups: $0[3]),
        [type($0[0], $0[1], times($0[2], $0[3])), type(2, $0[2], times(4, $0[3]))]
      )
    },
    ExtentCase("depthwise convolution", [2, 5, 3], terms: 16) {
      (
        .convolution(window([2]), groups: $0[2]), [type($0[0], $0[1], $0[2]), type(2, 1, $0[2])]
      )
    },
    ExtentCase("transposedConvolution", [2, 4, 3, 5, 8], terms: 64) {
      (
        .transposedConvolution(window([2], stride: 2), output: [$0[4]]),
        [type($0[0], $0[1], $0[2]), type(2, $0[3], $0[2])]
      )
    },
    ExtentCase("pool maximum", [2, 6, 3, 2]) {
      (.pool(.maximum, window([$0[3]])), [type($0[0], $0[1], $0[2])])
    },
    ExtentCase("pool average", [2, 6, 3, 2, 2], terms: 4) {
      (
        .pool(.average, window([2], stride: $0[3], padding: $0[4])), [type($0[0], $0[1], $0[2])]
      )
    },
    ExtentCase("resample", [2, 6, 3], terms: 4) {
      let cells = [0, 3, 4].map { Resampling.Cell(start: $0, weights: [0.5, 0.5]) }
      return (
        .resample(Resampling(cells: cells, form: .sum(factor: 1)), axis: 1),
        [type($0[0], $0[1], $0[2])]
      )
    },
  ]

  private static let texts: [ExtentCase] = [
    ExtentCase("lower", [2, 3], terms: nil) {
      (.text(.lower), [type($0[0], $0[1], of: .string)])
    },
    ExtentCase("tokens", [2, 3], terms: nil) {
      (.tokens(Tokenizer(split: .whitespace), width: $0[1]), [type($0[0], of: .string)])
    },
    ExtentCase("tokenCount", [2, 3]) {
      (.tokenCount(Tokenizer(split: .character)), [type($0[0], $0[1], of: .string)])
    },
    ExtentCase("lookup", [2, 3]) {
      (.lookup(required: false), [type($0[0], of: .int64), type($0[1], of: .int64)])
    },
    ExtentCase("hash", [2, 3, 7]) {
      (.hash(.fingerprint, bins: $0[2]), [type($0[0], $0[1], of: .string)])
    },
  ]

  private static let numerics: [ExtentCase] = {
    var result = [LinearAlgebra.cholesky, .lu, .eigh].map { kind in
      ExtentCase("\(kind)", [2, 3], terms: nil) {
        (.linearAlgebra(kind), [type($0[0], $0[1], $0[1])])
      }
    }
    result += [LinearAlgebra.qr(isFull: true), .qr(isFull: false), .svd].map { kind in
      ExtentCase("\(kind)", [2, 3, 4], terms: nil) {
        (.linearAlgebra(kind), [type($0[0], $0[1], $0[2])])
      }
    }
    return result + [
      ExtentCase("triangularSolve", [2, 3, 4], terms: nil) {
        (
          .linearAlgebra(.triangularSolve(isLower: true, hasUnitDiagonal: true)),
          [type($0[0], $0[1], $0[1]), type($0[0], $0[1], $0[2])]
        )
      },
      ExtentCase("fft", [2, 6], terms: 16) {
        (.fft(inverse: false), [type($0[0], $0[1]), type($0[0], $0[1])])
      },
      ExtentCase("bitcast", [2, 3]) { (.bitcast(.int32), [type($0[0], $0[1])]) },
    ]
  }()

  private static let recurrence: [ExtentCase] = {
    @Sendable func operands(_ gates: Int, states: Int, _ extents: [Int], mask: Bool) -> [ValueType]
    {
      let (batch, time, features, units) = (extents[0], extents[1], extents[2], extents[3])
      let width = times(gates, units)
      return [type(batch, time, features), type(features, width), type(units, width)]
        + (0..<states).map { _ in type(batch, units) } + [type(width)]
        + (mask ? [type(batch, time, of: .bool)] : [])
    }
    @Sendable func spec(mask: Bool) -> RecurrentSpec {
      RecurrentSpec(
        activation: .tanh, recurrentActivation: .sigmoid, hasBias: true, hasMask: mask,
        zeroOutputForMask: mask)
    }
    return [false, true].flatMap { mask in
      [
        ExtentCase("simpleRNN, mask \(mask)", [2, 3, 4, 5], terms: 256) {
          (.simpleRNN(spec(mask: mask)), operands(1, states: 1, $0, mask: mask))
        },
        ExtentCase("lstm, mask \(mask)", [2, 3, 4, 5], terms: 256) {
          (.lstm(spec(mask: mask)), operands(4, states: 2, $0, mask: mask))
        },
        ExtentCase("gru, mask \(mask)", [2, 3, 4, 5], terms: 256) {
          (.gru(spec(mask: mask)), operands(3, states: 1, $0, mask: mask))
        },
      ]
    }
  }()
}
