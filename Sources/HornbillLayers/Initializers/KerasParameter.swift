package import HornbillCore

/// A serialised object of Keras that parametrises a layer: an initializer, a regularizer or a constraint.
protocol KerasParameter {
  /// Where Keras 3 keeps the classes.
  static var module: String { get }
}

extension KerasParameter {
  /// One of Keras's own objects as Keras 3 writes it.
  func object(_ className: String, _ config: [(String, JSON)]) -> JSON {
    JSON.kerasObject(module: Self.module, className: className, config: JSONObject(config))
  }
}

extension JSON {
  /// An object of Keras's own as Keras 3 writes it.
  package static func kerasObject(
    module: String, className: String, config: JSONObject, registeredName: JSON = .null
  ) -> JSON {
    .object(
      JSONObject([
        ("module", .string(module)), ("class_name", .string(className)),
        ("config", .object(config)), ("registered_name", registeredName),
      ]))
  }

  /// One axis as a number, several as a list.
  static func axes(_ axes: [Int]) -> JSON {
    axes.count == 1 ? .integer(Int64(axes[0])) : .integers(axes)
  }

  /// A whole number without a point, as Python writes what was given as an `int`.
  static func number(_ value: Double) -> JSON {
    Int64(exactly: value).map { .integer($0) } ?? .double(value)
  }

  /// A value or `null`.
  static func optional(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }

  /// A list of whole numbers or `null`.
  static func optional(_ values: [Int]?) -> JSON { values.map(JSON.integers) ?? .null }

  /// Text or `null`.
  static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}

/// Reads one of Keras's own objects in the spelling of any generation: a name, or an object with `class_name` and `config`.
///
/// Fields that Keras 3 does not have, such as `dtype`, are passed over.
struct KerasParameterReader {
  /// The name in lower case without underscores and version, which is one for the class and for its function.
  let name: String
  private let config: JSONObject

  /// `nil` for a class of the author's own and for what is no object at all.
  init?(_ json: JSON) {
    var name: String
    if let text = json.string {
      name = text
      config = JSONObject()
    } else {
      guard let object = json.object, !KerasObject.isCustom(json) else { return nil }
      guard let className = object["class_name"]?.string else { return nil }
      if className == "function", let function = object["config"]?.string {
        name = function
        config = JSONObject()
      } else {
        name = className
        config = object["config"]?.object ?? JSONObject()
      }
    }
    name = KerasObject.plainName(name).lowercased().filter { $0 != "_" }
    if name.hasSuffix("v2") || name.hasSuffix("v1") { name.removeLast(2) }
    self.name = name
  }

  subscript(field: String) -> JSON? {
    guard let value = config[field], !value.isNull else { return nil }
    return value
  }

  func number(_ field: String, _ fallback: Double) -> Double? {
    self[field].map(\.number) ?? fallback
  }

  /// A number under its name or under an older one.
  func number(_ field: String, _ older: String, _ fallback: Double) -> Double? {
    (self[field] ?? self[older]).map(\.number) ?? fallback
  }

  func choice<Choice: RawRepresentable>(
    _ field: String, _ fallback: Choice
  ) -> Choice? where Choice.RawValue == String {
    guard let value = self[field] else { return fallback }
    return value.string.flatMap(Choice.init(rawValue:))
  }

  func axes(_ field: String, _ fallback: [Int]) -> [Int]? {
    guard let value = self[field] else { return fallback }
    return KerasParameterReader.axes(value)
  }

  /// Axes that may be absent; `nil` when they are neither absent nor axes.
  func optionalAxes(_ field: String) -> [Int]?? {
    guard let value = self[field] else { return .some(nil) }
    return KerasParameterReader.axes(value).map { .some($0) }
  }

  /// A seed that may be absent; `nil` when it is an object, a generator whose state is elsewhere.
  var seed: Int?? {
    guard let value = self["seed"] else { return .some(nil) }
    return value.int.map { .some($0) }
  }

  private static func axes(_ value: JSON) -> [Int]? {
    if let axis = value.int { return [axis] }
    guard let elements = value.array else { return nil }
    let axes = elements.compactMap(\.int)
    return axes.count == elements.count ? axes : nil
  }
}
