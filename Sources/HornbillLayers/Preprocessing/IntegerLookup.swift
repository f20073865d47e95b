public import HornbillCore

/// Integers as their numbers in a vocabulary, or the numbers as integers.
///
/// - Input: integers of any shape, fractions truncated. Output: `int64` of the same shape, or vectors. Of several numbers for
///   integers outside the vocabulary, the remainder chooses, or a hash of their decimal digits.
/// - Weights: none that count. With ``CategoryOutput/tfIDF`` and a learned vocabulary, `idf_weights` (tokens) is stored.
/// - The vocabulary is part of the configuration, or the file `vocabulary.txt` that a `.keras` archive keeps for the layer. One that
///   is in another file is not opened.
/// - Source: Keras 3, `keras/src/layers/preprocessing/integer_lookup.py`.
public struct IntegerLookup: UncastInputLayer, AdaptedLayer {
  public static let className = "IntegerLookup"

  private let lookup: IndexLookup<Int64>

  /// The vocabulary, if the configuration holds it.
  public var vocabulary: [Int64]? {
    if case .given(let tokens) = lookup.vocabulary { tokens } else { nil }
  }
  /// How many numbers there are for tokens outside the vocabulary.
  public var numOOVIndices: Int { lookup.numOOVIndices }
  /// The token that becomes 0.
  public var maskToken: Int64? { lookup.maskToken }
  /// What stands for a token outside the vocabulary.
  public var oovToken: Int64? { lookup.oovToken }
  /// Whether numbers become tokens.
  public var invert: Bool { lookup.invert }
  /// What becomes of the numbers.
  public var outputMode: CategoryOutput { lookup.outputMode }

  /// Makes a lookup in a vocabulary.
  ///
  /// - Parameters:
  ///   - vocabulary: the tokens, with the special ones in front or without them.
  ///   - maxTokens: the extent of vectors, when it is greater than the vocabulary needs.
  ///   - numOOVIndices: how many numbers there are for tokens outside the vocabulary; with 0 such a token is an error when the
  ///     model runs.
  ///   - maskToken: the token that becomes 0.
  ///   - oovToken: what stands for a token outside the vocabulary.
  ///   - invert: whether numbers become tokens.
  ///   - outputMode: what becomes of the numbers.
  ///   - idfWeights: the weights of the tokens for ``CategoryOutput/tfIDF``.
  public init(
    vocabulary: [Int64], maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: Int64? = nil,
    oovToken: Int64 = -1, invert: Bool = false, outputMode: CategoryOutput = .int,
    idfWeights: [Double]? = nil
  ) {
    lookup = IndexLookup(
      vocabulary: vocabulary, maxTokens: maxTokens, numOOVIndices: numOOVIndices,
      maskToken: maskToken, oovToken: oovToken, invert: invert, outputMode: outputMode,
      idfWeights: idfWeights)
  }

  public init(config: LayerConfig) throws(LayerError) {
    lookup = try IndexLookup(config: config)
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
    let x = try lowering.graph.cast(call.input, to: .int64)
    return [try lookup.lower(x, call, into: &lowering)]
  }
}
