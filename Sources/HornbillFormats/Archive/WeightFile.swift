import HornbillCore
import HornbillHDF5

/// An HDF5 file that holds weights: a file of its own or a member of an archive.
///
/// The only place where the formats meet the HDF5 binding, always under its strict policy.
struct WeightFile: Sendable {
  /// The path of the outermost file.
  let path: String
  /// The member of an archive, for errors.
  private let member: String?
  /// Whether offsets in the HDF5 file are offsets in ``path``.
  private let isInPlace: Bool
  private let file: HDF5.File

  /// Opens a file.
  init(path: String) throws(ArchiveError) {
    self.path = path
    member = nil
    isInPlace = true
    file = try WeightFile.translate(path, nil) { () throws(HDF5.Error) in
      try HDF5.File(reading: path, policy: .strict)
    }
  }

  /// The size up to which a stored member is checked against its checksum before it is opened.
  ///
  /// Damage is found before libhdf5 meets it, at the price of reading the member once; listing a much larger one
  /// should not read all of it.
  private static let checkedSize = 256 << 20

  /// Opens a member of an archive: in place when it is stored, in memory when it is deflated.
  init(_ member: ZipMember, of archive: ZipArchive) throws(ArchiveError) {
    let path = archive.path
    self.path = path
    self.member = member.name
    if member.method == .stored, case .file = archive.source {
      isInPlace = true
      if member.size <= WeightFile.checkedSize { try archive.verify(member) }
      file = try WeightFile.translate(path, member.name) { () throws(HDF5.Error) in
        try HDF5.File(
          readingPart: path, offset: UInt64(member.dataOffset), length: UInt64(member.size),
          policy: .strict)
      }
    } else {
      isInPlace = false
      let bytes = try archive.read(member)
      file = try WeightFile.translate(path, member.name) { () throws(HDF5.Error) in
        try HDF5.File(reading: bytes, name: path, policy: .strict)
      }
    }
  }

  /// Whether a file is HDF5.
  static func isHDF5(path: String) throws(ArchiveError) -> Bool {
    try translate(path, nil) { () throws(HDF5.Error) in try HDF5.isHDF5(path: path) }
  }

  /// An error about an object of this file.
  func error(_ code: ArchiveError.Code, _ object: String, _ detail: String) -> ArchiveError {
    ArchiveError(code, path: path, object: (member ?? "") + object, detail)
  }

  /// Opens the group at an absolute path.
  func group(at path: String) throws(ArchiveError) -> WeightGroup {
    let group = try attempt { () throws(HDF5.Error) in try file.root.group(at: path) }
    return WeightGroup(file: self, group: group, path: path)
  }

  /// Whether there is a group at an absolute path.
  func hasGroup(_ path: String) throws(ArchiveError) -> Bool {
    try attempt { () throws(HDF5.Error) in
      guard try file.root.contains(path) else { return false }
      return try file.root.objectKind(at: path) == .group
    }
  }

  /// Describes a dataset of a group without reading its elements.
  ///
  /// - Parameters:
  ///   - relative: the path from the group.
  ///   - path: the path from the root.
  ///   - name: the name that the weight gets.
  func weight(
    at relative: String, of group: HDF5.Group, path: String, name: String
  ) throws(ArchiveError) -> StoredWeight {
    try attempt { () throws(HDF5.Error) in
      try weight(group.dataset(at: relative), path: path, name: name)
    }
  }

  /// Describes the dataset that is a member of a group; `nil` when the member is something else.
  func weightIfPresent(
    at relative: String, of group: HDF5.Group, path: String, name: String
  ) throws(ArchiveError) -> StoredWeight? {
    try attempt { () throws(HDF5.Error) in
      guard let dataset = try group.datasetIfPresent(at: relative) else { return nil }
      return try weight(dataset, path: path, name: name)
    }
  }

  private func weight(
    _ dataset: HDF5.Dataset, path: String, name: String
  ) throws(HDF5.Error) -> StoredWeight {
    let type = try StoredType(of: dataset)
    return StoredWeight(
      name: name, path: path, shape: dataset.shape, dtype: type.dtype,
      storedType: type.description, byteCount: try dataset.rawByteCount(),
      fileOffset: isInPlace ? try dataset.byteOffset() : nil,
      storage: WeightFile.describe(dataset), file: self)
  }

