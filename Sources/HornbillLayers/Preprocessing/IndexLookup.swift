import HornbillCore

/// What the lookup layers have in common: from tokens to their numbers, or back.
///
/// Numbers are given in this order: the mask token 0 if there is one, the numbers for tokens outside the vocabulary, the
/// vocabulary. As vectors, there is no place for the mask token.
///
/// Source: Keras 3, `keras/src/layers/preprocessing/index_lookup.py`.
struct IndexLookup<Token: VocabularyToken>: Sendable {
  let vocabulary: Vocabulary<Token>
  let maxTokens: Int?
  let numOOVIndices: Int
  let maskToken: Token?
  let oovToken: Token?
  let invert: Bool
  let outputMode: CategoryOutput
  let padToMaxTokens: Bool
  let idfWeights: [Double]?
  let vocabularySize: Int?
  /// Whether vectors are sparse, which changes nothing here.
  let sparse: Bool
  let salt: (Int64, Int64)?
  /// Whether integers outside the vocabulary are hashed; else their remainder counts.
  let hashesIntegers: Bool
  let kerasMajor: Int

  init(
    vocabulary: [Token]?, maxTokens: Int?, numOOVIndices: Int = 1, maskToken: Token?,
    oovToken: Token?, invert: Bool = false, outputMode: CategoryOutput, padToMaxTokens: Bool,
    idfWeights: [Double]?, sparse: Bool, salt: (Int64, Int64)? = nil, hashesIntegers: Bool = false
  ) {
    self.vocabulary = vocabulary.map { .given($0) } ?? .learned
    self.maxTokens = maxTokens
    self.numOOVIndices = numOOVIndices
    self.maskToken = maskToken
    self.oovToken = oovToken
    self.invert = invert
    self.outputMode = outputMode
    self.idfWeights = idfWeights
    self.padToMaxTokens = padToMaxTokens
    self.sparse = sparse
    self.salt = salt
    self.hashesIntegers = hashesIntegers
    vocabularySize = nil
    kerasMajor = 3
  }

  /// Decodes the fields of a lookup layer.
  ///
  /// - Parameter special: the mask and OOV tokens of a layer whose configuration does not write them.
  init(
    config: LayerConfig, special: (mask: Token, oov: Token)? = nil
  ) throws(LayerError) {
    vocabulary = try Vocabulary(config: config)
    maxTokens = try config.optionalInteger("max_tokens")
    numOOVIndices = special == nil ? try config.integer("num_oov_indices", default: 1) : 1
    guard numOOVIndices >= 0 else {
      throw config.invalid("num_oov_indices", expected: "an integer of at least 0")
    }
    if let special {
      (maskToken, oovToken) = (special.mask, special.oov)
    } else {
      maskToken = try config.token("mask_token")
      let isStated = config.fields["oov_token"] != nil
      oovToken = isStated ? try config.token("oov_token") : Token.defaultOOVToken
    }
    invert = try config.bool("invert", default: false)
    outputMode = try config.choice("output_mode", default: CategoryOutput.int)
    if invert, outputMode != .int { throw config.invalid("output_mode", expected: "\"int\"") }
    padToMaxTokens = try config.bool("pad_to_max_tokens", default: false)
    if padToMaxTokens || maxTokens != nil { _ = try config.positive("max_tokens") }
    idfWeights = try config.array("idf_weights")?.doubles
    vocabularySize = try config.optionalInteger("vocabulary_size")
    sparse = try config.bool("sparse", default: false)
    salt = try config.salt()
    hashesIntegers = try config.string("oov_method", default: "floormod") == "farmhash"
    kerasMajor = config.context.rules.kerasMajor
  }

  /// The first number for tokens outside the vocabulary.
  private var oovStart: Int { maskToken != nil && outputMode == .int ? 1 : 0 }

  /// The number of the vocabulary's first token.
  private var tokenStart: Int { oovStart + numOOVIndices }

  /// The extent of the vectors, as far as the configuration tells.
  var depth: Int? {
    if padToMaxTokens { return maxTokens }
    if case .given(let listed) = vocabulary { return tokenStart + ordinary(listed).count }
    return vocabularySize
  }

  /// The type of the results: Keras 3 counts in integers.
  func outputType(_ policy: DTypePolicy) -> DType {
    if invert { return Token.dtype }
    switch outputMode {
    case .int: return .int64
    case .tfIDF: return .float32
    case .oneHot, .multiHot, .count:
      if kerasMajor >= 3 { return .int64 }
      return policy.compute.isFloatingPoint ? policy.compute : .float32
    }
  }

