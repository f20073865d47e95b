/// Numbers as summaries print them.
enum SummaryNumber {
  /// A whole number with a comma between groups of three digits.
  static func grouped(_ value: Int128) -> String {
    let digits = Array(String(value.magnitude))
    var result = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// A size with two decimals in the greatest of six units that keeps it at 1 or more.
  ///
  /// Python divides a `Double`, prints beyond the last unit after one more division, and rounds the
  /// exact binary value half to even; powers of two make every step but the conversion to `Double`
  /// exact.
  ///
  /// - Parameters:
  ///   - bits: The size in bits, not negative.
  ///   - smallestUnit: The name of the first unit: `B` in Keras 3, `Byte` in Keras 2.
  static func memorySize(bits: Int128, smallestUnit: String) -> String {
    let units = [smallestUnit, "KB", "MB", "GB", "TB", "PB"]
    let exact = Int128(Double(max(0, bits)))
    var index = 0
    while index < units.count, exact >> (3 + 10 * (index + 1)) >= 1 { index += 1 }
    let shift = 3 + 10 * index
    let numerator = exact * 100
    var hundredths = numerator >> shift
    let remainder = numerator - hundredths << shift
    let half = Int128(1) << (shift - 1)
    if remainder > half || (remainder == half && !hundredths.isMultiple(of: 2)) { hundredths += 1 }
    let (whole, fraction) = hundredths.quotientAndRemainder(dividingBy: 100)
    return "\(whole).\(fraction < 10 ? "0" : "")\(fraction) \(units[min(index, units.count - 1)])"
  }
}

extension SummaryTotals {
  /// Trainable, other and optimizer variables together.
  var total: (count: Int128, bits: Int128) {
    (
      Int128(trainable.count) + Int128(nonTrainable.count) + Int128(optimizer?.count ?? 0),
      Int128(trainable.bits) + Int128(nonTrainable.bits) + Int128(optimizer?.bits ?? 0)
    )
  }

  /// Trainable and other weights without the optimizer's variables.
  var weights: (count: Int128, bits: Int128) {
    (
      Int128(trainable.count) + Int128(nonTrainable.count),
      Int128(trainable.bits) + Int128(nonTrainable.bits)
    )
  }
}
