import HornbillCore

/// The loops over a result whose operands are read with a stride per axis, axes merged where possible.
///
/// Every operand's innermost stride is whatever its shape says; for a broadcast it is 0 or 1.
struct BroadcastLoop: Sendable {
  /// The extents of the merged axes; at least one.
  private(set) var extents: [Int]
  /// The strides of each operand, in elements, per merged axis.
  private(set) var strides: [[Int]]

  /// Merges the axes of a shape.
  init(shape: [Int], strides operands: [[Int]]) {
    extents = []
    strides = operands.map { _ in [] }
    for (axis, extent) in shape.enumerated() where extent != 1 {
      let isMergeable =
        !extents.isEmpty
        && operands.indices.allSatisfy {
          strides[$0][extents.count - 1] == operands[$0][axis] * extent
        }
      if isMergeable {
        extents[extents.count - 1] *= extent
        for index in operands.indices { strides[index][extents.count - 1] = operands[index][axis] }
      } else {
        extents.append(extent)
        for index in operands.indices { strides[index].append(operands[index][axis]) }
      }
    }
    if extents.isEmpty {
      extents = [1]
      strides = operands.map { _ in [0] }
    }
  }

  /// The loops over operands repeated to a shape.
  init(shape: [Int], broadcasting operands: [[Int]]) {
    self.init(
      shape: shape,
      strides: operands.map { BroadcastLoop.strides(of: $0, repeatedTo: shape) })
  }

  /// Calls `body` for each innermost run of elements, in order.
  ///
  /// Nothing is allocated.
  ///
  /// - Parameter body: gets the offset of each operand.
  @inline(__always)
  func forEachRun(
    _ body: (_ offsets: UnsafePointer<Int>) throws(ExecutionError) -> Void
  ) throws(ExecutionError) {
    if extents.contains(0) { return }
    var failure: ExecutionError?
    let operands = strides.count
    let last = extents.count - 1
    withUnsafeTemporaryAllocation(of: Int.self, capacity: operands + last) { room in
      guard let offsets = room.baseAddress else { return }
      offsets.initialize(repeating: 0, count: operands + last)
      let position = offsets + operands
      do throws(ExecutionError) {
        while true {
          try body(offsets)
          var axis = last - 1
          while axis >= 0 {
            position[axis] += 1
            for index in 0..<operands { offsets[index] += strides[index][axis] }
            if position[axis] < extents[axis] { break }
            for index in 0..<operands { offsets[index] -= strides[index][axis] * extents[axis] }
            position[axis] = 0
            axis -= 1
          }
          if axis < 0 { return }
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// The elements of one innermost run.
  var runCount: Int { extents[extents.count - 1] }

  /// The innermost stride of an operand.
  func runStride(_ operand: Int) -> Int { strides[operand][extents.count - 1] }

  /// The strides of a dense tensor, in elements.
  static func strides(of shape: [Int]) -> [Int] {
    var result = [Int](repeating: 0, count: shape.count)
    var stride = 1
    for axis in shape.indices.reversed() {
      result[axis] = stride
      stride *= max(shape[axis], 1)
    }
    return result
  }

  /// The strides of a dense tensor that is repeated to a shape.
  static func strides(of shape: [Int], repeatedTo target: [Int]) -> [Int] {
    let own = strides(of: shape)
    let lead = target.count - shape.count
    return target.indices.map { axis in
      axis < lead || shape[axis - lead] == 1 ? 0 : own[axis - lead]
    }
  }
}