  /// The tokens without the special ones, if these are listed in front.
  private func ordinary(_ listed: [Token]) -> [Token] {
    var special: [Token] = []
    if oovStart == 1, let maskToken { special.append(maskToken) }
    if let oovToken { special += [Token](repeating: oovToken, count: numOOVIndices) }
    guard special.count == tokenStart,
      listed.prefix(tokenStart).map(\.identity) == special.map(\.identity)
    else { return listed }
    return Array(listed.dropFirst(tokenStart))
  }

  // MARK: Configuration

  /// Gives the fields of a lookup layer in Keras's order.
  ///
  /// - Parameter vocabularyType: the type of the tokens, for the layer that states it.
  func encode(to config: inout ConfigEncoder, vocabularyType: DType? = nil) {
    config.set("invert", invert)
    config.set("max_tokens", maxTokens)
    config.set("num_oov_indices", numOOVIndices)
    config["oov_token"] = oovToken?.json ?? .null
    config["mask_token"] = maskToken?.json ?? .null
    config.set("output_mode", outputMode)
    config.set("sparse", sparse)
    config.set("pad_to_max_tokens", padToMaxTokens)
    if let vocabularyType { config.set("vocabulary_dtype", vocabularyType) }
    config.set("idf_weights", numbers: idfWeights)
    config["vocabulary"] = vocabulary.json
    config.set("vocabulary_size", statedSize)
    config.set("oov_method", hashesIntegers ? "farmhash" : "floormod")
    config.set("salt", salt: salt)
  }

  /// The number of tokens with the special ones; `nil` while they are to be learned.
  var statedSize: Int? {
    if case .given(let listed) = vocabulary { return tokenStart + ordinary(listed).count }
    return vocabularySize
  }

  /// Makes sure of the arguments of a layer made in Swift.
  func check() throws(LayerError) {
    guard numOOVIndices >= 0 else {
      throw LayerError(
        .configuration, "numOOVIndices: expected an integer of at least 0, found \(numOOVIndices)")
    }
    if let maxTokens { try LayerError.check(positive: maxTokens, "maxTokens") }
    guard maxTokens != nil || !padToMaxTokens else {
      throw LayerError(.configuration, "maxTokens: expected an integer beside padToMaxTokens")
    }
    if invert { try outputMode.check(allowed: [.int]) }
  }

  // MARK: Building

  /// Declares the stored weights of the tokens, and gives the shape of the output.
  func build(
    _ shape: Shape, in build: inout LayerBuild
  ) throws(LayerError) -> TensorSpec {
    try check()
    if outputMode == .tfIDF, case .learned = vocabulary, let depth, depth >= 0 {
      build.weight(
        "idf_weights", [depth], dtype: .float32, trainable: false, isWeight: false,
        initializer: .zeros)
    }
    return TensorSpec(
      outputMode.outputShape(of: shape, depth: depth),
      outputType(build.current?.policy ?? .float32))
  }

  // MARK: Lowering

  /// Makes sure that the file holds the vocabulary.
  func requireVocabulary(
    of instance: LayerInstance, in lowering: Lowering
  ) throws(LayerError) {
    if case .given = vocabulary { return }
    _ = try vocabulary.tokens(of: instance, in: lowering)
  }

  /// The output for tokens, or for their numbers.
  func lower(
    _ x: Value, _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let listed = try vocabulary.tokens(of: call.instance, in: lowering)
    let tokens = ordinary(listed)
    guard Set(tokens.map(\.identity)).count == tokens.count else {
      throw LayerError(.configuration, "the vocabulary holds a token twice")
    }
    let size = tokenStart + tokens.count
    if let maxTokens, size > maxTokens {
      throw LayerError(
        .configuration, "the vocabulary has \(size) tokens, max_tokens is \(maxTokens)")
    }
    if invert { return try inverse(x, tokens, into: &lowering) }
    let numbers = try numbers(x, tokens, into: &lowering)
    if outputMode == .int { return numbers }
    let depth = padToMaxTokens ? maxTokens ?? size : size
    if let stated = self.depth, stated != depth {
      throw LayerError(
        .configuration, "the vocabulary has \(depth) tokens, the configuration says \(stated)")
    }
    let dtype = outputType(call.instance.policy)
    let vectors = try lowering.graph.encoded(numbers, as: outputMode, depth: depth, dtype: dtype)
    if outputMode != .tfIDF { return vectors }
    let weights: Value
    if let idfWeights {
      weights = lowering.graph.constant(
        try weightTensor(idfWeights, listed: listed.count, tokens: tokens.count, depth: depth))
    } else if let stored = call.weights.first {
      weights = try lowering.graph.cast(stored, to: dtype)
    } else {
      throw LayerError(.unsupported, "the weights of the tokens are not in the file")
    }
    return try lowering.graph.multiply(vectors, weights)
  }

