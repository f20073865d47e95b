import CHDF5

extension HDF5.StringFormat {
  /// The bytes of a text of fixed length, without what fills the rest.
  func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var end = bytes.count
    switch padding {
    case .nullTerminated: end = bytes.firstIndex(of: 0) ?? bytes.count
    case .nullPadded: while end > 0, bytes[end - 1] == 0 { end -= 1 }
    case .spacePadded: while end > 0, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    }
    return UnsafeRawBufferPointer(rebasing: bytes[..<end])
  }

  /// A type of the machine for texts of this form.
  ///
  /// - Precondition: the library is entered.
  func makeType(context: FileContext, object: String) throws(HDF5.Error) -> Handle {
    let action = "making the string type"
    let type = try context.adopt(H5Tcopy(chdf5_type_string()), action, at: object)
    let size: Int
    switch length {
    // The library's mark for variable length is the largest size.
    case .variable: size = -1
    case .fixed(let count):
      guard count > 0 else {
        throw context.error(.invalidArgument, at: object, "a string type of \(count) bytes")
      }
      size = count
    }
    try context.check(H5Tset_size(type.id, size), action, at: object)
    let pad =
      switch padding {
      case .nullTerminated: H5T_STR_NULLTERM
      case .nullPadded: H5T_STR_NULLPAD
      case .spacePadded: H5T_STR_SPACEPAD
      }
    try context.check(H5Tset_strpad(type.id, pad), action, at: object)
    let set = characterSet == .utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII
    try context.check(H5Tset_cset(type.id, set), action, at: object)
    return type
  }
}

/// Reads the bytes of texts; used for attributes and for datasets.
struct StringReader {
  let context: FileContext
  let object: String
  let format: HDF5.StringFormat
  let count: Int

  /// The largest count of bytes that the texts of one call may take.
  static let maximumBytes = 256 << 20

  /// The bytes of each text.
  ///
  /// - Parameters:
  ///   - space: A dataspace in memory with `count` elements.
  ///   - read: Reads the elements in the given type into the given memory.
  /// - Precondition: the library is entered.
  func read(
    space: hid_t, _ read: (_ type: hid_t, _ memory: UnsafeMutableRawPointer) -> herr_t
  ) throws(HDF5.Error) -> [[UInt8]] {
    let type = try format.makeType(context: context, object: object)
    let width: Int
    switch format.length {
    case .variable: width = MemoryLayout<UnsafeMutablePointer<CChar>?>.size
    case .fixed(let size): width = size
    }
    let (bytes, overflow) = width.multipliedReportingOverflow(by: count)
    guard !overflow, bytes <= Self.maximumBytes else {
      throw context.error(.sizeLimit, at: object, "it declares \(count) strings of \(width) bytes")
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes, 1), alignment: 16)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    guard let base = memory.baseAddress else { return [] }
    try context.check(read(type.id, base), "reading the strings", at: object)
    guard format.isVariableLength else {
      return (0..<count).map { index in
        let text = UnsafeRawBufferPointer(rebasing: memory[(index * width)..<((index + 1) * width)])
        return Array(format.trimmed(text))
      }
    }
    defer { _ = H5Dvlen_reclaim(type.id, space, chdf5_default(), base) }
    var texts: [[UInt8]] = []
    var total = 0
    for index in 0..<count {
      let pointer = memory.load(
        fromByteOffset: index * width, as: UnsafeMutablePointer<CChar>?.self)
      guard let pointer else {
        texts.append([])
        continue
      }
      var length = 0
      while pointer[length] != 0 { length += 1 }
      total += length
      guard total <= Self.maximumBytes else {
        throw context.error(
          .sizeLimit, at: object,
          "its strings take more than \(bytesInWords(UInt64(Self.maximumBytes)))")
      }
      texts.append(Array(UnsafeRawBufferPointer(start: pointer, count: length)))
    }
    return texts
  }
}

/// The text of UTF-8 bytes.
func decodedText(
  _ bytes: [UInt8], context: FileContext, object: String
) throws(HDF5.Error) -> String {
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw context.error(
      .invalidText, at: object, "expected UTF-8, found other bytes; read them as bytes")
  }
  return text
}
