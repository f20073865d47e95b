import HornbillCore
import Synchronization
import Testing

/// Weights in memory of somebody else, such as a mapped file, where they may lie at any address.
@Suite struct BorrowedWeightTests {
  /// Memory whose owner notes what is let go.
  private final class Memory: @unchecked Sendable {
    // Written by the tests between runs alone.
    let bytes: UnsafeMutableRawBufferPointer
    private let gone = Mutex<[Range<Int>]>([])

    /// The elements of a tensor, so many bytes off an aligned address.
    init(_ tensor: Tensor, shift: Int) {
      let stored = tensor.withStorageBytes { [UInt8]($0) } ?? []
      bytes = .allocate(byteCount: stored.count + 64, alignment: 64)
      UnsafeMutableRawBufferPointer(rebasing: bytes[shift...]).copyBytes(from: stored)
    }

    deinit { bytes.deallocate() }

    func tensor(like tensor: Tensor, shift: Int) -> Tensor {
      let count = tensor.count * tensor.dtype.byteCount
      return Tensor(
        shape: tensor.shape, dtype: tensor.dtype,
        borrowing: BorrowedElements(
          UnsafeRawBufferPointer(rebasing: bytes[shift..<shift + count]), owner: self
        ) { [unowned self] range in gone.withLock { $0.append(range) } })
    }

    /// The bytes that were let go, each counted once.
    var letGo: Int {
      var (count, end) = (0, 0)
      for range in gone.withLock({ $0 }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
        count += max(range.upperBound - max(range.lowerBound, end), 0)
        end = max(end, range.upperBound)
      }
      return count
    }
  }

  /// A graph whose first operand is an input and whose others are weights.
  private func graph(_ op: Op, _ operands: [Tensor]) throws -> (Graph, [Value]) {
    var builder = GraphBuilder()
    let owner = ObjectIdentifier(BorrowedWeightTests.self)
    var values: [Value] = []
    for (index, operand) in operands.enumerated() {
      let type = ValueType(shape: operand.shape, dtype: operand.dtype)
      values.append(
        index == 0
          ? builder.input(type) : builder.weight(WeightID(layer: owner, index: index), type))
    }
    let outputs = try builder.add(op, values)
    return (builder.finished(outputs: outputs), outputs)
  }

  @Test(arguments: Engine.all, OpCase.all)
  func theAddressOfWeightsDoesNotMatter(engine: Engine, case: OpCase) throws {
    let recorded = try Fixture.cases.get().member("cases").member(`case`.name)
    let operands = try #require(try recorded.member("inputs").array).map { try $0.tensor() }
    for dtype in [DType.float32, .float64] {
      let tensors = operands.map { $0.converted(to: dtype) }
      let (graph, outputs) = try graph(`case`.op, tensors)
      func results(_ weights: [Tensor]) throws -> [Tensor] {
        try engine.executor(graph, weights: weights).run(
          inputs: [tensors[0]], states: [], computing: outputs)
      }
      let expected = try results(Array(tensors.dropFirst()))
      for shift in [0, 1, 4] {
        let found = try results(
          tensors.dropFirst().map { tensor in
            let canBeBorrowed = [DType.float32, .float64, .int64].contains(tensor.dtype)
            return canBeBorrowed
              ? Memory(tensor, shift: shift).tensor(like: tensor, shift: shift) : tensor
          })
        #expect(found.map(\.shape) == expected.map(\.shape))
        for (one, other) in zip(found, expected) {
          #expect(one.doubles?.map(\.bitPattern) == other.doubles?.map(\.bitPattern))
        }
      }
    }
  }

  /// Products whose kernels are read to be packed and not again: from rows, from columns, in several pieces, for groups, for tiles.
  static let packed: [(op: Op, x: [Int], kernel: [Int])] = [
    (.matmul(transposeA: false, transposeB: false), [3, 700], [700, 500]),
    (.matmul(transposeA: false, transposeB: true), [3, 700], [500, 700]),
    (
      .convolution(
        WindowSpec(
          size: [3, 1], strides: [1, 1], dilations: [1, 1], paddingBefore: [1, 0],
          paddingAfter: [1, 0]), groups: 2), [1, 4, 5, 6], [3, 1, 3, 8]
    ),
    (
      .convolution(
        WindowSpec(
          size: [3, 3], strides: [1, 1], dilations: [1, 1], paddingBefore: [1, 1],
          paddingAfter: [1, 1]), groups: 1), [1, 8, 8, 160], [3, 3, 160, 200]
    ),
  ]

  @Test(arguments: Engine.all.filter(\.roundsToFloat32), packed.indices)
  func whatIsPackedIsLetGo(engine: Engine, index: Int) throws {
    let (op, x, shape) = BorrowedWeightTests.packed[index]
    let input = Tensor.sample(x, seed: 1)
    let kernel = Tensor.sample(shape, seed: 2)
    let (graph, outputs) = try graph(op, [input, kernel])
    for threads in [1, 3] {
      func results(_ weight: Tensor) throws -> [Float]? {
        try engine.executor(graph, weights: [weight], threads: threads).run(
          inputs: [input], states: [], computing: outputs)[0].floats
      }
      let memory = Memory(kernel, shift: 1)
      #expect(try results(memory.tensor(like: kernel, shift: 1)) == results(kernel))
      #expect(memory.letGo == 4 * kernel.count)
    }
  }

  @Test(arguments: Engine.all.filter(\.roundsToFloat32))
  func plansForOtherInputsPackNothingAgain(engine: Engine) throws {
    let kernel = Tensor.sample([5, 7], seed: 3)
    let memory = Memory(kernel, shift: 0)
    let weights = [memory.tensor(like: kernel, shift: 0)]
    let op = Op.matmul(transposeA: false, transposeB: false)
    func executor(rows: Int) throws -> (any Executor, Tensor, [Value]) {
      let input = Tensor.sample([rows, 5], seed: 4)
      let (graph, outputs) = try graph(op, [input, kernel])
      return (try engine.executor(graph, weights: weights), input, outputs)
    }
    let (first, x, y) = try executor(rows: 2)
    let before = try first.run(inputs: [x], states: [], computing: y)
    // Who packs the kernel now finds zeros.
    memory.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    let (second, _, z) = try executor(rows: 3)
    let rows = Tensor(shape: [3, 5], (x.floats ?? []) + [0, 0, 0, 0, 0])
    let after = try second.run(inputs: [rows], states: [], computing: z)
    #expect(after[0].floats == (before[0].floats ?? []) + [Float](repeating: 0, count: 7))
  }
}
