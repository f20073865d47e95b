import Hornbill
import HornbillTestSupport
import Testing

/// ``Stream``: a recurrent model on one step after another.
@Suite struct StreamTests {
  /// A recurrent model with the shapes of its weights.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let steps: Int
    let features: Int
    let model: @Sendable () throws -> Model
    var testDescription: String { name }
  }

  private static func model(
    _ layers: Sequential, features: Int, _ shapes: [[Int]]
  ) throws -> Model {
    var generator = SplitMix64(seed: 11)
    return try Model(
      layers, input: TensorSpec([nil, nil, features]),
      weights: shapes.map { SmallModel.sample($0, &generator) })
  }

  static let cases = [
    Case(name: "LSTM(20), Dense", steps: 30, features: 1) {
      try model(
        Sequential {
          LSTM(units: 20)
          Dense(units: 1)
        }, features: 1, [[1, 80], [20, 80], [80], [20, 1], [1]])
    },
    Case(name: "two GRUs, sequences", steps: 17, features: 3) {
      try model(
        Sequential {
          GRU(units: 7, returnSequences: true)
          GRU(units: 40, returnSequences: true)
          Dense(units: 2, activation: .tanh)
        }, features: 3,
        [[3, 21], [7, 21], [2, 21], [7, 120], [40, 120], [2, 120], [40, 2], [2]])
    },
    Case(name: "SimpleRNN(9)", steps: 12, features: 4) {
      try model(
        Sequential { SimpleRNN(units: 9, returnSequences: true) }, features: 4,
        [[4, 9], [9, 9], [9]])
    },
  ]

  /// The outputs of a stream, step by step.
  private func outputs(_ stream: Stream, _ values: [Float], features: Int) throws -> [[Float]] {
    var results: [[Float]] = []
    for start in stride(from: 0, to: values.count, by: features) {
      let input = Array(values[start..<(start + features)])
      var output = [Float](repeating: 0, count: stream.outputShape.reduce(1, *))
      var span = output.mutableSpan
      try stream.step(input.span, into: &span)
      results.append(output)
    }
    return results
  }

  @Test(arguments: cases) func stepsAreTheSequence(_ item: Case) throws {
    let model = try item.model()
    var generator = SplitMix64(seed: 12)
    let x = SmallModel.sample([1, item.steps, item.features], &generator)
    let whole = try model.predict([x])[0]
    let stream = try model.stream()
    #expect(stream.inputShape == [item.features])
    let found = try outputs(stream, try #require(x.floats), features: item.features)
    let width = try #require(whole.shape.last)
    let expected = try #require(whole.floats)
    // The same kernels in the same order; only the projection of the inputs is another product.
    let last = whole.rank == 3 ? found.flatMap(\.self) : try #require(found.last)
    #expect(last.count == expected.count)
    #expect(stream.outputShape == [width])
    for (a, b) in zip(last, expected) { #expect(abs(a - b) <= 0x1p-20) }
    stream.reset()
    #expect(try outputs(stream, try #require(x.floats), features: item.features) == found)
  }

  @Test func streamsShareNothing() throws {
    let model = try Self.cases[0].model()
    let (a, b) = (try model.stream(), try model.stream())
    let first = try outputs(a, [0.5, -1, 0.25], features: 1)
    #expect(try outputs(b, [0.5, -1, 0.25], features: 1) == first)
    #expect(try outputs(a, [0.5], features: 1) != [first[0]])
  }

  @Test func idsGoIn() throws {
    var generator = SplitMix64(seed: 13)
    let model = try Model(
      Sequential {
        Embedding(inputDim: 5, outputDim: 3)
        SimpleRNN(units: 4)
      },
      input: TensorSpec([nil, nil], .int32),
      weights: [[5, 3], [3, 4], [4, 4], [4]].map { SmallModel.sample($0, &generator) })
    let stream = try model.stream()
    let ids: [Int32] = [1, 4, 0]
    var output = [Float](repeating: 0, count: 4)
    for id in ids {
      let one = [id]
      var span = output.mutableSpan
      try stream.step(one.span, into: &span)
    }
    let whole = try model.predict([
      Tensor(shape: [1, 3], integers: ids.map(Int64.init), dtype: .int32)
    ])[0]
    for (a, b) in zip(output, try #require(whole.floats)) { #expect(abs(a - b) <= 0x1p-21) }
    // An id that the table does not have is refused, and the next step is as if it had not been.
    var span = output.mutableSpan
    let bad: [Int32] = [9]
    #expect(throws: ModelError.self) { try stream.step(bad.span, into: &span) }
  }

  /// Layers that look at several steps are named.
  @Test func layersThatJoinStepsAreRefused() throws {
    func refusal(_ layers: Sequential, features: Int = 4) -> String {
      do {
        _ = try Model(layers, input: TensorSpec([nil, 6, features])).stream()
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(
      refusal(
        Sequential {
          LSTM(units: 3, goBackwards: true)
        }
      ).contains("backwards"))
    #expect(
      refusal(
        Sequential {
          LSTM(units: 3, returnSequences: true)
          Flatten()
        }
      ).contains("Flatten"))
  }
}
