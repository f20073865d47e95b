public import HornbillCore

/// Collects the arguments of a layer as Keras 3's `get_config` writes them.
///
/// The name, `trainable` and `dtype` of a layer are not its own: who writes the layer puts them before the arguments.
public struct ConfigEncoder {
  /// The arguments so far, in the order in which they were set.
  public private(set) var fields = JSONObject()

  /// Makes an encoder without fields.
  public init() {}

  /// The value of a field.
  public subscript(field: String) -> JSON? {
    get { fields[field] }
    set { fields[field] = newValue }
  }

  /// Sets a whole number.
  public mutating func set(_ field: String, _ value: Int) { fields[field] = .integer(Int64(value)) }

  /// Sets a number, which Python spells with a point.
  public mutating func set(_ field: String, _ value: Double) { fields[field] = .double(value) }

  /// Sets a truth value.
  public mutating func set(_ field: String, _ value: Bool) { fields[field] = .bool(value) }

  /// Sets text.
  public mutating func set(_ field: String, _ value: String) { fields[field] = .string(value) }

  /// Sets a list of whole numbers.
  public mutating func set(_ field: String, _ values: [Int]) {
    fields[field] = .array(values.map { .integer(Int64($0)) })
  }

  /// Sets `null`.
  public mutating func setNone(_ field: String) { fields[field] = .null }
}
