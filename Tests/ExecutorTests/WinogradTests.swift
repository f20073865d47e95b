import HornbillCore
import Testing

/// Convolutions of 3 by 3 cells with fixed kernels, whose tiles are transformed, against the definition.
@Suite struct WinogradTests {
  struct Form: Sendable, CustomTestStringConvertible {
    var batch = 1
    let spatial: [Int]
    let channels: Int
    let filters: Int
    let before: Int
    let after: Int
    var testDescription: String {
      "\(batch)×\(spatial)×\(channels)→\(filters), padding \(before), \(after)"
    }

    var window: WindowSpec {
      WindowSpec(
        size: [3, 3], strides: [1, 1], dilations: [1, 1], paddingBefore: [before, before],
        paddingAfter: [after, after])
    }
    var input: [Int] { [batch] + spatial + [channels] }
    var kernel: [Int] { [3, 3, channels, filters] }
    var terms: Int { 9 * channels }
  }

  /// What is done to the sums.
  enum Finish: CaseIterable, Sendable { case nothing, scaled, biasRelu, biasRelu6, tanh, residual }

  static let forms = [
    // Whole tiles and vectors, and parts of either.
    Form(spatial: [8, 12], channels: 16, filters: 32, before: 1, after: 1),
    Form(batch: 2, spatial: [13, 9], channels: 20, filters: 37, before: 1, after: 1),
    Form(spatial: [9, 10], channels: 33, filters: 17, before: 0, after: 0),
    Form(batch: 3, spatial: [7, 8], channels: 19, filters: 70, before: 2, after: 0),
    Form(spatial: [6, 11], channels: 40, filters: 16, before: 0, after: 2),
    // Several blocks of tiles, and of terms, and few tiles of many channels.
    Form(batch: 2, spatial: [30, 30], channels: 16, filters: 33, before: 1, after: 1),
    Form(spatial: [11, 16], channels: 300, filters: 20, before: 0, after: 0),
    Form(spatial: [6, 6], channels: 520, filters: 18, before: 1, after: 1),
    Form(spatial: [4, 4], channels: 64, filters: 96, before: 1, after: 1),
  ]

  /// A convolution of an input with a fixed kernel.
  private static func graph(_ form: Form, _ kernel: Tensor, _ finish: Finish) throws -> (
    Graph, Value
  ) {
    var builder = GraphBuilder()
    let x = builder.input(ValueType(shape: form.input, dtype: .float32))
    var y = try builder.convolution(x, builder.constant(kernel), form.window, groups: 1)
    let bias = builder.constant(Tensor.sample([form.filters], seed: 43))
    switch finish {
    case .nothing: break
    case .scaled:
      let factors = Tensor.sample([form.filters], seed: 54).floats ?? []
      y = try builder.multiply(
        y, builder.constant(Tensor(shape: [form.filters], factors.map { $0 / 4 })))
    case .biasRelu: y = try builder.activation(.relu(), try builder.add(y, bias))
    case .biasRelu6: y = try builder.activation(.relu(maximum: 6), try builder.add(y, bias))
    case .tanh: y = try builder.activation(.tanh, y)
    case .residual:
      let other = builder.input(ValueType(shape: builder.shape(y), dtype: .float32))
      y = try builder.activation(.relu(), try builder.add(try builder.add(y, bias), other))
    }
    return (builder.finished(outputs: [y]), y)
  }

