import HornbillCore

/// Reads and writes weights in the safetensors format.
package enum Safetensors {
  /// Opens a file; its arrays are read when they are asked for.
  ///
  /// - Returns: the arrays in the order of the file, each under its name, and the texts under `__metadata__`.
  /// - Throws: ``ArchiveError``: `unsupported` for a type that tensors do not have, `limit`, `malformed`, `truncated`.
  package static func read(
    _ path: String
  ) throws(ArchiveError) -> (weights: [DraftWeight], metadata: [(key: String, value: String)]) {
    try read(.file(InputFile(path: path)))
  }

  /// Opens a file that is open for reading already.
  static func read(
    _ source: ByteSource
  ) throws(ArchiveError) -> (weights: [DraftWeight], metadata: [(key: String, value: String)]) {
    let path = source.path
    let preamble = try source.prefix(SafetensorsHeader.preambleLength)
    let length = try SafetensorsHeader.length(preamble: preamble, size: source.count, path: path)
    let dataStart = SafetensorsHeader.preambleLength + length
    let header = try SafetensorsHeader(
      source.read(at: SafetensorsHeader.preambleLength, count: length),
      dataSize: source.count - dataStart, path: path)
    let weights = header.entries.map { entry in
      DraftWeight(name: entry.name, shape: entry.shape, dtype: entry.dtype) {
        () throws(ArchiveError) in
        let bytes = try source.read(at: dataStart + entry.start, count: entry.end - entry.start)
        let storage = bytes.withUnsafeBytes {
          ElementBytes.storage(of: $0, dtype: entry.dtype, isBigEndian: false)
        }
        return Tensor(shape: entry.shape, dtype: entry.dtype, storage: storage)
      }
    }
    return (weights, header.metadata)
  }

  /// Writes a file, or nothing.
  ///
  /// As in the files of the format's own library, arrays with larger elements come first, so that every array begins
  /// at a multiple of its elements' size; arrays of one size keep their order.
  ///
  /// - Parameters:
  ///   - weights: the arrays; their names are unique.
  ///   - metadata: texts for `__metadata__`.
  ///   - path: the file to make.
  ///   - overwriting: whether a file that is there is replaced.
  package static func write(
    _ weights: [DraftWeight], metadata: [(key: String, value: String)] = [], to path: String,
    overwriting: Bool
  ) throws(ArchiveError) {
    var order = Array(weights.indices)
    order.sort { first, second in
      let sizes = [first, second].map { weights[$0].dtype?.byteCount ?? 0 }
      return sizes[0] == sizes[1] ? first < second : sizes[0] > sizes[1]
    }
    var entries = JSONObject()
    if !metadata.isEmpty {
      entries[SafetensorsHeader.metadataKey] = .object(
        JSONObject(metadata.map { ($0.key, .string($0.value)) }))
    }
    var position = 0
    for index in order {
      let weight = weights[index]
      let (type, end) = try place(weight, at: position, path: path)
      let entry = JSONObject([
        ("dtype", .string(type)),
        ("shape", .array(weight.shape.map { .integer(Int64($0)) })),
        ("data_offsets", .array([.integer(Int64(position)), .integer(Int64(end))])),
      ])
      guard weight.name != SafetensorsHeader.metadataKey,
        entries.appendIfNew(weight.name, .object(entry))
      else {
        throw ArchiveError(
          .unsupported, path: path, object: weight.name, "safetensors: this name is taken")
      }
      position = end
    }
    var text = Array(JSON.object(entries).text().utf8)
    text += repeatElement(0x20, count: (8 - text.count % 8) % 8)
    guard text.count <= SafetensorsHeader.maximumLength else {
      throw ArchiveError(
        .limit, path: path,
        "safetensors: the header takes \(text.count) bytes, more than the format's "
          + "\(SafetensorsHeader.maximumLength)")
    }
    var file = try AtomicFile(path: path, overwriting: overwriting)
    var preamble: [UInt8] = []
    preamble.append(littleEndian: UInt64(text.count))
    try file.write(preamble)
    try file.write(text)
    for index in order {
      try weights[index].forEachPiece(path: path) { (piece) throws(ArchiveError) in
        try file.write(piece)
      }
    }
    try file.commit()
  }

  /// The format's name of an array's type, and where its elements end.
  private static func place(
    _ weight: DraftWeight, at start: Int, path: String
  ) throws(ArchiveError) -> (type: String, end: Int) {
    guard let dtype = weight.dtype, let type = SafetensorsHeader.name(of: dtype) else {
      throw ArchiveError(
        .unsupported, path: path, object: weight.name,
        "safetensors holds numbers and truth values, not \(weight.dtype.map(\.description) ?? "this")"
      )
    }
    let size = (Shape.elementCount(weight.shape) ?? .max)
      .multipliedReportingOverflow(by: dtype.byteCount)
    let end = start.addingReportingOverflow(size.partialValue)
    guard !size.overflow, !end.overflow else {
      throw ArchiveError(
        .limit, path: path, object: weight.name,
        "its shape \(Shape(weight.shape)) has more elements than can be counted")
    }
    return (type, end.partialValue)
  }
}
