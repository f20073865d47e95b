import HornbillCore
import Testing

/// Chains of ops that an executor may do in one step: the result is that of the ops one by one.
@Suite struct FusionTests {
  /// A chain under test, built after a first value of shape `(2, 6, 6, 8)` or its like.
  struct Chain: Sendable, CustomTestStringConvertible {
    let name: String
    /// What a product sums for one element.
    let terms: Int
    let build: @Sendable (inout GraphBuilder, Value) throws -> Value
    var testDescription: String { name }
  }

  static let columns = 8

  /// A constant of the type of `x`.
  private static func constant(
    _ builder: inout GraphBuilder, _ shape: [Int], _ seed: Int, like x: Value
  ) -> Value {
    builder.constant(Tensor.sample(shape, seed: seed, dtype: builder.dtype(x)))
  }

  /// What batch normalization does: `(x − mean) · factor + shift`.
  private static func normalize(_ builder: inout GraphBuilder, _ x: Value) throws -> Value {
    let numbers = (1...3).map { constant(&builder, [columns], $0, like: x) }
    let centred = try builder.binary(.subtract, x, numbers[0])
    let scaled = try builder.binary(.multiply, centred, numbers[1])
    return try builder.binary(.add, scaled, numbers[2])
  }

  private static func convolve(
    _ builder: inout GraphBuilder, _ x: Value, groups: Int = 1
  ) throws -> Value {
    let kernel = constant(&builder, [3, 3, columns / groups, columns], 4, like: x)
    let window = WindowSpec(
      size: [3, 3], strides: [1, 1], dilations: [1, 1], paddingBefore: [1, 1],
      paddingAfter: [1, 1])
    return try builder.convolution(x, kernel, window, groups: groups)
  }

  private static func multiply(_ builder: inout GraphBuilder, _ x: Value) throws -> Value {
    let shape = builder.shape(x)
    let rows = shape.dropLast().reduce(1, *)
    let kernel = constant(&builder, [columns, columns], 5, like: x)
    let flat = try builder.reshape(x, to: [rows, columns])
    return try builder.reshape(builder.matmul(flat, kernel), to: shape)
  }

  /// What layer normalization does, with a great epsilon so that errors do not grow; perhaps with the variance added at last.
  private static func normalizeRows(
    _ builder: inout GraphBuilder, _ x: Value, factor: Bool, shift: Bool, showing: Bool = false
  ) throws -> Value {
    let mean = try builder.reduce(.mean, x, axes: [3], keepDimensions: true)
    let centred = try builder.binary(.subtract, x, mean)
    let variance = try builder.reduce(
      .mean, builder.unary(.square, centred), axes: [3], keepDimensions: true)
    let epsilon = builder.scalar(1, builder.dtype(x))
    let inverse = try builder.unary(.rsqrt, builder.binary(.add, variance, epsilon))
    var y = try builder.binary(.multiply, centred, inverse)
    if factor {
      y = try builder.binary(.multiply, y, constant(&builder, [columns], 7, like: x))
    }
    if shift { y = try builder.binary(.add, y, constant(&builder, [columns], 8, like: x)) }
    return showing ? try builder.binary(.add, y, variance) : y
  }

