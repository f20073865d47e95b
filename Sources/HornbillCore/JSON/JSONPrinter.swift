/// How JSON text is laid out.
public struct JSONStyle: Sendable, Equatable {
  private enum Layout: Equatable { case compact, python, pretty(Int) }
  private let layout: Layout

  /// No white space: `{"a":[1,2]}`.
  public static let compact = JSONStyle(layout: .compact)
  /// The layout of Python's `json.dumps(value)`: `{"a": [1, 2]}`.
  public static let python = JSONStyle(layout: .python)
  /// The layout of Python's `json.dumps(value, indent: indent)`: one element to a line.
  public static func pretty(_ indent: Int = 2) -> JSONStyle {
    JSONStyle(layout: .pretty(max(0, indent)))
  }

  fileprivate var separator: String { layout == .python ? ", " : "," }
  fileprivate var colon: String { layout == .compact ? ":" : ": " }
  fileprivate var indent: Int? { if case .pretty(let indent) = layout { indent } else { nil } }
}

extension JSON {
  /// The value as JSON text, with numbers spelled as Python spells them.
  ///
  /// `NaN`, `Infinity` and `-Infinity` are written as such; they are not in RFC 8259, but Python reads them.
  ///
  /// - Parameters:
  ///   - style: the white space.
  ///   - ensureASCII: whether characters beyond printable ASCII become `\u` escapes, as `json.dumps` does unless
  ///     told otherwise.
  public func text(style: JSONStyle = .compact, ensureASCII: Bool = false) -> String {
    var printer = JSONPrinter(style: style, ensureASCII: ensureASCII)
    printer.write(self, level: 0)
    return String(decoding: printer.bytes, as: UTF8.self)
  }
}

private struct JSONPrinter {
  let style: JSONStyle
  let ensureASCII: Bool
  var bytes: [UInt8] = []

  init(style: JSONStyle, ensureASCII: Bool) {
    self.style = style
    self.ensureASCII = ensureASCII
  }

  mutating func write(_ value: JSON, level: Int) {
    switch value {
    case .null: write("null")
    case .bool(let value): write(value ? "true" : "false")
    case .integer(let value): write(String(value))
    case .double(let value): write(value.pythonJSON)
    case .string(let text): write(quoting: text)
    case .array(let elements):
      write("[")
      for (index, element) in elements.enumerated() {
        separate(isFirst: index == 0, level: level + 1)
        write(element, level: level + 1)
      }
      close("]", isEmpty: elements.isEmpty, level: level)
    case .object(let object):
      write("{")
      for (index, pair) in object.pairs.enumerated() {
        separate(isFirst: index == 0, level: level + 1)
        write(quoting: pair.key)
        write(style.colon)
        write(pair.value, level: level + 1)
      }
      close("}", isEmpty: object.isEmpty, level: level)
    }
  }

  private mutating func write(_ text: String) {
    bytes += text.utf8
  }

  private mutating func separate(isFirst: Bool, level: Int) {
    if !isFirst { write(style.separator) }
    breakLine(level: level)
  }

  private mutating func close(_ bracket: String, isEmpty: Bool, level: Int) {
    if !isEmpty { breakLine(level: level) }
    write(bracket)
  }

  private mutating func breakLine(level: Int) {
    guard let indent = style.indent else { return }
    bytes.append(0x0A)
    bytes += repeatElement(0x20, count: indent * level)
  }

  private mutating func write(quoting text: String) {
    bytes.append(UInt8(ascii: "\""))
    defer { bytes.append(UInt8(ascii: "\"")) }
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
      bytes += text.utf8
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": write("\\\"")
      case "\\": write("\\\\")
      case "\n": write("\\n")
      case "\r": write("\\r")
      case "\t": write("\\t")
      case "\u{8}": write("\\b")
      case "\u{C}": write("\\f")
      case " "..."~": bytes.append(UInt8(scalar.value))
      case _ where scalar.value < 0x20 || ensureASCII:
        for unit in UTF16.encode(scalar) ?? .init() { writeEscape(unit) }
      default: bytes += UTF8.encode(scalar) ?? .init()
      }
    }
  }

  private mutating func writeEscape(_ unit: UInt16) {
    let digits = String(unit, radix: 16)
    write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
  }
}
