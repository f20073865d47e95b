import HornbillFast
import Testing

/// Statistics of many numbers, against the shortest code that computes them.
@Suite struct StatisticsTests {
  private func expected(_ values: [Float]) -> NumberStatistics {
    var result = NumberStatistics()
    let finite = values.filter(\.isFinite).map(Double.init)
    result.least = finite.min() ?? .infinity
    result.greatest = finite.max() ?? -.infinity
    result.sum = finite.reduce(0, +)
    result.count = finite.count
    let mean = result.sum / Double(max(finite.count, 1))
    result.squares = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    result.zeros = finite.count { $0 == 0 }
    result.nans = values.count(where: \.isNaN)
    result.infinities = values.count - finite.count - result.nans
    return result
  }

  private func check(_ values: [Float], threads: Int, shifted: Int = 0) throws {
    let bytes = [UInt8](repeating: 0, count: shifted) + values.withUnsafeBytes { [UInt8]($0) }
    let reader = try StatisticsReader(threads: threads)
    let found = bytes.withUnsafeBytes {
      reader.statistics(ofFloats: UnsafeRawBufferPointer(rebasing: $0[shifted...]))
    }
    let expected = expected(values)
    #expect(found.least == expected.least)
    #expect(found.greatest == expected.greatest)
    #expect(found.count == expected.count)
    #expect(found.zeros == expected.zeros)
    #expect(found.nans == expected.nans)
    #expect(found.infinities == expected.infinities)
    // A sum of n terms in any order is off by less than n roundings of the sum of magnitudes.
    let magnitudes = values.reduce(0) { $1.isFinite ? $0 + Double($1.magnitude) : $0 }
    let rounding = Double(values.count) * 0x1p-53
    #expect(abs(found.sum - expected.sum) <= rounding * magnitudes)
    #expect(abs(found.squares - expected.squares) <= 8 * rounding * expected.squares)
  }

  private func sample(_ count: Int) -> [Float] {
    (0..<count).map { Float(($0 &* 7919) % 1009) / 64 - 3 }
  }

  @Test(arguments: [0, 1, 3, 16, 17, 2047, 2048, 2049, 5000, 1 << 20, 1 << 20 + 1])
  func everySize(count: Int) throws {
    try check(sample(count), threads: 2)
    try check(sample(count), threads: 1, shifted: 1)
  }

  @Test(arguments: [0, 15, 100, 2500, 4999])
  func numbersThatAreNone(place: Int) throws {
    for special in [Float.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude] {
      var values = sample(5000)
      values[place] = special
      try check(values, threads: 1)
    }
  }

  @Test func nothingButSpecialNumbers() throws {
    try check([Float](repeating: .nan, count: 3000), threads: 1)
    try check([Float](repeating: -.infinity, count: 33), threads: 1)
    try check([Float](repeating: 0, count: 4100), threads: 1)
  }
}
