import HornbillCore
import Synchronization

/// The weights and constants of a graph in the form that steps read, each made when a plan first needs it.
final class FixedTensors: Sendable {
  /// The texts of the constants and weights.
  let texts: TextTable
  private let state: Mutex<State>

  private struct State {
    /// The tensors that have no block yet.
    var tensors: [Int: Tensor]
    var blocks: [Int: (block: Block, type: ValueType, count: Int)] = [:]
    /// Copies of blocks that are not aligned, by the number of the block.
    var aligned: [Int: Block] = [:]
    var packed: [PackedKey: Block] = [:]
  }

  /// Keeps tensors by the index of the graph's value that they are.
  init(_ tensors: [Int: Tensor]) {
    state = Mutex(State(tensors: tensors))
    var texts = TextTable()
    _ = texts.number("")
    for index in tensors.keys.sorted() {
      for text in tensors[index]?.text ?? [] { _ = texts.number(text) }
    }
    self.texts = texts
  }

  /// Whether a value is a weight or a constant.
  func isFixed(_ value: Value) -> Bool {
    state.withLock { $0.tensors[value.index] != nil || $0.blocks[value.index] != nil }
  }

  /// The tensor that a value is; `nil` for values that are computed.
  func operand(_ value: Value) throws(ExecutionError) -> Operand? {
    guard let operand = try unalignedOperand(value) else { return nil }
    return try aligned(operand)
  }

  /// The tensor that a value is, with elements at any address; `nil` for values that are computed.
  func unalignedOperand(_ value: Value) throws(ExecutionError) -> Operand? {
    let (known, tensor) = state.withLock { ($0.blocks[value.index], $0.tensors[value.index]) }
    if let known {
      return Operand(type: known.type, count: known.count, block: known.block, offset: 0)
    }
    guard let tensor else { return nil }
    let type = ValueType(shape: tensor.shape, dtype: tensor.dtype)
    let block = try block(of: tensor)
    // What the block copies is not kept beside it.
    state.withLock {
      $0.blocks[value.index] = (block, type, tensor.count)
      $0.tensors[value.index] = nil
    }
    return Operand(type: type, count: tensor.count, block: block, offset: 0)
  }

  /// The operand with its elements where any step can read them.
  func aligned(_ operand: Operand) throws(ExecutionError) -> Operand {
    guard let source = operand.block, !source.isAligned else { return operand }
    func moved(_ block: Block) -> Operand {
      Operand(type: operand.type, count: operand.count, block: block, offset: operand.offset)
    }
    if let known = state.withLock({ $0.aligned[source.number] }) { return moved(known) }
    let block = try Block(byteCount: source.byteCount)
    block.base.copyMemory(from: source.base, byteCount: source.byteCount)
    source.letGo(0..<source.byteCount)
    state.withLock { $0.aligned[source.number] = block }
    return moved(block)
  }

  /// The elements where they are mapped, or else in memory of their own.
  private func block(of tensor: Tensor) throws(ExecutionError) -> Block {
    let size = ElementKind(tensor.dtype).byteCount
    if let elements = tensor.borrowed,
      let block = SharedBlocks.block(borrowing: elements, elementSize: size)
    {
      return block
    }
    let block = try Block(byteCount: try checkedProduct(tensor.count, size))
    TensorTransfer.write(tensor, to: block.base, as: tensor.dtype, RunTexts(texts))
    return block
  }
}

extension FixedTensors {
  /// The packed form of a matrix, filled by `fill` when no plan has it yet.
  func packed(
    _ key: PackedKey, byteCount: Int, _ fill: (UnsafeMutableRawPointer) -> Void
  ) throws(ExecutionError) -> Block {
    if let known = state.withLock({ $0.packed[key] }) ?? SharedBlocks.packed(key) {
      state.withLock { $0.packed[key] = known }
      return known
    }
    let block = try Block(byteCount: byteCount)
    fill(block.base)
    SharedBlocks.share(block, as: key)
    state.withLock { $0.packed[key] = block }
    return block
  }
}

/// Moves tensors into and out of the memory of a run.
enum TensorTransfer {
  /// Writes a tensor's elements in the form of `dtype`; the tensor has that type, or is `float64` for another floating-point type.
  static func write(
    _ tensor: Tensor, to memory: UnsafeMutableRawPointer, as dtype: DType, _ texts: RunTexts
  ) {
    if let elements = tensor.borrowed, tensor.dtype == dtype {
      UnsafeMutableRawBufferPointer(start: memory, count: elements.bytes.count)
        .copyMemory(from: elements.bytes)
      return
    }
    switch tensor.storage {
    case .float(let values):
      if dtype == .float64 {
        fill(memory, values) { Double($0) }
      } else {
        copy(memory, values)
        HalfRounding.round(
          memory.assumingMemoryBound(to: Float.self), count: values.count, to: dtype)
      }
    case .double(let values):
      if dtype == .float64 {
        copy(memory, values)
      } else {
        fill(memory, values) { HalfRounding.rounded(Float($0), to: dtype) }
      }
    case .integer(let values): copy(memory, values)
    case .text(let values):
      let to = memory.bindMemory(to: Int64.self, capacity: values.count)
      for (i, text) in values.enumerated() { to[i] = texts.number(text) }
    }
  }

  private static func copy<T: BitwiseCopyable>(_ memory: UnsafeMutableRawPointer, _ values: [T]) {
    values.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress {
        memory.copyMemory(from: base, byteCount: bytes.count)
      }
    }
  }

  private static func fill<A, B: BitwiseCopyable>(
    _ memory: UnsafeMutableRawPointer, _ values: [A], _ function: (A) -> B
  ) {
    let to = memory.bindMemory(to: B.self, capacity: values.count)
    for i in values.indices { to[i] = function(values[i]) }
  }

  /// Reads a tensor of a run; one of a half type is rounded to it.
  static func read(_ operand: Operand, _ run: RunContext) -> Tensor {
    let (shape, dtype) = (operand.type.shape, operand.type.dtype)
    switch operand.kind {
    case .float:
      var values: [Float] = array(operand, run)
      values.withUnsafeMutableBufferPointer {
        if let base = $0.baseAddress { HalfRounding.round(base, count: $0.count, to: dtype) }
      }
      return Tensor(shape: shape, dtype: dtype, storage: .float(values))
    case .double:
      return Tensor(shape: shape, dtype: dtype, storage: .double(array(operand, run)))
    case .integer:
      let values: [Int64] = array(operand, run)
      if dtype == .string {
        return Tensor(shape: shape, text: values.map { run.texts[$0] })
      }
      return Tensor(shape: shape, integers: values, dtype: dtype)
    }
  }

  private static func array<T: BitwiseCopyable>(_ operand: Operand, _ run: RunContext) -> [T] {
    Array(UnsafeBufferPointer(start: operand.pointer(run, as: T.self), count: operand.count))
  }
}
