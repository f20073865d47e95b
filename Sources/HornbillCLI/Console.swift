#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Standard output, standard error, and what is known of the terminal.
enum Console {
  /// Writes text to stdout as it is.
  ///
  /// Where nobody reads on, the process ends at once as a closed pipe ends it.
  ///
  /// - Throws: ``Failure`` when stdout is full or closed.
  static func write(_ text: String) throws {
    try write(text, to: STDOUT_FILENO, named: "stdout")
  }

  /// Writes a line to stdout.
  static func line(_ text: String = "") throws { try write(text + "\n") }

  /// Writes a message to stderr; where that fails there is nobody to tell.
  static func message(_ text: String) {
    try? write(text + "\n", to: STDERR_FILENO, named: "stderr")
  }

  /// Writes to stderr without ending the line.
  static func progress(_ text: String) {
    try? write(text, to: STDERR_FILENO, named: "stderr")
  }

  /// Writes an error to stderr.
  static func error(_ text: String) { message("hornbill: error: \(text)") }

  private static func write(_ text: String, to descriptor: Int32, named name: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        #if canImport(Glibc)
        Glibc.write(descriptor, $0.baseAddress, $0.count)
        #else
        Darwin.write(descriptor, $0.baseAddress, $0.count)
        #endif
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE, descriptor == STDOUT_FILENO {
        StopSignals.end(by: SIGPIPE)
      } else if errno != EINTR {
        throw Failure(.io, "\(name): \(String(cString: strerror(errno)))")
      }
    }
  }

  /// The value of an environment variable; `nil` when it is absent or empty.
  static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// The width in columns as Python's terminals have it: `COLUMNS`, else the terminal's, else 80.
  static var width: Int {
    if let columns = environment("COLUMNS").flatMap({ Int($0) }), columns > 0 { return columns }
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return 80
  }

  /// Whether stdout takes colours: it is a terminal, and neither `NO_COLOR` nor `TERM=dumb` says otherwise.
  static var usesColor: Bool {
    if environment("NO_COLOR") != nil { return false }
    if environment("FORCE_COLOR") != nil { return true }
    return isatty(STDOUT_FILENO) == 1 && environment("TERM") != "dumb"
  }

  /// Whether stderr is a terminal, where progress may be shown.
  static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb" }
}

/// Shows how far a long piece of work is, on a terminal's stderr, once it has lasted a second.
struct Progress {
  private let total: Int
  private let what: String
  private let start: timespec
  private var isShown = false

  init(_ what: String, total: Int) {
    self.what = what
    self.total = total
    start = Progress.now
  }

  private static var now: timespec {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time
  }

  /// Says that `done` parts of the work are done.
  mutating func advance(to done: Int) {
    guard Console.showsProgress, Progress.now.tv_sec - start.tv_sec >= 1 else { return }
    isShown = true
    Console.progress("\r\(what): \(done) of \(total)\u{1B}[K")
  }

  /// Clears the line.
  func finish() {
    if isShown { Console.progress("\r\u{1B}[K") }
  }
}
