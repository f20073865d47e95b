import CHDF5

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension HDF5.Dataset {
  /// Reads all elements as numbers of the machine into the caller's memory.
  ///
  /// The last dimension runs fastest. Whole numbers must fit `native`; floating-point numbers are
  /// rounded to the nearest, ties to even, and are not turned into whole ones. bfloat16 is known
  /// in both forms.
  ///
  /// - Parameters:
  ///   - buffer: At least `count * native.size` bytes.
  ///   - native: The type of the numbers in the buffer.
  /// - Throws: ``HDF5/Error``: `wrongKind`, `outOfRange`, `unsupportedFilter`, `checksum`,
  ///   `sizeLimit` and `refusedByPolicy`, `damaged`, `invalidArgument` for a small buffer.
  public func read(
    into buffer: UnsafeMutableRawBufferPointer, as native: HDF5.NativeType
  ) throws(HDF5.Error) {
    try read(Selection(wholeOf: self), into: buffer, as: native)
  }

  /// Reads a block of elements as numbers of the machine into the caller's memory.
  ///
  /// - Parameters:
  ///   - start: The first element, for each dimension.
  ///   - count: How many elements to read, for each dimension.
  ///   - stride: The step between them, for each dimension; 1 when it is left out.
  ///   - buffer: At least as many bytes as the block takes.
  ///   - native: The type of the numbers in the buffer.
  /// - Throws: ``HDF5/Error``, as ``read(into:as:)`` does; `invalidArgument` when the block does not
  ///   lie inside the dataset.
  public func readHyperslab(
    start: [Int], count: [Int], stride: [Int]? = nil, into buffer: UnsafeMutableRawBufferPointer,
    as native: HDF5.NativeType
  ) throws(HDF5.Error) {
    let selection = try Selection(of: self, start: start, count: count, stride: stride)
    try read(selection, into: buffer, as: native)
  }

  /// Reads all elements as numbers of a Swift type.
  ///
  /// - Throws: ``HDF5/Error``, as ``read(into:as:)`` does.
  public func read<Value: HDF5.NativeValue>(
    as _: Value.Type = Value.self
  ) throws(HDF5.Error) -> [Value] {
    try read(Selection(wholeOf: self))
  }

  /// Reads a block of elements as numbers of a Swift type.
  ///
  /// - Throws: ``HDF5/Error``, as ``readHyperslab(start:count:stride:into:as:)`` does.
  public func readHyperslab<Value: HDF5.NativeValue>(
    start: [Int], count: [Int], stride: [Int]? = nil, as _: Value.Type = Value.self
  ) throws(HDF5.Error) -> [Value] {
    try read(try Selection(of: self, start: start, count: count, stride: stride))
  }

  /// Reads the bytes of all elements as they are stored, in the stored byte order.
  ///
  /// - Parameter buffer: At least ``rawByteCount`` bytes.
  /// - Throws: ``HDF5/Error``: `unsupportedType` when the elements refer to bytes elsewhere.
  public func readRaw(into buffer: UnsafeMutableRawBufferPointer) throws(HDF5.Error) {
    try readRaw(Selection(wholeOf: self), into: buffer)
  }

  /// Reads the bytes of a block of elements as they are stored.
  public func readRawHyperslab(
    start: [Int], count: [Int], stride: [Int]? = nil, into buffer: UnsafeMutableRawBufferPointer
  ) throws(HDF5.Error) {
    try readRaw(
      try Selection(of: self, start: start, count: count, stride: stride), into: buffer)
  }

  /// Reads the bytes of all elements as they are stored.
  public func readBytes() throws(HDF5.Error) -> [UInt8] {
    let size = try rawByteCount()
    return try filled(size, size) { buffer throws(HDF5.Error) in try readRaw(into: buffer) }
  }

  /// The bytes of all elements as ``readRaw(into:)`` reads them.
  ///
  /// - Throws: ``HDF5/Error``: `sizeLimit` when that is more than can be counted.
  public func rawByteCount() throws(HDF5.Error) -> Int {
    try byteCount(count, type.size)
  }

  /// Reads all elements as texts.
  ///
  /// - Throws: ``HDF5/Error``: `wrongKind` unless the elements are strings, `invalidText`,
  ///   `sizeLimit` for more than 256 MiB.
  public func readStrings() throws(HDF5.Error) -> [String] {
    var texts: [String] = []
    for bytes in try readStringBytes() {
      texts.append(try decodedText(bytes, context: reference.context, object: path))
    }
    return texts
  }

  /// Reads the bytes of all texts, without padding and unchecked.
  public func readStringBytes() throws(HDF5.Error) -> [[UInt8]] {
    Library.enter()
    defer { Library.leave() }
    let id = try reference.id()
    if count == 0 { return [] }
    guard let format = type.stringFormat else {
      throw reference.error(.wrongKind, "expected strings, found \(type)")
    }
    try requireReadable(size: try rawByteCount())
    try requireComplete()
    let spaces = try Selection(wholeOf: self).makeSpaces(of: self)
    let reader = StringReader(
      context: reference.context, object: path, format: format, count: count)
    return try reader.read(space: spaces.memory.id) { type, memory in
      H5Dread(id, type, spaces.memory.id, spaces.file.id, chdf5_default(), memory)
    }
  }
}

