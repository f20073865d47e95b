public import HornbillCore

/// What became of every weight when weights were loaded from another file.
///
/// No weight of the model and no array of the file is left out of the report.
public struct LoadReport: Sendable, Hashable {
  /// What became of a weight.
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// It got the numbers of an array of the file.
    case matched
    /// Its layer has a counterpart in the file, but not one with as many arrays; it keeps its numbers, and those are ``extra``.
    case skipped
    /// The file has no array for it; it keeps its numbers.
    case missing
    /// An array of the file that no weight takes, be it that its layer was skipped.
    case extra
    /// Its array has another shape or kind of type; it keeps its numbers.
    case misshapen
  }

  /// One weight of the model, one array of the file, or a pair of them.
  public struct Entry: Sendable, Hashable {
    /// What became of it.
    public let outcome: Outcome
    /// The weight's path, see ``ModelWeight/path``; `nil` for ``Outcome/extra``.
    public let weight: String?
    /// The array's name in the file; `nil` where there is none.
    public let source: String?
    /// The shape that the weight has.
    public let expected: [Int]?
    /// The shape that the array has.
    public let found: [Int]?
    /// Why it was not matched, where the shapes do not say it.
    public let reason: String?

    init(
      _ outcome: Outcome, weight: String? = nil, source: String? = nil, expected: [Int]? = nil,
      found: [Int]? = nil, reason: String? = nil
    ) {
      self.outcome = outcome
      self.weight = weight
      self.source = source
      self.expected = expected
      self.found = found
      self.reason = reason
    }
  }

  /// The file that the weights came from.
  public let file: String
  /// The weights in the model's order, then the arrays that are left over.
  public let entries: [Entry]

  /// Whether every weight got numbers and no array is left over.
  public var isComplete: Bool { entries.allSatisfy { $0.outcome == .matched } }

  /// How many entries there are of a kind.
  public func count(of outcome: Outcome) -> Int {
    entries.count { $0.outcome == outcome }
  }

  /// A line of counts, then a line for each weight that was not matched or got an array of another name.
  public var text: String {
    ([summary] + details).map { $0 + "\n" }.joined()
  }

  /// The counts, for example `2 matched, 1 missing`.
  var counts: String {
    let counts = Outcome.allCases.filter { $0 == .matched || count(of: $0) > 0 }
    return counts.map { "\(count(of: $0)) \($0.rawValue)" }.joined(separator: ", ")
  }

  private var summary: String { "weights from \(file.escapedForDisplay): \(counts)" }

  private var details: [String] {
    entries.filter { $0.outcome != .matched || $0.weight != $0.source }.map { "  \($0)" }
  }

  /// JSON, in schema version 1: `file`, `complete`, a count for each kind, and `weights`.
  public var json: JSON {
    var object = JSONObject([
      ("schema", .integer(1)), ("file", .string(file)), ("complete", .bool(isComplete)),
    ])
    for outcome in Outcome.allCases {
      object[outcome.rawValue] = .integer(Int64(count(of: outcome)))
    }
    object["weights"] = .array(entries.map(\.json))
    return .object(object)
  }
}

extension LoadReport.Entry: CustomStringConvertible {
  /// One line.
  public var description: String {
    var line = outcome.rawValue.padded(to: 9)
    line += " " + (weight ?? source ?? "").escapedForDisplay
    if let weight, let source, weight != source { line += " from \(source.escapedForDisplay)" }
    switch (expected, found) {
    case (let expected?, let found?) where expected != found:
      line += ": expected shape \(Shape(expected)), found \(Shape(found))"
    case (let shape?, nil), (nil, let shape?):
      line += " \(Shape(shape))"
    default: break
    }
    if let reason { line += ": \(reason.escapedForDisplay)" }
    return line
  }

  fileprivate var json: JSON {
    let shape = { (shape: [Int]?) -> JSON in
      shape.map { .array($0.map { .integer(Int64($0)) }) } ?? .null
    }
    return .object(
      JSONObject([
        ("outcome", .string(outcome.rawValue)), ("weight", JSON(weight)), ("source", JSON(source)),
        ("expected", shape(expected)), ("found", shape(found)), ("reason", JSON(reason)),
      ]))
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
