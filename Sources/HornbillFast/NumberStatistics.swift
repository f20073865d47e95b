internal import CHornbillKernels
package import HornbillCore

/// What the fast kernels find out about many numbers in one pass over memory.
package struct NumberStatistics: Sendable, Equatable {
  /// The least finite number; infinite when there is none.
  package var least = Double.infinity
  /// The greatest finite number; infinite below 0 when there is none.
  package var greatest = -Double.infinity
  /// The sum of the finite numbers.
  package var sum = 0.0
  /// The sum of the squared distances of the finite numbers from their mean.
  package var squares = 0.0
  /// How many are finite.
  package var count = 0
  /// How many are 0.
  package var zeros = 0
  /// How many are not numbers.
  package var nans = 0
  /// How many are infinite.
  package var infinities = 0

  /// What is known of no number.
  package init() {}

  init(_ known: hb_statistics) {
    (least, greatest) = (known.least, known.greatest)
    (sum, squares) = (known.sum, known.squares)
    (count, zeros, nans) = (Int(known.count), known.zeros, known.nans)
    infinities = known.infinities
  }

  /// Joins what is known of other numbers.
  mutating func join(_ other: NumberStatistics) {
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
    if count > 0, other.count > 0 {
      let apart = other.sum / Double(other.count) - sum / Double(count)
      let both = Double(count) + Double(other.count)
      squares += apart * apart * (Double(count) * Double(other.count) / both)
    }
    squares += other.squares
    sum += other.sum
    count += other.count
    zeros += other.zeros
    nans += other.nans
    infinities += other.infinities
  }
}

/// Threads and kernels for statistics of `Float` elements.
package final class StatisticsReader: Sendable {
  private let workers: WorkerPool?
  private let kernels: KernelSet

  /// The numbers that one thread takes at a time; results do not depend on the number of threads.
  private static let partSize = 1 << 20

  /// Starts the threads.
  ///
  /// - Throws: ``ExecutionError`` when the environment names kernels that the machine does not run.
  package init(threads: Int) throws(ExecutionError) {
    workers = WorkerPool(threads: threads)
    kernels = try KernelSet.selected()
  }

  /// The statistics of `Float` elements that lie in memory, aligned or not.
  package func statistics(ofFloats bytes: UnsafeRawBufferPointer) -> NumberStatistics {
    let total = bytes.count / MemoryLayout<Float>.size
    let size = StatisticsReader.partSize
    let parts = (total + size - 1) / size
    var found = [NumberStatistics](repeating: NumberStatistics(), count: parts)
    found.withUnsafeMutableBufferPointer { found in
      // Each part writes to its own place.
      nonisolated(unsafe) let found = found
      let statistics = kernels.functions.statistics
      func work(_ part: Int) {
        var known = hb_statistics()
        known.least = .infinity
        known.greatest = -.infinity
        let start = part * size
        let place = bytes.baseAddress?.advanced(by: start * MemoryLayout<Float>.size)
        statistics?(place, min(size, total - start), &known)
        found[part] = NumberStatistics(known)
      }
      if let workers, parts > 1 {
        workers.run(parts: parts, work)
      } else {
        for part in 0..<parts { work(part) }
      }
    }
    return found.reduce(into: NumberStatistics()) { $0.join($1) }
  }
}
