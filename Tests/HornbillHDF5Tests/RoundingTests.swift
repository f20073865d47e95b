import HornbillHDF5
import Testing

@Suite struct RoundingTests {
  /// Writes numbers as a type of 16 bits and returns the bits that are stored.
  private func stored(_ numbers: [Double], as type: HDF5.DataType) throws -> [UInt16] {
    let folder = try TemporaryFolder()
    let file = try HDF5.File(creating: folder.file("round.h5"))
    let dataset = try file.root.createDataset(at: "w", type: type, shape: [numbers.count])
    try dataset.write(numbers)
    let bytes = try dataset.readBytes()
    return stride(from: 0, to: bytes.count, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
  }

  @Test func everyHalfPrecisionNumberIsWrittenAsItWasRead() throws {
    let source = try HDF5.File(reading: fixture("numbers.h5")).root.dataset(at: "half_all")
    let numbers: [Double] = try source.read()
    for (bits, written) in try stored(numbers, as: .float16).enumerated() {
      let isNaN = bits & 0x7C00 == 0x7C00 && bits & 0x3FF != 0
      // A signalling NaN becomes a quiet one.
      #expect(Int(written) == bits || (isNaN && Int(written) == bits | 0x200), "\(bits)")
    }
  }

  @Test func halfPrecisionTiesGoToTheEvenNumber() throws {
    let cases: [(Double, UInt16)] = [
      (1 + 0x1p-11, 0x3C00), (1 + 0x1p-11 + 0x1p-40, 0x3C01), (1 + 0x3p-11, 0x3C02),
      (65519, 0x7BFF), (65520, 0x7C00), (1e300, 0x7C00), (-65520, 0xFC00),
      (0x1p-25, 0x0000), (0x1.8p-25, 0x0001), (0x1p-24, 0x0001), (0x3p-25, 0x0002),
      (0x1p-14 - 0x1p-26, 0x0400), (-0x1p-30, 0x8000), (.infinity, 0x7C00),
    ]
    #expect(try stored(cases.map(\.0), as: .float16) == cases.map(\.1))
  }

  @Test func bfloat16TiesGoToTheEvenNumber() throws {
    let cases: [(Double, UInt16)] = [
      (1, 0x3F80), (1 + 0x1p-8, 0x3F80), (1 + 0x3p-8, 0x3F82), (1 + 0x1p-8 + 0x1p-40, 0x3F81),
      (3.4e38, 0x7F80), (-0x1p-133, 0x8001), (0x1p-134, 0x0000), (-.infinity, 0xFF80),
    ]
    #expect(try stored(cases.map(\.0), as: .bfloat16) == cases.map(\.1))
  }
}
