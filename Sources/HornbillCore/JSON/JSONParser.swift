extension JSON {
  /// Reads one JSON value from UTF-8 text, as Python's `json` module writes it.
  ///
  /// The grammar is RFC 8259 with `NaN`, `Infinity` and `-Infinity` besides. A number with a fraction or an
  /// exponent, or beyond 64 bits, becomes ``double(_:)`` (rounded to nearest; beyond the range an infinity, as in
  /// Python). A byte order mark at the start is skipped. Refused: a key that occurs twice in one object,
  /// a `\u` escape that is half of a surrogate pair (no Swift text can hold it, and replacing it would change a name),
  /// control characters inside text, and anything after the value but white space.
  ///
  /// - Parameters:
  ///   - bytes: the text.
  ///   - limits: the greatest size and nesting.
  /// - Throws: ``JSONError`` with the place and what was expected there.
  public init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, limits: limits)
    self = try parser.document()
  }

  /// Reads one JSON value from UTF-8 text; see ``init(parsing:limits:)-([UInt8],_)``.
  public init(
    parsing bytes: some Collection<UInt8>, limits: JSONLimits = .default
  ) throws(JSONError) {
    try self.init(parsing: Array(bytes), limits: limits)
  }

  /// Reads one JSON value from text; see ``init(parsing:limits:)-([UInt8],_)``.
  public init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }
}

/// A reader of JSON text by recursive descent, no deeper than its limit.
struct JSONParser {
  private let bytes: [UInt8]
  private let limits: JSONLimits
  private var position = 0
  private var depth = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Reads the whole text as one value.
  mutating func document() throws(JSONError) -> JSON {
    guard bytes.count <= limits.byteCount else {
      throw error(
        .size, at: 0, expected: "at most \(limits.byteCount) bytes", found: "\(bytes.count) bytes")
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipSpace()
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw syntax("the end of the text") }
    return value
  }

