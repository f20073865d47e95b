package import HornbillCore
import HornbillFormats

/// The memory of a caller that runs a model again and again: one buffer for each tensor.
package struct CallMemory: Sendable {
  private var buffers: [[UInt8]]

  /// Memory that holds tensors.
  package init(_ tensors: [Tensor]) {
    buffers = tensors.map { ElementBytes.bytes(of: $0.storage, 0..<$0.count, as: $0.dtype) }
  }

  /// Memory for tensors of some types.
  package init(_ types: [ValueType]) {
    buffers = types.map { type in
      let count = Shape.elementCount(type.shape) ?? 0
      return [UInt8](repeating: 0, count: count * type.dtype.byteCount)
    }
  }

  /// Calls `body` with the buffers.
  package mutating func withBuffers<Result>(
    _ body: ([UnsafeMutableRawBufferPointer]) throws -> Result
  ) throws -> Result {
    try CallMemory.collect(&buffers, at: 0, [], body)
  }

  private static func collect<Result>(
    _ buffers: inout [[UInt8]], at index: Int, _ known: [UnsafeMutableRawBufferPointer],
    _ body: ([UnsafeMutableRawBufferPointer]) throws -> Result
  ) throws -> Result {
    if index == buffers.count { return try body(known) }
    // A buffer is taken out while the next ones are reached through the array.
    var own: [UInt8] = []
    swap(&own, &buffers[index])
    defer { swap(&own, &buffers[index]) }
    return try own.withUnsafeMutableBytes { bytes in
      try collect(&buffers, at: index + 1, known + [bytes], body)
    }
  }
}

/// Inputs for a model when there are none at hand.
package enum SampleInputs {
  /// The most elements of an input that is made up.
  private static let mostElements = 1 << 26

  /// Tensors of the types that a model states, with so many rows: numbers from -1 to 1, and whole numbers 0 and 1.
  ///
  /// - Throws: ``ModelError`` when the model does not state the shape of an input.
  package static func tensors(for model: Model, batch: Int) throws(ModelError) -> [Tensor] {
    var state: UInt64 = 7
    func next() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    }
    guard !model.inputs.isEmpty else {
      throw ModelError(.input, file: model.path, "does not state its inputs; give some")
    }
    var tensors: [Tensor] = []
    for (number, spec) in model.inputs.enumerated() {
      var shape = spec.shape
      if let shape, shape.rank == 0 {
        throw ModelError(.input, file: model.path, "input \(number) is a scalar; give one")
      }
      if shape?.dimensions[0] == nil { shape?.dimensions[0] = batch }
      guard let extents = shape?.known, let count = Shape.elementCount(extents),
        count <= mostElements, spec.dtype != .string
      else {
        let found = spec.shape.map { "\($0)" } ?? "unknown"
        throw ModelError(
          .input, file: model.path,
          "input \(number) is \(spec.dtype) of shape \(found), which cannot be made up; give one")
      }
      let numbers = (0..<count).map { _ in next() }
      if spec.dtype.isFloatingPoint {
        tensors.append(Tensor(shape: extents, numbers).converted(to: spec.dtype))
      } else {
        tensors.append(
          Tensor(shape: extents, integers: numbers.map { $0 < 0 ? 0 : 1 }, dtype: spec.dtype))
      }
    }
    return tensors
  }
}
