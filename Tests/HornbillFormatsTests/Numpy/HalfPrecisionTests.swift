import HornbillFormats
import Testing

@Suite struct HalfPrecisionTests {
  @Test func everyFloat16IsKeptByARoundTrip() {
    var wrong = 0
    for bits in UInt16.min ... .max {
      let value = HalfPrecision.float(float16: bits)
      if HalfPrecision.float16(value) != bits { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test func everyBFloat16IsKeptByARoundTrip() {
    var wrong = 0
    for bits in UInt16.min ... .max {
      let value = HalfPrecision.float(bfloat16: bits)
      if HalfPrecision.bfloat16(value) != bits { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  /// The payload lies in bits that the shorter formats lack.
  @Test func notANumberStaysSo() {
    #expect(HalfPrecision.float16(Float(bitPattern: 0xFF80_0001)) == 0xFC01)
    #expect(HalfPrecision.bfloat16(Float(bitPattern: 0xFF80_0001)) == 0xFF81)
  }

  private static let float16Cases: [(Float, UInt16)] = [
    (1.0, 0x3C00), (-2.0, 0xC000), (65504.0, 0x7BFF), (65519.99, 0x7BFF), (65520.0, 0x7C00),
    (1e10, 0x7C00), (-Float.infinity, 0xFC00), (0x1p-24, 0x0001), (0x1p-25, 0x0000),
    (0x1.8p-25, 0x0001), (0x1p-14, 0x0400), (-0.0, 0x8000), (0x1.002p0, 0x3C00),
    (0x1.006p0, 0x3C02), (2047.5, 0x6800), (0x1.ffep-15, 0x0400),
  ]

  @Test(arguments: float16Cases)
  func roundsToNearestEven(value: Float, bits: UInt16) {
    #expect(HalfPrecision.float16(value) == bits)
  }

  private static let bfloat16Cases: [(Float, UInt16)] = [
    (1.0, 0x3F80), (0x1.01p0, 0x3F80), (0x1.03p0, 0x3F82),
    (Float.greatestFiniteMagnitude, 0x7F80), (-Float.infinity, 0xFF80),
  ]

  @Test(arguments: bfloat16Cases)
  func roundsBFloat16ToNearestEven(value: Float, bits: UInt16) {
    #expect(HalfPrecision.bfloat16(value) == bits)
  }
}
