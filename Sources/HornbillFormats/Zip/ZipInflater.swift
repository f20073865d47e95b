import CZip
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads members through libzip, one call at a time: its handles are not for several threads.
final class ZipInflater: Sendable {
  private struct Handle: @unchecked Sendable {
    // Touched only under the lock, and in deinit.
    let archive: OpaquePointer
    let buffer: UnsafeMutableRawPointer?
  }

  private let handle: Mutex<Handle>
  private let path: String

  /// Opens libzip on the bytes and makes sure that it sees the same members.
  init(source: ByteSource, members: [ZipMember]) throws(ArchiveError) {
    path = source.path
    let handle = try ZipInflater.open(source)
    self.handle = Mutex(handle)
    var failure: ArchiveError?
    let count = zip_get_num_entries(handle.archive, 0)
    if count != zip_int64_t(members.count) {
      failure = ArchiveError(
        .malformed, path: path, "zip: \(members.count) members are listed, libzip sees \(count)")
    }
    for member in members where failure == nil {
      var status = zip_stat_t()
      zip_stat_init(&status)
      let agrees =
        zip_stat_index(handle.archive, zip_uint64_t(member.index), ZIP_FL_ENC_RAW, &status) == 0
        && status.size == zip_uint64_t(member.size)
        && status.comp_size == zip_uint64_t(member.storedSize) && status.crc == member.crc
        && status.comp_method == (member.method == .stored ? 0 : 8)
        && status.name.map { String(cString: $0) == member.name } == true
      if !agrees {
        failure = ArchiveError(
          .malformed, path: path, object: member.name,
          "zip: libzip understands this member differently")
      }
    }
    if let failure { throw failure }
  }

  deinit {
    handle.withLock { handle in
      zip_discard(handle.archive)
      handle.buffer?.deallocate()
    }
  }

  private static func open(_ source: ByteSource) throws(ArchiveError) -> Handle {
    switch source {
    case .file(let file):
      // libzip closes its descriptor, so it gets one of its own for the same open file.
      let descriptor = dup(file.descriptor)
      guard descriptor >= 0 else {
        throw .system(.io, number: errno, path: file.path, doing: "open the file")
      }
      var code: Int32 = 0
      guard let archive = zip_fdopen(descriptor, 0, &code) else {
        close(descriptor)
        throw error(code, path: file.path, object: nil)
      }
      return Handle(archive: archive, buffer: nil)
    case .memory(let bytes, let name):
      let buffer = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 16)
      UnsafeMutableRawBufferPointer(start: buffer, count: bytes.count).copyBytes(from: bytes)
      var status = zip_error_t()
      zip_error_init(&status)
      defer { zip_error_fini(&status) }
      guard
        let memory = zip_source_buffer_create(buffer, zip_uint64_t(bytes.count), 0, &status)
      else {
        buffer.deallocate()
        throw error(zip_error_code_zip(&status), path: name, object: nil)
      }
      guard let archive = zip_open_from_source(memory, ZIP_RDONLY, &status) else {
        zip_source_free(memory)
        buffer.deallocate()
        throw error(zip_error_code_zip(&status), path: name, object: nil)
      }
      return Handle(archive: archive, buffer: buffer)
    }
  }

  /// Reads the first `count` bytes of a member; all of them are checked against the checksum.
  func read(_ member: ZipMember, count: Int) throws(ArchiveError) -> [UInt8] {
    var result: [UInt8] = []
    // A deflated member only claims its size, so memory grows with what really arrives.
    result.reserveCapacity(min(count, max(1 << 20, member.storedSize)))
    try stream(member, count: count) { result += $0 }
    return result
  }

  /// Reads a member to its end for the sake of the checksum.
  func verify(_ member: ZipMember) throws(ArchiveError) {
    try stream(member, count: member.size) { _ in }
  }

  private func stream(
    _ member: ZipMember, count: Int, into body: (UnsafeRawBufferPointer) -> Void
  ) throws(ArchiveError) {
    let failure = handle.withLock { handle -> ArchiveError? in
      guard let file = zip_fopen_index(handle.archive, zip_uint64_t(member.index), 0) else {
        let code = zip_error_code_zip(zip_get_error(handle.archive))
        return ZipInflater.error(code, path: path, object: member.name)
      }
      defer { zip_fclose(file) }
      return withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
        guard let base = buffer.baseAddress else { return nil }
        var done = 0
        while done < count {
          let wanted = min(buffer.count, count - done)
          let got = zip_fread(file, base, zip_uint64_t(wanted))
          guard got >= 0 else {
            let code = zip_error_code_zip(zip_file_get_error(file))
            return ZipInflater.error(code, path: path, object: member.name)
          }
          guard got > 0 else {
            return ArchiveError(
              .truncated, path: path, object: member.name,
              "truncated: expected \(member.size) bytes, found \(done)")
          }
          body(UnsafeRawBufferPointer(rebasing: buffer[..<Int(got)]))
          done += Int(got)
        }
        guard done == member.size else { return nil }
        // The end is where libzip compares checksum and size.
        var extra: UInt8 = 0
        let more = zip_fread(file, &extra, 1)
        if more < 0 {
          let code = zip_error_code_zip(zip_file_get_error(file))
          return ZipInflater.error(code, path: path, object: member.name)
        }
        if more > 0 {
          return ArchiveError(
            .malformed, path: path, object: member.name,
            "zip: expected \(member.size) bytes, found more")
        }
        return nil
      }
    }
    if let failure { throw failure }
  }

  private static func error(_ code: Int32, path: String, object: String?) -> ArchiveError {
    var status = zip_error_t()
    zip_error_init_with_code(&status, code)
    defer { zip_error_fini(&status) }
    let text = String(cString: zip_error_strerror(&status))
    let kind: ArchiveError.Code =
      switch code {
      case ZIP_ER_EOF: .truncated
      case ZIP_ER_READ, ZIP_ER_SEEK, ZIP_ER_OPEN, ZIP_ER_TELL: .io
      case ZIP_ER_COMPNOTSUPP, ZIP_ER_ENCRNOTSUPP, ZIP_ER_MULTIDISK, ZIP_ER_OPNOTSUPP: .unsupported
      case ZIP_ER_MEMORY: .limit
      default: .malformed
      }
    return ArchiveError(kind, path: path, object: object, "zip: \(text)")
  }
}
