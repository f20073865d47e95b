import HornbillCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The Swift type that holds an element while a plan runs.
enum ElementKind: Sendable {
  /// `Float`, with all its digits for the half types too.
  case float
  /// `Double`.
  case double
  /// `Int64`; text is held as its number in a ``TextTable``.
  case integer

  init(_ dtype: DType) {
    switch dtype {
    case .float16, .bfloat16, .float32: self = .float
    case .float64: self = .double
    default: self = .integer
    }
  }

  /// The bytes of one element.
  var byteCount: Int { self == .float ? 4 : 8 }
}

/// Memory of the system.
enum Memory {
  /// The multiple of which every allocation and every tensor in it starts.
  static let alignment = 64

  /// The size of the large pages that systems offer.
  private static let largePage = 2 << 20

  /// The bytes of memory that the machine has.
  static let most: Int = {
    let (bytes, overflow) = Int(sysconf(Int32(_SC_PHYS_PAGES))).multipliedReportingOverflow(
      by: Int(getpagesize()))
    return overflow || bytes <= 0 ? Int.max : bytes
  }()

  /// Takes memory, at least one line of the cache.
  ///
  /// What has several large pages gets them where the system has them: it is faster to come by and to find.
  ///
  /// - Throws: ``ExecutionError`` when there is not enough.
  static func allocate(_ byteCount: Int) throws(ExecutionError) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    let isLarge = byteCount >= 2 * largePage
    guard
      posix_memalign(&memory, isLarge ? largePage : alignment, max(byteCount, alignment)) == 0,
      let memory
    else {
      throw ExecutionError("\(byteCount) bytes of memory are needed, and there are fewer")
    }
    #if canImport(Glibc)
    if isLarge { madvise(memory, byteCount / largePage * largePage, MADV_HUGEPAGE) }
    #endif
    return memory
  }

  /// Gives memory back.
  static func release(_ memory: UnsafeMutableRawPointer?) { free(memory) }

  /// A number that tells the calling thread from most others.
  static var threadNumber: Int {
    #if canImport(Darwin)
    let identity = UInt(bitPattern: pthread_self())
    #else
    let identity = UInt(pthread_self())
    #endif
    return Int(truncatingIfNeeded: (identity &* 0x9E37_79B9_7F4A_7C15) >> 48)
  }
}

/// A block of memory, owned by one reference-counted object and aligned to cache lines unless it is borrowed.
///
/// Sendable is sound because a block is written either before it is shared or by the one run that has taken it.
final class Block: @unchecked Sendable {
  /// The multiple of which every block and every tensor in it starts.
  static let alignment = Memory.alignment

  let base: UnsafeMutableRawPointer
  let byteCount: Int
  /// A number that no other block has or will have.
  let number: Int
  /// Whether the elements lie where those of a tensor in use must.
  let isAligned: Bool
  /// The memory of somebody else, when the block has none of its own.
  private let borrowed: BorrowedElements?

  private static let count = Atomic(0)

  /// Takes memory from the system.
  ///
  /// - Throws: ``ExecutionError`` when there is not enough.
  init(byteCount: Int) throws(ExecutionError) {
    base = try Memory.allocate(byteCount)
    self.byteCount = byteCount
    isAligned = true
    borrowed = nil
    number = Block.count.add(1, ordering: .relaxed).newValue
  }

  /// Copies numbers.
  ///
  /// - Throws: ``ExecutionError`` when there is not enough memory.
  convenience init<Number: BitwiseCopyable>(copying numbers: [Number]) throws(ExecutionError) {
    try self.init(
      byteCount: try checkedProduct(numbers.count, MemoryLayout<Number>.stride))
    numbers.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress { base.copyMemory(from: start, byteCount: bytes.count) }
    }
  }

  /// Borrows memory that nobody writes; `nil` when there is none.
  init?(borrowing elements: BorrowedElements, elementSize: Int) {
    guard let start = elements.bytes.baseAddress else { return nil }
    base = UnsafeMutableRawPointer(mutating: start)
    byteCount = elements.bytes.count
    isAligned = Int(bitPattern: start) % elementSize == 0
    borrowed = elements
    number = Block.count.add(1, ordering: .relaxed).newValue
  }

  deinit { if borrowed == nil { Memory.release(base) } }

  /// Lets the system use the memory of bytes that it can read from a file again.
  func letGo(_ range: Range<Int>) { borrowed?.letGo(range) }
}

/// Where the elements of a tensor are while a plan runs: in a block of their own or in the run's arena.
struct Operand: Sendable {
  let type: ValueType
  let count: Int
  /// The block of a weight or a constant; `nil` for a tensor in the arena.
  let block: Block?
  /// The bytes before the first element.
  let offset: Int

