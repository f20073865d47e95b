import HornbillCore
import HornbillTestSupport
import Testing

@testable import Hornbill

/// What "as good as Keras" means where a recording has the outputs in double precision.
enum TruthRule {
  /// Keras rounds like Hornbill, but in another order; twice its error, and some units in the last place where Keras has luck.
  private static let share = 2.0
  private static let ulps = 4.0
  /// Double precision against double precision: the order of a sum, and functions that differ in their last bits.
  private static let reference = 1e-10
  /// The same where one side keeps a constant, such as a slope, in single precision.
  private static let single = 1e-7

  /// Runs a recorded model on an engine and judges every output of every call.
  static func check(
    _ model: Model, _ path: String, engine: Engine, hasSingleConstants: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let recording = try Recording(contentsOf: path)
    let session = model.session(engine: engine)
    for call in recording.calls {
      let outputs = try session.run(try recording.inputs(call, of: model))
      for (index, output) in outputs.enumerated() {
        let label = "\(engine) \(call.prefix)out_\(index)"
        let keras = try #require(
          try recording.tensor("\(call.prefix)out_\(index)"), sourceLocation: sourceLocation)
        #expect(output.shape == keras.shape, "\(label)", sourceLocation: sourceLocation)
        guard let truth = try recording.tensor("\(call.prefix)ref64_\(index)") else { continue }
        let scale = max(truth.magnitude, 1)
        let isReference = engine == .reference
        let unit = isReference ? 0 : 2 * output.dtype.unitRoundoff
        let bound =
          isReference
          ? (hasSingleConstants ? single : reference) * scale
          : share * keras.distance(to: truth) + ulps * unit * scale
        expectClose(output, truth, within: bound, label, sourceLocation: sourceLocation)
      }
    }
  }

  /// Expects the verdict on a recording to be that all of it agrees.
  static func expectPass(
    _ model: Model, _ path: String, engine: Engine,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let report = try model.verify(recording: path, engine: engine)
    #expect(report.passes, "\(engine)\n\(report.text)", sourceLocation: sourceLocation)
  }
}
