import CHDF5

extension HDF5 {
  /// Where the elements of a dataset lie.
  public enum Storage: Hashable, Sendable {
    /// In the header of the dataset.
    case compact
    /// In one piece of the file.
    case contiguous
    /// In chunks of equal shape, each a piece of the file.
    case chunked
    /// In pieces of other files.
    case external([ExternalFile])
    /// In other datasets, of these files.
    case virtual(sources: [String])

    /// The storage in a word.
    public var name: String {
      switch self {
      case .compact: "compact"
      case .contiguous: "contiguous"
      case .chunked: "chunked"
      case .external: "external"
      case .virtual: "virtual"
      }
    }
  }

  /// A piece of another file in which elements lie.
  public struct ExternalFile: Hashable, Sendable {
    /// The file's name, as the dataset gives it.
    public let name: String
    /// Where the piece begins.
    public let offset: Int64
    /// The bytes of the piece; nil when it has no end.
    public let size: UInt64?

    /// Makes the description of a piece.
    public init(name: String, offset: Int64, size: UInt64?) {
      self.name = name
      self.offset = offset
      self.size = size
    }
  }
}

/// How a dataset lies in its file, from its creation list.
struct DatasetLayout {
  let storage: HDF5.Storage
  let chunkShape: [Int]?
  let filters: [HDF5.Filter]

  /// Reads the creation list of an open dataset.
  ///
  /// - Precondition: the library is entered.
  init(reading dataset: hid_t, context: FileContext, object: String) throws(HDF5.Error) {
    let list = try context.adopt(
      H5Dget_create_plist(dataset), "reading how the dataset is stored", at: object)
    let reader = LayoutReader(list: list.id, context: context, object: object)
    storage = try reader.storage()
    chunkShape = storage == .chunked ? try reader.chunkShape() : nil
    filters = try HDF5.Filter.reading(list.id, context: context, object: object)
  }

  /// Throws when the storage or a filter is one that the strict policy refuses.
  func requireAllowed(context: FileContext, object: String) throws(HDF5.Error) {
    guard context.policy.isStrict else { return }
    switch storage {
    case .external(let files):
      throw context.error(
        .refusedByPolicy, at: object,
        "its elements lie in another file, '\(files.first?.name ?? "")', which the strict policy "
          + "refuses")
    case .virtual(let sources):
      throw context.error(
        .refusedByPolicy, at: object,
        "it is a virtual dataset over '\(sources.first ?? "")', which the strict policy refuses")
    case .compact, .contiguous, .chunked: break
    }
    if let filter = filters.first(where: { !$0.isCommon }) {
      throw context.error(
        .unsupportedFilter, at: object,
        "\(filter) is not supported; expected only gzip, shuffle and fletcher32")
    }
    guard Set(filters.map(\.id)).count == filters.count else {
      throw context.error(
        .refusedByPolicy, at: object, "a filter is applied twice, which the strict policy refuses")
    }
  }
}

private struct LayoutReader {
  let list: hid_t
  let context: FileContext
  let object: String

  func storage() throws(HDF5.Error) -> HDF5.Storage {
    switch H5Pget_layout(list) {
    case H5D_COMPACT: return .compact
    case H5D_CHUNKED: return .chunked
    case H5D_VIRTUAL: return .virtual(sources: try virtualSources())
    case H5D_CONTIGUOUS:
      let files = try externalFiles()
      return files.isEmpty ? .contiguous : .external(files)
    default: throw context.failure("reading how the dataset is stored", at: object)
    }
  }

  func chunkShape() throws(HDF5.Error) -> [Int] {
    var sizes = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK) + 1)
    let rank = try context.check(
      H5Pget_chunk(list, Int32(sizes.count), &sizes), "reading the chunk shape", at: object)
    var shape: [Int] = []
    for size in sizes.prefix(Int(rank)) {
      guard let count = Int(exactly: size) else {
        throw context.error(.sizeLimit, at: object, "a chunk has \(size) elements in a dimension")
      }
      shape.append(count)
    }
    return shape
  }

  private func externalFiles() throws(HDF5.Error) -> [HDF5.ExternalFile] {
    let action = "reading where the dataset lies"
    var files: [HDF5.ExternalFile] = []
    for index in 0..<UInt32(try context.check(H5Pget_external_count(list), action, at: object)) {
      var name = [CChar](repeating: 0, count: 1024)
      var offset: off_t = 0
      var size: hsize_t = 0
      try context.check(
        H5Pget_external(list, index, name.count - 1, &name, &offset, &size), action, at: object)
      files.append(
        HDF5.ExternalFile(
          name: terminatedText(name), offset: Int64(offset),
          size: size == chdf5_unlimited() ? nil : size))
    }
    return files
  }

  private func virtualSources() throws(HDF5.Error) -> [String] {
    let action = "reading the sources of the virtual dataset"
    var count = 0
    try context.check(H5Pget_virtual_count(list, &count), action, at: object)
    var sources: [String] = []
    for index in 0..<min(count, 1024) {
      var name = [CChar](repeating: 0, count: 1024)
      try context.check(
        H5Pget_virtual_filename(list, index, &name, name.count), action, at: object)
      let source = terminatedText(name)
      if !sources.contains(source) { sources.append(source) }
    }
    return sources
  }
}
