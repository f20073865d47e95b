/// Recognizes an HDF5 file by the signature before its superblock.
enum FileSignature {
  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Whether the signature lies at 0, 512, 1024, 2048 and so on, where HDF5 looks for it.
  ///
  /// `read` returns up to the given count of bytes from the given offset.
  static func isPresent(
    length: UInt64, read: (_ offset: UInt64, _ count: Int) -> [UInt8]
  ) -> Bool {
    var offset: UInt64 = 0
    while offset <= length, length - offset >= 8 {
      if read(offset, 8) == signature { return true }
      if offset > UInt64.max / 4 { return false }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }

  /// What a file that is not HDF5 seems to be, from its first bytes.
  static func guess(_ head: [UInt8], length: UInt64) -> String {
    if length == 0 { return "it is empty" }
    let known: [(String, [UInt8])] = [
      ("a zip archive (a .keras file?)", [0x50, 0x4B, 0x03, 0x04]),
      ("gzip data", [0x1F, 0x8B]),
      ("a NumPy array", [0x93] + Array("NUMPY".utf8)),
      ("a Git LFS pointer: fetch the file itself with 'git lfs pull'", Array("version http".utf8)),
      ("an HTML page", Array("<!".utf8)),
      ("an HTML page", Array("<html".utf8)),
      ("a Python pickle", [0x80, 0x02]), ("a Python pickle", [0x80, 0x03]),
      ("a Python pickle", [0x80, 0x04]), ("a Python pickle", [0x80, 0x05]),
      ("a JSON text", Array("{".utf8)),
      ("an HDF4 file", [0x0E, 0x03, 0x13, 0x01]),
    ]
    for (what, start) in known where head.starts(with: start) { return "it looks like \(what)" }
    let shown = head.prefix(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return "its \(length) bytes begin with \(shown.joined(separator: " "))"
  }
}

extension HDF5 {
  /// Tells whether a regular file holds an HDF5 signature at 0, 512, 1024 and so on.
  ///
  /// - Throws: ``Error`` when the file cannot be opened.
  public static func isHDF5(path: String) throws(HDF5.Error) -> Bool {
    let file = try ReadableFile(path)
    return FileSignature.isPresent(length: file.length) { file.bytes(at: $0, count: $1) }
  }

  /// Tells whether bytes hold an HDF5 signature at 0, 512, 1024 and so on.
  public static func isHDF5(bytes: [UInt8]) -> Bool {
    FileSignature.isPresent(length: UInt64(bytes.count)) { offset, count in
      let start = Int(offset)
      return Array(bytes[start..<min(start + count, bytes.count)])
    }
  }
}
