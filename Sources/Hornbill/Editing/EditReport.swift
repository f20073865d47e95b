package import HornbillCore

/// What was done to a file.
package struct EditReport: Sendable {
  /// One thing that was done.
  package struct Change: Sendable, Hashable {
    package enum Action: String, Sendable {
      case renamed, set, deleted, cast, trainable, reordered
    }

    let action: Action
    /// What it was done to: `model`, `layer`, `group`, `weight`, `array` (of a state), `asset`, `state` or `configuration`.
    let kind: String
    let name: String
    /// The new name, type or flag.
    let value: String?

    init(_ action: Action, _ kind: String, _ name: String, _ value: String? = nil) {
      self.action = action
      self.kind = kind
      self.name = name
      self.value = value
    }
  }

  /// What one edit did.
  package struct Step: Sendable {
    let edit: String
    var changes: [Change] = []
    var notes: [String] = []
    var load: LoadReport?
  }

  /// The edits in order.
  package internal(set) var steps: [Step] = []

  /// Whether weights of another file were loaded in part.
  package var isPartial: Bool { steps.contains { $0.load?.isComplete == false } }

  /// How many changes of one edit the text lists.
  private static let listed = 10

  /// Lines for people: for each edit its changes, and what they should know.
  package var text: String {
    var lines: [String] = []
    for step in steps {
      lines += step.changes.prefix(EditReport.listed).map(\.description)
      let rest = step.changes.count - EditReport.listed
      if rest > 0 { lines.append("… and \(rest) more of \(step.edit.escapedForDisplay)") }
      if let load = step.load { lines.append(String(load.text.dropLast())) }
      lines += step.notes.map { "note: \($0.escapedForDisplay)" }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// The edits as JSON.
  package var json: JSON { .array(steps.map(\.json)) }
}

extension EditReport.Change: CustomStringConvertible {
  /// One line.
  package var description: String {
    let subject = "\(kind) \(name)"
    let line =
      switch action {
      case .trainable: "set trainable of \(subject)"
      case .reordered: "reordered the weights of \(subject)"
      default: "\(action.rawValue) \(subject)"
      }
    return (line + (value.map { " to \($0)" } ?? "")).escapedForDisplay
  }
}

extension EditReport.Step {
  fileprivate var json: JSON {
    let changes = changes.map { change in
      JSON.object(
        JSONObject([
          ("action", .string(change.action.rawValue)), ("kind", .string(change.kind)),
          ("name", .string(change.name)), ("value", JSON(change.value)),
        ]))
    }
    return .object(
      JSONObject([
        ("edit", .string(edit)), ("changes", .array(changes)),
        ("notes", .array(notes.map { .string($0) })), ("load", load?.json ?? .null),
      ]))
  }
}
