import CHDF5

/// What all objects of one open file share: its handle, its name and its policy.
///
/// Unchecked: `handle` is touched only while the library is entered, or in `deinit`.
final class FileContext: @unchecked Sendable {
  let name: String
  let policy: HDF5.OpeningPolicy
  let isWritable: Bool
  /// Where the HDF5 image begins in the file at `name`; 0 unless a part of a file is read.
  let imageOffset: UInt64
  /// The file for mapping; nil unless it is read under a strict policy.
  let image: ImageFile?
  private var handle: Handle?

  init(
    adopting id: hid_t, name: String, policy: HDF5.OpeningPolicy, isWritable: Bool,
    imageOffset: UInt64 = 0, image: ImageFile? = nil
  ) {
    self.name = name
    self.policy = policy
    self.isWritable = isWritable
    self.imageOffset = imageOffset
    self.image = image
    handle = Handle(adopting: id)
  }

  /// The identifier of the open file.
  ///
  /// - Precondition: the library is entered.
  func id() throws(HDF5.Error) -> hid_t {
    guard let id = handle?.id else { throw error(.closed, "the file has been closed") }
    return id
  }

  /// Throws `readOnly` unless the file is open for writing.
  func requireWritable(_ object: String?) throws(HDF5.Error) {
    _ = try id()
    guard isWritable else {
      throw error(
        .readOnly, at: object, "the file is open for reading; open it with File(updating:)")
    }
  }

  /// Closes the file, and with it every object that was opened through it.
  func close() throws(HDF5.Error) {
    let id = try id()
    if isWritable { try check(H5Fflush(id, H5F_SCOPE_LOCAL), "writing the file's buffers") }
    guard let taken = handle.take() else { return }
    if !taken.close() { throw failure("closing the file") }
  }

  func error(_ code: HDF5.Error.Code, at object: String? = nil, _ detail: String) -> HDF5.Error {
    HDF5.Error(code, file: name, object: object, detail)
  }

  /// The failure that the library has just reported.
  func failure(_ action: String, at object: String? = nil) -> HDF5.Error {
    .fromLibrary(action, file: name, object: object)
  }

  /// Passes on what a call has returned, or throws when it is negative.
  ///
  /// - Precondition: the library is entered, and has been since before the call.
  @discardableResult
  func check<Result: SignedInteger>(
    _ result: Result, _ action: @autoclosure () -> String, at object: String? = nil
  ) throws(HDF5.Error) -> Result {
    guard result >= 0 else { throw failure(action(), at: object) }
    return result
  }

  /// Takes over the identifier that a call has returned, or throws when it is negative.
  func adopt(
    _ id: hid_t, _ action: @autoclosure () -> String, at object: String? = nil
  ) throws(HDF5.Error) -> Handle {
    Handle(adopting: try check(id, action(), at: object))
  }

  /// Throws when a name cannot be handed to C.
  func requireName(_ text: String, _ what: String, at object: String? = nil) throws(HDF5.Error) {
    guard !text.utf8.contains(0) else {
      throw error(.invalidArgument, at: object, "\(what) '\(text)' contains a NUL")
    }
  }
}
