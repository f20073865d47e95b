/// Turns stored elements into numbers of the machine.
///
/// Whole numbers must fit the target. A floating-point number is rounded to the nearest one of the
/// target, ties to even. Floating-point numbers are not turned into whole ones.
struct ElementDecoder {
  let layout: NumberLayout
  let target: HDF5.NativeType

  private static let blockSize = 512

  /// Decodes `count` elements.
  ///
  /// The memory may overlap when the stored elements are no larger than the decoded ones and both
  /// regions end at the same address.
  ///
  /// - Precondition: both buffers hold `count` elements.
  func decode(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer, count: Int
  ) throws(ConversionFailure) {
    if layout.isFloatingPoint && !target.isFloatingPoint { throw .floatToInteger }
    if layout.hasSameBytes(as: target.layout) {
      destination.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source[..<(count * layout.size)]))
      return
    }
    if reverseBytes(source, into: destination, count: count) { return }
    var start = 0
    while start < count {
      let block = min(Self.blockSize, count - start)
      try decodeBlock(source, into: destination, start: start, count: block)
      start += block
    }
  }

  /// Decodes as many elements as there are values.
  ///
  /// - Precondition: the bytes hold that many elements, and `Value` is the target.
  func decode<Value: HDF5.NativeValue>(
    _ bytes: [UInt8], into values: inout [Value]
  ) throws(ConversionFailure) {
    let count = values.count
    let failure = values.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source -> ConversionFailure? in
        do throws(ConversionFailure) {
          try decode(source, into: target, count: count)
          return nil
        } catch {
          return error
        }
      }
    }
    if let failure { throw failure }
  }

  private func decodeBlock(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer,
    start: Int, count: Int
  ) throws(ConversionFailure) {
    switch layout {
    case .floatingPoint(let format, let order):
      let numbers = [Double](unsafeUninitializedCapacity: count) { buffer, filled in
        loadFloats(source, format, order, start: start, into: buffer, count: count)
        filled = count
      }
      storeFloats(numbers, destination, start: start)
    case .integer(let format) where format.isSigned:
      let numbers = [Int64](unsafeUninitializedCapacity: count) { buffer, filled in
        for index in 0..<count {
          let number = format.decodeSigned(source, at: (start + index) * format.size)
          buffer.initializeElement(at: index, to: number)
        }
        filled = count
      }
      try storeIntegers(numbers, destination, start: start)
    case .integer(let format):
      let numbers = [UInt64](unsafeUninitializedCapacity: count) { buffer, filled in
        for index in 0..<count {
          let number = format.decodeUnsigned(source, at: (start + index) * format.size)
          buffer.initializeElement(at: index, to: number)
        }
        filled = count
      }
      try storeIntegers(numbers, destination, start: start)
    }
  }

  private func loadFloats(
    _ source: UnsafeRawBufferPointer, _ format: HDF5.FloatFormat, _ order: HDF5.ByteOrder,
    start: Int, into buffer: UnsafeMutableBufferPointer<Double>, count: Int
  ) {
    let isBig = order == .big
    for index in 0..<count {
      let offset = (start + index) * format.size
      let number: Double
      switch format {
      case .float16:
        let bits = source.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        number = Double(
          Self.float(half: isBig ? UInt16(bigEndian: bits) : UInt16(littleEndian: bits)))
      case .bfloat16:
        let bits = source.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        let high = UInt32(isBig ? UInt16(bigEndian: bits) : UInt16(littleEndian: bits))
        number = Double(Float(bitPattern: high << 16))
      case .float32:
        let bits = source.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        number = Double(
          Float(bitPattern: isBig ? UInt32(bigEndian: bits) : UInt32(littleEndian: bits)))
      case .float64:
        let bits = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        number = Double(bitPattern: isBig ? UInt64(bigEndian: bits) : UInt64(littleEndian: bits))
      default:
        var bits: UInt128 = 0
        for index in 0..<format.size {
          let position = isBig ? index : format.size - 1 - index
          bits = bits << 8 | UInt128(source[offset + position])
        }
        number = format.decode(bits)
      }
      buffer.initializeElement(at: index, to: number)
    }
  }

  /// The single-precision number that equals a half-precision one.
  private static func float(half: UInt16) -> Float {
    let magnitude = UInt32(half & 0x7FFF) << 13
    let sign = UInt32(half & 0x8000) << 16
    if half & 0x7C00 == 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | magnitude) }
    // Multiplying by 2^112 moves the exponent's bias from 15 to 127, for subnormal numbers too.
    let scaled = Float(bitPattern: magnitude) * Float(bitPattern: 0x7780_0000)
    return Float(bitPattern: sign | scaled.bitPattern)
  }

  private func storeFloats(
    _ numbers: [Double], _ destination: UnsafeMutableRawBufferPointer, start: Int
  ) {
    for (index, number) in numbers.enumerated() {
      let offset = (start + index) * target.size
      if target == .float32 {
        destination.storeBytes(of: Float(number), toByteOffset: offset, as: Float.self)
      } else {
        destination.storeBytes(of: number, toByteOffset: offset, as: Double.self)
      }
    }
  }

  private func storeIntegers<Number: FixedWidthInteger>(
    _ numbers: [Number], _ destination: UnsafeMutableRawBufferPointer, start: Int
  ) throws(ConversionFailure) {
    switch target {
    case .int8: try store(numbers, as: Int8.self, destination, start: start)
    case .int16: try store(numbers, as: Int16.self, destination, start: start)
    case .int32: try store(numbers, as: Int32.self, destination, start: start)
    case .int64: try store(numbers, as: Int64.self, destination, start: start)
    case .uint8: try store(numbers, as: UInt8.self, destination, start: start)
    case .uint16: try store(numbers, as: UInt16.self, destination, start: start)
    case .uint32: try store(numbers, as: UInt32.self, destination, start: start)
    case .uint64: try store(numbers, as: UInt64.self, destination, start: start)
    case .float32:
      for (index, number) in numbers.enumerated() {
        destination.storeBytes(of: Float(number), toByteOffset: (start + index) * 4, as: Float.self)
      }
    case .float64:
      for (index, number) in numbers.enumerated() {
        destination.storeBytes(
          of: Double(number), toByteOffset: (start + index) * 8, as: Double.self)
      }
    }
  }

  private func store<Number: FixedWidthInteger, Target: FixedWidthInteger & BitwiseCopyable>(
    _ numbers: [Number], as _: Target.Type, _ destination: UnsafeMutableRawBufferPointer,
    start: Int
  ) throws(ConversionFailure) {
    let size = MemoryLayout<Target>.size
    for (index, number) in numbers.enumerated() {
      guard let fitting = Target(exactly: number) else {
        throw .outOfRange(index: start + index)
      }
      destination.storeBytes(of: fitting, toByteOffset: (start + index) * size, as: Target.self)
    }
  }

  /// Copies numbers that differ from the machine's only in the order of their bytes.
  ///
  /// Returns false when the elements differ in more. The bits of a NaN are kept.
  private func reverseBytes(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer, count: Int
  ) -> Bool {
    guard layout.reversed == target.layout else { return false }
    switch target.size {
    case 2:
      for index in 0..<count {
        let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        destination.storeBytes(of: bits.byteSwapped, toByteOffset: index * 2, as: UInt16.self)
      }
    case 4:
      for index in 0..<count {
        let bits = source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
        destination.storeBytes(of: bits.byteSwapped, toByteOffset: index * 4, as: UInt32.self)
      }
    case 8:
      for index in 0..<count {
        let bits = source.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
        destination.storeBytes(of: bits.byteSwapped, toByteOffset: index * 8, as: UInt64.self)
      }
    default: return false
    }
    return true
  }
}

extension NumberLayout {
  /// The same layout with its bytes in the other order.
  var reversed: NumberLayout {
    switch self {
    case .integer(let format):
      .integer(
        HDF5.IntegerFormat(
          size: format.size, isSigned: format.isSigned, order: format.order.reversed,
          bitOffset: format.bitOffset, precision: format.precision))
    case .floatingPoint(let format, let order): .floatingPoint(format, order.reversed)
    }
  }
}

extension HDF5.ByteOrder {
  /// The other order.
  var reversed: HDF5.ByteOrder { self == .little ? .big : .little }
}
