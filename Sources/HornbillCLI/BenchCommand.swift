import ArgumentParser
import Hornbill

/// `hornbill bench`.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Times the forward pass of a model.",
    discussion: """
      The last line on stdout is a JSON object with the seconds of one call: min_s, median_s, the number of samples n, and load_s, \
      the time from opening the file to being ready. Calls under 0.2 ms are timed in groups. The input is the array x, or in_0, in_1, …, \
      of an .npz; without one it is random.

      Examples:
        hornbill bench model.keras
        hornbill bench model.keras --batch 32 --threads 2 --seconds 5
        hornbill bench model.h5 --input io.npz --output out.npy --profile
        hornbill bench big.weights.h5 --load
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    name: .shortAndLong, help: "An .npz with the inputs.", completion: .file(extensions: ["npz"]))
  var input: String?

  @Option(help: "The rows of one call; all rows of the input by default, 1 without one.")
  var batch: Int?

  @Option(help: "The threads that may be used; 1 by default.")
  var threads: Int?

  @Option(help: "The seconds to go on for; 1 by default.")
  var seconds: Double?

  @Option(
    name: .shortAndLong, help: "An .npy to write the first output to, over whatever is there.",
    completion: .file(extensions: ["npy"]))
  var output: String?

  @Flag(help: "Lists the time, operations and bytes of each layer.")
  var profile = false

  @Flag(help: "Prints the JSON object alone, with the layers of --profile in it.")
  var json = false

  @Flag(
    help: """
      Only reads every weight and looks at every page, and prints the seconds as work_s; those until the weights were there, mapped or \
      read, as ready_s.
      """)
  var load = false

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be at least 1, not \(threads).")
    }
    if let batch, batch < 1 {
      throw ValidationError("--batch must be at least 1, not \(batch).")
    }
    if let seconds, !(seconds.isFinite && seconds > 0) {
      throw ValidationError("--seconds must be above 0, not \(seconds).")
    }
    let isRun =
      input != nil || output != nil || batch != nil || threads != nil || seconds != nil || profile
    if load, isRun || !model.define.isEmpty {
      throw ValidationError("--load goes with no other option but --config, --json and --quiet.")
    }
  }

  func run() throws {
    try reporting {
      if load { return try runLoad() }
      let clock = ContinuousClock()
      let start = clock.now
      let model = try model.model()
      let opened = clock.now - start
      let inputs = try inputs(of: model)
      let planStart = clock.now
      let predictor = try model.predictor(
        for: inputs.map { ValueType(shape: $0.shape, dtype: $0.dtype) }, threads: threads ?? 1)
      let ready = opened + (clock.now - planStart)
      var root = JSONObject()
      let times = try measure(predictor, inputs)
      root["median_s"] = .double(times.median)
      root["min_s"] = .double(times.minimum)
      root["n"] = .integer(Int64(times.count))
      root["load_s"] = .double(ready / .seconds(1))
      if profile {
        let runs = max(5, min(200, Int((seconds ?? 1) / max(times.minimum, 1e-9))))
        let profile = try predictor.profile(inputs, runs: runs)
        root["layers"] = profile.json
        if !json { for line in profile.lines() { try Console.line(line) } }
      }
      if let output { try write(predictor.predict(inputs)[0], to: output) }
      if !json {
        root["layers"] = nil
        try Console.line(
          "\(Profile.time(times.minimum)) at least, \(Profile.time(times.median)) in the middle of "
            + "\(times.count) samples")
      }
      try Console.line(JSON.object(root).text())
    }
  }

  private func runLoad() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let archive = try ModelArchive.open(model.file, architecture: model.config)
    var ready = Duration.zero
    let bytes = try archive.readAllWeights { ready = clock.now - start }
    let elapsed = (clock.now - start) / .seconds(1)
    try Console.line(
      JSON.object(
        JSONObject([
          ("work_s", .double(elapsed)), ("ready_s", .double(ready / .seconds(1))),
          ("bytes", .integer(Int64(bytes))),
        ])
      ).text())
  }

  private func inputs(of model: Model) throws -> [Tensor] {
    guard let input else {
      return try SampleInputs.tensors(for: model, batch: batch ?? 1)
    }
    let recording = try Recording(contentsOf: input)
    let tensors: [Tensor]
    if let x = try recording.tensor("x") {
      tensors = [x]
    } else {
      tensors = try recording.inputs(recording.calls[0], of: model)
    }
    guard let batch else { return tensors }
    guard tensors.allSatisfy({ ($0.shape.first ?? 0) >= batch }) else {
      throw Failure(.badData, "\(input): has fewer rows than --batch \(batch)")
    }
    return tensors.map { $0.rows(0, batch) }
  }

  private func measure(_ predictor: Predictor, _ inputs: [Tensor]) throws -> CallTimes {
    if (predictor.inputs + predictor.outputs).contains(where: { $0.dtype == .string }) {
      return try CallTimes(seconds: seconds ?? 1) { count in
        for _ in 0..<count { _ = try predictor.predict(inputs) }
      }
    }
    var (inputMemory, outputMemory) = (CallMemory(inputs), CallMemory(predictor.outputs))
    return try inputMemory.withBuffers { sources in
      try outputMemory.withBuffers { results in
        let from = sources.map { UnsafeRawBufferPointer($0) }
        return try CallTimes(seconds: seconds ?? 1) { count in
          for _ in 0..<count { try predictor.predict(from, into: results) }
        }
      }
    }
  }

  private func write(_ tensor: Tensor, to path: String) throws {
    var file = try AtomicFile(path: path, overwriting: true)
    try file.write(Npy.encode(tensor))
    try file.commit()
  }
}
