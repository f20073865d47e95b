/// A dense array of numbers or text, in row-major order.
///
/// Elements are kept in the Swift type nearest to the tensor's ``dtype``; half-precision numbers are kept
/// widened to `Float`, which loses nothing.
public struct Tensor: Sendable, Hashable {
  /// The elements, in row-major order.
  public enum Storage: Sendable, Hashable {
    /// Elements of a `float16`, `bfloat16` or `float32` tensor.
    case float([Float])
    /// Elements of a `float64` tensor.
    case double([Double])
    /// Elements of a tensor of any integer type, `bool` (0 and 1) included; `uint64` by bit pattern.
    case integer([Int64])
    /// Elements of a `string` tensor.
    case text([String])

    /// The number of elements.
    public var count: Int {
      switch self {
      case .float(let values): values.count
      case .double(let values): values.count
      case .integer(let values): values.count
      case .text(let values): values.count
      }
    }
  }

  /// The extents of the axes; empty for a scalar.
  public let shape: [Int]
  /// The element type.
  public let dtype: DType
  /// Where the elements are.
  enum ElementSource: Sendable {
    case held(Storage)
    case borrowed(BorrowedElements)
  }

  let elementSource: ElementSource

  /// The elements; a copy, when the tensor lies over a mapped file.
  public var storage: Storage {
    switch elementSource {
    case .held(let storage): storage
    case .borrowed(let elements):
      switch dtype {
      case .float32: .float(elements.copied(as: Float.self))
      case .float64: .double(elements.copied(as: Double.self))
      default: .integer(elements.copied(as: Int64.self))
      }
    }
  }

  /// Makes a tensor from elements already in the storage kind of `dtype`.
  ///
  /// - Precondition: `storage` is of the kind that `dtype` asks for and has as many elements as `shape`.
  public init(shape: [Int], dtype: DType, storage: Storage) {
    precondition(Shape.elementCount(shape) == storage.count, "a tensor's storage fits its shape")
    switch (storage, dtype) {
    case (.float, .float16), (.float, .bfloat16), (.float, .float32), (.double, .float64),
      (.text, .string):
      break
    case (.integer, _):
      precondition(dtype.isInteger || dtype == .bool, "a tensor's storage fits its type")
    default:
      preconditionFailure("a tensor's storage fits its type")
    }
    self.shape = shape
    self.dtype = dtype
    elementSource = .held(storage)
  }

  /// Makes a `float32` tensor.
  ///
  /// - Precondition: `values` has as many elements as `shape`.
  public init(shape: [Int], _ values: [Float]) {
    self.init(shape: shape, dtype: .float32, storage: .float(values))
  }

  /// Makes a `float64` tensor.
  ///
  /// - Precondition: `values` has as many elements as `shape`.
  public init(shape: [Int], _ values: [Double]) {
    self.init(shape: shape, dtype: .float64, storage: .double(values))
  }

  /// Makes an integer or Boolean tensor, `int64` unless told otherwise.
  ///
  /// - Precondition: `values` has as many elements as `shape`, and `dtype` is an integer type or `bool`.
  public init(shape: [Int], integers values: [Int64], dtype: DType = .int64) {
    self.init(shape: shape, dtype: dtype, storage: .integer(values))
  }

  /// Makes a `string` tensor.
  ///
  /// - Precondition: `values` has as many elements as `shape`.
  public init(shape: [Int], text values: [String]) {
    self.init(shape: shape, dtype: .string, storage: .text(values))
  }

  /// The number of axes.
  public var rank: Int { shape.count }

  /// The number of elements.
  public var count: Int {
    switch elementSource {
    case .held(let storage): storage.count
    case .borrowed(let elements): elements.bytes.count / dtype.byteCount
    }
  }

  /// The elements as `Double`; `nil` for text.
  public var doubles: [Double]? {
    switch storage {
    case .float(let values): values.map(Double.init)
    case .double(let values): values
    case .integer(let values):
      dtype == .uint64 ? values.map { Double(UInt64(bitPattern: $0)) } : values.map(Double.init)
    case .text: nil
    }
  }

  /// The elements as `Float`, rounded to nearest; `nil` for text.
  public var floats: [Float]? {
    switch storage {
    case .float(let values): values
    case .double(let values): values.map { Float($0) }
    case .integer(let values):
      dtype == .uint64 ? values.map { Float(UInt64(bitPattern: $0)) } : values.map { Float($0) }
    case .text: nil
    }
  }

  /// The elements of an integer or Boolean tensor; `nil` for other types.
  public var integers: [Int64]? {
    dtype.isFloatingPoint || dtype == .string ? nil : storage.integers
  }

  /// The elements of a `string` tensor; `nil` for other types.
  public var text: [String]? {
    if case .held(.text(let values)) = elementSource { values } else { nil }
  }

  /// The same elements under another shape.
  ///
  /// - Precondition: the new shape has as many elements.
  public func reshaped(_ shape: [Int]) -> Tensor {
    switch elementSource {
    case .held(let storage): Tensor(shape: shape, dtype: dtype, storage: storage)
    case .borrowed(let elements): Tensor(shape: shape, dtype: dtype, borrowing: elements)
    }
  }

  /// Whether two tensors have the same shape, type and elements.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    left.shape == right.shape && left.dtype == right.dtype && left.storage == right.storage
  }

  /// Adds shape, type and elements to a hash.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(dtype)
    hasher.combine(storage)
  }
}

extension Tensor.Storage {
  fileprivate var integers: [Int64]? {
    if case .integer(let values) = self { values } else { nil }
  }
}
