/// Turns numbers of the machine into stored elements.
///
/// Whole numbers must fit the stored type; floating-point numbers are rounded to the nearest one,
/// ties to even. Floating-point numbers are not turned into whole ones.
struct ElementEncoder {
  let native: HDF5.NativeType
  let layout: NumberLayout

  /// Encodes `count` numbers.
  ///
  /// - Precondition: both buffers hold `count` elements.
  func encode(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer, count: Int
  ) throws(ConversionFailure) {
    let size = native.size
    switch layout {
    case .integer(let format):
      if native.isFloatingPoint { throw .floatToInteger }
      for index in 0..<count {
        let bits = try Self.bits(of: integer(source, index * size), in: format, index: index)
        format.store(bits, destination, at: index * format.size)
      }
    case .floatingPoint(let format, let order):
      let isWritable = [HDF5.FloatFormat.float16, .bfloat16, .float32, .float64].contains(format)
      guard isWritable else { throw .unwritableFormat }
      let integers = HDF5.IntegerFormat(size: format.size, isSigned: false, order: order)
      for index in 0..<count {
        let bits = format.encode(float(source, index * size, for: format))
        integers.store(bits, destination, at: index * format.size)
      }
    }
  }

  private func integer(_ source: UnsafeRawBufferPointer, _ offset: Int) -> Int128 {
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Int128 {
      Int128(source.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    switch native {
    case .int8: return load(Int8.self)
    case .int16: return load(Int16.self)
    case .int32: return load(Int32.self)
    case .int64: return load(Int64.self)
    case .uint8: return load(UInt8.self)
    case .uint16: return load(UInt16.self)
    case .uint32: return load(UInt32.self)
    case .uint64: return load(UInt64.self)
    case .float32, .float64: return 0
    }
  }

  private func float(
    _ source: UnsafeRawBufferPointer, _ offset: Int, for format: HDF5.FloatFormat
  ) -> Double {
    switch native {
    case .float32: return Double(source.loadUnaligned(fromByteOffset: offset, as: Float.self))
    case .float64: return source.loadUnaligned(fromByteOffset: offset, as: Double.self)
    default:
      let number = integer(source, offset)
      // Rounding to double first would round twice.
      return format == .float32 ? Double(Float(number)) : Double(number)
    }
  }

  private static func bits(
    of number: Int128, in format: HDF5.IntegerFormat, index: Int
  ) throws(ConversionFailure) -> UInt64 {
    let precision = Int128(format.precision)
    let lowest: Int128 = format.isSigned ? -(1 << (precision - 1)) : 0
    let highest: Int128 = (1 << (format.isSigned ? precision - 1 : precision)) - 1
    guard (lowest...highest).contains(number) else { throw .outOfRange(index: index) }
    return UInt64(truncatingIfNeeded: number)
  }
}
