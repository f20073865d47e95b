import CHDF5

extension HDF5.Object {
  /// Sets an attribute; one of the same name is replaced.
  ///
  /// The value is checked and laid out first, so that one that cannot be stored leaves an old
  /// attribute in place.
  ///
  /// - Throws: ``HDF5/Error``: `readOnly`, `invalidArgument` when the value does not fit its type
  ///   or shape, `outOfRange`, `sizeLimit` for more than about 64 KiB, which HDF5 cannot hold.
  public func setAttribute(_ name: String, _ value: HDF5.AttributeValue) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    let object = path + "@" + name
    let context = reference.context
    try context.requireWritable(object)
    try context.requireName(name, "the attribute's name", at: path)
    let writer = AttributeWriter(context: context, object: object, value: value)
    let bytes = try writer.encoded()
    let temporary = try hasAttribute(name) ? try freeName(name) : name
    let id = try reference.id()
    try writer.create(temporary, of: id, bytes: bytes)
    guard temporary != name else { return }
    try context.check(H5Adelete(id, name), "replacing the attribute", at: object)
    try context.check(H5Arename(id, temporary, name), "replacing the attribute", at: object)
  }

  /// Removes an attribute.
  ///
  /// - Throws: ``HDF5/Error``: `notFound`, `readOnly`.
  public func deleteAttribute(_ name: String) throws(HDF5.Error) {
    Library.enter()
    defer { Library.leave() }
    try reference.context.requireWritable(path)
    guard try hasAttribute(name) else {
      throw reference.error(.notFound, "it has no attribute '\(name)'")
    }
    try reference.check(H5Adelete(try reference.id(), name), "removing the attribute '\(name)'")
  }

  private func freeName(_ name: String) throws(HDF5.Error) -> String {
    var candidate = name + "~"
    while try hasAttribute(candidate) { candidate += "~" }
    return candidate
  }
}

/// Lays one value out and writes it.
private struct AttributeWriter {
  let context: FileContext
  let object: String
  let value: HDF5.AttributeValue

  /// The bytes of the elements; nil for texts, which are laid out when they are written.
  func encoded() throws(HDF5.Error) -> [UInt8]? {
    let count = try count()
    switch value.content {
    case .none: return nil
    case .strings, .texts:
      guard value.type.stringFormat != nil else { throw mismatch() }
      return nil
    case .bytes(let bytes):
      guard !value.type.hasReferences else {
        throw context.error(.unsupportedType, at: object, "raw bytes of \(value.type)")
      }
      guard let size = product([count, value.type.size]), size == bytes.count else {
        throw context.error(
          .invalidArgument, at: object,
          "expected \(count) elements of \(value.type.size) bytes, found \(bytes.count) bytes")
      }
      return bytes
    case .integers(let numbers):
      return try numbers.withUnsafeBytes { source in encode(source, as: .int64, count) }.get()
    case .doubles(let numbers):
      return try numbers.withUnsafeBytes { source in encode(source, as: .float64, count) }.get()
    }
  }

  private func encode(
    _ source: UnsafeRawBufferPointer, as native: HDF5.NativeType, _ count: Int
  ) -> Result<[UInt8], HDF5.Error> {
    guard let layout = value.type.numberLayout else { return .failure(mismatch()) }
    var bytes = [UInt8](repeating: 0, count: count * layout.size)
    let failure = bytes.withUnsafeMutableBytes { target -> ConversionFailure? in
      do throws(ConversionFailure) {
        try ElementEncoder(native: native, layout: layout).encode(
          source, into: target, count: count)
        return nil
      } catch {
        return error
      }
    }
    guard let failure else { return .success(bytes) }
    return .failure(
      context.error(failure, at: object, from: native.rawValue, to: "\(value.type)"))
  }

  private func mismatch() -> HDF5.Error {
    context.error(.invalidArgument, at: object, "the value cannot be stored as \(value.type)")
  }

  private func count() throws(HDF5.Error) -> Int {
    guard let shape = value.shape else { return 0 }
    guard shape.count <= 32, let count = product(shape), value.elementCount ?? count == count else {
      throw context.error(
        .invalidArgument, at: object,
        "the shape \(shape) does not hold \(value.elementCount ?? 0) elements")
    }
    return count
  }

  /// Creates and fills the attribute; one that cannot be filled is removed again.
  func create(_ name: String, of owner: hid_t, bytes: [UInt8]?) throws(HDF5.Error) {
    let action = "creating the attribute"
    let type = try value.type.make(context: context, object: object)
    let space = try makeSpace(value.shape, context: context, object: object)
    let list = try context.adopt(H5Pcreate(chdf5_class_attribute_create()), action, at: object)
    // As h5py does: the oldest form of attributes has no room for a character set.
    let isASCII = name.utf8.allSatisfy { $0 < 0x80 }
    try context.check(
      H5Pset_char_encoding(list.id, isASCII ? H5T_CSET_ASCII : H5T_CSET_UTF8), action, at: object)
    let attribute = try context.adopt(
      H5Acreate2(owner, name, type.id, space.id, list.id, chdf5_default()), action, at: object)
    do throws(HDF5.Error) {
      try fill(attribute.id, type.id, bytes)
    } catch {
      _ = H5Adelete(owner, name)
      throw error
    }
  }

  private func fill(_ attribute: hid_t, _ type: hid_t, _ bytes: [UInt8]?) throws(HDF5.Error) {
    if let bytes {
      if bytes.isEmpty { return }
      try context.check(H5Awrite(attribute, type, bytes), "writing the attribute", at: object)
      return
    }
    guard let format = value.type.stringFormat else { return }
    let writer = StringWriter(context: context, object: object, format: format)
    switch value.content {
    case .strings(let texts) where !texts.isEmpty:
      try writer.write(texts) { type, memory in H5Awrite(attribute, type, memory) }
    case .texts(let texts) where !texts.isEmpty:
      try writer.write(bytes: texts) { type, memory in H5Awrite(attribute, type, memory) }
    default: break
    }
  }
}

/// Makes a dataspace; nil makes one without elements.
///
/// - Precondition: the library is entered.
func makeSpace(
  _ shape: [Int]?, maximum: [Int?]? = nil, context: FileContext, object: String
) throws(HDF5.Error) -> Handle {
  let action = "making the shape"
  guard let shape else { return try context.adopt(H5Screate(H5S_NULL), action, at: object) }
  if shape.isEmpty { return try context.adopt(H5Screate(H5S_SCALAR), action, at: object) }
  var sizes: [hsize_t] = []
  for size in shape {
    guard let dimension = hsize_t(exactly: size), shape.count <= Int(H5S_MAX_RANK) else {
      throw context.error(
        .invalidArgument, at: object,
        "the shape \(shape) is negative or has more than \(H5S_MAX_RANK) dimensions")
    }
    sizes.append(dimension)
  }
  guard product(shape) != nil else {
    throw context.error(
      .sizeLimit, at: object, "the shape \(shape) has more elements than can be counted")
  }
  var limits = sizes
  if let maximum {
    guard maximum.count == shape.count else {
      throw context.error(
        .invalidArgument, at: object, "the maximum shape has \(maximum.count) dimensions")
    }
    for (axis, limit) in maximum.enumerated() {
      guard let limit else {
        limits[axis] = chdf5_unlimited()
        continue
      }
      guard limit >= shape[axis] else {
        throw context.error(
          .invalidArgument, at: object, "dimension \(axis) is larger than its maximum \(limit)")
      }
      limits[axis] = hsize_t(limit)
    }
  }
  return try context.adopt(
    H5Screate_simple(Int32(sizes.count), sizes, limits), action, at: object)
}
