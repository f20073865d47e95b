/// Text from a file, with everything that a terminal would obey written as an escape.
///
/// Control characters, line and paragraph separators and bidirectional marks become `\u{…}`.
func escaped(_ text: String) -> String {
  if !text.unicodeScalars.contains(where: mustBeEscaped) { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if mustBeEscaped(scalar) {
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

private func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0: true
  case 0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
  default: false
  }
}
