import Synchronization

/// The staging folders of this process, for the moment when it is told to stop.
package enum Temporaries {
  private static let live = Mutex<Set<String>>([])

  /// Makes a folder known from the moment when it is there.
  static func insert(_ path: String, creating create: () -> Bool) -> Bool {
    live.withLock { paths in
      let isMade = create()
      if isMade { paths.insert(path) }
      return isMade
    }
  }

  /// Removes a folder with all that it holds.
  static func remove(_ path: String) {
    live.withLock { paths in
      StagingFolder.remove(path)
      paths.remove(path)
    }
  }

  /// Runs the step that gives files their names, which ``discardAll(then:)`` never cuts in two.
  static func settle<Result>(
    _ body: () throws(ArchiveError) -> Result
  ) throws(ArchiveError) -> Result {
    // The result of a lock's body must be sendable, so it is carried around it.
    var outcome: Swift.Result<Result, ArchiveError>?
    live.withLock { _ in
      do throws(ArchiveError) {
        outcome = .success(try body())
      } catch {
        outcome = .failure(error)
      }
    }
    guard let outcome else { preconditionFailure("a lock runs its body") }
    return try outcome.get()
  }

  /// Removes all that unfinished writes have made and ends the process; no write is completed after this call.
  package static func discardAll(then end: () -> Never) -> Never {
    live.withLock { paths in
      for path in paths { StagingFolder.remove(path) }
      end()
    }
  }
}
