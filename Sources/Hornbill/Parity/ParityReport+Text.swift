import HornbillCore

extension ParityReport {
  /// The verdict as text for people: one line for each tensor, then the verdict.
  public var text: String {
    var rows = [
      [
        "", "tensor", "allowed", "max abs", "mean abs", "max rel", "ulp 50/99/100 %",
        "nearer to truth",
      ]
    ]
    for comparison in comparisons { rows.append(row(comparison)) }
    var lines = TextTable(rows, leftColumns: 2).lines
    lines.append("")
    for name in unmatched {
      lines.append("recorded, but not in the model: \(name.escapedForDisplay)")
    }
    if comparisons.isEmpty { lines.append("the recording holds nothing to compare") }
    if let first = firstDivergence {
      var line = "first diverging layer: \(first.name.escapedForDisplay)"
      if let step = first.firstStep { line += ", first at time step \(step)" }
      lines.append(line + reason(first))
    } else if let output = comparisons.first(where: { !$0.agrees }) {
      lines.append("diverges: \(output.name.escapedForDisplay)\(reason(output))")
    }
    let agreeing = comparisons.count(where: \.agrees)
    lines.append(
      "\(passes ? "PASS" : "FAIL"): \(agreeing) of \(comparisons.count) tensors agree with the recording"
    )
    return lines.joined(separator: "\n") + "\n"
  }

  private func reason(_ comparison: Comparison) -> String {
    if let mismatch = comparison.mismatch { return ": \(mismatch)" }
    var text =
      ": \(comparison.outside) of \(comparison.count) elements outside \(comparison.tolerance.absolute.short)"
    if comparison.nonFiniteMismatches > 0 {
      text += ", \(comparison.nonFiniteMismatches) of them NaN or infinite on one side"
    }
    return text
  }

  private func row(_ comparison: Comparison) -> [String] {
    var row = [comparison.agrees ? "ok" : "DIFF", comparison.name.escapedForDisplay]
    if let mismatch = comparison.mismatch { return row + [mismatch] }
    row += [
      comparison.tolerance.absolute.short, comparison.absoluteError.maximum.short,
      comparison.absoluteError.mean.short, comparison.relativeError.maximum.short,
    ]
    let ulps = comparison.ulps
    row.append(
      ulps.count == 4 ? [ulps[0], ulps[2], ulps[3]].map(\.short).joined(separator: "/") : "-")
    row.append(comparison.truth?.nearer ?? "-")
    return row
  }
}

extension Double {
  /// The number with two decimals, with five below 1, or with three digits and an exponent.
  var short: String {
    if self == 0 { return "0" }
    guard isFinite else { return "\(self)" }
    let magnitude = self.magnitude
    if magnitude >= 1e-3 && magnitude < 1e6 {
      let factor = magnitude < 1 ? 1e5 : magnitude < 100 ? 1e2 : 1
      let rounded = (self * factor).rounded() / factor
      return rounded == rounded.rounded() && magnitude >= 1 ? "\(Int(rounded))" : "\(rounded)"
    }
    var exponent = 0
    var mantissa = magnitude
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 1 {
      mantissa *= 10
      exponent -= 1
    }
    mantissa = (mantissa * 100).rounded() / 100
    return (self < 0 ? "-" : "") + "\(mantissa)e\(exponent)"
  }
}
