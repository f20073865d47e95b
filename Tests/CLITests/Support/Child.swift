import Foundation

/// The built command as a child that can be killed at any moment, started with as little ado as there is.
struct Child {
  private let process: pid_t

  /// Starts the command, which prints to nowhere.
  init(_ arguments: [String]) throws {
    #if os(Linux)
    var fileActions = posix_spawn_file_actions_t()
    #else
    var fileActions: posix_spawn_file_actions_t?
    #endif
    posix_spawn_file_actions_init(&fileActions)
    defer { posix_spawn_file_actions_destroy(&fileActions) }
    for (descriptor, mode) in [(0, O_RDONLY), (1, O_WRONLY), (2, O_WRONLY)] {
      posix_spawn_file_actions_addopen(&fileActions, Int32(descriptor), "/dev/null", mode, 0)
    }
    var words = ([Command.path] + arguments).map { strdup($0) } + [nil]
    var environment = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
    defer { (words + environment).forEach { free($0) } }
    var started: pid_t = 0
    let status = posix_spawn(&started, Command.path, &fileActions, nil, &words, &environment)
    guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
    process = started
  }

  /// Sends a signal.
  func send(_ signal: Int32) { kill(process, signal) }

  /// Waits for the end; returns the exit status, or the negative signal that ended the child.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
  }
}
