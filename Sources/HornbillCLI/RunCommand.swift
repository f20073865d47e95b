import ArgumentParser
import Hornbill

/// `hornbill run`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs the forward pass of a model on recorded inputs.",
    discussion: """
      The input is an .npz with the arrays in_0, in_1, …; a sequence of calls on one model goes on with call1_in_0, …. The \
      output gets out_0, …, call1_out_0, … and, with --layers, layer:MODEL__LAYER for the first call.

      Examples:
        hornbill run model.keras --input in.npz --output out.npz
        hornbill run model.h5 --input in.npz --output out.npz --layers all --engine reference
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    name: .shortAndLong, help: "An .npz with the inputs.", completion: .file(extensions: ["npz"]))
  var input: String

  @Option(name: .shortAndLong, help: "The .npz to write.", completion: .file(extensions: ["npz"]))
  var output: String

  @Option(help: "The layers whose outputs to keep: all, or names separated by commas.")
  var layers: String?

  @Option(help: "fast (Float) or reference (Double).")
  var engine: Engine = .fast

  @Option(help: "The threads that may be used; by default one for each core.")
  var threads: Int?

  @Option(help: "The most rows to compute at once.")
  var batchSize: Int?

  @Flag(help: "Overwrites the output.")
  var force = false

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be at least 1, not \(threads).")
    }
    if let batchSize, batchSize < 1 {
      throw ValidationError("--batch-size must be at least 1, not \(batchSize).")
    }
    if batchSize != nil && layers != nil {
      throw ValidationError("--layers and --batch-size exclude each other.")
    }
  }

  func run() throws {
    try reporting {
      if !force { try Files.checkFree(output) }
      let model = try model.model()
      let wanted = try layers.map { names throws(Failure) in
        do throws(ModelError) {
          return try LayerSelection(names, of: model)
        } catch {
          throw Failure(.usage, "--layers: \(error)")
        }
      }
      let recording = try Recording(contentsOf: input)
      let session = model.session(engine: engine, threads: threads ?? Processors.count)
      var results: [(name: String, tensor: Tensor)] = []
      var progress = Progress("calls", total: recording.calls.count)
      for (number, call) in recording.calls.enumerated() {
        let prefix = number == 0 ? "" : "call\(number)_"
        let inputs = try recording.inputs(call, of: model)
        let outputs: [Tensor]
        if let wanted, number == 0 {
          let (values, activations) = try session.run(inputs) { wanted.contains($0) }
          outputs = values
          for activation in activations {
            for key in RecordingKey.keys(of: activation, in: model) {
              results.append(("layer:" + key, activation.tensor))
            }
          }
        } else {
          outputs = try session.run(inputs, batchSize: batchSize)
        }
        results += outputs.enumerated().map { ("\(prefix)out_\($0)", $1) }
        progress.advance(to: number + 1)
      }
      progress.finish()
      try Recording.write(results, to: output, overwriting: force)
    }
  }
}
