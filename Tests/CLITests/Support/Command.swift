import HornbillCore
import HornbillTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What a run of the command left behind.
struct Outcome {
  /// The exit status; `nil` when a signal ended the process.
  let status: Int32?
  /// The signal that ended the process.
  let signal: Int32?
  let output: String
  let errors: String
  /// The processor time that the process took, in seconds.
  let processorSeconds: Double

  /// The lines on stderr.
  var messages: [String] { errors.split(separator: "\n").map(String.init) }

  /// What stdout holds, as JSON.
  func json() throws -> JSON { try JSON(parsing: Array(output.utf8)) }
}

/// Why the command could not be started.
struct StartError: Error, CustomStringConvertible {
  let description: String
}

/// The built command, as a process of its own.
enum Command {
  /// The binary: that of the environment variable `HORNBILL_COMMAND`, else the one beside the test bundle.
  static let path: String = {
    if let path = getenv("HORNBILL_COMMAND") { return String(cString: path) }
    var image = Dl_info()
    dladdr(#dsohandle, &image)
    var parts = image.dli_fname.map { String(cString: $0) }?.split(
      separator: "/", omittingEmptySubsequences: false)
    while let last = parts?.popLast(), !last.hasSuffix(".xctest") {}
    return (parts ?? []).joined(separator: "/") + "/hornbill"
  }()

  /// Runs the command and waits for its end.
  ///
  /// - Parameters:
  ///   - arguments: what follows the command's name.
  ///   - folder: the working directory.
  ///   - environment: the whole environment of the process.
  ///   - output: where stdout goes; a file that is read back when absent.
  static func run(
    _ arguments: [String], in folder: ScratchFolder? = nil, environment: [String: String] = [:],
    output: String? = nil
  ) throws -> Outcome {
    let results = try ScratchFolder()
    let (outPath, errorPath) = (output ?? results.path("out"), results.path("err"))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outPath, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT, 0o600)
    if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder.path("")) }
    // A crash must end at once, not after a backtrace.
    let variables = environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { given, _ in given }
    var process = pid_t()
    let problem = withStrings([path] + arguments) { arguments in
      withStrings(variables.map { "\($0)=\($1)" }) { variables in
        posix_spawn(&process, path, &actions, nil, arguments, variables)
      }
    }
    guard problem == 0 else {
      throw StartError(description: "\(path): \(String(cString: strerror(problem)))")
    }
    var state: Int32 = 0
    var usage = rusage()
    while wait4(process, &state, 0, &usage) == -1 {
      guard errno == EINTR else {
        throw StartError(description: "wait4: \(String(cString: strerror(errno)))")
      }
    }
    let signal = state & 0x7F
    return Outcome(
      status: signal == 0 ? (state >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
      output: output == nil ? try text(of: outPath) : "", errors: try text(of: errorPath),
      processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  private static func text(of path: String) throws -> String {
    String(decoding: try Scratch.bytes(path), as: UTF8.self)
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return body(copies)
  }
}

/// Runs the command in an empty folder; see ``Command/run(_:in:environment:output:)``.
func hornbill(
  _ arguments: String..., environment: [String: String] = [:]
) throws -> Outcome {
  try Command.run(arguments, in: try ScratchFolder(), environment: environment)
}

/// Expects a run to fail as every failure must: one line on stderr, nothing on stdout, nothing written, soon.
///
/// - Parameters:
///   - status: the exit status.
///   - words: what the line must say, in any order: what is wrong and where.
func expectFailure(
  _ arguments: [String], status: Int32, says words: [String],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = try ScratchFolder()
  let outcome = try Command.run(arguments, in: folder)
  #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.signal == nil, sourceLocation: sourceLocation)
  #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
  #expect(outcome.messages.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.errors.hasPrefix("hornbill: error: "), sourceLocation: sourceLocation)
  #expect(
    outcome.errors.utf8.allSatisfy { $0 == 0x0A || ($0 >= 0x20 && $0 != 0x7F) },
    sourceLocation: sourceLocation)
  for word in words {
    #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
  }
  #expect(try Scratch.names(in: folder).isEmpty, sourceLocation: sourceLocation)
  #expect(outcome.processorSeconds < 2, sourceLocation: sourceLocation)
}
