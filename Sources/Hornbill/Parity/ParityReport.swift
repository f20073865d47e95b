import HornbillCore
import HornbillFormats

/// The verdict on a model against a recording.
public struct ParityReport: Sendable {
  /// The model's file.
  public let model: String
  /// The recording's file.
  public let recording: String
  /// The comparisons: the layers in the order of execution, then the outputs.
  public let comparisons: [Comparison]
  /// Names in the recording that mean nothing in the model.
  public let unmatched: [String]

  /// Whether all that was recorded agrees; a recording of nothing does not.
  public var passes: Bool {
    unmatched.isEmpty && comparisons.contains { $0.count > 0 }
      && comparisons.allSatisfy(\.agrees)
  }

  /// The first layer, in the order of execution, whose output does not agree.
  public var firstDivergence: Comparison? {
    comparisons.filter { $0.isLayer && !$0.agrees }.min { ($0.call ?? 0) < ($1.call ?? 0) }
  }
}

extension Model {
  /// Runs the model on recorded inputs and compares what comes out with what Keras gave.
  ///
  /// - Parameters:
  ///   - recording: an `.npz` with inputs and outputs, see `fixtures/record.py`.
  ///   - layers: an `.npz` with the activations of layers, if they are in a file of their own.
  ///   - tolerance: what is allowed; derived from the model's operations when absent.
  /// - Throws: ``ModelError`` when the recording does not fit the model, or the model does not run.
  public func verify(
    recording path: String, layers: String? = nil, tolerance: Tolerance? = nil,
    engine: Engine = .fast
  ) throws(ModelError) -> ParityReport {
    let recorded: Recording
    var activations: Recording?
    do {
      recorded = try Recording(contentsOf: path)
      if let layers { activations = try Recording(contentsOf: layers) }
    } catch {
      throw ModelError(error)
    }
    return try ParityCheck(
      model: self, recording: recorded, layers: activations, tolerance: tolerance, engine: engine
    ).report()
  }
}
