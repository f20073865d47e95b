/// A file inside a zip archive.
package struct ZipMember: Sendable, Hashable {
  /// How the bytes are kept.
  package enum Method: Sendable, Hashable {
    /// As they are.
    case stored
    /// Compressed (RFC 1951).
    case deflated
  }

  /// The name with `/` between folders; it has no `..`, is relative and unique in its archive.
  package let name: String
  /// The place in the list of members.
  package let index: Int
  /// How the bytes are kept.
  package let method: Method
  /// The number of bytes.
  package let size: Int
  /// The number of bytes that they take in the archive.
  package let storedSize: Int
  /// The checksum of the bytes.
  package let crc: UInt32
  /// Where the kept bytes begin, counted from the start of the archive.
  package let dataOffset: Int

  /// Whether the member stands for a folder.
  package var isDirectory: Bool { name.hasSuffix("/") }
}

/// Bounds on what the zip reader accepts.
package struct ZipLimits: Sendable {
  /// The greatest number of members.
  package var memberCount = 10_000
  /// The greatest number of bytes that one kept byte may stand for; DEFLATE itself reaches 1032.
  package var ratio = 1100
  /// The greatest size of the list of members in bytes.
  package var directoryBytes = 64 << 20
  /// The greatest size of one member that is read into memory.
  package var memberBytes = 1 << 36

  /// The limits of Hornbill's policy.
  package init() {}
}
