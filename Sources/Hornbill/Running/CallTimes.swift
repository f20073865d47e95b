/// The seconds that calls of one kind take.
package struct CallTimes: Sendable {
  /// The least and the middle of the samples, for one call.
  package let minimum: Double
  package let median: Double
  /// The number of samples.
  package let count: Int

  /// The shortest span that one sample measures; shorter calls are timed in groups.
  private static let leastSample = 2e-4
  private static let leastCount = 5
  private static let warmUps = 3

  /// Calls again and again for a time, at least three times, after a few calls that do not count.
  ///
  /// - Parameters:
  ///   - seconds: the time.
  ///   - call: makes a number of calls.
  package init(seconds: Double, _ call: (Int) throws -> Void) rethrows {
    let clock = ContinuousClock()
    func time(_ count: Int) throws -> Double {
      let start = clock.now
      try call(count)
      return (clock.now - start) / .seconds(1) / Double(count)
    }
    var once = 0.0
    for _ in 0..<CallTimes.warmUps {
      once = try time(1)
      if once > seconds { break }
    }
    // A single short call says little of the next one, so the group's size is found by growing it.
    var group = 1
    while once * Double(group) < CallTimes.leastSample, group < 1 << 20 {
      group *= 2
      once = try time(group)
    }
    var samples: [Double] = []
    let start = clock.now
    while samples.count < CallTimes.leastCount || clock.now - start < .seconds(seconds) {
      samples.append(try time(group))
      if samples.count >= 3, clock.now - start > .seconds(6 * seconds) { break }
    }
    samples.sort()
    minimum = samples[0]
    median = samples[samples.count / 2]
    count = samples.count
  }
}
