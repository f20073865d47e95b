import HornbillCore

/// Rearrangements of the elements of a tensor.
extension Tensor {
  /// A tensor of another shape whose element at each place is the element of this one at a place of its own.
  ///
  /// - Parameter source: gives, for a place in the result's row-major order, the place in this tensor's.
  func picked(shape: [Int], _ source: (Int) -> Int) -> Tensor {
    let count = Shape.elementCount(shape) ?? 0
    func picking<Element>(_ values: [Element]) -> [Element] {
      [Element](unsafeUninitializedCapacity: count) { buffer, filled in
        for place in 0..<count {
          buffer.initializeElement(at: place, to: values[source(place)])
          filled = place + 1
        }
      }
    }
    let new: Storage =
      switch storage {
      case .float(let values): .float(picking(values))
      case .double(let values): .double(picking(values))
      case .integer(let values): .integer(picking(values))
      case .text(let values): .text(picking(values))
      }
    return Tensor(shape: shape, dtype: dtype, storage: new)
  }

  /// The tensor with its axes in another order; a tensor of another rank is left as it is.
  func transposed(_ order: [Int]) -> Tensor {
    guard order.count == rank, count > 0 else {
      return order.count == rank ? reshaped(order.map { shape[$0] }) : self
    }
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    let extents = order.map { shape[$0] }
    let steps = order.map { strides[$0] }
    return picked(shape: extents) { place in
      var (rest, source) = (place, 0)
      for axis in stride(from: extents.count - 1, through: 0, by: -1) {
        source += (rest % extents[axis]) * steps[axis]
        rest /= extents[axis]
      }
      return source
    }
  }

  /// The tensor with some axes read backwards.
  func reversed(axes: Range<Int>) -> Tensor {
    let extents = shape
    return picked(shape: extents) { place in
      var (rest, source, step) = (place, 0, 1)
      for axis in stride(from: extents.count - 1, through: 0, by: -1) {
        let index = rest % extents[axis]
        source += (axes.contains(axis) ? extents[axis] - 1 - index : index) * step
        rest /= extents[axis]
        step *= extents[axis]
      }
      return source
    }
  }

  /// The tensor repeated along axes of extent 1; `nil` when it does not fit the shape.
  func spread(to wanted: [Int]) -> Tensor? {
    guard wanted.count == rank, zip(shape, wanted).allSatisfy({ $0 == $1 || $0 == 1 }),
      let size = Shape.elementCount(wanted), size > 0
    else { return nil }
    let extents = shape
    return picked(shape: wanted) { place in
      var (rest, source, step) = (place, 0, 1)
      for axis in stride(from: wanted.count - 1, through: 0, by: -1) {
        source += (extents[axis] == 1 ? 0 : rest % wanted[axis]) * step
        rest /= wanted[axis]
        step *= extents[axis]
      }
      return source
    }
  }

  /// Tensors of one shape and type side by side along the last axis; `nil` when they differ.
  static func joined(_ parts: [Tensor]) -> Tensor? {
    guard let first = parts.first, let width = first.shape.last,
      parts.allSatisfy({ $0.shape == first.shape && $0.dtype == first.dtype })
    else { return nil }
    let (columns, overflow) = width.multipliedReportingOverflow(by: parts.count)
    let shape = Array(first.shape.dropLast()) + [columns]
    guard !overflow, Shape.elementCount(shape) != nil else { return nil }
    let rows = Shape.elementCount(Array(first.shape.dropLast())) ?? 0
    func joining<Element>(_ values: [[Element]]) -> [Element] {
      var result: [Element] = []
      result.reserveCapacity(rows * columns)
      for row in 0..<rows {
        for part in values { result += part[(row * width)..<((row + 1) * width)] }
      }
      return result
    }
    let storage: Storage =
      switch first.storage {
      case .float: .float(joining(parts.compactMap(\.floats)))
      case .double: .double(joining(parts.compactMap(\.doubles)))
      case .integer: .integer(joining(parts.compactMap(\.integers)))
      case .text: .text(joining(parts.compactMap(\.text)))
      }
    return Tensor(shape: shape, dtype: first.dtype, storage: storage)
  }

  /// Half of a list of numbers, twice: the two lists add up to this one.
  var halved: Tensor {
    switch storage {
    case .float(let values):
      let half = values.map { $0 / 2 }
      return Tensor(shape: [2 * count], dtype: dtype, storage: .float(half + half))
    case .double(let values):
      let half = values.map { $0 / 2 }
      return Tensor(shape: [2 * count], half + half)
    case .integer, .text:
      return self
    }
  }
}
