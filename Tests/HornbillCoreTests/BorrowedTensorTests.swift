import HornbillCore
import Testing

/// Tensors over memory of somebody else.
@Suite struct BorrowedTensorTests {
  /// Memory that lives as long as the object.
  private final class Owner: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
      memory = .allocate(byteCount: bytes.count + 1, alignment: 16)
      UnsafeMutableRawBufferPointer(rebasing: memory[1...]).copyBytes(from: bytes)
    }

    deinit { memory.deallocate() }

    /// The bytes, which begin at an odd address.
    var borrowed: BorrowedElements {
      BorrowedElements(UnsafeRawBufferPointer(rebasing: memory[1...]), owner: self)
    }
  }

  private func borrowing(_ tensor: Tensor) -> Tensor {
    let bytes = tensor.withStorageBytes { [UInt8]($0) } ?? []
    return Tensor(shape: tensor.shape, dtype: tensor.dtype, borrowing: Owner(bytes).borrowed)
  }

  private static let tensors = [
    Tensor(shape: [2, 2], [1, -0.0, .infinity, 3.5] as [Float]),
    Tensor(shape: [3], [1, 2, .pi] as [Double]),
    Tensor(shape: [2], integers: [.min, .max]),
    Tensor(shape: [1], integers: [-1], dtype: .uint64),
  ]

  @Test(arguments: tensors)
  func isTheSameTensor(tensor: Tensor) {
    let other = borrowing(tensor)
    #expect(other == tensor)
    #expect(other.hashValue == tensor.hashValue)
    #expect(other.count == tensor.count)
    #expect(other.storage == tensor.storage)
    #expect(other.doubles == tensor.doubles)
    #expect(other.floats == tensor.floats)
    #expect(other.integers == tensor.integers)
    #expect(other.text == nil)
    #expect(other.borrowed != nil)
    let reshaped = other.reshaped([1] + tensor.shape)
    #expect(reshaped.borrowed != nil)
    #expect(reshaped == tensor.reshaped([1] + tensor.shape))
    #expect(other.converted(to: .float32) == tensor.converted(to: .float32))
  }
}
