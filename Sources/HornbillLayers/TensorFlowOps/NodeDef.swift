import HornbillCore

/// One primitive operation of a TensorFlow graph: its kind, the names of its operands, and its attributes.
///
/// Source: TensorFlow, `tensorflow/core/framework/node_def.proto` and `attr_value.proto`.
struct NodeDef: Sendable {
  /// The value of an attribute.
  indirect enum Attribute: Sendable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    /// A type, in one of the spellings that ``DType/init(tensorFlow:)`` knows.
    case type(String)
    /// Extents; −1 for unknown ones.
    case shape([Int64])
    case list([Attribute])
    /// A tensor, a function or a placeholder.
    case other
  }

  /// The kind of operation, for example `MatMul`.
  var op: String
  /// The number of operands that are tensors.
  var inputCount: Int
  /// The attributes by name.
  var attributes: [(name: String, value: Attribute)]

  /// Reads a `node_def` of a configuration: an object, or a protocol buffer that Python kept as text.
  init(json: JSON) throws(LayerError) {
    if let text = json.string {
      self = try NodeDef(serialized: text)
      return
    }
    guard let object = json.object else {
      throw LayerError(
        .configuration, "TensorFlowOpLayer.node_def: expected an object, found \(json.brief)")
    }
    guard let op = object["op"]?.string, !op.isEmpty else {
      throw LayerError(.configuration, "TensorFlowOpLayer.node_def: \"op\" is not there")
    }
    self.op = op
    inputCount = (object["input"]?.array ?? []).count { $0.string?.hasPrefix("^") != true }
    attributes = []
    for (name, value) in object["attr"]?.object?.pairs ?? [] {
      attributes.append((name, try Attribute(json: value, name)))
    }
  }

  init(op: String, inputCount: Int, attributes: [(name: String, value: Attribute)]) {
    self.op = op
    self.inputCount = inputCount
    self.attributes = attributes
  }
}

extension NodeDef.Attribute {
  /// Reads the JSON form of an attribute, in which false, 0 and empty values may be left out.
  init(json: JSON, _ name: String) throws(LayerError) {
    guard let (kind, value) = json.object?.pairs.first else {
      self = .other
      return
    }
    switch kind {
    case "list":
      guard let (kind, values) = value.object?.pairs.first, let elements = values.array else {
        self = .list([])
        return
      }
      var result: [NodeDef.Attribute] = []
      for element in elements { result.append(try NodeDef.Attribute(kind, element, name)) }
      self = .list(result)
    default: self = try NodeDef.Attribute(kind, value, name)
    }
  }

  private init(_ kind: String, _ value: JSON, _ name: String) throws(LayerError) {
    let invalid = LayerError(
      .configuration,
      "TensorFlowOpLayer.node_def: attribute \"\(name.prefix(40))\" is \(value.brief)")
    switch kind {
    case "i":
      guard let number = value.int.map({ Int64($0) }) ?? value.string.flatMap({ Int64($0) }) else {
        throw invalid
      }
      self = .integer(number)
    case "f":
      if let number = value.number {
        self = .number(number)
      } else {
        switch value.string {
        case "Infinity": self = .number(.infinity)
        case "-Infinity": self = .number(-.infinity)
        case "NaN": self = .number(.nan)
        default: throw invalid
        }
      }
    case "b":
      guard let flag = value.bool else { throw invalid }
      self = .bool(flag)
    case "s":
      guard let text = value.string, let bytes = Base64.bytes(of: text) else { throw invalid }
      self = .text(String(decoding: bytes, as: UTF8.self))
    case "type":
      guard let text = value.string ?? value.int.map({ "\($0)" }) else { throw invalid }
      self = .type(text)
    case "shape":
      var extents: [Int64] = []
      for dimension in value["dim"]?.array ?? [] {
        let size = dimension["size"]
        extents.append(size?.int.map { Int64($0) } ?? size?.string.flatMap { Int64($0) } ?? 0)
      }
      self = .shape(extents)
    default: self = .other
    }
  }

  /// The attribute as an argument of a call; `nil` when it is none that a rule asks for.
  func argument<Element: Sendable>() -> Argument<Element>? {
    switch self {
    case .text(let text), .type(let text): return .string(text)
    case .integer(let number): return .integer(number)
    case .number(let number): return .number(number)
    case .bool(let flag): return .bool(flag)
    case .shape(let extents): return .list(extents.map { .integer($0) })
    case .list(let elements): return .list(elements.compactMap { $0.argument() })
    case .other: return nil
    }
  }
}

/// The encoding of bytes as text that JSON forms of protocol buffers use.
enum Base64 {
  /// The bytes; `nil` for text that is not such an encoding.
  static func bytes(of text: String) -> [UInt8]? {
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text.utf8 where byte != UInt8(ascii: "=") {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"), UInt8(ascii: "-"): digit = 62
      case UInt8(ascii: "/"), UInt8(ascii: "_"): digit = 63
      default: return nil
      }
      bits = (bits << 6 | UInt32(digit)) & 0xFFFFFF
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return result
  }
}
