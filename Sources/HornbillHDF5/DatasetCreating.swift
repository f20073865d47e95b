import CHDF5

extension HDF5 {
  /// How a new dataset is stored.
  public enum NewStorage: Hashable, Sendable {
    /// In the header of the dataset: for less than 64 KiB.
    case compact
    /// In one piece of the file.
    case contiguous
    /// In chunks of this shape, each put through the filters in their order.
    case chunked([Int], filters: [Filter] = [])
  }
}

extension HDF5.Group {
  /// Creates a dataset; its elements are zero until they are written.
  ///
  /// - Parameters:
  ///   - path: Where to create it; groups that are missing on the way are created too.
  ///   - type: The type of the elements.
  ///   - shape: The sizes of the dimensions; empty for a scalar, nil for no element at all.
  ///   - storage: How the elements are stored.
  ///   - maximumShape: The sizes up to which the dimensions may grow, nil for one without an end;
  ///     only with chunks. The shape itself when it is left out.
  /// - Throws: ``HDF5/Error``: `exists`, `readOnly`, `invalidArgument`, `unsupportedType`,
  ///   `unsupportedFilter`, `sizeLimit`.
  @discardableResult
  public func createDataset(
    at path: String, type: HDF5.DataType, shape: [Int]?, storage: HDF5.NewStorage = .contiguous,
    maximumShape: [Int?]? = nil
  ) throws(HDF5.Error) -> HDF5.Dataset {
    Library.enter()
    defer { Library.leave() }
    let shown = try requireFree(path, intermediate: true)
    let context = reference.context
    let elements = try type.make(context: context, object: shown)
    let space = try makeSpace(shape, maximum: maximumShape, context: context, object: shown)
    let maker = CreationList(context: context, object: shown)
    let list = try maker.make(storage, rank: shape?.count ?? 0)
    let links = try reference.linkList(intermediate: true)
    let handle = try context.adopt(
      H5Dcreate2(
        try reference.id(), path, elements.id, space.id, links.id, list.id, chdf5_default()),
      "creating the dataset", at: shown)
    return try HDF5.Dataset(HDF5.ObjectReference(handle, context: context, path: shown))
  }
}

/// Makes dataset creation lists.
private struct CreationList {
  let context: FileContext
  let object: String

  func make(_ storage: HDF5.NewStorage, rank: Int) throws(HDF5.Error) -> Handle {
    let list = try context.adopt(
      H5Pcreate(chdf5_class_dataset_create()), "preparing the dataset", at: object)
    // Without the time of day in the file, equal contents make equal bytes.
    try check(H5Pset_obj_track_times(list.id, false))
    switch storage {
    case .compact: try check(H5Pset_layout(list.id, H5D_COMPACT))
    case .contiguous: try check(H5Pset_layout(list.id, H5D_CONTIGUOUS))
    case .chunked(let shape, let filters):
      guard !shape.isEmpty, shape.count == rank, shape.allSatisfy({ $0 > 0 }) else {
        throw context.error(
          .invalidArgument, at: object, "the chunk shape \(shape) does not fit \(rank) dimensions")
      }
      try check(H5Pset_chunk(list.id, Int32(shape.count), shape.map { hsize_t($0) }))
      for filter in filters { try add(filter, to: list.id) }
    }
    return list
  }

  private func add(_ filter: HDF5.Filter, to list: hid_t) throws(HDF5.Error) {
    switch filter {
    case .deflate(let level):
      guard (0...9).contains(level) else {
        throw context.error(.invalidArgument, at: object, "the gzip level \(level) is not 0 to 9")
      }
      try check(H5Pset_deflate(list, UInt32(level)))
    case .shuffle: try check(H5Pset_shuffle(list))
    case .fletcher32: try check(H5Pset_fletcher32(list))
    case .nBit: try check(H5Pset_nbit(list))
    case .szip, .scaleOffset, .other:
      throw context.error(
        .unsupportedFilter, at: object, "\(filter) cannot be used for a new dataset")
    }
  }

  private func check(_ status: herr_t) throws(HDF5.Error) {
    try context.check(status, "preparing the dataset", at: object)
  }
}
