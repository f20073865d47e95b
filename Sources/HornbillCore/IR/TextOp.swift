/// A change of text, letter by letter, or the making of it.
///
/// Source: TensorFlow, `tf.strings.lower` without an encoding, `tf.strings.regex_replace`, `tf.strings.as_string`.
package enum TextFunction: String, Sendable, Hashable, CaseIterable {
  /// `A` to `Z` become small; other letters stay.
  case lower
  /// The 32 punctuation marks of ASCII go.
  case stripPunctuation
  /// An integer or truth value as decimal digits.
  case decimal

  /// The function of a text.
  package func callAsFunction(_ text: String) -> String {
    switch self {
    case .lower:
      String(decoding: text.utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    case .stripPunctuation:
      String(decoding: text.utf8.filter { !TextFunction.isPunctuation($0) }, as: UTF8.self)
    case .decimal: text
    }
  }

  private static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }
}

/// How a text is taken apart.
///
/// Source: TensorFlow, `tf.strings.split`, `tf.strings.unicode_split`, `tf.strings.ngrams`.
package struct Tokenizer: Sendable, Hashable {
  /// Where one part ends.
  package enum Split: String, Sendable, Hashable, CaseIterable {
    /// At runs of ASCII white space, none of which is kept.
    case whitespace
    /// After each Unicode scalar.
    case character
  }

  /// Where one part ends.
  package let split: Split
  /// How many neighbours make one token, joined with a space; the parts themselves when absent.
  ///
  /// All tokens of the first number come before those of the next.
  package let ngrams: [Int]?

  package init(split: Split, ngrams: [Int]? = nil) {
    self.split = split
    self.ngrams = ngrams
  }

  /// The tokens of a text; none is empty.
  package func tokens(_ text: String) -> [String] {
    let parts: [String] =
      switch split {
      case .whitespace:
        text.utf8.split { 0x09...0x0D ~= $0 || $0 == 0x20 }.map {
          String(decoding: $0, as: UTF8.self)
        }
      case .character: text.unicodeScalars.map { String($0) }
      }
    guard let ngrams else { return parts }
    return ngrams.flatMap { width in
      width < 1 || width > parts.count
        ? []
        : (0...parts.count - width).map { parts[$0..<$0 + width].joined(separator: " ") }
    }
  }

  /// The number of tokens of a text.
  package func tokenCount(_ text: String) -> Int {
    let parts: Int
    switch split {
    case .whitespace: parts = text.utf8.split { 0x09...0x0D ~= $0 || $0 == 0x20 }.count
    case .character: parts = text.unicodeScalars.count
    }
    guard let ngrams else { return parts }
    return ngrams.reduce(0) { $0 + ($1 < 1 ? 0 : max(parts - $1 + 1, 0)) }
  }
}

/// A hash whose values never change.
///
/// Source: TensorFlow, `tf.strings.to_hash_bucket_fast`, `tf.strings.to_hash_bucket_strong`, `tf.sparse.cross_hashed`.
package enum HashFunction: Sendable, Hashable {
  /// FarmHash's fingerprint of a text.
  case fingerprint
  /// SipHash-2-4 of a text under a key.
  case keyed(UInt64, UInt64)
  /// The joined fingerprint of several operands: of a text its own, of an integer the integer.
  case crossed

  /// What the joined fingerprint begins with.
  package static let crossedSeed: UInt64 = 0xDECA_FCAF_FE

  /// The hash of one text.
  package func callAsFunction(_ text: String) -> UInt64 {
    switch self {
    case .fingerprint, .crossed: Fingerprint64.hash(Array(text.utf8))
    case .keyed(let first, let second): SipHash.hash(Array(text.utf8), key: (first, second))
    }
  }
}
