extension Double {
  /// The number as Python's `repr` spells it: `0.001`, `1e-05`, `2.0`, `1e+16`, `nan`, `inf`, `-inf`.
  package var pythonRepr: String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    if self == 0 { return sign == .minus ? "-0.0" : "0.0" }
    let (digits, exponent) = magnitude.shortestDigits
    let zero = UInt8(ascii: "0")
    let point = UInt8(ascii: ".")
    var text: [UInt8] = self < 0 ? [UInt8(ascii: "-")] : []
    if exponent < -4 || exponent >= 16 {
      text.append(digits[0])
      if digits.count > 1 {
        text.append(point)
        text += digits.dropFirst()
      }
      text += exponent < 0 ? "e-".utf8 : "e+".utf8
      if exponent.magnitude < 10 { text.append(zero) }
      text += String(exponent.magnitude).utf8
    } else if exponent < 0 {
      text += [zero, point]
      text += repeatElement(zero, count: -exponent - 1)
      text += digits
    } else {
      text += digits.prefix(exponent + 1)
      text += repeatElement(zero, count: max(0, exponent + 1 - digits.count))
      text.append(point)
      text += digits.dropFirst(exponent + 1)
      if digits.count <= exponent + 1 { text.append(zero) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The number as Python's `json` module spells it: as ``pythonRepr``, but `NaN`, `Infinity`, `-Infinity`.
  package var pythonJSON: String {
    isFinite ? pythonRepr : isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity"
  }

  /// The fewest decimal digits that read back as this positive number, and the decimal exponent of the first.
  private var shortestDigits: (digits: [UInt8], exponent: Int) {
    // `description` has the shortest digits, though it moves to exponents at other sizes than Python.
    let text = Array(description.utf8)
    let end = text.firstIndex(of: UInt8(ascii: "e")) ?? text.count
    var exponent = 0
    if end < text.count {
      let digits = String(decoding: text[(end + 1)...], as: UTF8.self)
      exponent = Int(digits) ?? 0
    }
    let point = text[..<end].firstIndex(of: UInt8(ascii: ".")) ?? end
    var digits = Array(text[..<end])
    if point < end { digits.remove(at: point) }
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (digits, exponent + point - 1 - leading)
  }
}
