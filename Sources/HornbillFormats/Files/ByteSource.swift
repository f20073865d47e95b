/// Bytes that can be read at any place: a file's or a buffer's.
enum ByteSource: Sendable {
  case file(InputFile)
  case memory([UInt8], name: String)

  /// The path of the file or the name given to the buffer.
  var path: String {
    switch self {
    case .file(let file): file.path
    case .memory(_, let name): name
    }
  }

  /// The number of bytes.
  var count: Int {
    switch self {
    case .file(let file): file.size
    case .memory(let bytes, _): bytes.count
    }
  }

  /// Reads a range of bytes, which must lie inside.
  func read(at offset: Int, count: Int) throws(ArchiveError) -> [UInt8] {
    guard offset >= 0, count >= 0, count <= self.count, offset <= self.count - count else {
      throw ArchiveError(
        .truncated, path: path,
        "truncated: expected \(count) bytes at \(offset), the file has \(self.count)")
    }
    switch self {
    case .memory(let bytes, _):
      return Array(bytes[offset..<offset + count])
    case .file(let file):
      return try Array<UInt8>.filled(count: count) { (buffer) throws(ArchiveError) in
        try file.read(into: buffer, at: offset)
      }
    }
  }

  /// Reads the first bytes, at most `count`.
  func prefix(_ count: Int) throws(ArchiveError) -> [UInt8] {
    try read(at: 0, count: min(count, self.count))
  }
}

extension Array where Element: BitwiseCopyable {
  /// An array whose memory a closure fills completely.
  static func filled(
    count: Int, by fill: (UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) -> [Element] {
    // The standard initializer rethrows without a type, so a failure is carried around it.
    var failure: ArchiveError?
    let result = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(ArchiveError) {
        try fill(UnsafeMutableRawBufferPointer(buffer))
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return result
  }
}
