/// What a file's first bytes say about it.
enum FileContent {
  case hdf5, zip, json, safetensors
  /// Something that holds no Keras model, in words.
  case other(String)

  /// The number of bytes that ``init(_:isHDF5:)`` wants to see.
  static let prefixLength = 512

  /// Finds out what a file is.
  ///
  /// - Parameters:
  ///   - prefix: its first bytes.
  ///   - isHDF5: whether it has an HDF5 signature, which may lie further inside.
  init(_ prefix: [UInt8], isHDF5: Bool) {
    // An archive with stored HDF5 files may have the signature of one where HDF5 looks for it.
    if ZipDirectory.isZip(prefix) {
      self = .zip
    } else if isHDF5 {
      self = .hdf5
    } else if SafetensorsHeader.isPresent(prefix) {
      self = .safetensors
    } else if let name = FileContent.name(prefix) {
      self = .other(name)
    } else if let first = FileContent.text(prefix).first, "{[\"".utf8.contains(first) {
      self = .json
    } else {
      self = .other(FileContent.textName(prefix) ?? "data of an unknown kind")
    }
  }

  private static let signatures: [(String, Int, [UInt8])] = [
    (
      "a Git LFS pointer; fetch the file itself with 'git lfs pull'", 0,
      Array("version https://git-lfs".utf8)
    ),
    ("a Python pickle", 0, [0x80, 0x02]), ("a Python pickle", 0, [0x80, 0x03]),
    ("a Python pickle", 0, [0x80, 0x04]), ("a Python pickle", 0, [0x80, 0x05]),
    ("a PNG picture", 0, [0x89, 0x50, 0x4E, 0x47]),
    ("a JPEG picture", 0, [0xFF, 0xD8, 0xFF]),
    ("a GIF picture", 0, Array("GIF8".utf8)),
    ("a PDF document", 0, Array("%PDF".utf8)),
    ("gzip data; unpack it first", 0, [0x1F, 0x8B]),
    ("bzip2 data; unpack it first", 0, Array("BZh".utf8)),
    ("xz data; unpack it first", 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
    ("Zstandard data; unpack it first", 0, [0x28, 0xB5, 0x2F, 0xFD]),
    ("a 7-Zip archive; unpack it first", 0, [0x37, 0x7A, 0xBC, 0xAF]),
    ("a RAR archive; unpack it first", 0, Array("Rar!".utf8)),
    ("a tar archive; unpack it first", 257, Array("ustar".utf8)),
    ("a NumPy array", 0, [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]),
    ("a TensorFlow Lite model", 4, Array("TFL3".utf8)),
    ("a GGUF model", 0, Array("GGUF".utf8)),
    ("an HDF4 file", 0, [0x0E, 0x03, 0x13, 0x01]),
    ("a program", 0, [0x7F, 0x45, 0x4C, 0x46]),
    ("an SQLite database", 0, Array("SQLite format 3".utf8)),
  ]

  private static func name(_ prefix: [UInt8]) -> String? {
    if prefix.isEmpty { return "an empty file" }
    for (name, offset, signature) in signatures
    where prefix.dropFirst(offset).starts(with: signature) {
      return name
    }
    return nil
  }

  /// The text after a byte order mark and white space.
  private static func text(_ prefix: [UInt8]) -> ArraySlice<UInt8> {
    let hasMark = prefix.starts(with: [0xEF, 0xBB, 0xBF])
    return prefix.dropFirst(hasMark ? 3 : 0).drop { [0x20, 0x0A, 0x0D, 0x09].contains($0) }
  }

  private static func textName(_ prefix: [UInt8]) -> String? {
    let start = String(decoding: text(prefix).prefix(64), as: UTF8.self).lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
      return "an HTML page; the download has failed"
    }
    if start.hasPrefix("<?xml") { return "an XML document" }
    if start.hasPrefix("backend:") || start.hasPrefix("class_name:") {
      return "a Keras architecture in YAML, which Keras has given up; convert it to JSON"
    }
    if prefix.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || [0x0A, 0x0D, 0x09].contains($0) }) {
      return "a text"
    }
    if prefix.allSatisfy({ $0 == 0 }) { return "nothing but zero bytes" }
    return nil
  }
}
