import HornbillCore

extension NodeDef {
  /// Reads a serialized protocol buffer that a configuration keeps as text, a character to a byte or as UTF-8.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` when the text is no such message.
  init(serialized text: String) throws(LayerError) {
    let latin = text.unicodeScalars.map { UInt8(exactly: $0.value) }
    if let node = NodeDef(message: Array(text.utf8)) {
      self = node
    } else if !latin.contains(nil), let node = NodeDef(message: latin.compactMap { $0 }) {
      self = node
    } else if let bytes = Base64.bytes(of: text), let node = NodeDef(message: bytes) {
      self = node
    } else {
      throw LayerError(
        .configuration,
        "TensorFlowOpLayer.node_def: expected a serialized NodeDef, found text that is none")
    }
  }

  private init?(message bytes: [UInt8]) {
    var reader = MessageReader(bytes[...])
    var op = ""
    var count = 0
    var attributes: [(name: String, value: Attribute)] = []
    while let field = reader.next() {
      switch (field.number, field.value) {
      case (2, .bytes(let text)): op = String(decoding: text, as: UTF8.self)
      case (3, .bytes(let text)):
        if text.first != UInt8(ascii: "^") { count += 1 }
      case (5, .bytes(let entry)):
        guard let attribute = NodeDef.entry(entry) else { return nil }
        attributes.append(attribute)
      default: continue
      }
    }
    guard reader.isComplete, !op.isEmpty else { return nil }
    self.init(op: op, inputCount: count, attributes: attributes)
  }

  private static func entry(_ bytes: ArraySlice<UInt8>) -> (name: String, value: Attribute)? {
    var reader = MessageReader(bytes)
    var name = ""
    var value = Attribute.other
    while let field = reader.next() {
      guard case .bytes(let part) = field.value else { continue }
      if field.number == 1 { name = String(decoding: part, as: UTF8.self) }
      if field.number == 2 {
        guard let attribute = attribute(part) else { return nil }
        value = attribute
      }
    }
    return reader.isComplete ? (name, value) : nil
  }

  private static func attribute(_ bytes: ArraySlice<UInt8>) -> Attribute? {
    var reader = MessageReader(bytes)
    var result = Attribute.other
    while let field = reader.next() {
      if field.number == 1, case .bytes(let part) = field.value {
        guard let elements = list(part) else { return nil }
        result = .list(elements)
      } else if let scalar = scalar(field) {
        result = scalar
      }
    }
    return reader.isComplete ? result : nil
  }

  private static func scalar(_ field: MessageReader.Field) -> Attribute? {
    switch (field.number, field.value) {
    case (2, .bytes(let text)): .text(String(decoding: text, as: UTF8.self))
    case (3, .integer(let number)): .integer(Int64(bitPattern: number))
    case (4, .word(let bits)): .number(Double(Float(bitPattern: bits)))
    case (5, .integer(let number)): .bool(number != 0)
    case (6, .integer(let number)): .type("\(number)")
    case (7, .bytes(let part)): shape(part)
    default: nil
    }
  }

  private static func shape(_ bytes: ArraySlice<UInt8>) -> Attribute? {
    var reader = MessageReader(bytes)
    var extents: [Int64] = []
    while let field = reader.next() {
      guard field.number == 2, case .bytes(let part) = field.value else { continue }
      var inner = MessageReader(part)
      var extent: Int64 = 0
      while let field = inner.next() {
        if field.number == 1, case .integer(let number) = field.value {
          extent = Int64(bitPattern: number)
        }
      }
      extents.append(extent)
    }
    return reader.isComplete ? .shape(extents) : nil
  }

  private static func list(_ bytes: ArraySlice<UInt8>) -> [Attribute]? {
    var reader = MessageReader(bytes)
    var result: [Attribute] = []
    while let field = reader.next() {
      switch (field.number, field.value) {
      case (3, .bytes(let packed)), (5, .bytes(let packed)), (6, .bytes(let packed)):
        var inner = MessageReader(packed)
        while let number = inner.integer() {
          if let element = scalar(.init(number: field.number, value: .integer(number))) {
            result.append(element)
          }
        }
        guard inner.isComplete else { return nil }
      case (4, .bytes(let packed)):
        var inner = MessageReader(packed)
        while let word = inner.word() { result.append(.number(Double(Float(bitPattern: word)))) }
        guard inner.isComplete else { return nil }
      default:
        if let element = scalar(field) { result.append(element) }
      }
    }
    return reader.isComplete ? result : nil
  }
}

/// Reads the fields of a protocol buffer one after another.
private struct MessageReader {
  struct Field {
    let number: UInt64
    let value: FieldValue
  }

  enum FieldValue {
    case integer(UInt64)
    case word(UInt32)
    case long(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>
  private var isBroken = false

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Whether all bytes were fields.
  var isComplete: Bool { rest.isEmpty && !isBroken }

  mutating func next() -> Field? {
    guard let tag = integer() else { return nil }
    let number = tag >> 3
    switch tag & 7 {
    case 0:
      if let value = integer() { return Field(number: number, value: .integer(value)) }
    case 1:
      if let low = word(), let high = word() {
        return Field(number: number, value: .long(UInt64(high) << 32 | UInt64(low)))
      }
    case 2:
      if let length = integer(), length <= UInt64(rest.count) {
        let bytes = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        return Field(number: number, value: .bytes(bytes))
      }
    case 5:
      if let value = word() { return Field(number: number, value: .word(value)) }
    default: break
    }
    isBroken = true
    return nil
  }

  mutating func integer() -> UInt64? {
    guard !rest.isEmpty, !isBroken else { return nil }
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst(), shift < 64 {
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    isBroken = true
    return nil
  }

  mutating func word() -> UInt32? {
    guard !rest.isEmpty, !isBroken else { return nil }
    guard rest.count >= 4 else {
      isBroken = true
      return nil
    }
    let bytes = rest.prefix(4)
    rest = rest.dropFirst(4)
    return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
