import CHDF5
import Synchronization

extension HDF5 {
  /// An open object of a file: a group or a dataset.
  ///
  /// Objects carry attributes.
  public protocol Object: Sendable {
    /// The open object behind the value.
    var reference: ObjectReference { get }
  }

  /// An object that libhdf5 holds open; it has no public parts.
  public final class ObjectReference: Sendable {
    let context: FileContext
    let path: String
    private let handle: Handle
    private let completeness = Mutex(false)

    /// Whether the stored elements of a dataset are known to be as many as its shape says.
    var isKnownComplete: Bool {
      get { completeness.withLock { $0 } }
      set { completeness.withLock { $0 = newValue } }
    }

    init(_ handle: consuming Handle, context: FileContext, path: String) {
      self.handle = handle
      self.context = context
      self.path = path
    }

    /// The object's identifier.
    ///
    /// - Precondition: the library is entered.
    func id() throws(HDF5.Error) -> hid_t {
      _ = try context.id()
      return handle.id
    }

    func error(_ code: HDF5.Error.Code, _ detail: String) -> HDF5.Error {
      context.error(code, at: path, detail)
    }

    @discardableResult
    func check<Result: SignedInteger>(
      _ result: Result, _ action: @autoclosure () -> String
    ) throws(HDF5.Error) -> Result {
      try context.check(result, action(), at: path)
    }

    func adopt(
      _ id: hid_t, _ action: @autoclosure () -> String
    ) throws(HDF5.Error) -> Handle {
      try context.adopt(id, action(), at: path)
    }
  }

  /// What a path leads to.
  public enum ObjectKind: String, Hashable, Sendable {
    /// A group of links.
    case group
    /// An array of elements.
    case dataset
    /// A data type with a name of its own.
    case namedDatatype
  }
}

extension HDF5.Object {
  /// The path by which the object was opened, from the root of the file.
  public var path: String { reference.path }

  /// The last part of the path; `/` for the root.
  public var name: String {
    pathParts(path).last ?? "/"
  }

  /// The name of the file that holds the object.
  public var fileName: String { reference.context.name }
}
