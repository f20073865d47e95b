import CHDF5

extension HDF5 {
  /// A dataset: an array of elements of one type.
  public struct Dataset: Object {
    /// The open object behind the value.
    public let reference: ObjectReference
    /// The type of the elements, as stored.
    public let type: DataType
    /// Where the elements lie.
    public let storage: Storage
    /// The shape of one chunk; nil unless the storage is chunked.
    public let chunkShape: [Int]?
    /// The filters that each chunk has gone through, in the order in which they were applied.
    public let filters: [Filter]
    /// The sizes up to which the dimensions may grow; nil for one without an end.
    public let maximumShape: [Int?]
    /// Whether there is no element because the dataset has no shape, as with h5py's `Empty`.
    public let isNull: Bool
    /// The sizes of the dimensions when the dataset was opened; empty for a scalar.
    public let shape: [Int]
    /// The count of elements.
    public let count: Int

    /// Takes over an open dataset and checks it against the policy.
    ///
    /// - Precondition: the library is entered.
    init(_ reference: ObjectReference) throws(HDF5.Error) {
      let id = try reference.id()
      let context = reference.context
      // The policy comes before the shape: asking for the shape of a virtual dataset opens its
      // sources.
      let layout = try DatasetLayout(reading: id, context: context, object: reference.path)
      try layout.requireAllowed(context: context, object: reference.path)
      let space = try reference.adopt(H5Dget_space(id), "reading the shape")
      let extent = try Extent(reading: space.id, context: context, object: reference.path)
      let type = try reference.adopt(H5Dget_type(id), "reading the data type")
      self.type = try DataType(reading: type.id, context: context, object: reference.path)
      self.reference = reference
      storage = layout.storage
      chunkShape = layout.chunkShape
      filters = layout.filters
      isNull = extent.shape == nil
      shape = extent.shape ?? []
      maximumShape = extent.maximum
      count = extent.count
    }

    /// The bytes that the file uses for the elements; 0 before anything has been written.
    public func storedBytes() throws(HDF5.Error) -> UInt64 {
      Library.enter()
      defer { Library.leave() }
      return H5Dget_storage_size(try reference.id())
    }

    /// Where the elements begin, counted from the beginning of the file at ``Object/fileName``.
    ///
    /// Nil unless they lie in one piece of that file, uncompressed. For a part of a file the offset
    /// counts from the beginning of the outer file; for bytes in memory, from the first byte.
    ///
    /// - Throws: ``Error``: `truncated` when they do not lie inside the file.
    public func byteOffset() throws(HDF5.Error) -> UInt64? {
      Library.enter()
      defer { Library.leave() }
      guard let address = try ownContiguousAddress() else { return nil }
      let (offset, overflow) = address.addingReportingOverflow(reference.context.imageOffset)
      return overflow ? nil : offset
    }

    /// As ``contiguousAddress()``; nil also when they lie in another file than the one that was opened.
    ///
    /// - Precondition: the library is entered.
    func ownContiguousAddress() throws(HDF5.Error) -> UInt64? {
      guard storage == .contiguous, try isInOpenedFile() else { return nil }
      return try contiguousAddress()
    }

    /// Whether no external link has led to another file.
    private func isInOpenedFile() throws(HDF5.Error) -> Bool {
      if reference.context.policy.isStrict { return true }
      var own = chdf5_object_info()
      var root = chdf5_object_info()
      let action = "finding the dataset's file"
      try reference.check(chdf5_object_info_by_name(try reference.id(), ".", &own), action)
      try reference.check(
        chdf5_object_info_by_name(try reference.context.id(), "/", &root), action)
      return own.file_number == root.file_number
    }

    /// Where the elements begin in the HDF5 image; nil unless they lie in one piece of it.
    ///
    /// Throws `truncated` when they do not lie inside the file.
    ///
    /// - Precondition: the library is entered.
    func contiguousAddress() throws(HDF5.Error) -> UInt64? {
      let id = try reference.id()
      guard storage == .contiguous, filters.isEmpty else { return nil }
      let start = H5Dget_offset(id)
      guard start != chdf5_undefined_address() else { return nil }
      let address = UInt64(start)
      let stored = H5Dget_storage_size(id)
      // An external link may have led to another file than the one that was opened.
      let action = "reading the file's length"
      let file = try reference.adopt(H5Iget_file_id(id), action)
      var length: hsize_t = 0
      try reference.check(H5Fget_filesize(file.id, &length), action)
      guard address <= length, stored <= length - address else {
        throw reference.error(
          .truncated, "its \(stored) bytes begin at \(address), found a file of \(length) bytes")
      }
      return address
    }

    /// Whether the elements are bfloat16 numbers.
    ///
    /// They are stored as a floating-point type with those fields, or as two opaque bytes with an
    /// attribute `dtype` that says `bfloat16`.
    public func isBFloat16() throws(HDF5.Error) -> Bool {
      if type.isBFloat16 { return true }
      guard case .opaque(size: 2, _) = type.form, try hasAttribute("dtype") else { return false }
      let attribute = try attribute("dtype")
      guard attribute.count == 1, attribute.type.stringFormat != nil else { return false }
      return try attribute.readStringBytes().first == Array("bfloat16".utf8)
    }

    /// How the elements make numbers.
    func numberLayout() throws(HDF5.Error) -> NumberLayout {
      if let layout = type.numberLayout { return layout }
      if try isBFloat16() { return .floatingPoint(.bfloat16, .little) }
      throw reference.error(.wrongKind, "expected numbers, found \(type)")
    }
  }
}
