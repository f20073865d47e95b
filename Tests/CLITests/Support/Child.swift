import Foundation

/// The built command as a child that can be stopped at any moment, started with as little ado as there is.
final class Child {
  private let process: pid_t
  /// The other side of the terminal that the child runs at, if it runs at one.
  private let terminal: Int32?
  private var status: Int32?

  /// `POSIX_SPAWN_SETSID`, which Glibc's module does not have.
  #if os(Linux)
  private static let newSession: Int16 = 0x80
  #else
  private static let newSession = Int16(POSIX_SPAWN_SETSID)
  #endif

  /// Starts the command, which prints to nowhere.
  ///
  /// - Parameter isAtTerminal: whether it has a terminal of its own, in whose foreground it runs and which it prints to.
  init(_ arguments: [String], isAtTerminal: Bool = false) throws {
    #if os(Linux)
    var fileActions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    #else
    var fileActions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
    #endif
    posix_spawn_file_actions_init(&fileActions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&fileActions)
      posix_spawnattr_destroy(&attributes)
    }
    var place = "/dev/null"
    var (near, far): (Int32, Int32) = (-1, -1)
    defer { if far >= 0 { close(far) } }
    if isAtTerminal {
      guard openpty(&near, &far, nil, nil, nil) == 0, let name = ttyname(far) else {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      }
      place = String(cString: name)
      for side in [near, far] { _ = fcntl(side, F_SETFD, FD_CLOEXEC) }
      // The terminal that the leader of a session opens first is the one that it runs at.
      posix_spawnattr_setflags(&attributes, Self.newSession)
    }
    terminal = near >= 0 ? near : nil
    for (descriptor, mode) in [(0, O_RDONLY), (1, O_WRONLY), (2, O_WRONLY)] {
      posix_spawn_file_actions_addopen(
        &fileActions, Int32(descriptor), place, isAtTerminal ? O_RDWR : mode, 0)
    }
    var words = ([Command.path] + arguments).map { strdup($0) } + [nil]
    var environment = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
    defer { (words + environment).forEach { free($0) } }
    var started: pid_t = 0
    let result = posix_spawn(
      &started, Command.path, &fileActions, &attributes, &words, &environment)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO) }
    process = started
  }

  deinit { if let terminal { close(terminal) } }

  /// Sends a signal.
  func send(_ signal: Int32) { if status == nil { kill(process, signal) } }

  /// Presses the keys that interrupt what runs in a terminal's foreground.
  func pressInterrupt() {
    var key: UInt8 = 3
    if let terminal { _ = write(terminal, &key, 1) }
  }

  /// Whether the child has ended.
  var hasEnded: Bool {
    var word: Int32 = 0
    if status == nil, waitpid(process, &word, WNOHANG) == process { status = word }
    return status != nil
  }

  /// Waits for the end; returns the exit status, or the negative signal that ended the child.
  func wait() -> Int32 {
    var word: Int32 = 0
    if status == nil {
      while waitpid(process, &word, 0) < 0, errno == EINTR {}
      status = word
    }
    let status = status ?? 0
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
  }
}