  var kind: ElementKind { ElementKind(type.dtype) }
  var byteCount: Int { count * kind.byteCount }
  var shape: [Int] { type.shape }

  func raw(_ run: RunContext) -> UnsafeMutableRawPointer {
    (block?.base ?? run.arena) + offset
  }

  func pointer<T: BitwiseCopyable>(
    _ run: RunContext, as element: T.Type = T.self
  ) -> UnsafeMutablePointer<T> {
    raw(run).assumingMemoryBound(to: element)
  }
}

/// What the steps of a plan share during one run.
struct RunContext {
  let arena: UnsafeMutableRawPointer
  let workers: WorkerPool?
  let texts: RunTexts
}

/// Texts, each with a number of its own, so that text is moved and compared as integers.
struct TextTable: Sendable {
  private(set) var texts: [String] = []
  private var numbers: [ExactText: Int64] = [:]

  /// The number of a text that is in the table.
  func known(_ text: String) -> Int64? { numbers[ExactText(text)] }

  /// The number of a text.
  mutating func number(_ text: String) -> Int64 {
    if let number = known(text) { return number }
    let number = Int64(texts.count)
    texts.append(text)
    numbers[ExactText(text)] = number
    return number
  }
}

/// The texts of one run: those of the constants and weights, and those that come up on the way.
final class RunTexts: Sendable {
  private let fixed: TextTable
  private let added = Mutex(TextTable())

  init(_ fixed: TextTable) { self.fixed = fixed }

  /// The text of a number.
  subscript(number: Int64) -> String {
    let index = Int(number)
    if index < fixed.texts.count { return fixed.texts[index] }
    return added.withLock { $0.texts[index - fixed.texts.count] }
  }

  /// The number of a text.
  func number(_ text: String) -> Int64 {
    if let number = fixed.known(text) { return number }
    return added.withLock { $0.number(text) } + Int64(fixed.texts.count)
  }
}

/// Gives out ranges of an arena, each aligned, and takes them back.
struct ArenaLayout {
  private var free: [(offset: Int, size: Int)] = []
  /// The bytes that the arena needs.
  private(set) var byteCount = 0

  /// The offset of a range of so many bytes.
  ///
  /// - Throws: ``ExecutionError`` when the arena would exceed the address space.
  mutating func allocate(_ bytes: Int) throws(ExecutionError) -> Int {
    let size = try ArenaLayout.rounded(bytes)
    var best: Int?
    for index in free.indices where free[index].size >= size {
      if let known = best, free[known].size <= free[index].size { continue }
      best = index
    }
    if let best {
      let offset = free[best].offset
      free[best].offset += size
      free[best].size -= size
      if free[best].size == 0 { free.remove(at: best) }
      return offset
    }
    if let last = free.last, last.offset + last.size == byteCount {
      free.removeLast()
      byteCount = try ArenaLayout.sum(last.offset, size)
      return last.offset
    }
    let offset = byteCount
    byteCount = try ArenaLayout.sum(offset, size)
    return offset
  }

  /// Takes back the range of so many bytes at an offset.
  mutating func release(offset: Int, bytes: Int) throws(ExecutionError) {
    let size = try ArenaLayout.rounded(bytes)
    var index = free.firstIndex { $0.offset > offset } ?? free.count
    free.insert((offset, size), at: index)
    if index + 1 < free.count, offset + size == free[index + 1].offset {
      free[index].size += free[index + 1].size
      free.remove(at: index + 1)
    }
    if index > 0, free[index - 1].offset + free[index - 1].size == free[index].offset {
      index -= 1
      free[index].size += free[index + 1].size
      free.remove(at: index + 1)
    }
  }

  private static func rounded(_ bytes: Int) throws(ExecutionError) -> Int {
    let whole = try sum(max(bytes, 1), Block.alignment - 1)
    return whole / Block.alignment * Block.alignment
  }

  private static func sum(_ a: Int, _ b: Int) throws(ExecutionError) -> Int {
    let (result, overflow) = a.addingReportingOverflow(b)
    if overflow || result > Int.max / 2 {
      throw ExecutionError("the tensors of the model exceed the address space")
    }
    return result
  }
}

/// A product of sizes.
///
/// - Throws: ``ExecutionError`` when it exceeds `Int`.
func checkedProduct(_ factors: Int...) throws(ExecutionError) -> Int {
  guard let product = Shape.elementCount(factors) else {
    throw ExecutionError("the tensors of the model exceed the address space")
  }
  return product
}