  static let chains = [
    Chain(name: "convolution, normalization, relu", terms: 72) { builder, x in
      try builder.activation(
        .relu(), normalize(&builder, try convolve(&builder, x)))
    },
    Chain(name: "grouped convolution, normalization", terms: 36) { builder, x in
      try normalize(&builder, try convolve(&builder, x, groups: 2))
    },
    Chain(name: "depthwise convolution, normalization, relu6", terms: 9) { builder, x in
      try builder.activation(
        .relu(maximum: 6), normalize(&builder, try convolve(&builder, x, groups: columns)))
    },
    Chain(name: "product, normalization, tanh", terms: 8) { builder, x in
      try builder.activation(.tanh, normalize(&builder, try multiply(&builder, x)))
    },
    // Factors of up to 4 count as so many terms.
    Chain(name: "product, columns on two axes, bias, factor for each row, relu", terms: 32) {
      builder, x in
      let y = try builder.reshape(try multiply(&builder, x), to: [72, 2, columns / 2])
      let biased = try builder.add(y, constant(&builder, [2, columns / 2], 7, like: x))
      let scaled = try builder.multiply(biased, constant(&builder, [2, 1], 8, like: x))
      let one = constant(&builder, [1], 10, like: x)
      return try builder.activation(.relu(), try builder.add(scaled, one))
    },
    Chain(name: "product, columns on two axes, factor for each column", terms: 32) { builder, x in
      let y = try builder.reshape(try multiply(&builder, x), to: [72, 2, columns / 2])
      return try builder.multiply(y, constant(&builder, [1, columns / 2], 9, like: x))
    },
    Chain(name: "product, columns beside rows, bias", terms: 8) { builder, x in
      let y = try builder.reshape(try multiply(&builder, x), to: [12, 12, columns / 2])
      return try builder.add(y, constant(&builder, [12, columns / 2], 7, like: x))
    },
    Chain(name: "convolution, residual, relu", terms: 72) { builder, x in
      let y = try normalize(&builder, try convolve(&builder, x))
      return try builder.activation(.relu(), try builder.add(x, y))
    },
    Chain(name: "convolution, residual made later", terms: 72) { builder, x in
      let y = try convolve(&builder, x)
      return try builder.add(y, try builder.unary(.negate, x))
    },
    Chain(name: "product, residual that dies", terms: 8) { builder, x in
      let other = try builder.unary(.negate, x)
      return try builder.activation(.sigmoid, try builder.add(multiply(&builder, x), other))
    },
    Chain(name: "product added to its own operand", terms: 8) { builder, x in
      let z = try builder.unary(.negate, x)
      return try builder.add(try multiply(&builder, z), z)
    },
    Chain(name: "two products added", terms: 80) { builder, x in
      let y = try multiply(&builder, x)
      return try builder.add(y, try convolve(&builder, x))
    },
    Chain(name: "product doubled", terms: 8) { builder, x in
      let y = try multiply(&builder, x)
      return try builder.add(y, y)
    },
    Chain(name: "normalization, relu", terms: 1) { builder, x in
      try builder.activation(.relu(), normalize(&builder, x))
    },
    Chain(name: "normalization, gelu", terms: 1) { builder, x in
      try builder.activation(.gelu(), normalize(&builder, x))
    },
    Chain(name: "padding, strided convolution, relu", terms: 72) { builder, x in
      let padded = try builder.pad(x, before: [0, 0, 1, 0], after: [0, 1, 2, 0])
      let window = WindowSpec(
        size: [3, 3], strides: [2, 2], dilations: [1, 1], paddingBefore: [1, 0],
        paddingAfter: [0, 1])
      let kernel = constant(&builder, [3, 3, columns, columns], 4, like: x)
      return try builder.activation(
        .relu(), try builder.convolution(padded, kernel, window, groups: 1))
    },
    Chain(name: "padding with ones, convolution", terms: 72) { builder, x in
      let padded = try builder.pad(
        x, before: [0, 1, 1, 0], after: [0, 0, 0, 0], mode: .constant(1))
      return try convolve(&builder, padded)
    },
    Chain(name: "padding that is read twice", terms: 72) { builder, x in
      let padded = try builder.pad(x, before: [0, 1, 0, 0], after: [0, 0, 0, 0])
      return try builder.add(try convolve(&builder, padded), padded)
    },
    Chain(name: "padding of channels", terms: 72) { builder, x in
      let kernel = constant(&builder, [1, 1, columns + 1, columns], 4, like: x)
      let window = WindowSpec(
        size: [1, 1], strides: [1, 1], dilations: [1, 1], paddingBefore: [0, 0],
        paddingAfter: [0, 0])
      let padded = try builder.pad(x, before: [0, 0, 0, 1], after: [0, 0, 0, 0])
      return try builder.convolution(padded, kernel, window, groups: 1)
    },
    Chain(name: "two convolutions added, relu", terms: 144) { builder, x in
      let other = constant(&builder, [3, 3, columns, columns], 9, like: x)
      let window = WindowSpec(
        size: [3, 3], strides: [1, 1], dilations: [1, 1], paddingBefore: [1, 1],
        paddingAfter: [1, 1])
      let (a, b) = (try convolve(&builder, x), try builder.convolution(x, other, window, groups: 1))
      let (y, z) = (try normalize(&builder, a), try normalize(&builder, b))
      return try builder.activation(.relu(), try builder.add(y, z))
    },
    Chain(name: "layer normalization", terms: 40) { builder, x in
      try normalizeRows(&builder, x, factor: true, shift: true)
    },
    Chain(name: "layer normalization without factor", terms: 40) { builder, x in
      try normalizeRows(&builder, x, factor: false, shift: true)
    },
    Chain(name: "layer normalization alone", terms: 40) { builder, x in
      try normalizeRows(&builder, x, factor: false, shift: false)
    },
    Chain(name: "layer normalization of what is read again", terms: 40) { builder, x in
      let y = try builder.unary(.negate, x)
      return try builder.add(
        try normalizeRows(&builder, y, factor: true, shift: false), y)
    },
    Chain(name: "layer normalization whose variance is read again", terms: 40) {
      builder, x in
      try normalizeRows(&builder, x, factor: true, shift: true, showing: true)
    },
    Chain(name: "factor, softmax", terms: 8) { builder, x in
      let factor = builder.scalar(0.75, builder.dtype(x))
      return try builder.activation(.softmax, try builder.multiply(x, factor))
    },
    Chain(name: "negative factor, softmax", terms: 8) { builder, x in
      let factor = builder.scalar(-0.5, builder.dtype(x))
      return try builder.activation(.softmax, try builder.multiply(x, factor))
    },
    Chain(name: "factor for each column, softmax", terms: 8) { builder, x in
      let factors = constant(&builder, [columns], 7, like: x)
      return try builder.activation(.softmax, try builder.multiply(x, factors))
    },
    Chain(name: "one minus, halved", terms: 1) { builder, x in
      let one = builder.scalar(1, builder.dtype(x))
      let less = try builder.binary(.subtract, one, x)
      return try builder.binary(.divide, less, builder.scalar(2, builder.dtype(x)))
    },
    Chain(name: "one divided by", terms: 1) { builder, x in
      let shifted = try builder.binary(.add, x, builder.scalar(9, builder.dtype(x)))
      return try builder.binary(.divide, builder.scalar(2, builder.dtype(x)), shifted)
    },
  ]

