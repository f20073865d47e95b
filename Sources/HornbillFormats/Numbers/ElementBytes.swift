package import HornbillCore

/// Turns the bytes of an array into a tensor's elements and back.
package enum ElementBytes {
  /// Reads elements of one numeric type.
  ///
  /// - Parameters:
  ///   - bytes: as many whole elements as wanted.
  ///   - dtype: any type but `string`.
  static func storage(
    of bytes: UnsafeRawBufferPointer, dtype: DType, isBigEndian: Bool
  ) -> Tensor.Storage {
    switch dtype {
    case .float32:
      .float(convert(bytes, isBigEndian, UInt32.self) { Float(bitPattern: $0) })
    case .float64:
      .double(convert(bytes, isBigEndian, UInt64.self) { Double(bitPattern: $0) })
    case .float16:
      .float(convert(bytes, isBigEndian, UInt16.self, HalfPrecision.float(float16:)))
    case .bfloat16:
      .float(convert(bytes, isBigEndian, UInt16.self, HalfPrecision.float(bfloat16:)))
    case .bool: .integer(convert(bytes, isBigEndian, UInt8.self) { $0 == 0 ? 0 : 1 })
    case .int8: .integer(convert(bytes, isBigEndian, Int8.self) { Int64($0) })
    case .int16: .integer(convert(bytes, isBigEndian, Int16.self) { Int64($0) })
    case .int32: .integer(convert(bytes, isBigEndian, Int32.self) { Int64($0) })
    case .int64: .integer(convert(bytes, isBigEndian, Int64.self) { $0 })
    case .uint8: .integer(convert(bytes, isBigEndian, UInt8.self) { Int64($0) })
    case .uint16: .integer(convert(bytes, isBigEndian, UInt16.self) { Int64($0) })
    case .uint32: .integer(convert(bytes, isBigEndian, UInt32.self) { Int64($0) })
    case .uint64:
      .integer(convert(bytes, isBigEndian, UInt64.self) { Int64(bitPattern: $0) })
    case .string: .text([])
    }
  }

  private static func convert<Raw: FixedWidthInteger & BitwiseCopyable, Element>(
    _ bytes: UnsafeRawBufferPointer, _ isBigEndian: Bool, _: Raw.Type,
    _ element: (Raw) -> Element
  ) -> [Element] {
    let size = MemoryLayout<Raw>.size
    let count = bytes.count / size
    return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count {
        let raw = bytes.loadUnaligned(fromByteOffset: index * size, as: Raw.self)
        let value = isBigEndian ? Raw(bigEndian: raw) : Raw(littleEndian: raw)
        (buffer.baseAddress?.advanced(by: index))?.initialize(to: element(value))
      }
      initialized = count
    }
  }

  /// The bytes of a range of elements, lowest byte first; nothing for text.
  package static func bytes(
    of storage: Tensor.Storage, _ range: Range<Int>, as dtype: DType
  ) -> [UInt8] {
    switch storage {
    case .float(let values):
      switch dtype {
      case .float16: bytes(values[range]) { HalfPrecision.float16($0) }
      case .bfloat16: bytes(values[range]) { HalfPrecision.bfloat16($0) }
      default: bytes(values[range]) { $0.bitPattern }
      }
    case .double(let values): bytes(values[range]) { $0.bitPattern }
    case .integer(let values):
      switch dtype.byteCount {
      case 1: bytes(values[range]) { UInt8(truncatingIfNeeded: $0) }
      case 2: bytes(values[range]) { UInt16(truncatingIfNeeded: $0) }
      case 4: bytes(values[range]) { UInt32(truncatingIfNeeded: $0) }
      default: bytes(values[range]) { $0 }
      }
    case .text: []
    }
  }

  private static func bytes<Element, Raw: FixedWidthInteger & BitwiseCopyable>(
    _ values: ArraySlice<Element>, _ raw: (Element) -> Raw
  ) -> [UInt8] {
    let size = MemoryLayout<Raw>.size
    return Array(unsafeUninitializedCapacity: values.count * size) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      for (index, value) in values.enumerated() {
        bytes.storeBytes(of: raw(value).littleEndian, toByteOffset: index * size, as: Raw.self)
      }
      initialized = values.count * size
    }
  }
}
