import Hornbill

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How the time of a call, and that of opening a file, grow with each size.
struct Growth {
  let threads: Int
  let seconds: Double

  func print() throws {
    for time in [10, 100, 1000, 10_000] {
      try row("LSTM(64), \(time) steps", Self.lstm(time: time), per: Double(time), "step")
    }
    for batch in [1, 4, 16, 64, 256, 1024] {
      try row(
        "LSTM(64), 20 steps, batch \(batch)", Self.lstm(time: 20, batch: batch),
        per: Double(batch), "row")
    }
    for batch in [1, 4, 16, 64, 256, 1024] {
      try row(
        "dense 784-512-512-10, batch \(batch)",
        .dense("", [784, 512, 512, 10], batch: batch), per: Double(batch), "row")
    }
    for units in [16, 32, 64, 128, 256, 512, 1024, 2048] {
      try row(
        "LSTM(\(units)), 20 steps", Self.lstm(time: 20, units: units),
        per: Double(units * units) / 1e6, "million of units squared")
    }
    for (size, layers) in [(512, 1), (2048, 1), (2048, 4), (2048, 16), (2048, 64), (2048, 128)] {
      try file(size: size, layers: layers)
    }
  }

  private static func lstm(time: Int, batch: Int = 1, units: Int = 64) -> Workload {
    .recurrent(
      "", gates: 4, units: units, time: time, features: units, batch: batch, biases: [[4 * units]]
    ) { Sequential { LSTM(units: units) } }
  }

  private func row(_ name: String, _ workload: Workload, per count: Double, _ unit: String) throws {
    let times = try workload.times(threads: threads, seconds: seconds)
    let speed = workload.operations / times.minimum
    Swift.print(
      name.padding(to: 36), Profile.time(times.minimum).aligned(to: 11),
      Profile.time(times.minimum / count).aligned(to: 11), "for each \(unit),",
      Profile.digits(speed / 1e9, 1), "GFLOP/s")
  }

  /// Saves a stack of dense layers, opens the file and predicts once.
  private func file(size: Int, layers: Int) throws {
    let model = try Workload.dense("", [Int](repeating: size, count: layers + 1), batch: 1).model()
    let path = "hornbill-growth-\(getpid()).h5"
    defer { unlink(path) }
    let clock = ContinuousClock()
    let start = clock.now
    try model.save(to: path)
    let saved = clock.now - start
    var (opened, predicted) = (Duration.seconds(1 << 20), Duration.seconds(1 << 20))
    let input = Tensor(shape: [1, size], [Float](repeating: 0.5, count: size))
    for _ in 0..<3 {
      let start = clock.now
      let other = try Model(contentsOf: path)
      opened = min(opened, clock.now - start)
      _ = try other.session(threads: threads).run([input])
      predicted = min(predicted, clock.now - start)
    }
    let bytes = Double(4 * layers * size * size)
    let speed = Profile.digits(bytes / (predicted / .seconds(1)) / 1e9, 1)
    Swift.print(
      "\(Profile.digits(bytes / 0x1p20, 0)) MiB of weights:".padding(to: 36),
      "saved", Profile.time(saved / .seconds(1)), "opened", Profile.time(opened / .seconds(1)),
      "first result", Profile.time(predicted / .seconds(1)), "(\(speed) GB/s)")
  }
}