extension HDF5.Dataset {
  private func read<Value: HDF5.NativeValue>(_ selection: Selection) throws(HDF5.Error) -> [Value] {
    let size = try byteCount(selection.count, MemoryLayout<Value>.size)
    return try filled(selection.count, size) { buffer throws(HDF5.Error) in
      try read(selection, into: buffer, as: Value.nativeType)
    }
  }

  /// An array whose memory is filled by a closure.
  private func filled<Value: BitwiseCopyable>(
    _ count: Int, _ size: Int,
    _ fill: (UnsafeMutableRawBufferPointer) throws(HDF5.Error) -> Void
  ) throws(HDF5.Error) -> [Value] {
    try requirePiece(of: size)
    var failure: HDF5.Error?
    let values = [Value](unsafeUninitializedCapacity: count) { buffer, done in
      let memory = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size)
      do throws(HDF5.Error) {
        try fill(memory)
        done = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  private func read(
    _ selection: Selection, into buffer: UnsafeMutableRawBufferPointer, as native: HDF5.NativeType
  ) throws(HDF5.Error) {
    let layout = try numberLayout()
    let needed = try byteCount(selection.count, native.size)
    let stored = try byteCount(selection.count, layout.size)
    try requireRoom(buffer, needed)
    if selection.count == 0 { return }
    if layout.isFloatingPoint && !native.isFloatingPoint {
      throw conversionError(.floatToInteger, native)
    }
    if layout.hasSameBytes(as: native.layout) {
      try readStored(selection, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<stored]))
      return
    }
    // Read into the end of the caller's memory and decoded from its beginning, small stored
    // elements are never overtaken by the decoded ones.
    let isInPlace = stored <= needed
    let memory =
      isInPlace
      ? UnsafeMutableRawBufferPointer(rebasing: buffer[(needed - stored)..<needed])
      : try allocate(stored)
    defer { if !isInPlace { free(memory.baseAddress) } }
    try readStored(selection, into: memory)
    do throws(ConversionFailure) {
      try ElementDecoder(layout: layout, target: native).decode(
        UnsafeRawBufferPointer(memory), into: buffer, count: selection.count)
    } catch {
      throw conversionError(error, native)
    }
  }

