import CHDF5

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The one way into libhdf5: a recursive lock, and error printing turned off while it is held.
///
///     Library.enter()
///     defer { Library.leave() }
///
/// The lock is recursive because a handle may be released while it is held. Error printing is a
/// setting of the thread, so it is turned off at each entry and given back at the last exit.
enum Library {
  static func enter() { state.enter() }

  static func leave() { state.leave() }

  /// The identifier of the driver for images that lie inside other files or in memory.
  ///
  /// Negative when it could not be registered.
  ///
  /// - Precondition: the lock is held.
  static var windowDriver: hid_t { state.windowDriver }

  private static let state = LibraryState()
}

/// The state behind the lock.
///
/// Unchecked: every mutable property is touched only between `enter` and `leave`, which hold the
/// mutex.
private final class LibraryState: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var depth = 0
  private var savedReporter: H5E_auto2_t?
  private var savedReporterContext: UnsafeMutableRawPointer?
  private var hasSavedReporter = false
  private(set) var windowDriver: hid_t = -1

  init() {
    mutex = .allocate(capacity: 1)
    let status = chdf5_recursive_mutex(mutex)
    precondition(status == 0, "a recursive mutex cannot be made (error \(status))")
    // Must precede every other call: else the library is closed while handles still live.
    _ = H5dont_atexit()
    // Each of these can make the library open, or load, what no caller has named.
    for variable in [
      "HDF5_PLUGIN_PATH", "HDF5_EXTFILE_PREFIX", "HDF5_EXT_PREFIX", "HDF5_VDS_PREFIX",
      "HDF5_DRIVER",
    ] {
      unsetenv(variable)
    }
    _ = H5open()
    _ = H5PLset_loading_state(0)
    windowDriver = chdf5_register_window_driver()
  }

  func enter() {
    pthread_mutex_lock(mutex)
    depth += 1
    guard depth == 1 else { return }
    hasSavedReporter =
      H5Eget_auto2(chdf5_error_stack(), &savedReporter, &savedReporterContext) >= 0
    _ = H5Eset_auto2(chdf5_error_stack(), nil, nil)
  }

  func leave() {
    depth -= 1
    if depth == 0 && hasSavedReporter {
      _ = H5Eset_auto2(chdf5_error_stack(), savedReporter, savedReporterContext)
    }
    pthread_mutex_unlock(mutex)
  }
}
