import HornbillCore
import HornbillFormats
import HornbillLayers

extension Inspection {
  /// The content as text for people.
  package var text: String {
    var lines: [String] = []
    lines.append("file          \(archive.path.escapedForDisplay)")
    lines.append("format        \(archive.format)")
    if let version = archive.kerasVersion {
      lines.append("keras         \(version.escapedForDisplay)")
    }
    if let backend = archive.backend { lines.append("backend       \(backend.escapedForDisplay)") }
    if let date = archive.dateSaved { lines.append("saved         \(date.escapedForDisplay)") }
    lines.append("architecture  \(architectureText)")
    if archive.trainingConfig != nil { lines.append("training      configuration present") }
    let bytes = weights.reduce(0) { $0 + $1.byteCount }
    lines.append("weights       \(weights.count) arrays, \(bytes) bytes")
    if !archive.optimizerWeights.isEmpty {
      lines.append("optimizer     \(archive.optimizerWeights.count) arrays")
    }
    for asset in archive.assets {
      lines.append("asset         \(asset.path.escapedForDisplay), \(asset.size) bytes")
    }
    if let problem { lines.append("problem       \(problem)") }
    lines.append("")
    lines += table
    return lines.joined(separator: "\n") + "\n"
  }

  private var architectureText: String {
    guard let architecture = archive.architecture else {
      return "none; --config can give one"
    }
    let name = (architecture["class_name"]?.string ?? "?").escapedForDisplay
    guard let model else { return name }
    return "\(name) \"\(model.name.escapedForDisplay)\", \(model.layers.count) layers"
  }

  private var table: [String] {
    var rows = [["weight", "shape", "dtype", "bytes", "offset"]]
    if !statistics.isEmpty { rows[0] += ["min", "max", "mean", "std", "zeros", "nan", "inf"] }
    for (index, weight) in weights.enumerated() {
      var row = [
        weight.path.escapedForDisplay, Shape(weight.shape).description,
        (weight.dtype?.rawValue ?? weight.storedType).escapedForDisplay, "\(weight.byteCount)",
        weight.fileOffset.map { "\($0)" } ?? "-",
      ]
      if let statistics = statistics[index] {
        row +=
          [statistics.minimum, statistics.maximum, statistics.mean, statistics.deviation]
          .map { $0.map { Float($0).description } ?? "-" }
        row += ["\(statistics.zeros)", "\(statistics.nans)", "\(statistics.infinities)"]
      }
      rows.append(row)
    }
    return TextTable(rows).lines
  }
}
