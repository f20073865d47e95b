import CHDF5

/// One reference to one object of libhdf5, given back when the value dies.
struct Handle: ~Copyable, Sendable {
  let id: hid_t

  /// Takes over the reference that a call has returned.
  ///
  /// - Precondition: `id` is valid, and nobody else gives it back.
  init(adopting id: hid_t) { self.id = id }

  deinit {
    Library.enter()
    defer { Library.leave() }
    // Closing a file closes what was opened through it; such an identifier is not used again.
    if H5Iis_valid(id) > 0 { _ = H5Idec_ref(id) }
  }

  /// Gives the reference back, and says whether that has worked.
  ///
  /// - Precondition: the library is entered, so that the caller can read the error stack.
  consuming func close() -> Bool {
    let id = id
    discard self
    return H5Idec_ref(id) >= 0
  }
}
