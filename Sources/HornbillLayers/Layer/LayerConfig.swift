public import HornbillCore

/// The configuration of one layer while it is decoded.
///
/// Files of every Keras generation arrive here in the spelling of Keras 3 (``ConfigDialect`` translates them), so a layer
/// asks for Keras 3's names only. A missing or ill-typed value throws an error that names the field and its value.
public struct LayerConfig {
  /// The layer's class name as the file spells it.
  public let className: String
  /// The layer's name.
  public let name: String
  /// The fields.
  public let fields: JSONObject
  /// What decoding needs beside the fields: the registry, the Keras generation, the user's definitions.
  public let context: DecodingContext

  package init(className: String, name: String, fields: JSONObject, context: DecodingContext) {
    self.className = className
    self.name = name
    self.fields = fields
    self.context = context
  }

  /// The value of a field; `nil` when it is absent or `null`.
  public subscript(field: String) -> JSON? {
    guard let value = fields[field], !value.isNull else { return nil }
    return value
  }

  func invalid(_ field: String, expected: String) -> LayerError {
    guard let value = fields[field] else {
      return LayerError(
        .configuration, "\(className) needs \"\(field)\" (\(expected)), which is absent")
    }
    return LayerError(
      .configuration, "\(className).\(field): expected \(expected), found \(value.brief)")
  }

  /// A whole number.
  public func integer(_ field: String, default fallback: Int? = nil) throws(LayerError) -> Int {
    guard let value = self[field] else {
      guard let fallback else { throw invalid(field, expected: "an integer") }
      return fallback
    }
    guard let number = value.int else { throw invalid(field, expected: "an integer") }
    return number
  }

  /// A whole number of at least 1.
  public func positive(_ field: String, default fallback: Int? = nil) throws(LayerError) -> Int {
    let number = try integer(field, default: fallback)
    guard number > 0 else { throw invalid(field, expected: "an integer above 0") }
    return number
  }

  /// A whole number or `null`.
  public func optionalInteger(_ field: String) throws(LayerError) -> Int? {
    self[field] == nil ? nil : try integer(field)
  }

  /// A number.
  public func number(_ field: String, default fallback: Double? = nil) throws(LayerError) -> Double
  {
    guard let value = self[field] else {
      guard let fallback else { throw invalid(field, expected: "a number") }
      return fallback
    }
    guard let number = value.number ?? value.scalarArray else {
      throw invalid(field, expected: "a number")
    }
    return number
  }

  /// A number or `null`.
  public func optionalNumber(_ field: String) throws(LayerError) -> Double? {
    self[field] == nil ? nil : try number(field)
  }

  /// A truth value; 0 and 1 count as such.
  public func bool(_ field: String, default fallback: Bool? = nil) throws(LayerError) -> Bool {
    guard let value = self[field] else {
      guard let fallback else { throw invalid(field, expected: "true or false") }
      return fallback
    }
    if let bool = value.bool { return bool }
    switch value.int {
    case 0: return false
    case 1: return true
    default: throw invalid(field, expected: "true or false")
    }
  }

  /// Text.
  public func string(_ field: String, default fallback: String? = nil) throws(LayerError) -> String
  {
    guard let value = self[field] else {
      guard let fallback else { throw invalid(field, expected: "text") }
      return fallback
    }
    guard let text = value.string else { throw invalid(field, expected: "text") }
    return text
  }

