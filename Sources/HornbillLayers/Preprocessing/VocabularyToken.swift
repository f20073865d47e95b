import HornbillCore

/// What a vocabulary is made of: text or integers.
protocol VocabularyToken: Sendable {
  /// What tells tokens apart.
  associatedtype Identity: Hashable
  static var dtype: DType { get }
  /// What stands for a token outside the vocabulary unless a layer says otherwise.
  static var defaultOOVToken: Self { get }
  var identity: Identity { get }
  /// The token of a configuration value.
  init?(json: JSON)
  /// The token of a line of a vocabulary file.
  init?(line: String)
  /// The token as a configuration value.
  var json: JSON { get }
  static func tensor(_ tokens: [Self], shape: [Int]) -> Tensor
}

extension String: VocabularyToken {
  static var dtype: DType { .string }
  static var defaultOOVToken: String { "[UNK]" }
  var identity: ExactText { ExactText(self) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self = text
  }

  init?(line: String) { self = line }

  var json: JSON { .string(self) }

  static func tensor(_ tokens: [String], shape: [Int]) -> Tensor {
    Tensor(shape: shape, text: tokens)
  }
}

extension Int64: VocabularyToken {
  static var dtype: DType { .int64 }
  static var defaultOOVToken: Int64 { -1 }
  var identity: Int64 { self }

  init?(json: JSON) {
    guard let number = json.int else { return nil }
    self = Int64(number)
  }

  init?(line: String) { self.init(line) }

  var json: JSON { .integer(self) }

  static func tensor(_ tokens: [Int64], shape: [Int]) -> Tensor {
    Tensor(shape: shape, integers: tokens)
  }
}

/// Where the tokens of a lookup layer come from.
enum Vocabulary<Token: VocabularyToken>: Sendable {
  /// From the configuration.
  case given([Token])
  /// From the file that the archive keeps for the layer, after `adapt`.
  case learned
  /// From a file beside the archive, which is never opened.
  case external(String)

  /// Decodes the field `vocabulary`.
  init(config: LayerConfig) throws(LayerError) {
    guard let value = config["vocabulary"] else {
      self = .learned
      return
    }
    if let path = value.string {
      self = .external(path)
      return
    }
    let list = value.array ?? value["config"]?["value"]?.array
    guard let list else { throw config.invalid("vocabulary", expected: "a list of tokens") }
    var tokens: [Token] = []
    tokens.reserveCapacity(list.count)
    for element in list {
      guard let token = Token(json: element) else {
        throw config.invalid("vocabulary", expected: "a list of tokens of one type")
      }
      tokens.append(token)
    }
    self = .given(tokens)
  }

  /// The field `vocabulary`: the tokens, or the path of a file; `null` for tokens that are elsewhere.
  var json: JSON {
    switch self {
    case .given(let tokens): .array(tokens.map(\.json))
    case .learned: .null
    case .external(let path): .string(path)
    }
  }

  /// The tokens, with the special ones if they are listed.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` when the file does not hold them.
  func tokens(
    of instance: LayerInstance, in lowering: Lowering
  ) throws(LayerError) -> [Token] {
    switch self {
    case .given(let tokens): return tokens
    case .external(let path):
      throw LayerError(
        .unsupported,
        "the vocabulary is the file \"\(path.escapedForDisplay)\" outside of the model, which is not opened; give the tokens themselves"
      )
    case .learned:
      guard let bytes = try lowering.asset("vocabulary.txt", of: instance) else {
        throw LayerError(
          .unsupported,
          "the vocabulary that adapt() learned is not in the file; save the model as .keras")
      }
      return try Vocabulary.parse(bytes)
    }
  }

  /// The lines of a vocabulary file; empty lines at its end do not count.
  private static func parse(_ bytes: [UInt8]) throws(LayerError) -> [Token] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw LayerError(.configuration, "vocabulary.txt is not text in UTF-8")
    }
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    while let last = lines.last, last.isEmpty { lines.removeLast() }
    var tokens: [Token] = []
    tokens.reserveCapacity(lines.count)
    for (number, line) in lines.enumerated() {
      let line = String(decoding: line, as: UTF8.self)
      guard let token = Token(line: line) else {
        throw LayerError(
          .configuration,
          "vocabulary.txt, line \(number + 1): expected an integer, found \"\(line.prefix(40).description.escapedForDisplay)\""
        )
      }
      tokens.append(token)
    }
    return tokens
  }
}
