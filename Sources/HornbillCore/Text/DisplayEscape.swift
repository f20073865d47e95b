extension String {
  /// The text with characters escaped that could mislead a reader on a terminal.
  ///
  /// Control characters, line separators, bidirectional controls, invisible formatting and unassigned or private characters become
  /// `\n`, `\t`, `\r` or `\u{...}`. The result is on one line, and escaping it again changes nothing.
  package var escapedForDisplay: String {
    if utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
          .unassigned:
          result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default:
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
