/// Says why a text is not the JSON that Hornbill reads, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error, for programs that treat kinds differently.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String { case syntax, encoding, duplicateKey, depth, size }
    private let kind: Kind

    /// The text breaks the grammar.
    public static let syntax = Code(kind: .syntax)
    /// The text is not UTF-8, or an escape names half of a surrogate pair.
    public static let encoding = Code(kind: .encoding)
    /// An object has a key twice.
    public static let duplicateKey = Code(kind: .duplicateKey)
    /// Values are nested deeper than the limit.
    public static let depth = Code(kind: .depth)
    /// The text is larger than the limit.
    public static let size = Code(kind: .size)

    /// The name of the kind.
    public var description: String { kind.rawValue }
  }

  /// The kind of error.
  public let code: Code
  /// The line, counted from 1.
  public let line: Int
  /// The character of the line, counted from 1 in Unicode scalars.
  public let column: Int
  /// The byte of the text, counted from 0.
  public let byteOffset: Int
  /// What the reader expected there.
  public let expected: String
  /// What the text has there, with control characters escaped.
  public let found: String

  /// The error in one line.
  public var description: String {
    "JSON line \(line) column \(column) (byte \(byteOffset)): expected \(expected), found \(found)"
  }
}

/// Bounds on what the JSON reader accepts.
public struct JSONLimits: Sendable, Equatable {
  /// The greatest nesting of lists and objects.
  ///
  /// Reading, printing, comparing and freeing a value use stack in proportion to it; at most 1024 is honoured.
  public var depth: Int
  /// The greatest size of a text in bytes.
  public var byteCount: Int

  /// Makes limits: 512 levels and 512 MiB unless told otherwise.
  public init(depth: Int = 512, byteCount: Int = 512 << 20) {
    self.depth = min(depth, 1024)
    self.byteCount = byteCount
  }

  /// 512 levels and 512 MiB.
  public static let `default` = JSONLimits()
}
