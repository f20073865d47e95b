import CHDF5

extension HDF5 {
  /// One entry of the error stack of libhdf5.
  public struct ErrorFrame: Hashable, Sendable, CustomStringConvertible {
    /// The function of libhdf5 that has reported the failure.
    public let function: String
    /// The part of the library, such as `Dataset`.
    public let major: String
    /// The kind of failure, such as `Read failed`.
    public let minor: String
    /// The library's own text, which may hold the time of day.
    public let text: String

    /// The function, and what it has said.
    public var description: String { "\(function): \(text) (\(major): \(minor))" }

    /// The error stack of the calling thread, the cause first.
    ///
    /// - Precondition: the library is entered, and no other call has been made since the failure.
    static func current() -> [ErrorFrame] {
      var frames: [ErrorFrame] = []
      withUnsafeMutablePointer(to: &frames) { target in
        _ = H5Ewalk2(
          chdf5_error_stack(), H5E_WALK_UPWARD,
          { _, frame, context in
            guard let frame, let context else { return -1 }
            let target = context.assumingMemoryBound(to: [ErrorFrame].self)
            guard target.pointee.count < 64 else { return 1 }
            target.pointee.append(ErrorFrame(frame.pointee))
            return 0
          }, target)
      }
      return frames
    }

    private init(_ frame: H5E_error2_t) {
      function = frame.func_name.map { String(cString: $0) } ?? ""
      text = frame.desc.map { String(cString: $0) } ?? ""
      major = Self.message(frame.maj_num)
      minor = Self.message(frame.min_num)
    }

    private static func message(_ id: hid_t) -> String {
      var kind = H5E_MAJOR
      var bytes = [CChar](repeating: 0, count: 160)
      guard H5Eget_msg(id, &kind, &bytes, bytes.count) >= 0 else { return "" }
      return terminatedText(bytes)
    }
  }
}

/// The text before the first NUL of a buffer; bytes that are not UTF-8 are replaced.
func terminatedText(_ bytes: [CChar]) -> String {
  let end = bytes.firstIndex(of: 0) ?? bytes.endIndex
  return String(decoding: bytes[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension HDF5.Error {
  /// The failure that the library has just reported.
  ///
  /// - Precondition: as for `ErrorFrame.current()`.
  static func fromLibrary(_ action: String, file: String?, object: String?) -> HDF5.Error {
    let frames = HDF5.ErrorFrame.current()
    let cause = frames.first
    let code = Self.code(of: frames)
    var reason = cause?.text ?? ""
    // Such texts hold the time of day and repeat the file's name.
    if reason.contains("time = ") { reason = cause?.minor ?? "" }
    let detail = reason.isEmpty ? "\(action) has failed" : "\(action) has failed: \(reason)"
    return HDF5.Error(code, file: file, object: object, detail, frames: frames)
  }

  private static func code(of frames: [HDF5.ErrorFrame]) -> Code {
    for frame in frames {
      if frame.text.contains("checksum") || frame.text.contains("Fletcher32") { return .checksum }
      if frame.text.hasPrefix("truncated file") { return .truncated }
      if frame.text.contains("too large") { return .sizeLimit }
      if frame.text.contains("unable to lock file") || frame.text.contains("already open") {
        return .locked
      }
      if let code = codes[frame.minor] { return code }
    }
    return frames.contains { damageMinors.contains($0.minor) } ? .damaged : .library
  }

  private static let codes: [String: Code] = [
    "Not an HDF5 file": .notHDF5,
    "File has been truncated": .truncated,
    "Object not found": .notFound,
    "Required filter not found": .unsupportedFilter,
    "Requested filter was not found": .unsupportedFilter,
    "Requested filter is not available": .unsupportedFilter,
    "Object already exists": .exists,
    "File already exists": .exists,
    "No space available for allocation": .outOfMemory,
    "Unable to allocate space": .outOfMemory,
    "Can't allocate space": .outOfMemory,
    "Unable to lock file": .locked,
    "Seek failed": .io,
    "Write failed": .io,
    "Unable to open file": .io,
  ]

  private static let damageMinors: Set<String> = [
    "Unable to load metadata into cache", "Unable to decode value", "Wrong version number",
    "Read failed", "Unable to protect metadata", "Bad value", "Out of range",
    "Address overflowed", "Bad object header link count", "Alignment error",
    "Unrecognized message", "Iteration failed",
  ]
}