  private func readRaw(
    _ selection: Selection, into buffer: UnsafeMutableRawBufferPointer
  ) throws(HDF5.Error) {
    guard !type.hasReferences else {
      throw reference.error(.unsupportedType, "the bytes of \(type) are references")
    }
    let size = try byteCount(selection.count, type.size)
    try requireRoom(buffer, size)
    if selection.count == 0 { return }
    try readStored(selection, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]))
  }

  /// Reads elements as they are stored; the library converts nothing.
  private func readStored(
    _ selection: Selection, into memory: UnsafeMutableRawBufferPointer
  ) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    let id = try reference.id()
    try requireReadable(size: memory.count)
    let stored = try reference.adopt(H5Dget_type(id), "reading the data type")
    let (size, overflow) = H5Tget_size(stored.id).multipliedReportingOverflow(by: selection.count)
    guard !overflow, size == memory.count else {
      throw reference.error(.damaged, "its type has changed since the dataset was opened")
    }
    if let chunks = try CompressedChunks(self, selection), try chunks.read(into: memory) { return }
    try requireComplete()
    let spaces = try selection.makeSpaces(of: self)
    try reference.check(
      H5Dread(
        id, stored.id, spaces.memory.id, spaces.file.id, chdf5_default(), memory.baseAddress),
      "reading the elements")
  }

  /// Throws when as many bytes of the elements must not be read at once, or when there is no memory for them.
  ///
  /// To be called before the memory is taken: memory that cannot be had ends the program.
  package func requirePiece(of size: Int) throws(HDF5.Error) {
    try requireReadable(size: size)
    if size > 1 << 30 { free(try allocate(size).baseAddress) }
  }

  /// Throws when the policy or a missing filter forbids reading this many bytes.
  private func requireReadable(size: Int) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    let id = try reference.id()
    for filter in filters where H5Zfilter_avail(H5Z_filter_t(filter.id)) <= 0 {
      throw reference.error(
        .unsupportedFilter, "\(filter) is not supported; filters are not loaded from plugins")
    }
    let context = reference.context
    guard context.policy.isStrict else { return }
    let stored = H5Dget_storage_size(id)
    let allowed = context.policy.allowedBytes(stored: stored)
    guard UInt64(size) <= allowed else {
      throw reference.error(
        .refusedByPolicy,
        "it declares \(bytesInWords(UInt64(size))), but stores \(bytesInWords(stored)); the strict "
          + "policy allows \(bytesInWords(allowed))")
    }
    guard let chunkShape else { return }
    let chunk = product([type.size] + chunkShape) ?? .max
    guard UInt64(chunk) <= allowed else {
      throw reference.error(
        .refusedByPolicy,
        "a chunk has \(bytesInWords(UInt64(chunk))), but \(bytesInWords(stored)) are stored; the "
          + "strict policy allows \(bytesInWords(allowed))")
    }
    var chunks = 1
    for (size, chunkSize) in zip(shape, chunkShape) where chunkSize > 0 {
      let along = size / chunkSize + (size % chunkSize == 0 ? 0 : 1)
      chunks = product([chunks, along]) ?? .max
    }
    guard chunks <= Self.maximumChunkCount else {
      throw reference.error(
        .refusedByPolicy,
        "it has \(chunks) chunks; the strict policy allows \(Self.maximumChunkCount)")
    }
  }

  /// Throws when the file cannot hold as many bytes as the elements take.
  ///
  /// Up to 1.10 the library copies from a missing buffer when a compact dataset lies about its size.
  private func requireComplete() throws(HDF5.Error) {
    // What is being written may change between two pieces of it; what is only read does not.
    if reference.isKnownComplete { return }
    _ = try contiguousAddress()
    if storage == .chunked && reference.context.policy.isStrict { try requireCompleteChunks() }
    if storage == .compact { try requireCompleteHeader() }
    if !reference.context.isWritable { reference.isKnownComplete = true }
  }

  private func requireCompleteHeader() throws(HDF5.Error) {
    // A reference takes an address, a count and an index: 12 bytes at least.
    let declared = try byteCount(count, type.hasReferences ? 12 : type.size)
    let stored = H5Dget_storage_size(try reference.id())
    guard UInt64(declared) <= stored else {
      throw reference.error(
        .damaged, "expected \(declared) bytes in its header, found \(stored)")
    }
  }

  /// Throws when a chunk that is not compressed is shorter than its shape says.
  ///
  /// Up to 1.10 the library copies beyond the end of such a chunk.
  private func requireCompleteChunks() throws(HDF5.Error) {
    let id = try reference.id()
    let action = "listing the chunks"
    let space = try reference.adopt(H5Dget_space(id), action)
    var chunkCount: hsize_t = 0
    try reference.check(H5Dget_num_chunks(id, space.id, &chunkCount), action)
    // Up to 1.10 the library reads beyond a compressed chunk that is smaller than its shape says.
    // A shape that is too large does not fit the dimensions, or leaves room for fewer chunks.
    var room = 1
    for ((size, limit), chunk) in zip(zip(shape, maximumShape), chunkShape ?? []) {
      if let limit, chunk > limit {
        throw reference.error(
          .damaged, "a chunk has \(chunk) elements in a dimension of at most \(limit)")
      }
      room = product([room, max(size, 1) / max(chunk, 1) + 1]) ?? .max
    }
    guard chunkCount <= hsize_t(min(room, Self.maximumChunkCount)) else {
      throw reference.error(.damaged, "it stores \(chunkCount) chunks, more than its shape holds")
    }
    let plain = try byteCount(
      product(chunkShape ?? []) ?? .max, type.hasReferences ? 12 : type.size)
    var offset = [hsize_t](repeating: 0, count: shape.count + 1)
    for index in 0..<chunkCount {
      var mask: UInt32 = 0
      var address: haddr_t = 0
      var size: hsize_t = 0
      try reference.check(
        H5Dget_chunk_info(id, space.id, index, &offset, &mask, &address, &size), action)
      // A set bit says that the filter of that number was left out, as when nothing was gained.
      let active = filters.enumerated().filter { mask & (1 << UInt32($0.offset)) == 0 }
      let isCompressed = active.contains { if case .deflate = $0.element { true } else { false } }
      let expected = plain + (active.contains { $0.element == .fletcher32 } ? 4 : 0)
      guard isCompressed || size >= hsize_t(expected) else {
        throw reference.error(
          .damaged, "expected \(expected) bytes in the chunk at \(offset.dropLast()), found \(size)"
        )
      }
    }
  }

  /// The largest count of chunks that a dataset may have under a strict policy.
  private static var maximumChunkCount: Int { 1 << 14 }

  private func requireRoom(
    _ buffer: UnsafeMutableRawBufferPointer, _ needed: Int
  ) throws(HDF5.Error) {
    guard buffer.count >= needed else {
      throw reference.error(
        .invalidArgument, "expected memory for \(needed) bytes, found \(buffer.count)")
    }
  }

  private func byteCount(_ count: Int, _ size: Int) throws(HDF5.Error) -> Int {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow else {
      throw reference.error(
        .sizeLimit, "its \(count) elements of \(size) bytes are more than can be counted")
    }
    return bytes
  }

  private func conversionError(
    _ failure: ConversionFailure, _ native: HDF5.NativeType
  ) -> HDF5.Error {
    reference.context.error(failure, at: path, from: "\(type)", to: native.rawValue)
  }

  /// Memory that the caller gives back; `outOfMemory` instead of a crash when there is none.
  private func allocate(_ size: Int) throws(HDF5.Error) -> UnsafeMutableRawBufferPointer {
    guard let base = malloc(max(size, 1)) else {
      throw reference.error(.outOfMemory, "\(bytesInWords(UInt64(size))) are not available")
    }
    return UnsafeMutableRawBufferPointer(start: base, count: size)
  }
}
