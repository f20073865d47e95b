import CHDF5

extension HDF5 {
  /// An attribute: a small named value that belongs to a group or a dataset.
  public final class Attribute: Sendable {
    /// The attribute's name.
    public let name: String
    /// The type of its elements, as stored.
    public let type: DataType
    /// The sizes of the dimensions: empty for a scalar, nil for an attribute without a value.
    public let shape: [Int]?
    /// The count of elements: 1 for a scalar, 0 without a value.
    public let count: Int

    private let context: FileContext
    private let object: String
    private let handle: Handle

    /// Takes over an open attribute.
    ///
    /// - Precondition: the library is entered.
    init(_ handle: consuming Handle, name: String, of owner: ObjectReference) throws(HDF5.Error) {
      let context = owner.context
      let object = owner.path + "@" + name
      let action = "opening the attribute"
      let type = try context.adopt(H5Aget_type(handle.id), action, at: object)
      let space = try context.adopt(H5Aget_space(handle.id), action, at: object)
      let extent = try Extent(reading: space.id, context: context, object: object)
      self.type = try DataType(reading: type.id, context: context, object: object)
      shape = extent.shape
      count = extent.count
      self.name = name
      self.context = context
      self.object = object
      self.handle = handle
    }

    /// Reads a text.
    ///
    /// - Throws: ``Error``: `wrongKind` unless the attribute is one string, `invalidText`.
    public func readString() throws(HDF5.Error) -> String {
      let texts = try readStringBytes()
      guard texts.count == 1, let bytes = texts.first else {
        throw context.error(
          .wrongKind, at: object, "expected one string, found \(texts.count) (\(type))")
      }
      return try decodedText(bytes, context: context, object: object)
    }

    /// Reads all texts, the last dimension running fastest.
    ///
    /// An attribute without elements has no texts, whatever its type.
    ///
    /// - Throws: ``Error``: `wrongKind` unless the elements are strings, `invalidText`.
    public func readStrings() throws(HDF5.Error) -> [String] {
      var texts: [String] = []
      for bytes in try readStringBytes() {
        texts.append(try decodedText(bytes, context: context, object: object))
      }
      return texts
    }

    /// Reads the bytes of all texts, without padding and unchecked.
    ///
    /// - Throws: ``Error``: `wrongKind` unless the elements are strings or there are none.
    public func readStringBytes() throws(HDF5.Error) -> [[UInt8]] {
      Library.enter()
      defer { Library.leave() }
      let id = try openID()
      if count == 0 { return [] }
      guard let format = type.stringFormat else {
        throw context.error(.wrongKind, at: object, "expected strings, found \(type)")
      }
      let space = try context.adopt(H5Aget_space(id), "reading the attribute", at: object)
      let reader = StringReader(context: context, object: object, format: format, count: count)
      return try reader.read(space: space.id) { type, memory in H5Aread(id, type, memory) }
    }

    /// Reads whole numbers, enumerations and truth values.
    ///
    /// - Throws: ``Error``: `wrongKind` unless the elements are whole numbers or there are none,
    ///   `outOfRange` when one is larger than an `Int64`.
    public func readIntegers() throws(HDF5.Error) -> [Int64] { try read() }

    /// Reads numbers of any kind as double-precision ones.
    ///
    /// - Throws: ``Error``: `wrongKind` unless the elements are numbers or there are none.
    public func readDoubles() throws(HDF5.Error) -> [Double] { try read() }

    /// Reads numbers, the last dimension running fastest.
    ///
    /// - Throws: ``Error``: `wrongKind`, `unsupportedType`, `outOfRange`.
    public func read<Value: NativeValue>(as _: Value.Type = Value.self) throws(HDF5.Error)
      -> [Value]
    {
      if count == 0 { return [] }
      guard let layout = type.numberLayout else {
        throw context.error(.wrongKind, at: object, "expected numbers, found \(type)")
      }
      let bytes = try readBytes()
      var values = [Value](repeating: .zero, count: count)
      do throws(ConversionFailure) {
        try ElementDecoder(layout: layout, target: Value.nativeType).decode(bytes, into: &values)
      } catch {
        throw context.error(error, at: object, from: "\(type)", to: Value.nativeType.rawValue)
      }
      return values
    }

