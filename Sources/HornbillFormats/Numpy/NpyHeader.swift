package import HornbillCore

/// What the start of an `.npy` file says about its array (NumPy enhancement proposal 1, versions 1 to 3).
package struct NpyHeader: Sendable, Hashable {
  /// The element type as NumPy spells it, for example `<f4`.
  package let descriptor: String
  /// The element type; `nil` for one that tensors do not have (objects, complex numbers, dates, records).
  package let dtype: DType?
  /// The extents; empty for a scalar.
  package let shape: [Int]
  /// Whether the first index runs fastest.
  package let isFortranOrder: Bool
  /// Whether the highest byte of an element comes first.
  package let isBigEndian: Bool
  /// The bytes of one element.
  package let itemSize: Int
  /// The number of elements.
  package let count: Int
  /// The bytes of all elements.
  package let byteCount: Int
  /// Where the elements begin.
  package let dataOffset: Int

  /// The greatest size of a header; NumPy itself reads up to 10,000 bytes unless told otherwise.
  static let maximumLength = 1 << 20
  /// The bytes that say how long the header is.
  static let preambleLength = 12

  /// The size of the whole header, from its first twelve bytes.
  static func length(
    preamble bytes: [UInt8], path: String, object: String?
  ) throws(ArchiveError) -> Int {
    guard bytes.count >= 10 else {
      throw ArchiveError(
        .truncated, path: path, object: object,
        "truncated: an npy array begins with 10 bytes, found \(bytes.count)")
    }
    guard bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) else {
      throw ArchiveError(.notAModel, path: path, object: object, "expected an npy array")
    }
    let length: Int
    switch bytes[6] {
    case 1: length = 10 + Int(bytes.uint16(at: 8))
    case 2, 3:
      guard bytes.count >= 12 else {
        throw ArchiveError(
          .truncated, path: path, object: object, "truncated: the npy header is cut short")
      }
      length = 12 + Int(bytes.uint32(at: 8))
    default:
      throw ArchiveError(
        .unsupported, path: path, object: object,
        "expected npy version 1, 2 or 3, found \(bytes[6])")
    }
    guard length <= maximumLength else {
      throw ArchiveError(
        .limit, path: path, object: object,
        "expected an npy header of at most \(maximumLength) bytes, found \(length)")
    }
    return length
  }

  /// Reads a header from bytes that hold all of it.
  init(_ bytes: [UInt8], path: String, object: String?) throws(ArchiveError) {
    func failure(_ code: ArchiveError.Code, _ detail: String) -> ArchiveError {
      ArchiveError(code, path: path, object: object, "npy header: " + detail)
    }
    let length = try NpyHeader.length(
      preamble: Array(bytes.prefix(NpyHeader.preambleLength)), path: path, object: object)
    guard bytes.count >= length else {
      throw ArchiveError(
        .truncated, path: path, object: object,
        "truncated: the npy header has \(length) bytes, found \(bytes.count)")
    }
    let start = bytes[6] == 1 ? 10 : 12
    let fields: NpyHeaderFields
    do throws(PythonLiteral.Failure) {
      var literal = try PythonLiteral(bytes[start..<length], isLatin1: bytes[6] < 3)
      fields = try NpyHeaderFields(reading: &literal)
    } catch {
      throw failure(.malformed, error.detail)
    }
    descriptor = fields.descriptor
    isFortranOrder = fields.isFortranOrder
    shape = fields.shape
    dataOffset = length
    let type = NpyType(fields.descriptor)
    dtype = type?.dtype
    isBigEndian = type?.isBigEndian ?? false
    itemSize = type?.itemSize ?? 0
    guard shape.count <= 64 else { throw failure(.limit, "\(shape.count) axes") }
    guard let count = Shape.elementCount(shape),
      case let (byteCount, overflow) = count.multipliedReportingOverflow(by: itemSize), !overflow
    else { throw failure(.limit, "the shape \(Shape(shape)) exceeds the memory of any machine") }
    self.count = count
    self.byteCount = byteCount
  }
}

/// NumPy's short name of an element type, taken apart.
struct NpyType {
  let dtype: DType?
  let isBigEndian: Bool
  let itemSize: Int
  /// `U` for text in UTF-32, `S` for text in bytes; `nil` for numbers.
  let text: Character?

  init?(_ descriptor: String) {
    var rest = descriptor[...]
    switch rest.first {
    case ">":
      isBigEndian = true
      rest.removeFirst()
    case "<", "|", "=":
      isBigEndian = false
      rest.removeFirst()
    default: isBigEndian = false
    }
    guard let kind = rest.popFirst(), let size = Int(rest), size >= 0, size <= 1 << 40 else {
      return nil
    }
    text = kind == "U" || kind == "S" ? kind : nil
    itemSize = kind == "U" ? size * 4 : size
    dtype =
      switch (kind, size) {
      case ("b", 1): .bool
      case ("i", 1): .int8
      case ("i", 2): .int16
      case ("i", 4): .int32
      case ("i", 8): .int64
      case ("u", 1): .uint8
      case ("u", 2): .uint16
      case ("u", 4): .uint32
      case ("u", 8): .uint64
      case ("f", 2): .float16
      case ("f", 4): .float32
      case ("f", 8): .float64
      // Bytes without meaning, which is what `ml_dtypes` writes for bfloat16.
      case ("V", 2): .bfloat16
      case ("U", _), ("S", _): .string
      default: nil
      }
  }
}
