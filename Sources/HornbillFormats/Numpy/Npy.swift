package import HornbillCore

/// Reads arrays in NumPy's `.npy` format.
package enum Npy {
  /// Reads an array from the bytes of a whole `.npy` file.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - path: the file's path, for errors.
  ///   - object: the member of an archive, for errors.
  /// - Throws: ``ArchiveError``; arrays of Python objects are refused, because they are pickles.
  package static func decode(
    _ bytes: [UInt8], path: String, object: String? = nil
  ) throws(ArchiveError) -> Tensor {
    let header = try NpyHeader(bytes, path: path, object: object)
    guard let dtype = header.dtype else {
      throw unsupported(header, path: path, object: object)
    }
    let found = bytes.count - header.dataOffset
    guard found >= header.byteCount else {
      throw ArchiveError(
        .truncated, path: path, object: object,
        "truncated: the npy header says \(header.byteCount) bytes, found \(found)")
    }
    guard found == header.byteCount else {
      throw ArchiveError(
        .malformed, path: path, object: object,
        "the npy header says \(header.byteCount) bytes, found \(found)")
    }
    var storage: Tensor.Storage
    if dtype == .string {
      storage = .text(
        try text(bytes[header.dataOffset...], header: header, path: path, object: object))
    } else {
      storage = bytes.withUnsafeBytes {
        ElementBytes.storage(
          of: UnsafeRawBufferPointer(rebasing: $0[header.dataOffset...]), dtype: dtype,
          isBigEndian: header.isBigEndian)
      }
    }
    if header.isFortranOrder {
      storage = FortranOrder.rowMajor(storage, shape: header.shape)
    }
    return Tensor(shape: header.shape, dtype: dtype, storage: storage)
  }

  static func unsupported(
    _ header: NpyHeader, path: String, object: String?
  ) -> ArchiveError {
    let descriptor = header.descriptor
    if descriptor.hasPrefix("|O") || descriptor.hasPrefix("O") {
      return ArchiveError(
        .refused, path: path, object: object,
        "the array holds pickled Python objects, which can run code; save it with a number type")
    }
    return ArchiveError(
      .unsupported, path: path, object: object,
      "expected numbers, truth values or text, found NumPy type '\(descriptor)'")
  }

  private static func text(
    _ bytes: ArraySlice<UInt8>, header: NpyHeader, path: String, object: String?
  ) throws(ArchiveError) -> [String] {
    // Elements of no size cost nothing in the file, so their number is bounded on its own.
    guard header.itemSize > 0 || header.count <= 1 << 20 else {
      throw ArchiveError(
        .limit, path: path, object: object, "\(header.count) empty texts")
    }
    let isWide = NpyType(header.descriptor)?.text == "U"
    var result: [String] = []
    result.reserveCapacity(header.count)
    for index in 0..<header.count {
      let start = bytes.startIndex + index * header.itemSize
      let item = bytes[start..<start + header.itemSize]
      let element =
        isWide ? wideText(item, isBigEndian: header.isBigEndian) : narrowText(item)
      guard let element else {
        throw ArchiveError(
          .malformed, path: path, object: object,
          "element \(index) is not \(isWide ? "UTF-32" : "UTF-8") text")
      }
      result.append(element)
    }
    return result
  }

  private static func wideText(_ item: ArraySlice<UInt8>, isBigEndian: Bool) -> String? {
    var text = String.UnicodeScalarView()
    for offset in stride(from: 0, to: item.count, by: 4) {
      let value = item.uint32(at: offset)
      guard let scalar = Unicode.Scalar(isBigEndian ? value.byteSwapped : value) else {
        return nil
      }
      text.append(scalar)
    }
    while text.last == "\0" { text.removeLast() }
    return String(text)
  }

  private static func narrowText(_ item: ArraySlice<UInt8>) -> String? {
    let end = item.lastIndex { $0 != 0 }.map { $0 + 1 } ?? item.startIndex
    return String(validating: item[..<end], as: UTF8.self)
  }
}

/// Reorders arrays whose first index runs fastest.
enum FortranOrder {
  static func rowMajor(_ storage: Tensor.Storage, shape: [Int]) -> Tensor.Storage {
    guard shape.count > 1, storage.count > 0 else { return storage }
    return switch storage {
    case .float(let values): .float(reorder(values, shape))
    case .double(let values): .double(reorder(values, shape))
    case .integer(let values): .integer(reorder(values, shape))
    case .text(let values): .text(reorder(values, shape))
    }
  }

  private static func reorder<Element>(_ values: [Element], _ shape: [Int]) -> [Element] {
    var strides: [Int] = []
    var step = 1
    for extent in shape {
      strides.append(step)
      step *= extent
    }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    var result: [Element] = []
    result.reserveCapacity(values.count)
    while true {
      result.append(values[source])
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return result }
    }
  }
}
