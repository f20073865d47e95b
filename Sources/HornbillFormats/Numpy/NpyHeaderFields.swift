/// The three entries of the dictionary in an `.npy` header.
struct NpyHeaderFields {
  private(set) var descriptor = ""
  private(set) var isFortranOrder = false
  private(set) var shape: [Int] = []

  init(reading literal: inout PythonLiteral) throws(PythonLiteral.Failure) {
    var seen: Set<String> = []
    try literal.expect("{")
    while !literal.take("}") {
      let key = try literal.string()
      try literal.expect(":")
      guard seen.insert(key).inserted else { throw .init(detail: "two entries '\(key)'") }
      switch key {
      case "descr":
        descriptor = literal.next == "[" ? try literal.bracketed() : try literal.string()
      case "fortran_order": isFortranOrder = try literal.bool()
      case "shape": shape = try literal.tuple()
      default: throw .init(detail: "unknown entry '\(key)'")
      }
      if !literal.take(",") {
        try literal.expect("}")
        break
      }
    }
    guard seen.count == 3 else {
      throw .init(detail: "expected the entries descr, fortran_order and shape")
    }
    try literal.end()
  }
}

/// A reader of the few Python expressions that `.npy` headers are made of.
struct PythonLiteral {
  /// Why a header is not such an expression.
  struct Failure: Error {
    let detail: String
  }

  private let scalars: [Unicode.Scalar]
  private var position = 0

  init(_ bytes: ArraySlice<UInt8>, isLatin1: Bool) throws(Failure) {
    if isLatin1 {
      scalars = bytes.map { Unicode.Scalar($0) }
    } else if let text = String(validating: bytes, as: UTF8.self) {
      scalars = Array(text.unicodeScalars)
    } else {
      throw Failure(detail: "not UTF-8")
    }
  }

  /// The scalar after any white space; `nil` at the end.
  var next: Unicode.Scalar? {
    mutating get {
      while position < scalars.count, scalars[position] == " " || scalars[position] == "\n" {
        position += 1
      }
      return position < scalars.count ? scalars[position] : nil
    }
  }

  /// Passes over a scalar if it comes next.
  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  mutating func expect(_ scalar: Unicode.Scalar) throws(Failure) {
    guard take(scalar) else { throw unexpected("'\(scalar)'") }
  }

  mutating func end() throws(Failure) {
    guard next == nil else { throw unexpected("the end") }
  }

  mutating func string() throws(Failure) -> String {
    guard let quote = next, quote == "'" || quote == "\"" else { throw unexpected("text") }
    position += 1
    var text = ""
    while position < scalars.count, scalars[position] != quote {
      guard scalars[position] != "\\" else { throw Failure(detail: "an escape in text") }
      text.unicodeScalars.append(scalars[position])
      position += 1
    }
    try expect(quote)
    return text
  }

  mutating func bool() throws(Failure) -> Bool {
    for (word, value) in [("True", true), ("False", false)] {
      _ = next
      if scalars[position...].starts(with: word.unicodeScalars) {
        position += word.unicodeScalars.count
        return value
      }
    }
    throw unexpected("True or False")
  }

  mutating func tuple() throws(Failure) -> [Int] {
    try expect("(")
    var values: [Int] = []
    while !take(")") {
      values.append(try integer())
      if !take(",") {
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func integer() throws(Failure) -> Int {
    guard next != nil else { throw unexpected("a number") }
    var digits = ""
    while position < scalars.count, ("0"..."9").contains(scalars[position]) {
      digits.unicodeScalars.append(scalars[position])
      position += 1
    }
    // Python 2 marked long integers.
    if position < scalars.count, scalars[position] == "L" { position += 1 }
    guard let value = Int(digits) else { throw unexpected("a number of at most 63 bits") }
    return value
  }

  /// The text of a bracketed expression, which describes a record type.
  mutating func bracketed() throws(Failure) -> String {
    var depth = 0
    var text = ""
    while let scalar = next {
      text.unicodeScalars.append(scalar)
      position += 1
      if scalar == "[" { depth += 1 }
      if scalar == "]" { depth -= 1 }
      if depth == 0 { return text }
    }
    throw unexpected("']'")
  }

  private mutating func unexpected(_ expected: String) -> Failure {
    let found = next.map { "'\($0)'" } ?? "the end"
    return Failure(detail: "expected \(expected) at character \(position), found \(found)")
  }
}
