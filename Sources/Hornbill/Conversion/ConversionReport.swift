public import HornbillCore

/// What a conversion changed.
public struct ConversionReport: Sendable {
  /// One thing that is not in the new file as it was in the old one.
  public struct Note: Sendable, Hashable, CustomStringConvertible {
    /// What happened to it.
    public enum Kind: String, Sendable {
      /// It was brought into the spelling of another Keras.
      case upgraded
      /// It has another name.
      case renamed
      /// It is not in the new file.
      case dropped
      /// It is in the new file, but stands for something that could not be checked.
      case kept
    }

    /// What happened.
    public let kind: Kind
    /// The layer, weight or part of the file.
    public let object: String
    /// What exactly was changed and why.
    public let detail: String

    /// Makes a note.
    public init(_ kind: Kind, _ object: String, _ detail: String) {
      self.kind = kind
      self.object = object
      self.detail = detail
    }

    /// One line, with control characters escaped.
    public var description: String { "\(kind.rawValue) \(object): \(detail)".escapedForDisplay }
  }

  /// The file that was read, in a few words.
  public let source: String
  /// The kind of file that is written.
  public let target: ConversionTarget
  /// The Keras version in whose manner the new file is written; `nil` where the format has none.
  public internal(set) var kerasVersion: String?
  /// The arrays of the new file.
  public internal(set) var weightCount = 0
  /// What was changed, in the order of the model.
  public internal(set) var notes: [Note] = []

  init(source: String, target: ConversionTarget) {
    self.source = source
    self.target = target
  }

  mutating func note(_ kind: Note.Kind, _ object: String, _ detail: String) {
    let note = Note(kind, object, detail)
    if !notes.contains(note) { notes.append(note) }
  }

  mutating func noteWidenedWeights() {
    note(
      .upgraded, "bfloat16 weights",
      "held as float32, as Keras reads no bfloat16 from .h5 files")
  }

  /// The report as JSON: `schema`, `from`, `to`, `keras_version`, `weights`, and `notes` with `kind`, `object` and `detail`.
  public var json: JSON {
    let notes = notes.map { note in
      JSON.object(
        JSONObject([
          ("kind", .string(note.kind.rawValue)), ("object", .string(note.object)),
          ("detail", .string(note.detail)),
        ]))
    }
    return .object(
      JSONObject([
        ("schema", .integer(1)), ("from", .string(source)), ("to", .string(target.rawValue)),
        ("keras_version", kerasVersion.map { .string($0) } ?? .null),
        ("weights", .integer(Int64(weightCount))), ("notes", .array(notes)),
      ]))
  }
}
