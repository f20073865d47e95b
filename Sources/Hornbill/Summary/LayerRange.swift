import _StringProcessing

extension SummaryContent {
  /// The top-level rows between two patterns, by Keras's rule for `layer_range`.
  ///
  /// - Throws: `SummaryError.invalidPattern` and `SummaryError.noMatch`.
  func rows(in range: (String, String)?) throws(SummaryError) -> ArraySlice<SummaryRow> {
    guard let range else { return rows[...] }
    let first = try bounds(of: range.0)
    let second = try bounds(of: range.1)
    return first.lowerBound > second.upperBound
      ? rows[second.lowerBound...first.upperBound] : rows[first.lowerBound...second.upperBound]
  }

  private func bounds(of pattern: String) throws(SummaryError) -> ClosedRange<Int> {
    let expression: Regex<AnyRegexOutput>
    do {
      expression = try Regex(pattern).matchingSemantics(.unicodeScalar)
    } catch {
      throw .invalidPattern(pattern)
    }
    var result: ClosedRange<Int>?
    for (index, row) in rows.enumerated() {
      let isMatch: Bool
      do {
        isMatch = try expression.prefixMatch(in: row.name) != nil
      } catch {
        throw .invalidPattern(pattern)
      }
      if isMatch { result = (result?.lowerBound ?? index)...index }
    }
    guard let result else { throw .noMatch(pattern) }
    return result
  }
}
