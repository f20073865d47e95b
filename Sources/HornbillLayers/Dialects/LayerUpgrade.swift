package import HornbillCore

/// A layer's configuration on its way to the spelling of Keras 3.
///
/// Every change goes through a method here, which notes it in the context.
package struct LayerUpgrade {
  /// The class name; a dialect may rename it.
  package private(set) var className: String
  /// The fields.
  package private(set) var fields: JSONObject
  /// Why the layer cannot run, when its configuration holds code.
  private(set) var obstacle: OpaqueLayer.Reason?
  let name: String
  let context: DecodingContext
  private let storedClassName: String

  init(_ fields: JSONObject, className: String, name: String, in context: DecodingContext) {
    self.className = className
    self.fields = fields
    self.name = name
    self.context = context
    storedClassName = className
  }

  /// The value of a field; `nil` when it is absent or `null`.
  subscript(field: String) -> JSON? {
    guard let value = fields[field], !value.isNull else { return nil }
    return value
  }

  /// Whether the field is there, be it `null`.
  func has(_ field: String) -> Bool { fields[field] != nil }

  func note(_ change: String) {
    context.note(ConfigUpgrade(layer: name, className: storedClassName, change: change))
  }

  /// Replaces a value.
  mutating func set(_ field: String, to value: JSON, noting change: String) {
    guard fields[field] != value else { return }
    fields[field] = value
    note(change)
  }

  /// Replaces a value by one of equal meaning, which is no change to speak of.
  mutating func respell(_ field: String, to value: JSON) {
    fields[field] = value
  }

  /// Renames a field; one that holds nothing goes without a note.
  mutating func rename(_ old: String, to new: String) {
    guard let value = fields[old] else { return }
    fields[old] = nil
    if fields[new] == nil { fields[new] = value }
    if !value.isNull { note("renamed \(old) to \(new)") }
  }

  /// Removes a field; one that holds nothing goes without a note.
  mutating func drop(_ field: String, because reason: String? = nil) {
    guard let value = fields[field] else { return }
    fields[field] = nil
    guard !value.isNull else { return }
    note("dropped \(field)=\(value.noteText)" + (reason.map { " (\($0))" } ?? ""))
  }

  /// Removes several fields that are now one.
  mutating func merge(_ parts: [String], into field: String, _ value: JSON) {
    for part in parts where part != field { fields[part] = nil }
    fields[field] = value
    note("joined \(parts.joined(separator: ", ")) to \(field)=\(value.noteText)")
  }

  /// Gives a field that is absent the value that its absence meant.
  mutating func assume(_ field: String, _ value: JSON) {
    guard fields[field] == nil else { return }
    fields[field] = value
    note("\(field) absent, so \(value.noteText)")
  }

  /// Renames the class.
  mutating func renameClass(to new: String) {
    guard new != className else { return }
    note("renamed class \(className) to \(new)")
    className = new
  }

  /// Says that the layer holds code.
  mutating func block(_ reason: OpaqueLayer.Reason) {
    obstacle = reason
  }

  mutating func apply(_ rule: FieldRule) {
    switch rule {
    case .rename(let old, let new):
      rename(old, to: new)
    case .drop(let field):
      drop(field)
    case .dropValue(let field, let value):
      guard let found = fields[field] else { return }
      if found == value || found.isNull {
        drop(field)
      } else {
        note("kept \(field)=\(found.noteText), which Keras 3 does not have")
      }
    case .words(let field, let words):
      guard let word = fields[field]?.string, let new = words[word] else { return }
      set(field, to: .string(new), noting: "\(field)=\(word) spelled \(new)")
    }
  }

  mutating func apply(_ rule: ClassRule?) {
    guard let rule else { return }
    if let new = rule.className { renameClass(to: new) }
    for field in rule.fields { apply(field) }
  }
}

extension JSON {
  /// The value in the text of a note: JSON, cut when it is long.
  var noteText: String {
    switch self {
    case .null, .bool, .integer, .double:
      return text(style: .python)
    case .string(let text):
      return text.count <= 40 ? text.escapedForDisplay : brief.escapedForDisplay
    case .array(let elements):
      guard elements.count <= 8, elements.allSatisfy({ $0.array == nil && $0.object == nil })
      else { return brief }
      return "[" + elements.map(\.noteText).joined(separator: ", ") + "]"
    case .object:
      return brief.escapedForDisplay
    }
  }

  /// A list of integers.
  static func integers(_ values: [Int]) -> JSON { .array(values.map { .integer(Int64($0)) }) }
}
