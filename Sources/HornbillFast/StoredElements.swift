import HornbillCore

/// Where the elements of a tensor lie in the memory of a run; no references, so that using it counts none.
///
/// Sendable is sound because the plan that a place belongs to keeps what it points to, which nobody writes.
struct StoredPlace: @unchecked Sendable {
  let dtype: DType
  let count: Int
  private let offset: Int
  private let fixed: UnsafeMutableRawPointer?

  init(_ operand: Operand) {
    dtype = operand.type.dtype
    count = operand.count
    offset = operand.offset
    fixed = operand.block?.base
  }

  func raw(_ arena: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    (fixed ?? arena) + offset
  }
}

/// Moves elements between a caller's memory and a run's.
///
/// In a caller's memory an integer has the width of its type, a Boolean takes one byte, and a half type its 16 bits.
enum StoredElements {
  /// Reads a tensor's elements from memory of its size.
  static func load(
    _ source: UnsafeRawBufferPointer, into place: StoredPlace, _ arena: UnsafeMutableRawPointer
  ) {
    let dtype = place.dtype
    guard let from = source.baseAddress else { return }
    let to = place.raw(arena)
    let count = place.count
    switch dtype {
    case .float32, .float64, .int64, .uint64: to.copyMemory(from: from, byteCount: source.count)
    case .float16, .bfloat16:
      let to = to.assumingMemoryBound(to: Float.self)
      for i in 0..<count {
        let bits = from.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
        to[i] = HalfRounding.number(UInt64(bits), dtype)
      }
    case .bool:
      let to = to.assumingMemoryBound(to: Int64.self)
      for i in 0..<count {
        to[i] = from.loadUnaligned(fromByteOffset: i, as: UInt8.self) == 0 ? 0 : 1
      }
    case .int8: widen(from, to, count, Int8.self)
    case .uint8: widen(from, to, count, UInt8.self)
    case .int16: widen(from, to, count, Int16.self)
    case .uint16: widen(from, to, count, UInt16.self)
    case .int32: widen(from, to, count, Int32.self)
    case .uint32: widen(from, to, count, UInt32.self)
    case .string: break
    }
  }

  /// Writes a tensor's elements to memory of its size.
  static func save(
    _ place: StoredPlace, _ arena: UnsafeMutableRawPointer,
    into result: UnsafeMutableRawBufferPointer
  ) {
    let dtype = place.dtype
    guard let to = result.baseAddress else { return }
    let from = place.raw(arena)
    let count = place.count
    switch dtype {
    case .float32, .float64, .int64, .uint64: to.copyMemory(from: from, byteCount: result.count)
    case .float16, .bfloat16:
      let from = from.assumingMemoryBound(to: Float.self)
      for i in 0..<count {
        to.storeBytes(
          of: UInt16(truncatingIfNeeded: HalfRounding.pattern(from[i], dtype)),
          toByteOffset: 2 * i, as: UInt16.self)
      }
    case .bool, .int8, .uint8: narrow(from, to, count, UInt8.self)
    case .int16, .uint16: narrow(from, to, count, UInt16.self)
    case .int32, .uint32: narrow(from, to, count, UInt32.self)
    case .string: break
    }
  }

  private static func widen<T: FixedWidthInteger & BitwiseCopyable>(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int, _: T.Type
  ) {
    let to = to.assumingMemoryBound(to: Int64.self)
    for i in 0..<count {
      to[i] = Int64(from.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self))
    }
  }

  private static func narrow<T: FixedWidthInteger & BitwiseCopyable>(
    _ from: UnsafeMutableRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int, _: T.Type
  ) {
    let from = from.assumingMemoryBound(to: Int64.self)
    for i in 0..<count {
      to.storeBytes(
        of: T(truncatingIfNeeded: from[i]), toByteOffset: i * MemoryLayout<T>.size, as: T.self)
    }
  }
}
