import Foundation
import HornbillTestSupport

/// A save that has begun to make its files.
struct RunningSave {
  let child: Child
  private let beginning: ContinuousClock.Instant

  /// Starts a save into a folder and waits until something unfinished stands there that did not before, or until the child has ended.
  init(_ arguments: [String], in folder: ScratchFolder, isAtTerminal: Bool = false) throws {
    func unfinished() throws -> Set<String> {
      Set(try Scratch.names(in: folder).filter { $0.hasPrefix(".hornbill-") })
    }
    let before = try unfinished()
    child = try Child(arguments, isAtTerminal: isAtTerminal)
    while try unfinished().isSubset(of: before), !child.hasEnded { usleep(50) }
    beginning = .now
  }

  /// Waits for the end of the child, at most for some time from the beginning of the save.
  ///
  /// - Returns: how long the save took; `nil` when it goes on.
  func waitForEnd(until moment: Duration?) -> Duration? {
    while !child.hasEnded {
      if let moment, ContinuousClock.now - beginning >= moment { return nil }
      usleep(20)
    }
    return .now - beginning
  }
}

/// How long saves take.
struct SaveLength {
  private var lengths: [Duration]

  init(of lengths: [Duration]) { self.lengths = lengths }

  /// Takes note of one more save; the last few count.
  mutating func add(_ length: Duration) { lengths = lengths.suffix(14) + [length] }

  var median: Duration { lengths.sorted()[lengths.count / 2] }
}

extension Duration {
  /// The whole microseconds.
  var microseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
