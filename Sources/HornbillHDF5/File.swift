import CHDF5

extension HDF5 {
  /// An open HDF5 file.
  ///
  /// The file stays open as long as the value or any group, dataset or attribute from it lives.
  /// ``close()`` ends that earlier, and is the only way to learn that closing has failed.
  public final class File: Sendable {
    /// The group `/`.
    public let root: Group
    let context: FileContext

    /// The path, or the name that was given to bytes in memory.
    public var name: String { context.name }
    /// What the file is allowed to make the reader do.
    public var policy: OpeningPolicy { context.policy }
    /// Whether the file was opened with ``init(updating:)`` or ``init(creating:overwriting:)``.
    public var isWritable: Bool { context.isWritable }

    /// Opens a file for reading.
    ///
    /// Under the standard policy what another ``File`` of this process has written is seen, even
    /// before it is flushed. Under a strict one the file is read as it lies on disk, by a driver
    /// that has no cache of its own for damaged addresses to corrupt.
    ///
    /// - Throws: ``Error``: `notFound`, `io`, `notHDF5`, `truncated`, `locked`, `damaged`.
    public convenience init(
      reading path: String, policy: OpeningPolicy = .standard
    ) throws(HDF5.Error) {
      let file = try ReadableFile(path)
      try Self.requireSignature(path, length: file.length) { file.bytes(at: $0, count: $1) }
      let id: hid_t
      if policy.isStrict {
        id = try Self.openWindow(
          path,
          chdf5_window(
            descriptor: file.descriptor, bytes: nil, offset: 0, length: file.length,
            is_writable: 0))
      } else {
        id = try Self.open(path, flags: chdf5_read_only()) { list in
          let status = H5Pset_fapl_sec2(list)
          return status < 0 ? status : chdf5_set_locking(list, 0)
        }
      }
      let image = policy.isStrict ? ImageFile(file, offset: 0, length: file.length) : nil
      try self.init(
        FileContext(adopting: id, name: path, policy: policy, isWritable: false, image: image))
    }

    /// Opens an HDF5 image that lies in memory; the bytes are copied once.
    ///
    /// - Parameter name: What error messages call the image.
    /// - Throws: ``Error``: `notHDF5`, `truncated`, `damaged`, `outOfMemory`.
    public convenience init(
      reading bytes: [UInt8], name: String, policy: OpeningPolicy = .standard
    ) throws(HDF5.Error) {
      try Self.requireSignature(name, length: UInt64(bytes.count)) { offset, count in
        let start = Int(offset)
        return Array(bytes[start..<min(bytes.count, start + count)])
      }
      let id = try bytes.withUnsafeBytes { buffer in
        Result { () throws(HDF5.Error) in
          try Self.openWindow(
            name,
            chdf5_window(
              descriptor: -1, bytes: buffer.baseAddress, offset: 0, length: UInt64(buffer.count),
              is_writable: 0))
        }
      }.get()
      try self.init(
        FileContext(adopting: id, name: name, policy: policy, isWritable: false))
    }

    /// Opens an HDF5 image that lies inside another file, without copying it.
    ///
    /// - Parameters:
    ///   - path: The outer file, such as a zip archive with a stored member.
    ///   - offset: Where the image begins in it, in bytes.
    ///   - length: How many bytes the image has.
    /// - Throws: ``Error``: `notFound`, `io`, `notHDF5`, `truncated`, `damaged`.
    public convenience init(
      readingPart path: String, offset: UInt64, length: UInt64, policy: OpeningPolicy = .standard
    ) throws(HDF5.Error) {
      let file = try ReadableFile(path)
      guard offset <= file.length, length <= file.length - offset else {
        throw HDF5.Error(
          .truncated, file: path,
          "expected \(length) bytes at offset \(offset), found a file of \(file.length) bytes")
      }
      try Self.requireSignature(path, length: length) { position, count in
        file.bytes(at: offset + position, count: min(count, Int(clamping: length - position)))
      }
      let id = try Self.openWindow(
        path,
        chdf5_window(
          descriptor: file.descriptor, bytes: nil, offset: offset, length: length, is_writable: 0))
      try self.init(
        FileContext(
          adopting: id, name: path, policy: policy, isWritable: false, imageOffset: offset,
          image: ImageFile(file, offset: offset, length: length)))
    }

    init(_ context: FileContext) throws(HDF5.Error) {
      Library.enter()
      defer { Library.leave() }
      self.context = context
      let root = try context.adopt(
        H5Gopen2(try context.id(), "/", chdf5_default()), "opening the root group", at: "/")
      self.root = Group(reference: ObjectReference(root, context: context, path: "/"))
    }

    /// Writes what is still buffered to the file.
    public func flush() throws(HDF5.Error) {
      Library.enter()
      defer { Library.leave() }
      try context.check(
        H5Fflush(try context.id(), H5F_SCOPE_LOCAL), "writing the file's buffers")
    }

    /// Writes what is still buffered and closes the file.
    ///
    /// Groups, datasets and attributes from the file throw `closed` from then on. A second call
    /// does the same.
    public func close() throws(HDF5.Error) {
      Library.enter()
      defer { Library.leave() }
      try context.close()
    }

    /// Throws `notHDF5` unless the bytes that `read` returns hold a signature.
    static func requireSignature(
      _ name: String, length: UInt64, read: (_ offset: UInt64, _ count: Int) -> [UInt8]
    ) throws(HDF5.Error) {
      if FileSignature.isPresent(length: length, read: read) { return }
      let head = length == 0 ? [] : read(0, 16)
      throw HDF5.Error(
        .notHDF5, file: name,
        "expected an HDF5 file, but \(FileSignature.guess(head, length: length))")
    }

    private static func openWindow(
      _ name: String, _ window: chdf5_window
    ) throws(HDF5.Error) -> hid_t {
      try open(name, flags: chdf5_read_only()) { list in
        withUnsafePointer(to: window) { H5Pset_driver(list, Library.windowDriver, $0) }
      }
    }

    /// Opens a file that exists, with the driver that `configure` sets in the access list.
    static func open(
      _ name: String, flags: UInt32, configure: (hid_t) -> herr_t
    ) throws(HDF5.Error) -> hid_t {
      Library.enter()
      defer { Library.leave() }
      let list = try accessList(name, configure: configure)
      let id = H5Fopen(name, flags, list.id)
      guard id >= 0 else {
        throw .fromLibrary("opening the file", file: name, object: nil)
      }
      return id
    }

    /// A file access list: `configure` sets the driver, and closing a file closes its objects.
    static func accessList(
      _ name: String, configure: (hid_t) -> herr_t
    ) throws(HDF5.Error) -> Handle {
      let id = H5Pcreate(chdf5_class_file_access())
      guard id >= 0 else {
        throw .fromLibrary("starting the HDF5 library", file: name, object: nil)
      }
      let list = Handle(adopting: id)
      guard configure(list.id) >= 0, H5Pset_fclose_degree(list.id, H5F_CLOSE_STRONG) >= 0 else {
        throw .fromLibrary("choosing how to open the file", file: name, object: nil)
      }
      return list
    }
  }
}
