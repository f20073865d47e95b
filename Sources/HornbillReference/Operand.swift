import HornbillCore

/// A tensor as the definitions see it: exact integers, every float a `Double`, row-major order.
struct Operand: Sendable {
  /// The elements of a tensor.
  enum Elements: Sendable {
    /// Elements of any floating-point type, never rounded to it.
    case real([Double])
    /// Elements of any integer type, within its range, and of `bool`, 0 or 1; `uint64` by bit pattern.
    case whole([Int64])
    /// Elements of a `string` tensor.
    case text([String])
  }

  var shape: [Int]
  var dtype: DType
  var elements: Elements

  init(shape: [Int], dtype: DType, elements: Elements) {
    self.shape = shape
    self.dtype = dtype
    self.elements = elements
  }

  init(_ tensor: Tensor) {
    shape = tensor.shape
    dtype = tensor.dtype
    elements =
      switch tensor.storage {
      case .float(let values): .real(values.map(Double.init))
      case .double(let values): .real(values)
      case .integer(let values): .whole(values)
      case .text(let values): .text(values)
      }
  }

  /// The tensor; floats of every type as `float64`.
  var tensor: Tensor {
    switch elements {
    case .real(let values): Tensor(shape: shape, values)
    case .whole(let values): Tensor(shape: shape, integers: values, dtype: dtype)
    case .text(let values): Tensor(shape: shape, text: values)
    }
  }

  /// The elements of a floating-point tensor.
  ///
  /// - Throws: ``ExecutionError`` when the tensor is not one.
  func real() throws(ExecutionError) -> [Double] {
    guard case .real(let values) = elements else {
      throw ExecutionError("an operand of type \(dtype), a floating-point type is needed")
    }
    return values
  }

  /// The elements of an integer or Boolean tensor.
  ///
  /// - Throws: ``ExecutionError`` when the tensor is not one.
  func whole() throws(ExecutionError) -> [Int64] {
    guard case .whole(let values) = elements else {
      throw ExecutionError("an operand of type \(dtype), an integer type or bool is needed")
    }
    return values
  }

  /// The elements of a tensor of text.
  ///
  /// - Throws: ``ExecutionError`` when the tensor is not one.
  func text() throws(ExecutionError) -> [String] {
    guard case .text(let values) = elements else {
      throw ExecutionError("an operand of type \(dtype), text is needed")
    }
    return values
  }

  /// The elements at the given row-major offsets, in the given shape.
  func taking(_ offsets: [Int], shape: [Int]) -> Operand {
    let taken: Elements =
      switch elements {
      case .real(let values): .real(offsets.map { values[$0] })
      case .whole(let values): .whole(offsets.map { values[$0] })
      case .text(let values): .text(offsets.map { values[$0] })
      }
    return Operand(shape: shape, dtype: dtype, elements: taken)
  }
}

/// Row-major arithmetic.
enum Layout {
  static func count(_ shape: [Int]) -> Int { shape.reduce(1, *) }

  /// The distance between neighbours along each axis.
  static func strides(_ shape: [Int]) -> [Int] {
    var result = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      result[axis] = result[axis + 1] * shape[axis + 1]
    }
    return result
  }

  /// The offsets that an outer sum of one list per axis gives, the last axis fastest.
  static func offsets(_ lists: [[Int]]) -> [Int] {
    lists.reduce([0]) { bases, list in bases.flatMap { base in list.map { base + $0 } } }
  }

  /// The offsets of all elements of a shape when axis `i` is walked in steps of `steps[i]`.
  static func offsets(_ shape: [Int], steps: [Int]) -> [Int] {
    offsets(zip(shape, steps).map { extent, step in (0..<extent).map { $0 * step } })
  }

  /// Where each element of the broadcast shape comes from.
  static func broadcast(_ shape: [Int], to result: [Int]) -> [Int] {
    let missing = result.count - shape.count
    let steps = zip(shape, strides(shape)).map { extent, stride in extent == 1 ? 0 : stride }
    return offsets(result, steps: [Int](repeating: 0, count: missing) + steps)
  }

  /// The common shape that operands are repeated to; they are known to fit.
  static func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int] {
    let rank = max(a.count, b.count)
    let x = [Int](repeating: 1, count: rank - a.count) + a
    let y = [Int](repeating: 1, count: rank - b.count) + b
    return zip(x, y).map { $0 == 1 ? $1 : $0 }
  }

  /// The offsets of each line along an axis, in row-major order of the other axes.
  static func lines(_ shape: [Int], axis: Int) -> [[Int]] {
    let stride = strides(shape)[axis]
    var others = shape
    others[axis] = 1
    return offsets(others, steps: strides(shape)).map { start in
      (0..<shape[axis]).map { start + $0 * stride }
    }
  }
}

extension DType {
  /// The integer reduced modulo the type's range; `≠ 0` for `bool`.
  func wrapping(_ number: Int64) -> Int64 {
    switch self {
    case .bool: number == 0 ? 0 : 1
    case .int8: Int64(Int8(truncatingIfNeeded: number))
    case .int16: Int64(Int16(truncatingIfNeeded: number))
    case .int32: Int64(Int32(truncatingIfNeeded: number))
    case .uint8: Int64(UInt8(truncatingIfNeeded: number))
    case .uint16: Int64(UInt16(truncatingIfNeeded: number))
    case .uint32: Int64(UInt32(truncatingIfNeeded: number))
    case .int64, .uint64, .float16, .bfloat16, .float32, .float64, .string: number
    }
  }

  /// The number that an element of an integer type or `bool` stands for.
  func double(_ element: Int64) -> Double {
    self == .uint64 ? Double(UInt64(bitPattern: element)) : Double(element)
  }
}
