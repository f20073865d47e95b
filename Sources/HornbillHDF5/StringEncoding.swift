import CHDF5

/// Lays texts out as the library takes them; used for attributes and for datasets.
struct StringWriter {
  let context: FileContext
  let object: String
  let format: HDF5.StringFormat

  /// Hands the elements to a call of the library, with their type.
  ///
  /// - Precondition: the library is entered.
  func write(
    _ texts: [String], _ write: (_ type: hid_t, _ memory: UnsafeRawPointer) -> herr_t
  ) throws(HDF5.Error) {
    for (index, text) in texts.enumerated()
    where format.characterSet == .ascii && text.utf8.contains(where: { $0 >= 0x80 }) {
      throw failure(index, "is not ASCII; use UTF-8")
    }
    try self.write(bytes: texts.map { Array($0.utf8) }, write)
  }

  /// Hands elements that need not keep to the character set to a call of the library.
  ///
  /// - Precondition: the library is entered.
  func write(
    bytes texts: [[UInt8]], _ write: (_ type: hid_t, _ memory: UnsafeRawPointer) -> herr_t
  ) throws(HDF5.Error) {
    let type = try format.makeType(context: context, object: object)
    for (index, text) in texts.enumerated() { try requireStorable(text, index) }
    let status =
      switch format.length {
      case .variable: withPointers(texts) { write(type.id, $0) }
      case .fixed(let size): withFixed(texts, size: size) { write(type.id, $0) }
      }
    try context.check(status, "writing the strings", at: object)
  }

  private func failure(_ index: Int, _ detail: String) -> HDF5.Error {
    context.error(.invalidArgument, at: object, "the string \(index) \(detail)")
  }

  private func requireStorable(_ text: [UInt8], _ index: Int) throws(HDF5.Error) {
    if format.padding == .nullTerminated, text.contains(0) {
      throw failure(index, "contains a NUL")
    }
    guard case .fixed(let size) = format.length else { return }
    let room = format.padding == .nullTerminated ? size - 1 : size
    guard text.count <= room else {
      throw failure(index, "has \(text.count) bytes; there is room for \(room)")
    }
  }

  private func withPointers(_ texts: [[UInt8]], _ body: (UnsafeRawPointer) -> herr_t) -> herr_t {
    var bytes: [UInt8] = []
    var offsets: [Int] = []
    for text in texts {
      offsets.append(bytes.count)
      bytes += text
      bytes.append(0)
    }
    return bytes.withUnsafeBytes { buffer in
      var pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
      if pointers.isEmpty { pointers.append(nil) }
      return pointers.withUnsafeBytes { pointers in pointers.baseAddress.map(body) ?? -1 }
    }
  }

  private func withFixed(
    _ texts: [[UInt8]], size: Int, _ body: (UnsafeRawPointer) -> herr_t
  ) -> herr_t {
    let fill = format.padding == .spacePadded ? UInt8(ascii: " ") : 0
    var bytes: [UInt8] = []
    for text in texts {
      bytes += text
      bytes += repeatElement(fill, count: size - text.count)
    }
    if bytes.isEmpty { bytes.append(fill) }
    return bytes.withUnsafeBytes { $0.baseAddress.map(body) ?? -1 }
  }
}

extension HDF5.StringFormat {
  /// The shortest fixed format that holds all texts: what NumPy chooses for a list of them.
  ///
  /// UTF-8 when a text is not ASCII; at least one byte, or two when a NUL must end the text.
  public static func fitting(
    _ texts: [String], padding: Padding = .nullPadded
  ) -> HDF5.StringFormat {
    let longest = texts.map(\.utf8.count).max() ?? 0
    let isASCII = texts.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
    return .fixed(
      max(longest, 1) + (padding == .nullTerminated ? 1 : 0), padding: padding,
      characterSet: isASCII ? .ascii : .utf8)
  }
}