  /// Opens the dataset of a weight.
  func dataset(of weight: StoredWeight) throws(ArchiveError) -> HDF5.Dataset {
    try attempt { () throws(HDF5.Error) in try file.root.dataset(at: weight.path) }
  }

  /// Reads the elements of a dataset.
  func read(_ weight: StoredWeight) throws(ArchiveError) -> Tensor {
    guard let dtype = weight.dtype else {
      throw error(
        .unsupported, weight.path, "elements of type \(weight.storedType) cannot be read")
    }
    return try attempt { () throws(HDF5.Error) in
      let dataset = try file.root.dataset(at: weight.path)
      if let tensor = try WeightFile.mapped(dataset, dtype) { return tensor }
      let storage: Tensor.Storage
      switch dtype {
      case .float32, .float16: storage = .float(try dataset.read())
      case .float64: storage = .double(try dataset.read())
      case .bfloat16:
        if dataset.type.opaqueTag == nil {
          storage = .float(try dataset.read())
        } else {
          let bytes = try dataset.readBytes()
          storage = bytes.withUnsafeBytes {
            ElementBytes.storage(of: $0, dtype: .bfloat16, isBigEndian: false)
          }
        }
      case .uint64:
        let values: [UInt64] = try dataset.read()
        storage = .integer(values.map { Int64(bitPattern: $0) })
      case .bool: storage = .integer(try dataset.read(as: Int64.self).map { $0 == 0 ? 0 : 1 })
      case .string: storage = .text(try dataset.readStrings())
      default: storage = .integer(try dataset.read())
      }
      return Tensor(shape: dataset.shape, dtype: dtype, storage: storage)
    }
  }

  /// The size from which elements are mapped; for less, the file is not worth being held on to.
  private static let mappedSize = 1 << 16

  /// A tensor over the elements where they lie in the file; `nil` when they must be read.
  private static func mapped(
    _ dataset: HDF5.Dataset, _ dtype: DType
  ) throws(HDF5.Error) -> Tensor? {
    #if _endian(little)
    guard dataset.count >= mappedSize / max(dtype.byteCount, 1),
      [.float32, .float64, .int64, .uint64].contains(dtype),
      dataset.type == WeightElements.type(dtype), let bytes = try dataset.mappedBytes()
    else { return nil }
    return Tensor(
      shape: dataset.shape, dtype: dtype,
      borrowing: BorrowedElements(bytes.bytes, owner: bytes.owner) { bytes.letGo($0) })
    #else
    return nil
    #endif
  }

  private static func describe(_ dataset: HDF5.Dataset) -> String {
    var words = dataset.storage.name
    if let chunk = dataset.chunkShape { words += " \(Shape(chunk))" }
    for filter in dataset.filters { words += ", \(filter)" }
    return words
  }

  /// Runs calls of the binding and turns their errors into errors about this file.
  func attempt<Result>(
    _ body: () throws(HDF5.Error) -> Result
  ) throws(ArchiveError) -> Result {
    try WeightFile.translate(path, member, body)
  }

  /// Runs calls of the binding and turns their errors into errors about a file.
  static func translate<Result>(
    _ path: String, _ member: String?, _ body: () throws(HDF5.Error) -> Result
  ) throws(ArchiveError) -> Result {
    do throws(HDF5.Error) {
      return try body()
    } catch {
      throw archiveError(error, path, member)
    }
  }

  private static func archiveError(
    _ error: HDF5.Error, _ path: String, _ member: String?
  ) -> ArchiveError {
    let code: ArchiveError.Code =
      switch error.code {
      case .notHDF5: .notAModel
      case .truncated: .truncated
      case .notFound: error.object == nil ? .unreadable : .missing
      case .unsupportedType, .unsupportedFilter: .unsupported
      case .refusedByPolicy: .refused
      case .sizeLimit, .outOfMemory: .limit
      case .io, .locked: .io
      case .exists: .cannotCreate
      default: .malformed
      }
    let shown = member.map { $0 + (error.object ?? "") } ?? error.object
    return ArchiveError(code, path: path, object: shown, error.detail)
  }
}
