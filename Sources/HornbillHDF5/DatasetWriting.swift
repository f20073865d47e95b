import CHDF5

extension HDF5.Dataset {
  /// Writes all elements from numbers of the machine in the caller's memory.
  ///
  /// Whole numbers must fit the stored type; floating-point numbers are rounded to the nearest,
  /// ties to even, and are not turned into whole ones. Opaque bfloat16 needs its attribute `dtype`
  /// first.
  ///
  /// - Parameters:
  ///   - buffer: At least `count * native.size` bytes.
  ///   - native: The type of the numbers in the buffer.
  /// - Throws: ``HDF5/Error``: `readOnly`, `wrongKind`, `outOfRange`, `invalidArgument` for a small
  ///   buffer, `io`.
  public func write(
    from buffer: UnsafeRawBufferPointer, as native: HDF5.NativeType
  ) throws(HDF5.Error) {
    try write(Selection(wholeOf: self), from: buffer, as: native)
  }

  /// Writes a block of elements from numbers of the machine in the caller's memory.
  ///
  /// - Throws: ``HDF5/Error``, as ``write(from:as:)`` does; `invalidArgument` when the block does not
  ///   lie inside the dataset.
  public func writeHyperslab(
    start: [Int], count: [Int], stride: [Int]? = nil, from buffer: UnsafeRawBufferPointer,
    as native: HDF5.NativeType
  ) throws(HDF5.Error) {
    let selection = try Selection(of: self, start: start, count: count, stride: stride)
    try write(selection, from: buffer, as: native)
  }

  /// Writes all elements from numbers of a Swift type.
  ///
  /// - Throws: ``HDF5/Error``, as ``write(from:as:)`` does; `invalidArgument` unless there is one
  ///   number for each element.
  public func write<Value: HDF5.NativeValue>(_ values: [Value]) throws(HDF5.Error) {
    try requireCount(values.count)
    try values.withUnsafeBytes { buffer in
      Result { () throws(HDF5.Error) in try write(from: buffer, as: Value.nativeType) }
    }.get()
  }

  /// Writes the bytes of all elements, in the stored format.
  ///
  /// - Throws: ``HDF5/Error``: `unsupportedType` when the elements refer to bytes elsewhere,
  ///   `invalidArgument` for another count of bytes.
  public func writeRaw(from buffer: UnsafeRawBufferPointer) throws(HDF5.Error) {
    guard !type.hasReferences else {
      throw reference.error(.unsupportedType, "the bytes of \(type) are references")
    }
    let expected = try rawByteCount()
    guard buffer.count == expected else {
      throw reference.error(
        .invalidArgument, "expected \(expected) bytes, found \(buffer.count)")
    }
    try writeStored(Selection(wholeOf: self), from: buffer)
  }

  /// Takes room in the file for the elements of a new contiguous dataset without writing them.
  ///
  /// The caller writes them there once the file is closed.
  ///
  /// - Returns: Where the elements begin, as ``byteOffset()`` counts.
  /// - Throws: ``HDF5/Error``: `invalidArgument` unless the dataset is contiguous and has elements,
  ///   `readOnly`, `io`.
  package func reserve() throws(HDF5.Error) -> UInt64 {
    Library.enter()
    defer { Library.leave() }
    guard storage == .contiguous, count > 0, !type.hasReferences else {
      throw reference.error(.invalidArgument, "only contiguous elements can be written later")
    }
    // Room is taken by the first element that is written.
    let origin = [Int](repeating: 0, count: shape.count)
    let one = [Int](repeating: 1, count: shape.count)
    let selection = try Selection(of: self, start: origin, count: one, stride: nil)
    let element = [UInt8](repeating: 0, count: type.size)
    try element.withUnsafeBytes { buffer in
      Result { () throws(HDF5.Error) in try writeStored(selection, from: buffer) }
    }.get()
    let address = H5Dget_offset(try reference.id())
    guard address != chdf5_undefined_address() else {
      throw reference.error(.library, "it has no place in the file")
    }
    let (offset, overflow) = UInt64(address).addingReportingOverflow(
      reference.context.imageOffset)
    guard !overflow else { throw reference.error(.sizeLimit, "it lies too far in the file") }
    return offset
  }