    /// Reads the bytes of the elements as they lie in the file.
    ///
    /// - Throws: ``Error``: `unsupportedType` when the elements refer to bytes elsewhere, as
    ///   strings of variable length do; `sizeLimit` for more than 256 MiB.
    public func readBytes() throws(HDF5.Error) -> [UInt8] {
      Library.enter()
      defer { Library.leave() }
      let id = try openID()
      if count == 0 { return [] }
      guard !type.hasReferences else {
        throw context.error(
          .unsupportedType, at: object, "the bytes of \(type) are references; read it as strings")
      }
      let stored = try context.adopt(H5Aget_type(id), "reading the attribute", at: object)
      let (size, overflow) = H5Tget_size(stored.id).multipliedReportingOverflow(by: count)
      guard !overflow, size <= StringReader.maximumBytes else {
        throw context.error(.sizeLimit, at: object, "it declares \(count) elements of \(type)")
      }
      var bytes = [UInt8](repeating: 0, count: size)
      try context.check(H5Aread(id, stored.id, &bytes), "reading the attribute", at: object)
      return bytes
    }

    private func openID() throws(HDF5.Error) -> hid_t {
      _ = try context.id()
      return handle.id
    }
  }
}

extension HDF5.Object {
  /// Lists the names of the attributes, in the order of their bytes.
  public func attributeNames() throws(HDF5.Error) -> [String] {
    Library.enter()
    defer { Library.leave() }
    let id = try reference.id()
    // As for links: every attribute is decoded before the library makes a table of them.
    try reference.check(H5Aexists(id, unforeseeableName), "listing the attributes")
    var names: [String] = []
    let status = withUnsafeMutablePointer(to: &names) { target in
      H5Aiterate2(
        id, H5_INDEX_NAME, H5_ITER_NATIVE, nil,
        { _, name, _, context in
          guard let name, let context else { return -1 }
          let target = context.assumingMemoryBound(to: [String].self)
          guard target.pointee.count < 65536 else { return 1 }
          target.pointee.append(String(cString: name))
          return 0
        }, target)
    }
    try reference.check(status, "listing the attributes")
    guard status == 0 else {
      throw reference.error(.sizeLimit, "it has more than 65536 attributes")
    }
    return sortedByBytes(names)
  }

  /// Tells whether there is an attribute of a name.
  public func hasAttribute(_ name: String) throws(HDF5.Error) -> Bool {
    Library.enter()
    defer { Library.leave() }
    try reference.context.requireName(name, "the attribute's name", at: path)
    return try reference.check(
      H5Aexists(try reference.id(), name), "looking for the attribute '\(name)'") > 0
  }

  /// Opens the attribute of a name.
  ///
  /// - Throws: ``Error``: `notFound`, `unsupportedType`, `damaged`.
  public func attribute(_ name: String) throws(HDF5.Error) -> HDF5.Attribute {
    Library.enter()
    defer { Library.leave() }
    guard try hasAttribute(name) else {
      throw reference.error(.notFound, "it has no attribute '\(name)'")
    }
    let handle = try reference.adopt(
      H5Aopen(try reference.id(), name, chdf5_default()), "opening the attribute '\(name)'")
    return try HDF5.Attribute(handle, name: name, of: reference)
  }
}

extension FileContext {
  /// The error for elements that could not be converted.
  func error(
    _ failure: ConversionFailure, at object: String, from: String, to: String
  ) -> HDF5.Error {
    switch failure {
    case .floatToInteger:
      error(.wrongKind, at: object, "expected whole numbers (\(to)), found \(from)")
    case .outOfRange(let index):
      error(.outOfRange, at: object, "the element \(index) (\(from)) does not fit \(to)")
    case .unwritableFormat:
      error(.unsupportedType, at: object, "numbers cannot be written as \(to)")
    }
  }
}
