import Foundation
import HornbillTestSupport
import Testing

/// Signals that end the command or must not.
@Suite(.timeLimit(.minutes(5))) struct StopSignalTests {
  private static let endless = ["bench", Notebook.keras3, "--seconds", "1000"]

  @Test func closedPipeEndsTheCommandQuietly() throws {
    let folder = try ScratchFolder()
    let errors = try folder.file("err", [])
    let process = Command.process(["layers"])
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = try FileHandle(forWritingTo: URL(filePath: errors))
    try pipe.fileHandleForReading.close()
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == SIGPIPE)
    #expect(try Scratch.bytes(errors).isEmpty)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func stopsEndTheCommandAsTheyEndOthers(signal: Int32) throws {
    let process = Command.process(Self.endless)
    try process.run()
    Thread.sleep(forTimeInterval: 0.3)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == signal)
  }

  @Test func ignoredStopsStayIgnored() throws {
    let process = Command.process(
      ["bench", Notebook.keras3, "--seconds", "0.5"],
      shell: "trap '' HUP; echo ready; exec \"$@\"")
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    _ = pipe.fileHandleForReading.availableData
    Thread.sleep(forTimeInterval: 0.3)
    kill(process.processIdentifier, SIGHUP)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
  }
}
