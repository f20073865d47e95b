package import HornbillCore
import HornbillLayers

/// What Hornbill runs of what Keras has, read from the registries.
package struct Coverage: Sendable {
  /// How far a class is supported.
  package enum Status: String, Sendable {
    /// Listed, summarised and run.
    case runs
    /// Listed and summarised; a run is refused by name.
    case refused
  }

  /// One class.
  package struct Entry: Sendable {
    package let name: String
    /// Other names in files.
    package let aliases: [String]
    package let kind: String
    package let status: Status
  }

  /// The classes, layers first, sorted by name.
  package let entries: [Entry]

  /// What this build runs.
  package static var current: Coverage {
    let layers = LayerRegistry.builtIn.map { layer in
      Entry(
        name: layer.className, aliases: layer.aliases.sorted(), kind: "layer",
        status: .runs)
    }
    let refused = OpaqueLayer.Reason.refusedClasses.keys.map { name in
      Entry(name: name, aliases: [], kind: "layer", status: .refused)
    }
    let names = OperationRegistry.refused.union(OperationRegistry.standard.operations.keys)
    let operations = names.map { name in
      Entry(
        name: name, aliases: [], kind: "operation",
        status: OperationRegistry.refused.contains(name) ? .refused : .runs)
    }
    let sorted = { (entries: [Entry]) in entries.sorted { $0.name < $1.name } }
    return Coverage(entries: sorted(layers + refused) + sorted(operations))
  }

  /// One line for each class.
  package var text: String {
    entries.map { entry in
      let aliases = entry.aliases.isEmpty ? "" : " (also \(entry.aliases.joined(separator: ", ")))"
      return "\(entry.kind)\t\(entry.name)\t\(entry.status.rawValue)\(aliases)\n"
    }.joined()
  }

  /// A Markdown table: a row for each kind and status.
  package var markdown: String {
    var rows = ["| | classes |", "| --- | --- |"]
    for kind in ["layer", "operation"] {
      for status in [Status.runs, .refused] {
        let classes = entries.filter { $0.kind == kind && $0.status == status }
        if classes.isEmpty { continue }
        let verb = status == .runs ? "that run" : "that are refused"
        let names = classes.map { entry in
          let aliases = entry.aliases.map { "`\($0)`" }.joined(separator: ", ")
          return "`\(entry.name)`" + (aliases.isEmpty ? "" : " (\(aliases))")
        }
        rows.append("| \(classes.count) \(kind)s \(verb) | \(names.joined(separator: ", ")) |")
      }
    }
    return rows.map { $0 + "\n" }.joined()
  }

  /// JSON, in schema version 1.
  package var json: JSON {
    let classes = entries.map { entry in
      JSON.object(
        JSONObject([
          ("name", .string(entry.name)), ("kind", .string(entry.kind)),
          ("status", .string(entry.status.rawValue)),
          ("aliases", .array(entry.aliases.map { .string($0) })),
        ]))
    }
    return .object(JSONObject([("schema", .integer(1)), ("classes", .array(classes))]))
  }
}