  private func numbers(
    _ engine: Engine, _ form: Form, _ x: Tensor, _ kernel: Tensor, _ finish: Finish = .nothing,
    threads: Int = 1
  ) throws -> [Double] {
    let (graph, y) = try Self.graph(form, kernel, finish)
    var inputs = [x]
    if finish == .residual { inputs.append(Tensor.sample(graph.type(of: y).shape, seed: 44)) }
    return try #require(
      try engine.executor(graph, threads: threads).run(
        inputs: inputs, states: [], computing: [y])[0].doubles)
  }

  private func magnitudes(_ tensor: Tensor) throws -> Tensor {
    Tensor.numbers(tensor.shape, try #require(tensor.doubles).map { abs($0) })
  }

  /// Compares within the rounding of sums of what `sizes`, a kernel, makes of the input's magnitudes.
  private func expectAgreement(
    _ form: Form, _ x: Tensor, _ kernel: Tensor, _ finish: Finish = .nothing,
    sizes: Tensor? = nil, threads: ClosedRange<Int> = 1...1
  ) throws {
    let sizes = try numbers(
      Engine.all[0], form, magnitudes(x), try sizes ?? magnitudes(kernel))
    let truth = try numbers(Engine.all[0], form, x, kernel, finish)
    for engine in Engine.all.dropFirst() {
      for threads in threads {
        let found = try numbers(engine, form, x, kernel, finish, threads: threads)
        #expect(found.count == truth.count)
        let wrong = truth.indices.first { index in
          let size = sizes[index].isFinite ? sizes[index] : 0
          // The bias and the residual are 4 at most, each.
          let bound = Tolerance.sum(terms: form.terms, magnitude: size + 8, of: .float32)
          return !bound.accepts(found[index], Double(Float(truth[index])))
        }
        if let wrong {
          Issue.record("\(engine.name), element \(wrong): \(found[wrong]), not \(truth[wrong])")
        }
      }
    }
  }

  @Test(arguments: forms, Finish.allCases) func agrees(_ form: Form, finish: Finish) throws {
    let (x, kernel) = (Tensor.sample(form.input, seed: 41), Tensor.sample(form.kernel, seed: 42))
    try expectAgreement(form, x, kernel, finish, threads: 1...3)
  }

  private static let small = Form(
    batch: 2, spatial: [8, 9], channels: 18, filters: 21, before: 1, after: 1)

  /// What is not finite, or so large that all beside it would be lost, stays where it belongs.
  @Test(arguments: [Float.infinity, -.infinity, .nan, 1e9, -3e38, 1e30], [0, 9, 40, 71])
  func outlierStaysInItsPositions(_ outlier: Float, place: Int) throws {
    let form = Self.small
    var values = try #require(Tensor.sample(form.input, seed: 45).doubles)
    values[place * form.channels + 5] = Double(outlier)
    let kernel = Tensor.sample(form.kernel, seed: 46)
    // A transformed weight rounds to the precision of the greatest one in its column, which is 4 at most.
    let fours = Tensor.numbers(
      form.kernel, [Double](repeating: 4, count: form.kernel.reduce(1, *)))
    for finish in [Finish.nothing, .scaled] {
      try expectAgreement(form, Tensor.numbers(form.input, values), kernel, finish, sizes: fours)
    }
  }

  /// A filter of infinite weights leaves the others alone.
  @Test(arguments: [Float.infinity, .nan]) func infiniteWeight(_ weight: Float) throws {
    let form = Self.small
    var values = try #require(Tensor.sample(form.kernel, seed: 47).doubles)
    values[(4 * form.channels + 3) * form.filters + 7] = Double(weight)
    try expectAgreement(
      form, Tensor.sample(form.input, seed: 48), Tensor.numbers(form.kernel, values))
  }

  /// Sums of a tile's cells overflow where those of the products do not.
  @Test func largeNumbers() throws {
    let form = Self.small
    let values = try #require(Tensor.sample(form.input, seed: 49).doubles).map {
      $0 < 0 ? -3e38 : 3e38
    }
    let weights = try #require(Tensor.sample(form.kernel, seed: 50).doubles).map { $0 * 1e-4 }
    try expectAgreement(
      form, Tensor.numbers(form.input, values), Tensor.numbers(form.kernel, weights))
  }

  /// Positions that cover nothing but zeros are 0, whatever lies beside them.
  @Test func zerosStayZero() throws {
    let form = Self.small
    var values = [Double](repeating: 0, count: form.input.reduce(1, *))
    for channel in 0..<form.channels { values[(3 * 9 + 4) * form.channels + channel] = 3 }
    let (x, kernel) = (Tensor.numbers(form.input, values), Tensor.sample(form.kernel, seed: 51))
    let truth = try numbers(Engine.all[0], form, x, kernel)
    for engine in Engine.all.dropFirst() {
      let found = try numbers(engine, form, x, kernel)
      #expect(zip(found, truth).allSatisfy { ($0 == 0) == ($1 == 0) }, "\(engine.name)")
    }
  }

  /// An example's results do not depend on the others of its batch.
  @Test func batchesAgree() throws {
    let one = Form(spatial: [10, 7], channels: 24, filters: 40, before: 1, after: 1)
    let many = Form(batch: 5, spatial: [10, 7], channels: 24, filters: 40, before: 1, after: 1)
    let x = Tensor.sample(many.input, seed: 52)
    let kernel = Tensor.sample(many.kernel, seed: 53)
    let (count, results) = (10 * 7 * 24, 10 * 7 * 40)
    let third = Tensor.numbers(
      one.input, Array(try #require(x.doubles)[(2 * count)..<(3 * count)]))
    for engine in Engine.all.dropFirst() {
      let all = try numbers(engine, many, x, kernel, threads: 2)
      let alone = try numbers(engine, one, third, kernel)
      #expect(Array(all[(2 * results)..<(3 * results)]) == alone, "\(engine.name)")
    }
  }
}
