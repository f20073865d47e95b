public import HornbillCore

/// Text as its numbers in a vocabulary, or the numbers as text.
///
/// - Input: text of any shape; with `invert` integers. Output: `int64` of the same shape, or vectors; with `invert` text.
///   Of several numbers for text outside the vocabulary, FarmHash's Fingerprint64 chooses, or SipHash with a salt.
/// - Weights: none that count. With ``CategoryOutput/tfIDF`` and a learned vocabulary, `idf_weights` (tokens) is stored.
/// - The vocabulary is part of the configuration, or the file `vocabulary.txt` that a `.keras` archive keeps for the layer. One that
///   is in another file is not opened.
/// - Source: Keras 3, `keras/src/layers/preprocessing/string_lookup.py`.
public struct StringLookup: UncastInputLayer, AdaptedLayer, CommonFieldsLayer {
  public static let className = "StringLookup"

  private let lookup: IndexLookup<String>
  /// The encoding of text in Keras; here text is always UTF-8.
  public let encoding: String

  /// The vocabulary, if the configuration holds it.
  public var vocabulary: [String]? {
    if case .given(let tokens) = lookup.vocabulary { tokens } else { nil }
  }
  /// How many numbers there are for tokens outside the vocabulary.
  public var numOOVIndices: Int { lookup.numOOVIndices }
  /// The token that becomes 0.
  public var maskToken: String? { lookup.maskToken }
  /// What stands for a token outside the vocabulary.
  public var oovToken: String? { lookup.oovToken }
  /// Whether numbers become tokens.
  public var invert: Bool { lookup.invert }
  /// What becomes of the numbers.
  public var outputMode: CategoryOutput { lookup.outputMode }

  /// Makes a lookup in a vocabulary.
  ///
  /// Building a model throws ``LayerError`` when a number is negative, or when tokens become vectors with `invert`.
  ///
  /// - Parameters:
  ///   - maxTokens: the most tokens that the vocabulary may have, with the special ones.
  ///   - numOOVIndices: how many numbers there are for tokens outside the vocabulary; with 0 such a token is an error when the
  ///     model runs.
  ///   - maskToken: the token that becomes 0.
  ///   - oovToken: what stands for a token outside the vocabulary.
  ///   - vocabulary: the tokens, with the special ones in front or without them; `nil` when they are still to be learned,
  ///     and then the layer does not run.
  ///   - idfWeights: the weights of the tokens for ``CategoryOutput/tfIDF``.
  ///   - invert: whether numbers become tokens.
  ///   - outputMode: what becomes of the numbers.
  ///   - padToMaxTokens: whether vectors have the extent `maxTokens`.
  ///   - sparse: whether Keras makes sparse vectors; here they never are.
  ///   - encoding: the encoding of text in Keras; here text is always UTF-8.
  ///   - salt: the key of the hash that chooses among several numbers for tokens outside the vocabulary.
  public init(
    maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: String? = nil,
    oovToken: String = "[UNK]", vocabulary: [String]? = nil, idfWeights: [Double]? = nil,
    invert: Bool = false, outputMode: CategoryOutput = .int, padToMaxTokens: Bool = false,
    sparse: Bool = false, encoding: String = "utf-8", salt: (Int64, Int64)? = nil
  ) {
    lookup = IndexLookup(
      vocabulary: vocabulary, maxTokens: maxTokens, numOOVIndices: numOOVIndices,
      maskToken: maskToken, oovToken: oovToken, invert: invert, outputMode: outputMode,
      padToMaxTokens: padToMaxTokens, idfWeights: idfWeights, sparse: sparse, salt: salt)
    self.encoding = encoding
  }

  public init(config: LayerConfig) throws(LayerError) {
    lookup = try IndexLookup(config: config)
    encoding = try config.string("encoding", default: "utf-8")
  }

  package var refusedFields: [String] { ["activity_regularizer"] }

  public func encode(to config: inout ConfigEncoder) {
    lookup.encode(to: &config)
    config.set("encoding", encoding)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    [try lookup.build(try call.inputShape, in: &build)]
  }

  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? { weight.name }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    [try lookup.lower(call.input, call, into: &lowering)]
  }
}
