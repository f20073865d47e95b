import Foundation
import HornbillCore
import HornbillTestSupport
import Testing

/// What a run of the command left behind.
struct Outcome {
  /// The exit status; `nil` when a signal ended the process.
  let status: Int32?
  /// The signal that ended the process.
  let signal: Int32?
  let output: String
  let errors: String

  /// The lines on stderr.
  var messages: [String] { errors.split(separator: "\n").map(String.init) }

  /// What stdout holds, as JSON.
  func json() throws -> JSON { try JSON(parsing: Array(output.utf8)) }
}

/// The built command, as a process of its own.
enum Command {
  /// The binary: that of the environment variable `HORNBILL_COMMAND`, else the one beside the test bundle.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["HORNBILL_COMMAND"] { return path }
    #if os(macOS)
    let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
    let folder = bundles.first?.deletingLastPathComponent()
    #else
    let folder = Bundle.main.executableURL?.deletingLastPathComponent()
    #endif
    return folder?.appending(path: "hornbill").path() ?? "hornbill"
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
    let outPath = try output ?? results.file("out", [])
    let errorPath = try results.file("err", [])
    let process = process(arguments, in: folder, environment: environment)
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outPath))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: errorPath))
    try process.run()
    process.waitUntilExit()
    let isExit = process.terminationReason == .exit
    return Outcome(
      status: isExit ? process.terminationStatus : nil,
      signal: isExit ? nil : process.terminationStatus,
      output: output == nil ? try text(of: outPath) : "", errors: try text(of: errorPath))
  }

  /// A process that is not started yet and writes to nowhere.
  ///
  /// - Parameters:
  ///   - arguments: what follows the command's name.
  ///   - shell: a command line for the shell, in which `"$@"` is the command with its arguments; the command itself when absent.
  static func process(
    _ arguments: [String], in folder: ScratchFolder? = nil, environment: [String: String] = [:],
    shell: String? = nil
  ) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: shell == nil ? path : "/bin/sh")
    process.arguments = (shell.map { ["-c", $0, "sh", path] } ?? []) + arguments
    // A crash must end at once, not after a backtrace.
    process.environment = environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { given, _ in given
    }
    if let folder { process.currentDirectoryURL = folder.url }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  private static func text(of path: String) throws -> String {
    String(decoding: try Scratch.bytes(path), as: UTF8.self)
  }
}

/// Runs the command in an empty folder; see ``Command/run(_:in:environment:output:)``.
func hornbill(
  _ arguments: String..., environment: [String: String] = [:]
) throws -> Outcome {
  try Command.run(arguments, in: try ScratchFolder(), environment: environment)
}

/// Expects a run to fail as every failure must: one line on stderr, nothing on stdout, nothing written.
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
}
