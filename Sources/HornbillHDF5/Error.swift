extension HDF5 {
  /// Says what failed, in which file and object, and what libhdf5 itself has reported.
  public struct Error: Swift.Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is, to switch on.
    public let code: Code
    /// The file's path, or the name that was given to bytes in memory.
    public let file: String?
    /// The path of the object inside the file, with `@name` behind it for an attribute.
    public let object: String?
    /// What was expected, what was found, and what to do: one line without the file's name.
    public let detail: String
    /// The error stack of libhdf5, the cause first; empty when the failure was found before a call.
    public let frames: [ErrorFrame]

    init(
      _ code: Code, file: String?, object: String? = nil, _ detail: String,
      frames: [ErrorFrame] = []
    ) {
      self.code = code
      self.file = file
      self.object = object
      self.detail = detail
      self.frames = frames
    }

    /// One line: the file, the object in it, and the detail; names are escaped.
    public var description: String {
      [file, object, detail].compactMap { $0.map(escaped) }.joined(separator: ": ")
    }
  }
}

extension HDF5.Error {
  /// The kind of a failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case notHDF5, truncated, damaged, notFound, wrongKind, unsupportedType, unsupportedFilter
      case refusedByPolicy, sizeLimit, checksum, io, locked, exists, outOfMemory, closed, readOnly
      case invalidArgument, invalidText, outOfRange, library
    }
    private let value: Value
    private init(_ value: Value) { self.value = value }

    /// The bytes are not an HDF5 file.
    public static let notHDF5 = Code(.notHDF5)
    /// The file is shorter than its header says.
    public static let truncated = Code(.truncated)
    /// The file's structures contradict each other or cannot be decoded.
    public static let damaged = Code(.damaged)
    /// There is no such file, object or attribute.
    public static let notFound = Code(.notFound)
    /// The object is there, but is not of the kind that was asked for.
    public static let wrongKind = Code(.wrongKind)
    /// The data type cannot be read or written in the way that was asked for.
    public static let unsupportedType = Code(.unsupportedType)
    /// The data went through a filter that is not available here.
    public static let unsupportedFilter = Code(.unsupportedFilter)
    /// The opening policy forbids it.
    public static let refusedByPolicy = Code(.refusedByPolicy)
    /// A size or count is beyond what is allowed or can be represented.
    public static let sizeLimit = Code(.sizeLimit)
    /// A stored checksum does not agree with the bytes.
    public static let checksum = Code(.checksum)
    /// The operating system has refused to open, read or write.
    public static let io = Code(.io)
    /// Another process holds the file, or a writer has not closed it.
    public static let locked = Code(.locked)
    /// The name is taken.
    public static let exists = Code(.exists)
    /// There is not enough memory.
    public static let outOfMemory = Code(.outOfMemory)
    /// The file has been closed.
    public static let closed = Code(.closed)
    /// The file is open for reading only.
    public static let readOnly = Code(.readOnly)
    /// An argument does not fit the object.
    public static let invalidArgument = Code(.invalidArgument)
    /// The bytes of a string are not UTF-8.
    public static let invalidText = Code(.invalidText)
    /// A number does not fit the type that was asked for.
    public static let outOfRange = Code(.outOfRange)
    /// Another failure of libhdf5: see the frames.
    public static let library = Code(.library)

    /// The code's name, such as `notFound`.
    public var description: String { value.rawValue }
  }
}
