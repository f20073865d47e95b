import Hornbill
import HornbillFast

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

// Without arguments, or with a number of threads: a table of the workloads. With `growth`, and perhaps a number of threads: how times
// grow with each size. With `list`: the names of the small ones, by number. With a number and a count: makes so many calls of that
// one, for a tool that counts instructions.

func table(threads: Int, seconds: Double) throws {
  let peak = MachinePeak.operationsPerSecond(seconds: seconds)
  print("peak \(Profile.digits(peak / 1e9, 1)) GFLOP/s on one core, \(threads) thread(s)")
  for workload in Workload.small + Workload.large {
    let times = try workload.times(threads: threads, seconds: seconds)
    let speed = workload.operations / times.minimum
    print(
      workload.name.padding(to: 36), Profile.time(times.minimum).aligned(to: 11),
      Profile.time(times.median).aligned(to: 11), Profile.digits(speed / 1e9, 1).aligned(to: 7),
      "GFLOP/s",
      Profile.digits(100 * speed / peak / Double(threads), 0).aligned(to: 4), "%")
  }
  try streamed(seconds: seconds)
}

/// The time of one step of a stream.
func streamed(seconds: Double) throws {
  let stream = try Workload.streamed.model().stream()
  let input: [Float] = [0.25]
  var output: [Float] = [0]
  var span = output.mutableSpan
  // A span cannot be caught by the closure that is timed, so the samples are taken here.
  let clock = ContinuousClock()
  var best = Duration.seconds(1)
  let start = clock.now
  while clock.now - start < .seconds(seconds) {
    let begin = clock.now
    for _ in 0..<2000 { try stream.step(input.span, into: &span) }
    best = min(best, clock.now - begin)
  }
  print("\(Workload.streamed.name): \(Profile.time(best / .seconds(1) / 2000))")
}

func steps(count: Int) throws {
  let stream = try Workload.streamed.model().stream()
  let input: [Float] = [0.25]
  var output: [Float] = [0]
  var span = output.mutableSpan
  for _ in 0..<count { try stream.step(input.span, into: &span) }
}

func calls(of workload: Workload, count: Int) throws {
  let predictor = try workload.model().predictor(for: [workload.input])
  var (inputs, outputs) = (
    CallMemory([workload.input] as [ValueType]), CallMemory(predictor.outputs)
  )
  try inputs.withBuffers { sources in
    try outputs.withBuffers { results in
      let from = sources.map { UnsafeRawBufferPointer($0) }
      for _ in 0..<count { try predictor.predict(from, into: results) }
    }
  }
}

extension String {
  func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }

  func aligned(to width: Int) -> String {
    String(repeating: " ", count: max(width - count, 0)) + self
  }
}

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.first, arguments.count) {
case ("list", _):
  for (number, workload) in (Workload.small + [.streamed]).enumerated() {
    print("\(number)\t\(workload.name)")
  }
case ("growth", _):
  let threads = arguments.dropFirst().first.flatMap { Int($0) } ?? 1
  try Growth(threads: threads, seconds: 0.3).print()
case (let first?, 2):
  guard let number = Int(first), 0...Workload.small.count ~= number,
    let count = arguments.last.flatMap({ Int($0) })
  else { exit(64) }
  if number == Workload.small.count {
    try steps(count: count)
  } else {
    try calls(of: Workload.small[number], count: count)
  }
default:
  let threads = arguments.first.flatMap { Int($0) } ?? 1
  try table(threads: threads, seconds: 0.5)
}
