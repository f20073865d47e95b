internal import CHornbillKernels
import HornbillCore

/// How fast one core of this machine multiplies and adds.
package enum MachinePeak {
  /// Multiplications and additions a second by the fastest kernels on numbers in registers, the best of what a span of time allows.
  package static func operationsPerSecond(seconds: Double) -> Double {
    guard let kernels = KernelSet.available.first else { return 0 }
    let clock = ContinuousClock()
    let start = clock.now
    var best = 0.0
    while clock.now - start < .seconds(seconds) {
      let begin = clock.now
      let operations = kernels.functions.peak(100_000)
      best = max(best, operations / ((clock.now - begin) / .seconds(1)))
    }
    return best
  }
}
