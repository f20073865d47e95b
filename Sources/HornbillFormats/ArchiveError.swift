import HornbillCore

/// Says why a file could not be read or written, in which file and at which object inside it.
public struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of obstacle it is.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case unreadable, notAModel, truncated, malformed, noArchitecture, missing, refused
      case unsupported, limit, io, cannotCreate
    }
    private let kind: Kind

    /// There is no such file, it may not be read, or it is not a regular file.
    public static let unreadable = Code(kind: .unreadable)
    /// The file is of another kind than asked for.
    public static let notAModel = Code(kind: .notAModel)
    /// The file ends before its contents do.
    public static let truncated = Code(kind: .truncated)
    /// The contents break the rules of the format.
    public static let malformed = Code(kind: .malformed)
    /// The file holds weights but no architecture.
    public static let noArchitecture = Code(kind: .noArchitecture)
    /// A part that the file itself names, or that its format asks for, is not there.
    public static let missing = Code(kind: .missing)
    /// The safety policy forbids what the file asks for.
    public static let refused = Code(kind: .refused)
    /// The file is sound, but holds something that Hornbill does not read or write.
    public static let unsupported = Code(kind: .unsupported)
    /// A size or count exceeds the limits.
    public static let limit = Code(kind: .limit)
    /// The system failed to read or write.
    public static let io = Code(kind: .io)
    /// The file to write exists already or cannot be made there.
    public static let cannotCreate = Code(kind: .cannotCreate)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// What kind of obstacle it is.
  public let code: Code
  /// The path of the file.
  public let path: String
  /// The object inside the file: a member of a zip, a group, a dataset, an attribute; `nil` for the file itself.
  public let object: String?
  /// What was expected, what was found and what to do about it.
  public let detail: String

  /// Makes an error.
  public init(_ code: Code, path: String, object: String? = nil, _ detail: String) {
    self.code = code
    self.path = path
    self.object = object
    self.detail = detail
  }

  /// The error in one line: file, object and detail, with control characters escaped.
  public var description: String {
    let parts = [path, object, detail].compactMap { $0 }
    return parts.joined(separator: ": ").escapedForDisplay
  }
}