  /// Writes all texts.
  ///
  /// - Throws: ``HDF5/Error``: `wrongKind` unless the elements are strings, `invalidArgument` for a
  ///   text that does not fit, `readOnly`.
  public func writeStrings(_ texts: [String]) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    try reference.context.requireWritable(path)
    guard let format = type.stringFormat else {
      throw reference.error(.wrongKind, "expected a dataset of strings, found \(type)")
    }
    try requireCount(texts.count)
    if count == 0 { return }
    let id = try reference.id()
    let spaces = try Selection(wholeOf: self).makeSpaces(of: self)
    let writer = StringWriter(context: reference.context, object: path, format: format)
    try writer.write(texts) { type, memory in
      H5Dwrite(id, type, spaces.memory.id, spaces.file.id, chdf5_default(), memory)
    }
  }

  /// Changes the sizes of the dimensions, up to the maximum shape; the value keeps its old shape.
  ///
  /// - Returns: The dataset with its new shape.
  /// - Throws: ``HDF5/Error``: `invalidArgument` beyond the maximum shape, `readOnly`.
  public func resized(to shape: [Int]) throws(HDF5.Error) -> HDF5.Dataset {
    Library.enter()
    defer { Library.leave() }
    try reference.context.requireWritable(path)
    let fits =
      shape.count == maximumShape.count
      && zip(shape, maximumShape).allSatisfy { size, limit in size >= 0 && size <= limit ?? .max }
    guard storage == .chunked, fits, product(shape) != nil else {
      throw reference.error(
        .invalidArgument,
        "the shape \(self.shape) in \(storage.name) storage cannot become \(shape)")
    }
    try reference.check(
      H5Dset_extent(try reference.id(), shape.map { hsize_t($0) }), "changing the shape")
    return try HDF5.Dataset(reference)
  }

  private func write(
    _ selection: Selection, from buffer: UnsafeRawBufferPointer, as native: HDF5.NativeType
  ) throws(HDF5.Error) {
    let layout = try numberLayout()
    guard let needed = product([selection.count, native.size]),
      let stored = product([selection.count, layout.size])
    else { throw reference.error(.sizeLimit, "its elements are more than can be counted") }
    guard buffer.count >= needed else {
      throw reference.error(
        .invalidArgument, "expected \(needed) bytes to write, found \(buffer.count)")
    }
    if layout.hasSameBytes(as: native.layout) {
      try writeStored(selection, from: UnsafeRawBufferPointer(rebasing: buffer[..<needed]))
      return
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(stored, 1), alignment: 16)
    defer { memory.deallocate() }
    do throws(ConversionFailure) {
      try ElementEncoder(native: native, layout: layout)
        .encode(buffer, into: memory, count: selection.count)
    } catch {
      throw reference.context.error(error, at: path, from: native.rawValue, to: "\(type)")
    }
    try writeStored(selection, from: UnsafeRawBufferPointer(rebasing: memory[..<stored]))
  }

  private func writeStored(
    _ selection: Selection, from buffer: UnsafeRawBufferPointer
  ) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    try reference.context.requireWritable(path)
    if selection.count == 0 { return }
    let id = try reference.id()
    let stored = try reference.adopt(H5Dget_type(id), "reading the data type")
    let spaces = try selection.makeSpaces(of: self)
    try reference.check(
      H5Dwrite(
        id, stored.id, spaces.memory.id, spaces.file.id, chdf5_default(), buffer.baseAddress),
      "writing the elements")
  }

  private func requireCount(_ found: Int) throws(HDF5.Error) {
    guard found == count else {
      throw reference.error(.invalidArgument, "expected \(count) elements, found \(found)")
    }
  }
}
