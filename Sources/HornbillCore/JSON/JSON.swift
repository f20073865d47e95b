/// A JSON value that keeps what Python's `json` module writes and other readers lose.
///
/// Objects keep the order of their keys; integers and fractions are told apart (`2` and `2.0` mean different
/// types to Keras); `NaN`, `Infinity` and `-Infinity` are numbers.
public indirect enum JSON: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent that fits 64 bits.
  case integer(Int64)
  /// A number with a fraction or an exponent, `NaN` or an infinity, or an integer beyond 64 bits.
  case double(Double)
  /// Text.
  case string(String)
  /// A list.
  case array([JSON])
  /// Keys with values, in the order of the file.
  case object(JSONObject)
}

/// An ordered JSON object with unique keys.
public struct JSONObject: Sendable, Hashable {
  /// The keys in order.
  public private(set) var keys: [String]
  private var values: [String: JSON]

  /// Makes an empty object.
  public init() {
    keys = []
    values = [:]
  }

  /// Makes an object from pairs; a repeated key replaces the earlier value.
  public init(_ pairs: [(String, JSON)]) {
    self.init()
    for (key, value) in pairs { self[key] = value }
  }

  /// The number of keys.
  public var count: Int { keys.count }

  /// Whether there are no keys.
  public var isEmpty: Bool { keys.isEmpty }

  /// The value of a key.
  ///
  /// Setting a new key appends it; setting `nil` removes the key.
  public subscript(key: String) -> JSON? {
    get { values[key] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      } else if values.removeValue(forKey: key) != nil {
        keys.removeAll { $0 == key }
      }
    }
  }

  /// Appends a key unless the object has it.
  ///
  /// - Returns: whether the key was new; the object is unchanged when it was not.
  package mutating func appendIfNew(_ key: String, _ value: JSON) -> Bool {
    let count = values.count
    let earlier = values.updateValue(value, forKey: key)
    if values.count == count {
      values[key] = earlier
      return false
    }
    keys.append(key)
    return true
  }

  /// The keys with their values, in order.
  public var pairs: [(key: String, value: JSON)] {
    keys.map { ($0, values[$0] ?? .null) }
  }
}

extension JSON {
  /// The value of a key of an object; `nil` for a missing key and for other kinds of value.
  public subscript(key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// The object, if the value is one.
  public var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The elements, if the value is a list.
  public var array: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The text, if the value is text.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The truth value, if the value is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The number, if the value is an integer, or a fraction that is exactly one (Python code often writes `10.0`).
  public var int: Int? {
    switch self {
    case .integer(let value): Int(exactly: value)
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number, if the value is one.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// Whether the value is `null`.
  public var isNull: Bool { self == .null }
}
