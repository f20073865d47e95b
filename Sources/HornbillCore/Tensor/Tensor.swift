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
  /// The elements.
  public let storage: Storage

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
    self.storage = storage
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
  public var count: Int { storage.count }

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
    if case .integer(let values) = storage { values } else { nil }
  }

  /// The elements of a `string` tensor; `nil` for other types.
  public var text: [String]? {
    if case .text(let values) = storage { values } else { nil }
  }

  /// The same elements under another shape.
  ///
  /// - Precondition: the new shape has as many elements.
  public func reshaped(_ shape: [Int]) -> Tensor {
    Tensor(shape: shape, dtype: dtype, storage: storage)
  }
}
