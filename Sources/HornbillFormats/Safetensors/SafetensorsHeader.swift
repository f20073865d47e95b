import HornbillCore

/// The start of a `.safetensors` file: which arrays follow, and where.
///
/// Eight bytes say how long the JSON text after them is; each of its entries gives a type, a shape and a range of the
/// bytes after the text. The ranges cover those bytes without gap or overlap, as the format demands.
struct SafetensorsHeader {
  /// One array.
  struct Entry: Sendable, Hashable {
    let name: String
    let dtype: DType
    let shape: [Int]
    /// Where the elements begin, counted from the end of the header.
    let start: Int
    /// Where the elements end.
    let end: Int
  }

  /// The arrays in the order of their elements.
  let entries: [Entry]
  /// The texts under `__metadata__`.
  let metadata: [(key: String, value: String)]

  /// The greatest size of the JSON text, which is the format's own.
  static let maximumLength = 100_000_000
  /// The bytes before the text.
  static let preambleLength = 8
  static let metadataKey = "__metadata__"

  private static let names: [(String, DType)] = [
    ("BOOL", .bool), ("U8", .uint8), ("I8", .int8), ("I16", .int16), ("U16", .uint16),
    ("F16", .float16), ("BF16", .bfloat16), ("I32", .int32), ("U32", .uint32), ("F32", .float32),
    ("F64", .float64), ("I64", .int64), ("U64", .uint64),
  ]

  /// The format's name of a type; `nil` for text, which it cannot hold.
  static func name(of dtype: DType) -> String? {
    names.first { $0.1 == dtype }?.0
  }

  /// Whether a file begins as one of the format does.
  ///
  /// Four of the bytes before the text are 0 in every length that is allowed, which they are in no other text.
  static func isPresent(_ prefix: [UInt8]) -> Bool {
    prefix.count > preambleLength && prefix[preambleLength] == UInt8(ascii: "{")
      && prefix.uint64(at: 0) <= UInt64(maximumLength)
  }

  /// The length of the text.
  ///
  /// - Parameters:
  ///   - preamble: the first bytes of the file.
  ///   - size: the size of the file.
  static func length(
    preamble: [UInt8], size: Int, path: String
  ) throws(ArchiveError) -> Int {
    guard preamble.count >= preambleLength else {
      throw ArchiveError(
        .truncated, path: path, "truncated: a safetensors file begins with 8 bytes, found \(size)")
    }
    let length = preamble.uint64(at: 0)
    guard length <= UInt64(maximumLength) else {
      throw ArchiveError(
        .limit, path: path,
        "expected a safetensors header of at most \(maximumLength) bytes, found \(length)")
    }
    guard Int(length) <= size - preambleLength else {
      throw ArchiveError(
        .truncated, path: path,
        "truncated: the safetensors header has \(length) bytes, the file \(size)")
    }
    return Int(length)
  }

  /// Reads the text.
  ///
  /// - Parameters:
  ///   - text: the JSON text.
  ///   - size: the bytes after it.
  init(_ text: [UInt8], dataSize size: Int, path: String) throws(ArchiveError) {
    guard text.first == UInt8(ascii: "{") else {
      throw ArchiveError(.notAModel, path: path, "expected a safetensors file")
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON(
        parsing: text, limits: JSONLimits(depth: 4, byteCount: SafetensorsHeader.maximumLength))
    } catch {
      throw ArchiveError(.malformed, path: path, "safetensors header: \(error)")
    }
    var entries: [Entry] = []
    var metadata: [(key: String, value: String)] = []
    for (name, value) in json.object?.pairs ?? [] {
      if name == SafetensorsHeader.metadataKey {
        metadata = try SafetensorsHeader.metadata(value, path: path)
      } else {
        entries.append(try SafetensorsHeader.entry(name, value, path: path))
      }
    }
    entries.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    var position = 0
    for entry in entries {
      guard entry.start == position else {
        throw ArchiveError(
          .malformed, path: path, object: entry.name,
          "expected its data to begin at \(position), where those before end, found "
            + "\(entry.start)")
      }
      position = entry.end
    }
    guard position <= size else {
      throw ArchiveError(
        .truncated, path: path, "truncated: the header says \(position) bytes, found \(size)")
    }
    guard position == size else {
      throw ArchiveError(
        .malformed, path: path, "the header says \(position) bytes of data, found \(size)")
    }
    self.entries = entries
    self.metadata = metadata
  }

  private static func metadata(
    _ json: JSON, path: String
  ) throws(ArchiveError) -> [(key: String, value: String)] {
    guard let object = json.object else {
      throw ArchiveError(
        .malformed, path: path, object: metadataKey, "expected an object with texts")
    }
    var result: [(key: String, value: String)] = []
    for (key, value) in object.pairs {
      guard let text = value.string else {
        throw ArchiveError(
          .malformed, path: path, object: metadataKey, "expected text for '\(key)'")
      }
      result.append((key, text))
    }
    return result
  }

  private static func entry(
    _ name: String, _ json: JSON, path: String
  ) throws(ArchiveError) -> Entry {
    func failure(_ code: ArchiveError.Code, _ detail: String) -> ArchiveError {
      ArchiveError(code, path: path, object: name, detail)
    }
    guard let type = json["dtype"]?.string, let shape = integers(json["shape"]),
      let offsets = integers(json["data_offsets"]), offsets.count == 2
    else {
      throw failure(.malformed, "expected dtype, shape and two data_offsets, found something else")
    }
    guard let dtype = names.first(where: { $0.0 == type })?.1 else {
      throw failure(
        .unsupported,
        "expected one of the types \(names.map(\.0).joined(separator: ", ")), found '\(type)'")
    }
    guard shape.count <= 64 else { throw failure(.limit, "\(shape.count) axes") }
    guard let count = Shape.elementCount(shape),
      case let (byteCount, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount),
      !overflow
    else { throw failure(.limit, "the shape \(Shape(shape)) exceeds the memory of any machine") }
    guard offsets[0] <= offsets[1], offsets[1] - offsets[0] == byteCount else {
      throw failure(
        .malformed,
        "\(type) of shape \(Shape(shape)) takes \(byteCount) bytes, found the range from "
          + "\(offsets[0]) to \(offsets[1])")
    }
    return Entry(name: name, dtype: dtype, shape: shape, start: offsets[0], end: offsets[1])
  }

  /// The elements of a list of whole numbers that are not negative.
  private static func integers(_ json: JSON?) -> [Int]? {
    guard let elements = json?.array else { return nil }
    var result: [Int] = []
    for element in elements {
      guard case .integer(let value) = element, value >= 0, let number = Int(exactly: value) else {
        return nil
      }
      result.append(number)
    }
    return result
  }
}
