import CHDF5

extension HDF5.File {
  /// Opens a file for reading and writing.
  ///
  /// - Throws: ``HDF5/Error``: `notFound`, `io`, `notHDF5`, `truncated`, `locked`, `damaged`.
  public convenience init(
    updating path: String, policy: HDF5.OpeningPolicy = .standard
  ) throws(HDF5.Error) {
    let file = try ReadableFile(path)
    try Self.requireSignature(path, length: file.length) { file.bytes(at: $0, count: $1) }
    let id = try Self.open(path, flags: chdf5_read_write()) { list in
      let status = H5Pset_fapl_sec2(list)
      return status < 0 ? status : chdf5_set_locking(list, 1)
    }
    try self.init(
      FileContext(adopting: id, name: path, policy: policy, isWritable: true))
  }

  /// Creates a file, with an empty root group, for reading and writing.
  ///
  /// - Parameter overwriting: Whether a file that is already there is emptied.
  /// - Throws: ``HDF5/Error``: `exists`, `io`, `locked` when the file is open.
  public convenience init(
    creating path: String, overwriting: Bool = false
  ) throws(HDF5.Error) {
    guard !path.utf8.contains(0) else {
      throw HDF5.Error(.invalidArgument, file: path, "the path contains a NUL")
    }
    switch PathKind(path) {
    case .nothing: break
    case .regularFile:
      guard overwriting else {
        throw HDF5.Error(.exists, file: path, "there is a file already; allow overwriting it")
      }
    case .other:
      throw HDF5.Error(.exists, file: path, "expected a regular file, found another object")
    }
    let id = try Self.create(path, overwriting: overwriting)
    try self.init(
      FileContext(adopting: id, name: path, policy: .standard, isWritable: true))
  }

  /// Creates a file, with an empty root group, inside another file that is open for writing.
  ///
  /// The image begins at the offset and ends with the outer file, which is made as long as the image
  /// when it is closed.
  ///
  /// - Parameters:
  ///   - descriptor: The outer file, open for reading and writing; it is not closed.
  ///   - offset: Where the image begins in it, in bytes.
  ///   - name: What error messages call the image.
  /// - Throws: ``HDF5/Error``: `io`.
  package convenience init(
    creatingIn descriptor: Int32, offset: UInt64, name: String
  ) throws(HDF5.Error) {
    let window = chdf5_window(
      descriptor: descriptor, bytes: nil, offset: offset, length: 0, is_writable: 1)
    let id = try Self.createWindow(name, window)
    try self.init(
      FileContext(
        adopting: id, name: name, policy: .standard, isWritable: true, imageOffset: offset))
  }

  private static func createWindow(
    _ name: String, _ window: chdf5_window
  ) throws(HDF5.Error) -> hid_t {
    Library.enter()
    defer { Library.leave() }
    let list = try accessList(name) { list in
      withUnsafePointer(to: window) { H5Pset_driver(list, Library.windowDriver, $0) }
    }
    let id = H5Fcreate(name, chdf5_truncate(), chdf5_default(), list.id)
    guard id >= 0 else {
      throw .fromLibrary("creating the file", file: name, object: nil)
    }
    return id
  }

  private static func create(_ path: String, overwriting: Bool) throws(HDF5.Error) -> hid_t {
    Library.enter()
    defer { Library.leave() }
    let list = try accessList(path) { list in
      let status = H5Pset_fapl_sec2(list)
      return status < 0 ? status : chdf5_set_locking(list, 1)
    }
    let flags = overwriting ? chdf5_truncate() : chdf5_exclusive()
    let id = H5Fcreate(path, flags, chdf5_default(), list.id)
    guard id >= 0 else {
      throw .fromLibrary("creating the file", file: path, object: nil)
    }
    return id
  }
}
