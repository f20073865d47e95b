import HornbillCore
import Testing

/// Ops on random tensors whose sizes lie around the widths that kernels work in, against plain loops.
@Suite struct SizeTests {
  static let sizes = [0, 1, 7, 8, 9, 33]
  static let floats: [DType] = [.float32, .float64]

  // MARK: Elementwise

  /// An element's result does not depend on its place or its neighbours.
  @Test(arguments: Engine.all, [0, 1, 7, 8, 9, 33, 130])
  func unaryPlaces(engine: Engine, count: Int) throws {
    let ops = UnaryOp.allCases.filter { $0 != .bitwiseNot }.map { Op.unary($0) }
    let activations: [Activation] = [
      .relu(), .elu(), .gelu(), .gelu(approximate: true), .sigmoid, .tanh, .softplus, .silu,
      .exponential, .mish, .hardSigmoid, .logSigmoid, .selu,
    ]
    for dtype in Self.floats {
      let x = Tensor.sample([count], seed: 1, dtype: dtype)
      for op in ops + activations.map({ Op.activation($0) }) {
        let found = try #require(try engine.results(of: op, [x])[0].doubles)
        for (index, value) in try #require(x.doubles).enumerated() {
          let single = Tensor.numbers([1], [value], dtype: dtype)
          let alone = try #require(try engine.results(of: op, [single])[0].doubles)
          let isSame = Tolerance.ulps(4, of: dtype).accepts(found[index], alone[0])
          #expect(isSame, "\(op) of \(dtype) \(value): \(found[index]), alone \(alone[0])")
        }
      }
    }
  }

  @Test(
    arguments: Engine.all,
    [
      ([9], []), ([], [7]), ([33], [33]), ([4, 9], [9]), ([4, 1], [9]), ([3, 1, 5], [2, 1]),
      ([0, 3], [1, 3]), ([2, 3, 4], [3, 1]), ([1], [8, 8]),
    ] as [([Int], [Int])])
  func binaryBroadcasts(engine: Engine, shapes: ([Int], [Int])) throws {
    for dtype in Self.floats {
      let a = Tensor.sample(shapes.0, seed: 2, dtype: dtype)
      let b = Tensor.sample(shapes.1, seed: 3, dtype: dtype)
      let (x, y) = (try #require(a.doubles), try #require(b.doubles))
      let functions: [(BinaryOp, (Double, Double) -> Double)] = [
        (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }),
        (.maximum, { max($0, $1) }), (.minimum, { min($0, $1) }), (.less, { $0 < $1 ? 1 : 0 }),
      ]
      for (op, function) in functions {
        let result = try engine.results(of: .binary(op), [a, b])[0]
        let expected = places(result.shape).map { place in
          function(x[offset(place, in: a.shape)], y[offset(place, in: b.shape)])
        }
        let problem = disagreement(
          try #require(result.doubles), expected, .ulps(op.isPredicate ? 0 : 1, of: dtype))
        #expect(problem == nil, "\(op) of \(dtype): \(problem ?? "")")
      }
    }
  }

  @Test(arguments: Engine.all, [DType.float16, .bfloat16])
  func halfTypesRound(engine: Engine, dtype: DType) throws {
    let a = Tensor.sample([33], seed: 4, dtype: dtype)
    let b = Tensor.sample([33], seed: 5, dtype: dtype)
    let result = try engine.results(of: .binary(.multiply), [a, b])[0]
    let products = zip(try #require(a.doubles), try #require(b.doubles)).map { $0 * $1 }
    let problem = disagreement(
      try #require(result.doubles), products, .ulps(0.5, of: dtype))
    #expect(problem == nil, "\(problem ?? "")")
    guard engine.roundsToFloat32 else { return }
    #expect(result.dtype == dtype)
    let mask: UInt32 = dtype == .bfloat16 ? 0xFFFF : 0x1FFF
    #expect(try #require(result.floats).allSatisfy { $0.bitPattern & mask == 0 })
  }

  @Test(arguments: Engine.all, floats)
  func castsToIntegersWrap(engine: Engine, dtype: DType) throws {
    let x = Tensor.numbers([6], [300, -1, -129.75, 65_536.5, 5e9, -5e9], dtype: dtype)
    let expected: [(DType, [Int64])] = [
      (.int8, [44, -1, 127, 0, 0, 0]), (.uint8, [44, 255, 127, 0, 0, 0]),
      (.int16, [300, -1, -129, 0, -3584, 3584]),
      (.int32, [300, -1, -129, 65_536, 705_032_704, -705_032_704]),
      (.int64, [300, -1, -129, 65_536, 5_000_000_000, -5_000_000_000]),
      (.bool, [1, 1, 1, 1, 1, 1]),
    ]
    for (target, integers) in expected {
      let result = try engine.results(of: .cast(target), [x])[0]
      #expect(result.dtype == target)
      #expect(result.integers == integers)
    }
  }

  // MARK: Products

  @Test(arguments: Engine.all, sizes)
  func matmul(engine: Engine, m: Int) throws {
    for (k, n) in Self.sizes.flatMap({ k in Self.sizes.map { (k, $0) } }) {
      for dtype in Self.floats {
        let a = Tensor.sample([m, k], seed: 6, dtype: dtype)
        let b = Tensor.sample([k, n], seed: 7, dtype: dtype)
        let (x, y) = (try #require(a.doubles), try #require(b.doubles))
        let result = try engine.results(of: .matmul(transposeA: false, transposeB: false), [a, b])[
          0]
        #expect(result.shape == [m, n])
        let found = try #require(result.doubles)
        for i in 0..<m {
          for j in 0..<n {
            let terms = (0..<k).map { x[i * k + $0] * y[$0 * n + j] }
            let bound = Tolerance.sum(
              terms: k, magnitude: terms.reduce(0) { $0 + abs($1) }, of: dtype)
            #expect(bound.accepts(found[i * n + j], terms.reduce(0, +)), "(\(i), \(j)) of \(dtype)")
          }
        }
      }
    }
  }

  /// Sizes beyond a kernel's blocks, operands transposed every way.
  @Test(arguments: Engine.all, [1, 2])
  func largeMatmul(engine: Engine, threads: Int) throws {
    let (m, k, n) = (67, 531, 70)
    let a = Tensor.sample([m, k], seed: 8)
    let b = Tensor.sample([k, n], seed: 9)
    let (x, y) = (try #require(a.doubles), try #require(b.doubles))
    var sums = [Double](repeating: 0, count: m * n)
    var magnitudes = sums
    for i in 0..<m {
      for t in 0..<k {
        for j in 0..<n {
          let term = x[i * k + t] * y[t * n + j]
          sums[i * n + j] += term
          magnitudes[i * n + j] += abs(term)
        }
      }
    }
    let at = try engine.results(of: .transpose([1, 0]), [a])[0].converted(to: .float32)
    let bt = try engine.results(of: .transpose([1, 0]), [b])[0].converted(to: .float32)
    for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
      let result = try engine.results(
        of: .matmul(transposeA: transposeA, transposeB: transposeB),
        [transposeA ? at : a, transposeB ? bt : b], threads: threads)[0]
      let found = try #require(result.doubles)
      let first = found.indices.first {
        !Tolerance.sum(terms: k, magnitude: magnitudes[$0], of: .float32)
          .accepts(found[$0], sums[$0])
      }
      #expect(first == nil, "transposed \(transposeA), \(transposeB)")
    }
  }

  @Test(arguments: Engine.all, [DType.int8, .uint8, .int32, .int64])
  func integerMatmulIsExact(engine: Engine, dtype: DType) throws {
    let low: Int64 = dtype.isUnsignedInteger ? 0 : -100
    var generator = SplitMix64(seed: 10)
    let x = (0..<5 * 40).map { _ in Int64.random(in: low...100, using: &generator) }
    let y = (0..<40 * 3).map { _ in Int64.random(in: low...100, using: &generator) }
    let result = try engine.results(
      of: .matmul(transposeA: false, transposeB: false),
      [
        Tensor(shape: [5, 40], integers: x, dtype: dtype),
        Tensor(shape: [40, 3], integers: y, dtype: dtype),
      ])[0]
    let expected = (0..<15).map { place in
      wrapped((0..<40).reduce(0) { $0 + x[place / 3 * 40 + $1] * y[$1 * 3 + place % 3] }, dtype)
    }
    #expect(result.dtype == dtype)
    #expect(result.integers == expected)
  }

  @Test(arguments: Engine.all, [1, 3, 8, 17])
  func convolution(engine: Engine, channels: Int) throws {
    let filters = channels + 1
    let x = Tensor.sample([2, 9, 7, channels], seed: 11)
    let kernel = Tensor.sample([3, 3, channels, filters], seed: 12)
    let window = WindowSpec(
      size: [3, 3], strides: [2, 1], dilations: [1, 2], paddingBefore: [1, 2],
      paddingAfter: [0, 2])
    let result = try engine.results(of: .convolution(window, groups: 1), [x, kernel])[0]
    #expect(result.shape == [2, 4, 7, filters])
    let (values, weights) = (try #require(x.doubles), try #require(kernel.doubles))
    let found = try #require(result.doubles)
    for (index, place) in places(result.shape).enumerated() {
      var (sum, magnitude, terms) = (0.0, 0.0, 0)
      for cell in places([3, 3, channels]) {
        let row = place[1] * 2 + cell[0] - 1
        let column = place[2] + cell[1] * 2 - 2
        guard (0..<9).contains(row), (0..<7).contains(column) else { continue }
        let term =
          values[offset([place[0], row, column, cell[2]], in: x.shape)]
          * weights[offset(cell + [place[3]], in: kernel.shape)]
        sum += term
        magnitude += abs(term)
        terms += 1
      }
      let bound = Tolerance.sum(terms: terms, magnitude: magnitude, of: .float32)
      #expect(bound.accepts(found[index], sum), "\(place): \(found[index]), not \(sum)")
    }
  }

  @Test(arguments: Engine.all, [1, 5, 16])
  func depthwiseConvolution(engine: Engine, channels: Int) throws {
    let x = Tensor.sample([1, 11, channels], seed: 13)
    let kernel = Tensor.sample([4, 1, 2 * channels], seed: 14)
    let window = WindowSpec(
      size: [4], strides: [1], dilations: [1], paddingBefore: [3], paddingAfter: [0])
    let result = try engine.results(of: .convolution(window, groups: channels), [x, kernel])[0]
    let (values, weights) = (try #require(x.doubles), try #require(kernel.doubles))
    let expected = places([1, 11, 2 * channels]).map { place in
      (0..<4).reduce(0.0) { sum, cell in
        let row = place[1] + cell - 3
        guard row >= 0 else { return sum }
        return sum + values[row * channels + place[2] / 2] * weights[cell * 2 * channels + place[2]]
      }
    }
    let problem = disagreement(
      try #require(result.doubles), expected, .sum(terms: 4, magnitude: 64, of: .float32))
    #expect(problem == nil, "\(problem ?? "")")
  }

  // MARK: Folding

  @Test(arguments: Engine.all, [1, 7, 8, 9, 33, 1000])
  func sumAndMean(engine: Engine, count: Int) throws {
    for dtype in Self.floats {
      for axis in [0, 1] {
        let shape = axis == 0 ? [count, 3] : [3, count]
        let x = Tensor.sample(shape, seed: 15, dtype: dtype)
        let values = try #require(x.doubles)
        for reduction in [Reduction.sum, .mean] {
          let result = try engine.results(
            of: .reduce(reduction, axes: [axis], keepDimensions: false), [x])[0]
          let found = try #require(result.doubles)
          for line in 0..<3 {
            let terms = (0..<count).map { values[axis == 0 ? $0 * 3 + line : line * count + $0] }
            let divisor = reduction == .mean ? Double(count) : 1
            let magnitude = terms.reduce(0) { $0 + abs($1) } / divisor
            let bound = Tolerance.sum(terms: 4, magnitude: magnitude, of: dtype)
            #expect(bound.accepts(found[line], terms.reduce(0, +) / divisor))
          }
        }
      }
    }
  }

  @Test(arguments: Engine.all, [1, 7, 8, 9, 33, 257])
  func softmaxRowsSumToOne(engine: Engine, count: Int) throws {
    let x = Tensor.sample([5, count], seed: 16)
    let result = try engine.results(of: .activation(.softmax), [x])[0]
    let (values, found) = (try #require(x.doubles), try #require(result.doubles))
    for row in 0..<5 {
      let range = row * count..<(row + 1) * count
      #expect(abs(found[range].reduce(0, +) - 1) < 1e-6)
      for i in range {
        let quotient = found[i] / found[range.lowerBound]
        let logarithm = values[i] - values[range.lowerBound]
        let expected = try #require(
          try Engine.all[0].results(of: .unary(.exp), [Tensor(shape: [], [logarithm])])[0].doubles)
        #expect(abs(quotient - expected[0]) <= 16 * 0x1p-23 * expected[0])
      }
    }
  }

  /// Ties keep their order in both directions, and NaN counts as the greatest.
  @Test(arguments: Engine.all, [1, 7, 8, 9, 33, 200])
  func sortIsStable(engine: Engine, count: Int) throws {
    let values = try #require(Tensor.sample([count], seed: 22).doubles)
      .enumerated().map { $0 % 6 == 5 ? .nan : ($1 * 2).rounded() }
    for dtype in Self.floats {
      for descending in [false, true] {
        let results = try engine.results(
          of: .sort(descending: descending), [.numbers([count], values, dtype: dtype)])
        let order = try #require(results[1].integers).map { Int($0) }
        #expect(order.sorted() == Array(0..<count))
        #expect(
          disagreement(try #require(results[0].doubles), order.map { values[$0] }, .exact) == nil)
        for (i, j) in zip(order, order.dropFirst()) {
          let (a, b) = descending ? (values[j], values[i]) : (values[i], values[j])
          let isTie = a == b || a.isNaN && b.isNaN
          #expect(isTie ? i < j : a < b || b.isNaN, "\(values[i]) before \(values[j])")
        }
      }
    }
  }

  @Test(arguments: Engine.all, [1, 3, 8, 9])
  func maximumPoolingKeepsNaN(engine: Engine, channels: Int) throws {
    var values = [Float](repeating: 1, count: 4 * channels)
    values[channels] = .nan
    for i in 3 * channels..<4 * channels { values[i] = -.infinity }
    let window = WindowSpec(
      size: [2], strides: [1], dilations: [1], paddingBefore: [0], paddingAfter: [2])
    let result = try engine.results(
      of: .pool(.maximum, window), [Tensor(shape: [1, 4, channels], values)])[0]
    #expect(result.shape == [1, 5, channels])
    let found = try #require(result.doubles)
    let expected: [Double] = [.nan, .nan, 1, -.infinity, -.infinity]
    #expect(disagreement((0..<5).map { found[$0 * channels] }, expected, .exact) == nil)
  }

  // MARK: Rows of recurrent layers

  /// Each row of a batch gives what it gives alone, whatever the batch, the length and the width.
  @Test(arguments: Engine.all, [1, 3, 8, 17])
  func recurrentRowsAreIndependent(engine: Engine, units: Int) throws {
    let (time, features) = (9, units + 2)
    for gates in [1, 3, 4] {
      let spec = RecurrentSpec(
        activation: .tanh, recurrentActivation: .sigmoid, resetAfter: gates == 3, hasBias: true,
        hasMask: true, zeroOutputForMask: false)
      let op: Op = gates == 1 ? .simpleRNN(spec) : gates == 3 ? .gru(spec) : .lstm(spec)
      let kernel = Tensor.sample([features, gates * units], seed: 17)
      // Recurrent weights so small that a rounding does not grow from step to step.
      let recurrent = Tensor.numbers(
        [units, gates * units],
        try #require(Tensor.sample([units, gates * units], seed: 18).doubles).map { $0 / 64 })
      let bias = Tensor.sample(gates == 3 ? [2, 3 * units] : [gates * units], seed: 19)
      let flags = (0..<5 * time).map { Int64($0 % 7 == 3 || $0 % 5 == 4 ? 0 : 1) }
      func results(_ rows: Range<Int>) throws -> [[Double]] {
        let x = try #require(Tensor.sample([5, time, features], seed: 20).floats)
        let h = try #require(Tensor.sample([5, units], seed: 21).floats)
        let state = Tensor(
          shape: [rows.count, units], Array(h[rows.lowerBound * units..<rows.upperBound * units]))
        let width = time * features
        let operands =
          [
            Tensor(
              shape: [rows.count, time, features],
              Array(x[rows.lowerBound * width..<rows.upperBound * width])), kernel, recurrent,
          ] + [Tensor](repeating: state, count: gates == 4 ? 2 : 1) + [
            bias,
            Tensor(
              shape: [rows.count, time],
              integers: Array(flags[rows.lowerBound * time..<rows.upperBound * time]),
              dtype: .bool),
          ]
        return try engine.results(of: op, operands).map { try #require($0.doubles) }
      }
      let whole = try results(0..<5)
      for row in 0..<5 {
        for (all, alone) in zip(whole, try results(row..<row + 1)) {
          let part = Array(all[row * alone.count..<(row + 1) * alone.count])
          let problem = disagreement(
            part, alone, .sum(terms: features * time, magnitude: 8, of: .float32))
          #expect(problem == nil, "row \(row) of \(op): \(problem ?? "")")
        }
      }
    }
  }

  // MARK: Plain loops

  /// Every place of a shape in row-major order.
  private func places(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { places, extent in
      places.flatMap { place in (0..<extent).map { place + [$0] } }
    }
  }

  /// The row-major offset of a place in a shape that was broadcast to it.
  private func offset(_ place: [Int], in shape: [Int]) -> Int {
    zip(place.suffix(shape.count), shape).reduce(0) { offset, axis in
      offset * axis.1 + (axis.1 == 1 ? 0 : axis.0)
    }
  }

  private func wrapped(_ number: Int64, _ dtype: DType) -> Int64 {
    switch dtype {
    case .int8: Int64(Int8(truncatingIfNeeded: number))
    case .uint8: Int64(UInt8(truncatingIfNeeded: number))
    case .int32: Int64(Int32(truncatingIfNeeded: number))
    default: number
    }
  }
}
