/// Elements in memory that belongs to somebody else, such as a mapped file.
///
/// Unchecked: the memory is never written.
package struct BorrowedElements: @unchecked Sendable {
  /// The elements in the machine's byte order; they need not be aligned.
  package let bytes: UnsafeRawBufferPointer
  /// What keeps the memory.
  package let owner: any AnyObject & Sendable
  /// Tells the owner that some of the bytes are not needed for now; they stay readable.
  package let letGo: @Sendable (Range<Int>) -> Void

  /// Borrows memory as long as the owner lives.
  package init(
    _ bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable,
    letGo: @escaping @Sendable (Range<Int>) -> Void = { _ in }
  ) {
    self.bytes = bytes
    self.owner = owner
    self.letGo = letGo
  }

  /// A copy of the elements.
  func copied<Element: BitwiseCopyable>(as type: Element.Type) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.stride
    return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      initialized = count
    }
  }
}

extension Tensor {
  /// Makes a tensor over memory that somebody else owns.
  ///
  /// - Precondition: `dtype` is `float32`, `float64`, `int64` or `uint64`, and there are as many bytes as the shape asks for.
  package init(shape: [Int], dtype: DType, borrowing elements: BorrowedElements) {
    precondition(
      [.float32, .float64, .int64, .uint64].contains(dtype), "memory holds numbers as tensors do")
    precondition(
      Shape.elementCount(shape) == elements.bytes.count / dtype.byteCount
        && elements.bytes.count % dtype.byteCount == 0, "a tensor's storage fits its shape")
    self.shape = shape
    self.dtype = dtype
    elementSource = .borrowed(elements)
  }

  /// The memory that the tensor borrows; `nil` when it has its own.
  package var borrowed: BorrowedElements? {
    if case .borrowed(let elements) = elementSource { elements } else { nil }
  }

  /// Looks at the elements in the type in which ``storage`` has them, without a copy; `nil` for text.
  ///
  /// They need not be aligned.
  package func withStorageBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    switch elementSource {
    case .borrowed(let elements):
      defer { withExtendedLifetime(elements.owner) {} }
      return try body(elements.bytes)
    case .held(.float(let values)): return try Tensor.look(at: values, body)
    case .held(.double(let values)): return try Tensor.look(at: values, body)
    case .held(.integer(let values)): return try Tensor.look(at: values, body)
    case .held(.text): return nil
    }
  }

  private static func look<Element: BitwiseCopyable, Result, Failure: Error>(
    at values: [Element], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // The standard method rethrows without a type, so the outcome is carried around it.
    try values.withUnsafeBytes { bytes in
      Swift.Result { () throws(Failure) in try body(bytes) }
    }.get()
  }
}
