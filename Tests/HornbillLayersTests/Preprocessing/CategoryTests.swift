import HornbillCore
import HornbillLayers
import Testing

/// Category numbers and ranges, worked out by hand from Keras's rules.
@Suite struct CategoryTests {
  @Test func numbersOutsideInKeras3() throws {
    let counts = try PreprocessingProbe(
      "CategoryEncoding", #"{"num_tokens": 3, "output_mode": "count"}"#)
    let beyond = Tensor(shape: [1, 3], integers: [7, 2, 2])
    #expect(try counts.run(beyond)[0].doubles == [0, 0, 2])
    let negative = Tensor(shape: [1, 2], integers: [-1, 2])
    #expect(throws: ExecutionError.self) { try counts.run(negative) }
    let vectors = try PreprocessingProbe(
      "CategoryEncoding", #"{"num_tokens": 3, "output_mode": "one_hot"}"#)
    #expect(try vectors.run(negative)[0].doubles == [0, 0, 0, 0, 0, 1])
  }

  @Test(arguments: [7, -1, Int64.max])
  func numbersOutsideInKeras2(number: Int64) throws {
    let probe = try PreprocessingProbe(
      "CategoryEncoding", #"{"num_tokens": 3}"#, kerasMajor: 2)
    #expect(throws: ExecutionError.self) {
      try probe.run(Tensor(shape: [1, 2], integers: [0, number]))
    }
  }

  @Test func weightedCounts() throws {
    let probe = try PreprocessingProbe(
      "CategoryEncoding", #"{"num_tokens": 3, "output_mode": "count"}"#)
    let numbers = Tensor(shape: [1, 3], integers: [2, 0, 2])
    let amounts = Tensor(shape: [1, 3], [0.5, 2, 3] as [Float])
    let found = try probe.run([numbers, amounts]) { flows in
      CallArguments([.tensor(flows[0])], keywords: [("count_weights", .tensor(flows[1]))])
    }
    #expect(found[0].doubles == [2, 0, 3.5])
  }

  /// Keras 3 takes axis 1 for the numbers of a sample when there are more than two axes.
  @Test func countsOfThreeAxes() throws {
    let probe = try PreprocessingProbe(
      "CategoryEncoding", #"{"num_tokens": 2, "output_mode": "count"}"#)
    let found = try probe.run(Tensor(shape: [1, 2, 3], integers: [0, 1, 1, 0, 0, 1]))[0]
    #expect(found.shape == [1, 3, 2])
    #expect(found.doubles == [2, 0, 1, 1, 0, 2])
  }

  @Test func boundaries() throws {
    let probe = try PreprocessingProbe("Discretization", #"{"bin_boundaries": [-1, 0, 0.1]}"#)
    let numbers = Tensor(shape: [6], [-2, -1, -0.5, 0.1, .infinity, .nan] as [Float])
    #expect(try probe.run(numbers)[0].integers == [0, 1, 1, 3, 3, 3])
  }

  @Test func maskedBin() throws {
    let probe = try PreprocessingProbe("Hashing", #"{"num_bins": 2, "mask_value": ""}"#)
    #expect(try probe.run(Tensor(shape: [3], text: ["", "a", "b"]))[0].integers == [0, 1, 1])
    let error = #expect(throws: LayerError.self) {
      try probe.run(Tensor(shape: [1], integers: [1]))
    }
    #expect(error?.code == .shape)
  }

  @Test func crossingNeedsColumns() throws {
    let probe = try PreprocessingProbe("HashedCrossing", #"{"num_bins": 5}"#)
    let column = Tensor(shape: [2, 1], text: ["a", "b"])
    #expect(throws: LayerError.self) { try probe.run(column) }
    let wide = Tensor(shape: [1, 2], text: ["a", "b"])
    #expect(throws: LayerError.self) { try probe.run(wide, wide) }
  }
}
