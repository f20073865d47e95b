import HornbillCore

/// One difference between the spelling of an older Keras and that of Keras 3.
///
/// A rule does nothing when its field is absent.
enum FieldRule: Sendable {
  /// The same value under another name; a value that stands under the new name already is kept.
  case rename(String, String)
  /// A field that Keras 3 does not have and that changes nothing at inference.
  case drop(String)
  /// A field that Keras 3 does not have; with this value it changes nothing, any other is kept and noted.
  case dropValue(String, JSON)
  /// Words of a field that Keras 3 spells otherwise.
  case words(String, [String: String])
}

/// What a dialect knows of one class: its name in Keras 3, and its fields.
struct ClassRule: Sendable {
  /// The class's name in Keras 3; `nil` when it is the same.
  var className: String?
  /// The fields, in the order in which they are translated.
  var fields: [FieldRule]

  init(_ className: String? = nil, _ fields: [FieldRule]) {
    self.className = className
    self.fields = fields
  }
}
