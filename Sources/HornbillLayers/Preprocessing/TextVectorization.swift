public import HornbillCore

/// Text as the numbers of its words in a vocabulary.
///
/// The text is standardised, split into tokens, the tokens are joined to n-grams and looked up. 0 is padding, 1 stands for words
/// outside the vocabulary; as vectors, places begin with that of words outside the vocabulary.
///
/// - Input: text `(batch)` or `(batch, 1)`; any shape when nothing is split. Output: `int64` `(batch, outputSequenceLength)`, or as
///   long as the longest text of the batch; or vectors `(batch, tokens)`.
/// - Weights: none that count. With ``CategoryOutput/tfIDF`` and a learned vocabulary, `idf_weights` (tokens) is stored.
/// - The vocabulary is part of the configuration, or the file `vocabulary.txt` that a `.keras` archive keeps for the layer.
/// - Functions of the user's own and ragged output do not run.
/// - Source: Keras 3, `keras/src/layers/preprocessing/text_vectorization.py`.
public struct TextVectorization: UncastInputLayer, AdaptedLayer {
  public static let className = "TextVectorization"

  /// What is done to the text before it is split.
  public enum Standardization: String, Sendable, Hashable, CaseIterable {
    /// Letters of ASCII become small, punctuation of ASCII goes.
    case lowerAndStripPunctuation = "lower_and_strip_punctuation"
    /// Letters of ASCII become small.
    case lower
    /// Punctuation of ASCII goes.
    case stripPunctuation = "strip_punctuation"
  }

  /// Where the text is split.
  public enum Split: String, Sendable, Hashable, CaseIterable {
    /// At white space of ASCII.
    case whitespace
    /// After each Unicode scalar.
    case character
  }

  private let lookup: IndexLookup<String>
  /// What is done to the text before it is split.
  public let standardize: Standardization?
  /// Where the text is split.
  public let split: Split?
  /// How many neighbouring words make one token; `nil` for the words themselves.
  public let ngrams: [Int]?
  /// How many numbers a text becomes; as many as the longest has when absent.
  public let outputSequenceLength: Int?
  /// Whether Keras gives texts of different lengths as ragged tensors; such a layer does not run here.
  public let ragged: Bool
  /// The encoding of text in Keras; here text is always UTF-8.
  public let encoding: String
  private let code: Code

  /// The functions of the user's own, as the file has them.
  private struct Code: Sendable {
    var standardize: JSON?
    var split: JSON?

    /// The field that holds a function.
    var field: String? { standardize != nil ? "standardize" : split != nil ? "split" : nil }
  }

  /// What becomes of the numbers.
  public var outputMode: CategoryOutput { lookup.outputMode }
  /// The vocabulary, if the configuration holds it.
  public var vocabulary: [String]? {
    if case .given(let tokens) = lookup.vocabulary { tokens } else { nil }
  }

  /// Makes a layer with a vocabulary.
  ///
  /// Building a model throws ``LayerError`` when a number is not above 0.
  ///
  /// - Parameters:
  ///   - maxTokens: the most tokens that the vocabulary may have, with the special ones.
  ///   - standardize: what is done to the text before it is split.
  ///   - split: where the text is split.
  ///   - ngrams: how many neighbouring words make one token; all numbers up to 2 are `[1, 2]`.
  ///   - outputMode: what becomes of the numbers.
  ///   - outputSequenceLength: how many numbers a text becomes.
  ///   - padToMaxTokens: whether vectors have the extent `maxTokens`.
  ///   - vocabulary: the tokens, with the special ones in front or without them; `nil` when they are still to be learned,
  ///     and then the layer does not run.
  ///   - idfWeights: the weights of the tokens for ``CategoryOutput/tfIDF``.
  ///   - sparse: whether Keras makes sparse vectors; here they never are.
  ///   - ragged: whether Keras gives texts of different lengths as ragged tensors; such a layer does not run here.
  ///   - encoding: the encoding of text in Keras; here text is always UTF-8.
  public init(
    maxTokens: Int? = nil, standardize: Standardization? = .lowerAndStripPunctuation,
    split: Split? = .whitespace, ngrams: [Int]? = nil, outputMode: CategoryOutput = .int,
    outputSequenceLength: Int? = nil, padToMaxTokens: Bool = false, vocabulary: [String]? = nil,
    idfWeights: [Double]? = nil, sparse: Bool = false, ragged: Bool = false,
    encoding: String = "utf-8"
  ) {
    lookup = IndexLookup(
      vocabulary: vocabulary, maxTokens: maxTokens, maskToken: "", oovToken: "[UNK]",
      outputMode: outputMode, padToMaxTokens: padToMaxTokens, idfWeights: idfWeights,
      sparse: sparse)
    self.standardize = standardize
    self.split = split
    self.ngrams = ngrams
    self.outputSequenceLength = outputSequenceLength
    self.ragged = ragged
    self.encoding = encoding
    code = Code()
  }