  private static let shape = [2, 6, 6, columns]

  private func graph(_ chain: Chain, _ dtype: DType = .float32) throws -> (Graph, Value) {
    var builder = GraphBuilder()
    let x = builder.input(ValueType(shape: Self.shape, dtype: dtype))
    let result = try chain.build(&builder, x)
    return (builder.finished(outputs: [result]), result)
  }

  /// The fast executor against the definition in `Double`.
  @Test(arguments: chains, [1, 2]) func chain(_ chain: Chain, threads: Int) throws {
    let (graph, result) = try graph(chain)
    let x = Tensor.sample(Self.shape, seed: 6)
    let engines = try Engine.all.map {
      try #require(
        try $0.executor(graph, threads: threads).run(
          inputs: [x], states: [], computing: [result])[0].doubles)
    }
    // At most `terms + 6` roundings of sums; numbers lie within 4, so products average to 0 and sums of `terms` of them stay
    // below `terms + 3` but for rare ones, as do the partial sums that are rounded.
    let bound = Double(chain.terms + 6) * Double(chain.terms + 3) * 0x1p-24
    for (engine, found) in zip(Engine.all, engines).dropFirst() {
      let worst = zip(engines[0], found).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= bound, "\(engine.name): \(worst), allowed \(bound)")
    }
  }

  /// A half type is rounded when a result is read, so nothing but that rounding lies between result and definition.
  @Test(arguments: chains, [DType.float16, .bfloat16])
  func halfChain(_ chain: Chain, dtype: DType) throws {
    let (graph, result) = try graph(chain, dtype)
    let x = Tensor.sample(Self.shape, seed: 6, dtype: dtype)
    let engines = try Engine.all.map {
      try #require(
        try $0.executor(graph).run(inputs: [x], states: [], computing: [result])[0].doubles)
    }
    let sums = Double(chain.terms + 6) * Double(chain.terms + 3) * 0x1p-24
    let unit = dtype == .float16 ? 0x1p-11 : 0x1p-8
    for (engine, numbers) in zip(Engine.all, engines).dropFirst() {
      for (truth, found) in zip(engines[0], numbers) {
        let bound = sums + (abs(truth) + sums) * unit
        #expect(
          abs(truth - found) <= bound, "\(engine.name): \(found) for \(truth), allowed \(bound)")
      }
    }
  }

  /// A value that is wanted for itself is there, whatever could have absorbed it.
  @Test func wantedValuesAreKept() throws {
    var builder = GraphBuilder()
    let x = builder.input(ValueType(shape: Self.shape, dtype: .float32))
    let product = try Self.convolve(&builder, x)
    let normal = try Self.normalize(&builder, product)
    let result = try builder.activation(.relu(), normal)
    let graph = builder.finished(outputs: [result])
    let input = Tensor.sample(Self.shape, seed: 7)
    for engine in Engine.all where engine.roundsToFloat32 {
      let executor = try engine.executor(graph)
      let alone = try executor.run(inputs: [input], states: [], computing: [result])
      let all = try executor.run(
        inputs: [input], states: [], computing: [product, normal, result])
      for (value, found) in zip(try #require(all[1].doubles), try #require(all[2].doubles)) {
        #expect(found == max(value, 0))
      }
      let worst = zip(try #require(alone[0].doubles), try #require(all[2].doubles))
        .map { abs($0 - $1) }.max()
      #expect(try #require(worst) <= 78 * 75 * 0x1p-24)
    }
  }

  /// A factor that `Float` does not hold is left where it is.
  @Test func factorsThatOverflowAreNotFolded() throws {
    var builder = GraphBuilder()
    let x = builder.input(ValueType(shape: [1, 2], dtype: .float32))
    let kernel = builder.constant(Tensor(shape: [2, 2], [1, 0, 0, 1] as [Float]))
    let huge = builder.constant(Tensor(shape: [2], [3e38, 1] as [Float]))
    let y = try builder.multiply(builder.multiply(builder.matmul(x, kernel), huge), huge)
    let input = Tensor(shape: [1, 2], [0, 2] as [Float])
    for engine in Engine.all where engine.roundsToFloat32 {
      let found = try engine.executor(builder.finished(outputs: [y])).run(
        inputs: [input], states: [], computing: [y])
      #expect(found[0].doubles == [0, 2])
    }
  }
}
