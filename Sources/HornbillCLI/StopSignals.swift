import Hornbill

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What becomes of the signals that would end the process in the middle of a write.
enum StopSignals {
  /// Whoever stops the command sends one of these.
  private static let numbers = [SIGINT, SIGTERM, SIGHUP]

  /// Takes the signals over; called once, before there is a second thread.
  ///
  /// A closed pipe and a file at its greatest size become errors of the write. Signals that stop the command go to a
  /// thread that removes what unfinished writes have made, and then end the process as they would have. One that the
  /// parent process has ignored, as `nohup` does, stays so.
  static func takeOver() {
    for number in [SIGPIPE, SIGXFSZ] { _ = signal(number, SIG_IGN) }
    var taken = taken
    var earlier = sigset_t()
    guard pthread_sigmask(SIG_BLOCK, &taken, &earlier) == 0 else { return }
    #if canImport(Glibc)
    var thread = pthread_t()
    #else
    var thread: pthread_t?
    #endif
    guard pthread_create(&thread, nil, { _ in StopSignals.wait() }, nil) == 0 else {
      pthread_sigmask(SIG_SETMASK, &earlier, nil)
      return
    }
  }

  /// Ends the process as a signal ends it, after unfinished writes are cleared away.
  static func end(by number: Int32) -> Never {
    Temporaries.discardAll {
      signal(number, SIG_DFL)
      var set = sigset_t()
      sigemptyset(&set)
      sigaddset(&set, number)
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
      raise(number)
      _exit(128 + number)
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Glibc)
    let handler = action.__sigaction_handler.sa_handler
    #else
    let handler = action.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// The signals that are not ignored.
  private static var taken: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers where !isIgnored(number) { sigaddset(&set, number) }
    return set
  }

  /// Waits for the first of the signals.
  private static func wait() -> Never {
    var awaited = taken
    var number: Int32 = 0
    while sigwait(&awaited, &number) != 0 {}
    end(by: number)
  }
}
