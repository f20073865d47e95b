import HornbillCore
import HornbillLayers
import Testing

/// Numbers of tokens, worked out by hand from Keras's rules.
@Suite struct LookupTests {
  private let words = Tensor(shape: [2, 2], text: ["b", "?", "", "a"])

  @Test func learnedVocabulary() throws {
    var probe = try PreprocessingProbe("StringLookup", #"{"mask_token": ""}"#)
    probe.assets["vocabulary.txt"] = "\n[UNK]\na\nb"
    #expect(try probe.run(words)[0].integers == [3, 1, 0, 2])
    probe.assets["vocabulary.txt"] = "a\nb\n\n"
    #expect(try probe.run(words)[0].integers == [3, 1, 0, 2])
  }

  @Test func learnedIntegers() throws {
    var probe = try PreprocessingProbe("IntegerLookup", "{}")
    probe.assets["vocabulary.txt"] = "-1\n7\n5"
    let numbers = Tensor(shape: [3], integers: [5, 6, 7], dtype: .int32)
    #expect(try probe.run(numbers)[0].integers == [2, 0, 1])
    probe.assets["vocabulary.txt"] = "-1\nx"
    let error = #expect(throws: LayerError.self) { try probe.run(numbers) }
    #expect(error?.code == .configuration)
    #expect(error?.detail.contains("line 2") == true)
  }

  @Test func learnedWeights() throws {
    var probe = try PreprocessingProbe(
      "StringLookup", #"{"output_mode": "tf_idf", "vocabulary_size": 3}"#)
    probe.assets["vocabulary.txt"] = "[UNK]\na\nb"
    probe.weights = [Tensor(shape: [3], [0.5, 2, 4] as [Float])]
    #expect(try probe.run(words)[0].doubles == [0.5, 0, 4, 0.5, 2, 0])
  }

  @Test func givenWeights() throws {
    let probe = try PreprocessingProbe(
      "StringLookup",
      #"{"output_mode": "tf_idf", "vocabulary": ["a", "b"], "idf_weights": [1, 2], "max_tokens": 4, "pad_to_max_tokens": true}"#
    )
    #expect(try probe.run(words)[0].doubles == [1.5, 0, 2, 0, 1.5, 1, 0, 0])
  }

  @Test func vocabularyOfAnotherSizeThanStated() throws {
    var probe = try PreprocessingProbe(
      "StringLookup", #"{"output_mode": "count", "vocabulary_size": 4}"#)
    probe.assets["vocabulary.txt"] = "[UNK]\na\nb"
    let error = #expect(throws: LayerError.self) { try probe.run(words) }
    #expect(error?.code == .configuration)
    #expect(error?.detail.contains("3") == true && error?.detail.contains("4") == true)
  }

  @Test(arguments: [
    #"{"vocabulary": ["a", "b", "a"]}"#, #"{"vocabulary": ["a", "b"], "max_tokens": 2}"#,
  ])
  func faultyVocabularies(config: String) throws {
    let probe = try PreprocessingProbe("StringLookup", config)
    let error = #expect(throws: LayerError.self) { try probe.run(words) }
    #expect(error?.code == .configuration)
  }

  @Test func noPlaceForUnknownTokens() throws {
    let probe = try PreprocessingProbe(
      "StringLookup", #"{"vocabulary": ["a", "b"], "num_oov_indices": 0, "mask_token": ""}"#)
    let known = Tensor(shape: [3], text: ["b", "", "a"])
    #expect(try probe.run(known)[0].integers == [2, 0, 1])
    #expect(throws: ExecutionError.self) { try probe.run(words) }
  }

  @Test func remaindersOfUnknownIntegers() throws {
    let probe = try PreprocessingProbe(
      "IntegerLookup", #"{"vocabulary": [9], "num_oov_indices": 3, "mask_token": 0}"#)
    let numbers = Tensor(shape: [5], integers: [9, -1, 4, 0, 3])
    #expect(try probe.run(numbers)[0].integers == [4, 3, 2, 0, 1])
  }

  @Test func inverse() throws {
    let probe = try PreprocessingProbe(
      "StringLookup", #"{"vocabulary": ["a", "b"], "invert": true, "mask_token": "-"}"#)
    let numbers = Tensor(shape: [6], integers: [0, 1, 2, 3, 4, -5])
    #expect(try probe.run(numbers)[0].text == ["-", "[UNK]", "a", "b", "[UNK]", "[UNK]"])
  }

  @Test func lengthOfTheLongestText() throws {
    let probe = try PreprocessingProbe("TextVectorization", #"{"vocabulary": ["a", "b"]}"#)
    let texts = Tensor(shape: [3, 1], text: ["A, b!", "", "b  x\ta b"])
    let numbers = try probe.run(texts)[0]
    #expect(numbers.shape == [3, 4])
    #expect(numbers.integers == [2, 3, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3])
    let none = try probe.run(Tensor(shape: [2], text: ["", "!"]))[0]
    #expect(none.shape == [2, 0])
    #expect(try probe.run(Tensor(shape: [0], text: []))[0].shape == [0, 0])
  }

  @Test func textThatIsNotSplit() throws {
    let probe = try PreprocessingProbe(
      "TextVectorization",
      #"{"vocabulary": ["a", "b"], "split": null, "output_sequence_length": 3}"#)
    #expect(
      try probe.run(Tensor(shape: [2, 2], text: ["A", "x", "b", ""]))[0].integers
        == [2, 1, 0, 3, 0, 0])
  }

  @Test func severalTextsInARow() throws {
    let probe = try PreprocessingProbe("TextVectorization", #"{"vocabulary": ["a"]}"#)
    let error = #expect(throws: LayerError.self) {
      try probe.run(Tensor(shape: [1, 2], text: ["a", "b"]))
    }
    #expect(error?.code == .shape)
  }
}
