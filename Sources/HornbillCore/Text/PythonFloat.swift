extension Double {
  /// The number as Python's `repr` spells it: `0.001`, `1e-05`, `2.0`, `1e+16`, `nan`, `inf`, `-inf`.
  package var pythonRepr: String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    if self == 0 { return sign == .minus ? "-0.0" : "0.0" }
    let (digits, exponent) = magnitude.shortestDigits
    let sign = self < 0 ? "-" : ""
    let count = digits.count
    if exponent < -4 || exponent >= 16 {
      let fraction = count > 1 ? "." + digits.dropFirst() : ""
      let size = String(exponent.magnitude)
      return sign + digits.prefix(1) + fraction + (exponent < 0 ? "e-" : "e+")
        + (size.count < 2 ? "0" : "") + size
    }
    if exponent < 0 {
      return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
    }
    if count <= exponent + 1 {
      return sign + digits + String(repeating: "0", count: exponent + 1 - count) + ".0"
    }
    return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
  }

  /// The number as Python's `json` module spells it: as ``pythonRepr``, but `NaN`, `Infinity`, `-Infinity`.
  package var pythonJSON: String {
    isFinite ? pythonRepr : isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity"
  }

  /// The fewest decimal digits that read back as this positive number, and the exponent of the first.
  private var shortestDigits: (digits: String, exponent: Int) {
    // `description` has the shortest digits, though it moves to exponents at other sizes than Python.
    let parts = description.split(separator: "e")
    var digits = ""
    var exponent = (parts.count > 1 ? Int(parts[1]) : nil) ?? 0
    var hasSignificant = false
    var isFraction = false
    for character in parts[0] {
      if character == "." {
        isFraction = true
        continue
      }
      if character != "0", !hasSignificant {
        hasSignificant = true
        if isFraction { exponent -= 1 }
        digits.append(character)
        continue
      }
      if hasSignificant {
        digits.append(character)
        if !isFraction { exponent += 1 }
      } else if isFraction {
        exponent -= 1
      }
    }
    while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
    return (digits, exponent)
  }
}