  public init(config: LayerConfig) throws(LayerError) {
    lookup = try IndexLookup(config: config, special: (mask: "", oov: "[UNK]"))
    var code = Code()
    standardize = try config.wordOrCode(
      "standardize", default: .lowerAndStripPunctuation, code: &code.standardize)
    split = try config.wordOrCode("split", default: .whitespace, code: &code.split)
    self.code = code
    switch config["ngrams"] {
    case nil: ngrams = nil
    case let value?:
      if let most = value.int {
        guard 1...64 ~= most else {
          throw config.invalid("ngrams", expected: "an integer from 1 to 64, or a list of them")
        }
        ngrams = Array(1...most)
      } else {
        ngrams = try config.integers("ngrams")
      }
    }
    if config["output_sequence_length"] == nil {
      outputSequenceLength = nil
    } else {
      outputSequenceLength = try config.positive("output_sequence_length")
    }
    ragged = try config.bool("ragged", default: false)
    encoding = try config.string("encoding", default: "utf-8")
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("max_tokens", lookup.maxTokens)
    config.set("standardize", standardize)
    if let function = code.standardize { config["standardize"] = function }
    config.set("split", split)
    if let function = code.split { config["split"] = function }
    if let ngrams, ngrams == Array(1..<(ngrams.count + 1)) {
      config.set("ngrams", ngrams.count)
    } else {
      config.set("ngrams", ngrams)
    }
    config.set("output_mode", outputMode)
    config.set("output_sequence_length", outputSequenceLength)
    config.set("pad_to_max_tokens", lookup.padToMaxTokens)
    config.set("sparse", lookup.sparse)
    config.set("ragged", ragged)
    config["vocabulary"] = lookup.vocabulary.json
    config.set("idf_weights", numbers: lookup.idfWeights)
    config.set("encoding", encoding)
    config.set("vocabulary_size", lookup.statedSize ?? (outputMode == .int ? 2 : 1))
  }

  /// What of the layer does not run.
  private var obstacle: LayerError? {
    if let field = code.field {
      return LayerError(.unsupported, "\"\(field)\" is a function, whose code is not run")
    }
    if ragged { return LayerError(.unsupported, "ragged output is not supported") }
    if split == nil, ngrams != nil {
      return LayerError(.unsupported, "n-grams of text that is not split are not supported")
    }
    if split != nil, outputMode == .oneHot {
      return LayerError(
        .unsupported, "one vector for each word makes ragged output, which is not supported")
    }
    return nil
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    if let outputSequenceLength {
      try LayerError.check(positive: outputSequenceLength, "outputSequenceLength")
    }
    if let ngrams {
      try LayerError.check(present: ngrams, "ngrams")
      try LayerError.check(positive: ngrams, "ngrams")
    }
    var shape = try call.inputShape
    if outputMode == .int {
      _ = try lookup.build(shape, in: &build)
      return [TensorSpec([shape.dimensions.first ?? nil, outputSequenceLength], .int64)]
    }
    if split != nil {
      // Keras 3 states the axis of extent 1 that the call drops.
      if shape.rank > 1, lookup.kerasMajor < 3 { shape.dimensions.removeLast() }
      shape.dimensions.append(nil)
    } else if shape.rank <= 1 {
      shape.dimensions.append(1)
    }
    return [try lookup.build(shape, in: &build)]
  }

  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? { weight.name }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    if let obstacle { throw obstacle }
    try lookup.requireVocabulary(of: call.instance, in: lowering)
    var x = try call.input
    guard lowering.graph.dtype(x) == .string else {
      throw LayerError(.shape, "expected text, found \(lowering.graph.dtype(x))")
    }
    if standardize == .lower || standardize == .lowerAndStripPunctuation {
      x = try lowering.graph.text(.lower, x)
    }
    if standardize == .stripPunctuation || standardize == .lowerAndStripPunctuation {
      x = try lowering.graph.text(.stripPunctuation, x)
    }
    if let split {
      x = try tokens(x, split, into: &lowering)
    } else if outputMode != .int, lowering.graph.rank(x) <= 1 {
      x = try lowering.graph.expand(x, axis: -1)
    }
    let result = try lookup.lower(x, call, into: &lowering)
    guard outputMode == .int, split == nil, let outputSequenceLength else { return [result] }
    return [try fitted(result, to: outputSequenceLength, into: &lowering)]
  }

  private func tokens(
    _ x: Value, _ split: Split, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    var x = x
    let shape = lowering.graph.shape(x)
    if shape.count > 1 {
      guard shape.last == 1 else {
        throw LayerError(
          .shape, "expected text of shape (batch) or (batch, 1) to split, found \(Shape(shape))")
      }
      x = try lowering.graph.squeeze(x, axis: -1)
    }
    let tokenizer = Tokenizer(
      split: split == .whitespace ? .whitespace : .character, ngrams: ngrams)
    if outputMode == .int, let outputSequenceLength {
      return try lowering.graph.tokens(x, tokenizer, width: outputSequenceLength)
    }
    var width = 0
    if Shape.elementCount(lowering.graph.shape(x)) != 0 {
      let counts = try lowering.graph.tokenCount(x, tokenizer)
      width = try lowering.extent(
        of: lowering.graph.reduce(
          .maximum, counts, axes: Array(0..<lowering.graph.rank(counts))))
    }
    return try lowering.graph.tokens(x, tokenizer, width: width)
  }

  /// Numbers cut or filled with 0 along the last axis.
  private func fitted(
    _ x: Value, to count: Int, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let rank = lowering.graph.rank(x)
    guard let found = lowering.graph.shape(x).last else {
      throw LayerError(.shape, "a scalar has no sequence")
    }
    if found >= count { return try lowering.graph.slice(x, axis: -1, start: 0, count: count) }
    var after = [Int](repeating: 0, count: rank)
    after[rank - 1] = count - found
    return try lowering.graph.pad(x, before: [Int](repeating: 0, count: rank), after: after)
  }
}

extension LayerConfig {
  /// One of several words, `null`, or a function, which goes to `code`.
  fileprivate func wordOrCode<Word: RawRepresentable & CaseIterable>(
    _ field: String, default fallback: Word, code: inout JSON?
  ) throws(LayerError) -> Word? where Word.RawValue == String {
    guard let value = fields[field] else { return fallback }
    if value.isNull { return nil }
    if value.object != nil {
      code = value
      return nil
    }
    return try choice(field, default: fallback)
  }
}
