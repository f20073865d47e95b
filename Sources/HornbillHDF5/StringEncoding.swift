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
    let type = try format.makeType(context: context, object: object)
    for (index, text) in texts.enumerated() { try requireStorable(text, index) }
    let status =
      switch format.length {
      case .variable: withPointers(texts) { write(type.id, $0) }
      case .fixed(let size): withFixed(texts, size: size) { write(type.id, $0) }
      }
    try context.check(status, "writing the strings", at: object)
  }

  private func requireStorable(_ text: String, _ index: Int) throws(HDF5.Error) {
    func fail(_ detail: String) -> HDF5.Error {
      context.error(.invalidArgument, at: object, "the string \(index) \(detail)")
    }
    if format.characterSet == .ascii, text.utf8.contains(where: { $0 >= 0x80 }) {
      throw fail("is not ASCII; use UTF-8")
    }
    if format.padding == .nullTerminated, text.utf8.contains(0) { throw fail("contains a NUL") }
    guard case .fixed(let size) = format.length else { return }
    let room = format.padding == .nullTerminated ? size - 1 : size
    guard text.utf8.count <= room else {
      throw fail("has \(text.utf8.count) bytes; there is room for \(room)")
    }
  }

  private func withPointers(_ texts: [String], _ body: (UnsafeRawPointer) -> herr_t) -> herr_t {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for text in texts {
      offsets.append(bytes.count)
      bytes.append(contentsOf: text.utf8.map { CChar(bitPattern: $0) })
      bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { buffer in
      var pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
      if pointers.isEmpty { pointers.append(nil) }
      return pointers.withUnsafeBytes { pointers in pointers.baseAddress.map(body) ?? -1 }
    }
  }

  private func withFixed(
    _ texts: [String], size: Int, _ body: (UnsafeRawPointer) -> herr_t
  ) -> herr_t {
    let fill = format.padding == .spacePadded ? UInt8(ascii: " ") : 0
    var bytes: [UInt8] = []
    for text in texts {
      bytes.append(contentsOf: text.utf8)
      bytes.append(contentsOf: repeatElement(fill, count: size - text.utf8.count))
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