  private var current: UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(JSONError) -> JSON {
    switch current {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "N"): return try literal("NaN", .double(.nan))
    case UInt8(ascii: "I"): return try literal("Infinity", .double(.infinity))
    case UInt8(ascii: "-"):
      if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "I") {
        return try literal("-Infinity", .double(-.infinity))
      }
      return try number()
    case .some(0x30...0x39): return try number()
    default: throw syntax("a value")
    }
  }

  private mutating func literal(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let count = text.utf8CodeUnitCount
    let matches =
      bytes.count - position >= count
      && text.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + count]) }
    guard matches else { throw syntax("a value") }
    position += count
    return value
  }

  private mutating func enter() throws(JSONError) {
    guard depth < limits.depth else {
      throw error(
        .depth, at: position, expected: "at most \(limits.depth) nested values",
        found: "one more level")
    }
    depth += 1
    position += 1
    skipSpace()
  }

  private mutating func leave() {
    depth -= 1
    position += 1
  }

  private mutating func array() throws(JSONError) -> JSON {
    try enter()
    var elements: [JSON] = []
    if current == UInt8(ascii: "]") {
      leave()
      return .array(elements)
    }
    while true {
      elements.append(try value())
      skipSpace()
      switch current {
      case UInt8(ascii: ","):
        position += 1
        skipSpace()
      case UInt8(ascii: "]"):
        leave()
        return .array(elements)
      default:
        throw syntax("',' or ']'")
      }
    }
  }

  private mutating func object() throws(JSONError) -> JSON {
    try enter()
    var object = JSONObject()
    if current == UInt8(ascii: "}") {
      leave()
      return .object(object)
    }
    while true {
      guard current == UInt8(ascii: "\"") else { throw syntax("a key in quotes") }
      let start = position
      let key = try string()
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw syntax("':' after a key") }
      position += 1
      skipSpace()
      let value = try value()
      guard object.appendIfNew(key, value) else {
        throw error(
          .duplicateKey, at: start, expected: "each key once",
          found: "\"\(String(key.prefix(80)).escapedForDisplay)\" again")
      }
      skipSpace()
      switch current {
      case UInt8(ascii: ","):
        position += 1
        skipSpace()
      case UInt8(ascii: "}"):
        leave()
        return .object(object)
      default:
        throw syntax("',' or '}'")
      }
    }
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    switch current {
    case UInt8(ascii: "0"): position += 1
    case .some(0x31...0x39): skipDigits()
    default: throw syntax("a digit")
    }
    var isInteger = true
    if current == UInt8(ascii: "."), position + 1 < bytes.count,
      (0x30...0x39).contains(bytes[position + 1])
    {
      isInteger = false
      position += 1
      skipDigits()
    } else if current == UInt8(ascii: ".") {
      position += 1
      throw syntax("a digit")
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard let current, (0x30...0x39).contains(current) else { throw syntax("a digit") }
      skipDigits()
    }
    if isInteger, let value = integer(start..<position) { return .integer(value) }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text) else {
      throw error(
        .syntax, at: start, expected: "a number", found: String(text.prefix(80)))
    }
    return .double(value)
  }

  private mutating func skipDigits() {
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
  }

  private func integer(_ range: Range<Int>) -> Int64? {
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    var result: Int64 = 0
    for index in (isNegative ? range.dropFirst() : range[...]) {
      let digit = Int64(bytes[index] - 0x30)
      let (product, overflow) = result.multipliedReportingOverflow(by: 10)
      let (sum, carry) =
        isNegative
        ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflow || carry { return nil }
      result = sum
    }
    return result
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var chunk = position
    var decoded: [UInt8] = []
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let plain = bytes[chunk..<position]
        let text =
          decoded.isEmpty
          ? String(validating: plain, as: UTF8.self)
          : String(validating: decoded + plain, as: UTF8.self)
        guard let text else { throw encodingError(in: start..<position) }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        decoded += bytes[chunk..<position]
        try escape(into: &decoded)
        chunk = position
      case 0..<0x20:
        throw syntax("no control character inside text")
      default:
        position += 1
      }
    }
    throw syntax("'\"' at the end of the text that begins at byte \(start)")
  }

  private mutating func escape(into decoded: inout [UInt8]) throws(JSONError) {
    let start = position
    position += 1
    let simple: UInt8
    switch current {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): simple = bytes[position]
    case UInt8(ascii: "b"): simple = 0x08
    case UInt8(ascii: "f"): simple = 0x0C
    case UInt8(ascii: "n"): simple = 0x0A
    case UInt8(ascii: "r"): simple = 0x0D
    case UInt8(ascii: "t"): simple = 0x09
    case UInt8(ascii: "u"):
      position += 1
      let scalar = try unicodeEscape(from: start)
      decoded += Array(String(Character(scalar)).utf8)
      return
    default: throw syntax("one of \"\\/bfnrtu after '\\'")
    }
    decoded.append(simple)
    position += 1
  }

  private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let second = try hexadecimal()
      if (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw error(
      .encoding, at: start, expected: "both halves of a surrogate pair", found: "one half of it")
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var result: UInt32 = 0
    for _ in 0..<4 {
      switch current {
      case .some(let byte) where (0x30...0x39).contains(byte):
        result = result << 4 | UInt32(byte - 0x30)
      case .some(let byte) where (0x41...0x46).contains(byte & 0xDF):
        result = result << 4 | UInt32((byte & 0xDF) - 0x37)
      default: throw syntax("four hexadecimal digits after '\\u'")
      }
      position += 1
    }
    return result
  }

  private func syntax(_ expected: String) -> JSONError {
    error(.syntax, at: position, expected: expected, found: nil)
  }

  private func encodingError(in range: Range<Int>) -> JSONError {
    var index = range.lowerBound
    while index < range.upperBound {
      let length = utf8Length(at: index, before: range.upperBound)
      if length == 0 { break }
      index += length
    }
    return error(.encoding, at: index, expected: "UTF-8", found: nil)
  }

  /// The bytes of the well-formed scalar at an index; 0 when there is none.
  private func utf8Length(at index: Int, before end: Int) -> Int {
    let length =
      switch bytes[index] {
      case 0..<0x80: 1
      case 0xC2..<0xE0: 2
      case 0xE0..<0xF0: 3
      case 0xF0..<0xF5: 4
      default: 0
      }
    guard length > 0, end - index >= length,
      String(validating: bytes[index..<index + length], as: UTF8.self) != nil
    else { return 0 }
    return length
  }

  private func error(
    _ code: JSONError.Code, at offset: Int, expected: String, found: String?
  ) -> JSONError {
    var line = 1
    var column = 1
    for byte in bytes[..<min(offset, bytes.count)] {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return JSONError(
      code: code, line: line, column: column, byteOffset: offset, expected: expected,
      found: found ?? describe(at: offset))
  }

  private func describe(at offset: Int) -> String {
    guard offset < bytes.count else { return "the end of the text" }
    let length = utf8Length(at: offset, before: bytes.count)
    guard length > 0 else {
      let digits = String(bytes[offset], radix: 16)
      return "byte 0x" + (digits.count < 2 ? "0" : "") + digits
    }
    let text = String(decoding: bytes[offset..<offset + length], as: UTF8.self)
    return "'\(text.escapedForDisplay)'"
  }
}