  /// The weights of all places: those outside the vocabulary get the mean of the given ones.
  private func weightTensor(
    _ given: [Double], listed: Int, tokens: Int, depth: Int
  ) throws(LayerError) -> Tensor {
    guard given.count == listed, !given.isEmpty else {
      throw LayerError(
        .configuration, "\(given.count) idf_weights for a vocabulary of \(listed) tokens")
    }
    var weights = given.map { Float($0) }
    if listed == tokens {
      let mean = Float(given.reduce(0, +) / Double(given.count))
      weights = [Float](repeating: mean, count: tokenStart) + weights
    }
    guard weights.count <= depth else {
      throw LayerError(.configuration, "\(weights.count) idf_weights for \(depth) places")
    }
    weights += [Float](repeating: 0, count: depth - weights.count)
    return Tensor(shape: [depth], weights)
  }

  private func numbers(
    _ x: Value, _ tokens: [Token], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let tokenStart = Double(tokenStart)
    let oovStart = Double(oovStart)
    let tokensWithMask = tokens + (maskToken.map { [$0] } ?? [])
    let listed = numOOVIndices == 0 ? tokensWithMask : tokens
    let keys = lowering.graph.constant(Token.tensor(listed, shape: [listed.count]))
    let place = try lowering.graph.lookup(x, keys: keys, required: numOOVIndices == 0)
    var numbers = try lowering.graph.add(place, tokenStart)
    if numOOVIndices > 0 {
      var other = lowering.graph.scalar(oovStart, .int64)
      if numOOVIndices > 1 {
        other = try lowering.graph.add(bucket(x, into: &lowering), oovStart)
      }
      let isKnown = try lowering.graph.notEqual(place, -1)
      numbers = try lowering.graph.select(isKnown, numbers, other)
    }
    guard let maskToken else { return numbers }
    let mask = lowering.graph.constant(Token.tensor([maskToken], shape: []))
    let isMask = try lowering.graph.binary(.equal, x, mask)
    let number = lowering.graph.scalar(outputMode == .int ? 0 : -1, .int64)
    return try lowering.graph.select(isMask, number, numbers)
  }

  /// Which of several numbers a token outside the vocabulary gets.
  private func bucket(
    _ x: Value, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    var x = x
    if Token.dtype != .string {
      if !hashesIntegers {
        let count = lowering.graph.scalar(Double(numOOVIndices), .int64)
        return try lowering.graph.binary(.modulo, x, count)
      }
      x = try lowering.graph.text(.decimal, x)
    }
    return try lowering.graph.hash([x], HashFunction(salt: salt), bins: numOOVIndices)
  }

  /// The tokens of numbers.
  private func inverse(
    _ x: Value, _ tokens: [Token], into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    guard let oovToken else {
      throw LayerError(.unsupported, "an inverse lookup without \"oov_token\"")
    }
    let x = try lowering.graph.cast(x, to: .int64)
    let table = lowering.graph.constant(
      Token.tensor(tokens + [oovToken], shape: [tokens.count + 1]))
    let place = try lowering.graph.add(x, Double(-tokenStart))
    let last = lowering.graph.scalar(Double(tokens.count), .int64)
    let isNegative = try lowering.graph.binary(
      .less, place, lowering.graph.scalar(0, .int64))
    let isBeyond = try lowering.graph.binary(.greater, place, last)
    let isOutside = try lowering.graph.binary(.logicalOr, isNegative, isBeyond)
    let index = try lowering.graph.select(isOutside, last, place)
    let result = try lowering.graph.gather(table, index, axis: 0)
    guard let maskToken, oovStart == 1 else { return result }
    let mask = lowering.graph.constant(Token.tensor([maskToken], shape: []))
    let isMask = try lowering.graph.binary(.equal, x, lowering.graph.scalar(0, .int64))
    return try lowering.graph.select(isMask, mask, result)
  }
}

extension LayerConfig {
  /// A token or `null`.
  func token<Token: VocabularyToken>(_ field: String) throws(LayerError) -> Token? {
    guard let value = self[field] else { return nil }
    guard let token = Token(json: value) else {
      throw invalid(field, expected: "a token of type \(Token.dtype)")
    }
    return token
  }
}
