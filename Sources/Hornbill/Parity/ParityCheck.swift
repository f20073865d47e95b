import HornbillCore
import HornbillFormats

/// Compares a model with a recording.
struct ParityCheck {
  let model: Model
  let recording: Recording
  let layers: Recording?
  let tolerance: Tolerance?
  let engine: Engine

  /// A recorded activation: its key without `layer:`, the file, and the array's name there.
  private struct RecordedLayer {
    let key: String
    let source: Recording
    let name: String
  }

  func report() throws(ModelError) -> ParityReport {
    let session = model.session(engine: engine)
    var recorded = try recordedLayers()
    var layerComparisons: [Comparison] = []
    var outputComparisons: [Comparison] = []
    var unmatched: [String] = []
    for call in recording.calls {
      let inputs = try recording.inputs(call, of: model)
      let keepsLayers = call.number == 0 && !recorded.isEmpty
      let (outputs, activations, graph) = try session.trace(inputs) { _ in keepsLayers }
      let budget = RoundingBudget(graph: graph)
      for (index, output) in outputs.enumerated() {
        let value = graph.outputs[index]
        let name = "\(call.prefix)out_\(index)"
        guard let expected = try tensor(recording, name) else { continue }
        outputComparisons.append(
          Comparison(
            name: name, isLayer: false, call: nil, found: output, expected: expected,
            truth: try tensor(recording, "\(call.prefix)ref64_\(index)"), isSequence: false,
            tolerance: { tolerance ?? budget.tolerance(of: value, magnitude: $0) }))
      }
      unmatched += recording.names.filter { name in
        name.hasPrefix("\(call.prefix)out_")
          && Int(name.dropFirst(call.prefix.count + 4)).map { $0 >= outputs.count } ?? true
      }
      guard keepsLayers else { continue }
      for (mark, activation) in zip(graph.marks, activations) {
        let aliases = RecordingKey.aliases(of: activation)
        for match in recorded where aliases.contains(match.key) {
          guard let expected = try tensor(match.source, match.name) else { continue }
          layerComparisons.append(
            Comparison(
              name: match.key, isLayer: true, call: activation.call, found: activation.tensor,
              expected: expected, truth: nil, isSequence: activation.isSequence,
              tolerance: { tolerance ?? budget.tolerance(of: mark.value, magnitude: $0) }))
        }
        recorded.removeAll { aliases.contains($0.key) }
      }
    }
    return ParityReport(
      model: model.path ?? model.name, recording: recording.path,
      comparisons: layerComparisons + outputComparisons,
      unmatched: unmatched + recording.namesOfFurtherCalls + recorded.map(\.key))
  }

  private func recordedLayers() throws(ModelError) -> [RecordedLayer] {
    var result: [RecordedLayer] = []
    for name in recording.names where name.hasPrefix("layer:") {
      result.append(
        RecordedLayer(key: String(name.dropFirst(6)), source: recording, name: name))
    }
    for name in layers?.names ?? [] {
      guard let layers else { continue }
      let key = name.hasPrefix("layer:") ? String(name.dropFirst(6)) : name
      result.append(RecordedLayer(key: key, source: layers, name: name))
    }
    return result
  }

  private func tensor(_ source: Recording, _ name: String) throws(ModelError) -> Tensor? {
    do {
      return try source.tensor(name)
    } catch {
      throw ModelError(error)
    }
  }
}
