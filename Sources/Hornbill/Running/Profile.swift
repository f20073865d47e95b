package import HornbillCore
import HornbillFast

/// Where the time of a model's run goes.
package struct Profile: Sendable {
  /// The steps that one layer call takes.
  package struct Row: Sendable {
    /// The names from the model to the layer, joined by slashes; empty for work that belongs to none.
    package let layer: String
    /// The ops of the steps, in order.
    package internal(set) var ops: [String]
    package internal(set) var seconds: Double
    /// Additions and multiplications.
    package internal(set) var operations: Double
    /// The bytes of the steps' operands and results.
    package internal(set) var bytes: Double
  }

  /// The layer calls in the order of execution.
  package let rows: [Row]

  /// The seconds of all rows.
  package var seconds: Double { rows.reduce(0) { $0 + $1.seconds } }
  /// The operations of all rows.
  package var operations: Double { rows.reduce(0) { $0 + $1.operations } }

  /// Sums the steps of a plan by the layer calls that they come from.
  init(_ steps: [(step: StepLabel, seconds: Double)], of graph: Graph) {
    // Values are numbered as the layers are lowered, so a value belongs to the first call whose result is not before it.
    let marks = graph.marks.filter { !$0.key.isModel }.sorted { $0.value.index < $1.value.index }
    var rows: [Row] = []
    var last: Int?
    for (step, seconds) in steps {
      let mark = marks.firstIndex { $0.value.index >= step.value.index }
      if mark == nil || mark != last {
        let name = mark.map { marks[$0].key.path.dropFirst().joined(separator: "/") } ?? ""
        rows.append(Row(layer: name, ops: [], seconds: 0, operations: 0, bytes: 0))
      }
      last = mark
      rows[rows.count - 1].ops.append(step.op)
      rows[rows.count - 1].seconds += seconds
      rows[rows.count - 1].operations += step.cost.operations
      rows[rows.count - 1].bytes += step.cost.bytes
    }
    self.rows = rows
  }

  /// The rows as a table.
  package func lines() -> [String] {
    var table = [["layer", "ops", "time", "share", "GFLOP", "GFLOP/s", "MB", "GB/s"]]
    let total = max(seconds, .leastNormalMagnitude)
    for row in rows {
      table.append(
        [
          row.layer.escapedForDisplay, Profile.brief(row.ops), Profile.time(row.seconds),
          Profile.digits(100 * row.seconds / total, 1) + " %",
          Profile.digits(row.operations / 1e9, 4),
          Profile.digits(row.operations / 1e9 / row.seconds, 1),
          Profile.digits(row.bytes / 1e6, 3), Profile.digits(row.bytes / 1e9 / row.seconds, 1),
        ])
    }
    return TextTable(table, leftColumns: 2).lines
  }

  /// The rows as JSON.
  package var json: JSON {
    .array(
      rows.map { row in
        .object(
          JSONObject([
            ("layer", .string(row.layer)), ("ops", .array(row.ops.map { .string($0) })),
            ("seconds", .double(row.seconds)), ("operations", .double(row.operations)),
            ("bytes", .double(row.bytes)),
          ]))
      })
  }

  private static func brief(_ ops: [String]) -> String {
    ops.count <= 3 ? ops.joined(separator: " ") : "\(ops[0]) \(ops[1]) and \(ops.count - 2) more"
  }

  /// A time in the unit that suits it.
  package static func time(_ seconds: Double) -> String {
    if seconds < 1e-6 { return digits(seconds * 1e9, 0) + " ns" }
    if seconds < 1e-3 { return digits(seconds * 1e6, 2) + " µs" }
    if seconds < 1 { return digits(seconds * 1e3, 3) + " ms" }
    return digits(seconds, 3) + " s"
  }

  /// A number with a fixed count of decimal places.
  package static func digits(_ number: Double, _ places: Int) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let whole = Int64((abs(number) * scale).rounded())
    let sign = number < 0 && whole > 0 ? "-" : ""
    let (integer, rest) = whole.quotientAndRemainder(dividingBy: Int64(scale))
    if places == 0 { return sign + String(integer) }
    let fraction = String(rest)
    return sign + "\(integer)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}

extension Predictor {
  /// The time of each layer, the least of several runs.
  package func profile(_ tensors: [Tensor], runs: Int) throws(ModelError) -> Profile {
    do {
      return Profile(try program.profile(tensors, runs: runs), of: graph)
    } catch {
      throw ModelError(error, file: path)
    }
  }
}