  /// One of several words.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ field: String, default fallback: Choice? = nil
  ) throws(LayerError) -> Choice where Choice.RawValue == String {
    if self[field] == nil, let fallback { return fallback }
    let expected = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
    guard let text = self[field]?.string, let choice = Choice(rawValue: text) else {
      throw invalid(field, expected: expected)
    }
    return choice
  }

  /// A list of whole numbers.
  public func integers(_ field: String) throws(LayerError) -> [Int] {
    guard let elements = self[field]?.array else {
      throw invalid(field, expected: "a list of integers")
    }
    var result: [Int] = []
    for element in elements {
      guard let number = element.int else {
        throw invalid(field, expected: "a list of integers")
      }
      result.append(number)
    }
    return result
  }

  /// As many whole numbers above 0 as there are axes; one number stands for all.
  public func extents(
    _ field: String, axes: Int, default fallback: Int? = nil
  ) throws(LayerError) -> [Int] {
    guard let value = self[field] else {
      guard let fallback else { throw invalid(field, expected: "\(axes) integers above 0") }
      return [Int](repeating: fallback, count: axes)
    }
    let numbers: [Int]
    if let number = value.int {
      numbers = [Int](repeating: number, count: axes)
    } else {
      numbers = try integers(field)
    }
    guard numbers.count == axes, numbers.allSatisfy({ $0 > 0 }) else {
      throw invalid(field, expected: "\(axes) integers above 0")
    }
    return numbers
  }

  /// One axis or several.
  public func axes(_ field: String, default fallback: [Int]? = nil) throws(LayerError) -> [Int] {
    guard let value = self[field] else {
      guard let fallback else { throw invalid(field, expected: "an axis or a list of axes") }
      return fallback
    }
    if let axis = value.int { return [axis] }
    return try integers(field)
  }

  /// A shape with `null` for unknown extents.
  public func shape(_ field: String) throws(LayerError) -> Shape? {
    guard let value = self[field] else { return nil }
    guard let shape = Shape(json: value) else {
      throw invalid(field, expected: "a list of extents")
    }
    return shape
  }

  /// An activation function, by name or as an object; ``Activation/linear`` when it is absent or `null`.
  public func activation(
    _ field: String, default fallback: String = "linear"
  ) throws(LayerError) -> ActivationFunction {
    try ActivationFunction(config: fields[field] ?? .string(fallback), context: context)
  }

  /// An initializer, by name or as an object.
  ///
  /// - Returns: `fallback` when the field is absent, `nil` when it is `null`, which leaves the choice to Keras.
  public func initializer(_ field: String, default fallback: Initializer? = nil) -> Initializer? {
    guard let value = fields[field] else { return fallback }
    return value.isNull ? nil : Initializer(json: value)
  }

  /// A regularizer, by name or as an object; `nil` when the field is absent or `null`.
  public func regularizer(_ field: String) -> Regularizer? {
    self[field].map { Regularizer(json: $0) }
  }

  /// A constraint, by name or as an object; `nil` when the field is absent or `null`.
  public func constraint(_ field: String) -> Constraint? {
    self[field].map { Constraint(json: $0) }
  }

  /// The fields `…_initializer`, `…_regularizer` and `…_constraint` of a variable.
  public func variable(_ name: String, initializer: Initializer? = nil) -> VariableOptions {
    VariableOptions(
      initializer: self.initializer(name + "_initializer", default: initializer),
      regularizer: regularizer(name + "_regularizer"),
      constraint: constraint(name + "_constraint"))
  }

  /// A seed: a whole number, that of a seed generator, or `null`.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` for anything else.
  public func seed(_ field: String = "seed") throws(LayerError) -> Int? {
    guard let value = self[field] else { return nil }
    guard value.object != nil else { return try integer(field) }
    guard let seed = value["config"]?["seed"], !seed.isNull else { return nil }
    guard let number = seed.int else { throw invalid(field, expected: "an integer") }
    return number
  }

  /// A layer that is part of the configuration.
  public func layer(_ field: String) throws(LayerError) -> LayerInstance {
    guard let value = self[field], value.object != nil else {
      throw invalid(field, expected: "a layer")
    }
    return try context.decode(value)
  }
}

extension Shape {
  /// A shape from a JSON list of extents; `nil` when the value is none.
  package init?(json: JSON) {
    guard let elements = json.array else { return nil }
    var dimensions: [Int?] = []
    for element in elements {
      if element.isNull {
        dimensions.append(nil)
      } else if let extent = element.int, extent >= 0 {
        dimensions.append(extent)
      } else {
        return nil
      }
    }
    self.init(dimensions)
  }
}

extension JSON {
  /// The value in a few words, for error messages.
  package var brief: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let text): "\"\(text.prefix(40))\""
    case .array(let elements): "a list of \(elements.count) elements"
    case .object(let object):
      if let name = object["class_name"]?.string {
        "an object of class \"\(name.prefix(40))\""
      } else {
        "an object of \(object.count) keys"
      }
    }
  }

  /// The number that a serialised zero-dimensional array holds.
  var scalarArray: Double? {
    guard case .object(let object) = self, let config = object["config"] else { return nil }
    return config["value"]?.number
  }
}
