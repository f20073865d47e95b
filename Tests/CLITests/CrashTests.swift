import Foundation
import HornbillFormats
import HornbillTestSupport
import Testing

/// Saves that are killed at random moments, or that the system does not let end.
///
/// `HORNBILL_KILLS` gives the kills for each format; without it there are a few dozen. `HORNBILL_SEED` gives other
/// moments.
@Suite(.serialized, .timeLimit(.minutes(30))) struct CrashTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let kills = environment["HORNBILL_KILLS"].flatMap { Int($0) } ?? 18
  private static let seed = environment["HORNBILL_SEED"].flatMap { UInt64($0) } ?? 1

  private func save(_ source: String, _ target: String) -> [String] {
    ["convert", source, target, "--force", "--quiet"]
      + (target.hasSuffix(".json") ? ["--max-shard-size", "0.002"] : [])
  }

  /// What stands in the folder of a target, its own files left out.
  private func strays(_ folder: ScratchFolder, _ stem: String) throws -> [String] {
    try Scratch.names(in: folder).filter { !$0.hasPrefix(stem) && !$0.hasSuffix(".source") }
  }

  @Test(arguments: [
    ("m.h5", SIGKILL), ("m.keras", SIGKILL), ("m.weights.h5", SIGKILL), ("m.weights.json", SIGKILL),
    ("m.h5", SIGINT), ("m.keras", SIGTERM), ("m.weights.json", SIGINT),
  ])
  func killedAtAnyMoment(name: String, signal: Int32) throws {
    let models = try SavedModels()
    let target = models.folder.path(name)
    for source in models.sources.reversed() {
      #expect(try Child(save(source, target)).wait() == 0)
    }
    let namesAtFirst = try Scratch.names(in: models.folder).count
    let clock = ContinuousClock()
    let duration = try clock.measure { _ = try Child(save(models.sources[0], target)).wait() }
    let longest = UInt32(1.1e6 * (duration / .seconds(1)))
    var random = SplitMix64(seed: Self.seed)
    var current = 0
    var outcomes = [0, 0, 0]
    for round in 0..<(signal == SIGKILL ? Self.kills : Self.kills / 3) {
      let next = 1 - current
      let before = try Scratch.bytes(target)
      let child = try Child(save(models.sources[next], target))
      usleep(.random(in: 0...longest, using: &random))
      child.send(signal)
      let status = child.wait()
      #expect(status == -signal || status == 0, "round \(round)")
      let version = try models.version(of: target)
      #expect(version == next || (status != 0 && version == current), "round \(round)")
      if version == current {
        #expect(try Scratch.bytes(target) == before, "round \(round)")
      }
      let strays = try strays(models.folder, "m")
      #expect(strays.count <= (signal == SIGKILL ? 1 : 0), "round \(round): \(strays)")
      #expect(strays.allSatisfy { $0.hasPrefix(".hornbill-") && $0.hasSuffix(".tmp") })
      outcomes[status == 0 ? 2 : version == next ? 1 : 0] += 1
      current = version ?? current
    }
    #expect(try Child(save(models.sources[1 - current], target)).wait() == 0)
    #expect(try models.version(of: target) == 1 - current)
    #expect(try strays(models.folder, "m").isEmpty)
    // Of a set of files, those that only an earlier index names are gone.
    #expect(try Scratch.names(in: models.folder).count <= namesAtFirst + 1)
    if Self.environment["HORNBILL_KILLS"] != nil {
      print(
        "\(name), signal \(signal): \(outcomes[0]) old, \(outcomes[1]) new after the signal, "
          + "\(outcomes[2]) ended before it")
    }
  }

  @Test func fileSizeLimit() throws {
    let models = try SavedModels()
    let target = models.folder.path("m.h5")
    #expect(try Child(save(models.sources[0], target)).wait() == 0)
    let before = try Scratch.bytes(target)
    for name in [
      "m.h5", "n.h5", "n.keras", "n.weights.h5", "n.npz", "n.safetensors", "n.weights.json",
    ] {
      let errors = try models.folder.file("err.source", [])
      let process = Command.process(
        save(models.sources[1], models.folder.path(name)), shell: "ulimit -f 1024; exec \"$@\"")
      process.standardError = try FileHandle(forWritingTo: URL(filePath: errors))
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit, "\(name)")
      #expect(process.terminationStatus == 74, "\(name)")
      let text = String(decoding: try Scratch.bytes(errors), as: UTF8.self)
      #expect(text.hasPrefix("hornbill: error: \(models.folder.path(name)): "), "\(text)")
    }
    #expect(try Scratch.bytes(target) == before)
    #expect(try strays(models.folder, "m.h5").isEmpty)
  }

  @Test(arguments: ["a folder", "a link to a folder", "a pipe"])
  func targetThatIsNoFile(kind: String) throws {
    let models = try SavedModels(width: 4)
    let target = models.folder.path("m.h5")
    switch kind {
    case "a pipe": #expect(mkfifo(target, 0o600) == 0)
    case "a folder":
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
    default:
      try FileManager.default.createDirectory(
        atPath: models.folder.path("m"), withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(atPath: target, withDestinationPath: "m")
    }
    #expect(try Child(save(models.sources[0], target)).wait() == 73)
    #expect(try strays(models.folder, "m").isEmpty)
  }

  @Test func linkStaysALink() throws {
    let models = try SavedModels(width: 4)
    let target = models.folder.path("m.h5")
    try FileManager.default.createSymbolicLink(atPath: target, withDestinationPath: "m.real")
    for version in [0, 1] {
      #expect(try Child(save(models.sources[version], target)).wait() == 0)
      #expect(try models.version(of: models.folder.path("m.real")) == version)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: target) == "m.real")
    }
    #expect(try strays(models.folder, "m").isEmpty)
  }

  #if os(Linux)
  /// A file system of its own that is nearly full, or can no longer be written.
  @Test(arguments: ["size=5m", "size=64m remount,ro"], ["m.h5", "m.keras", "m.weights.h5"])
  func fileSystemThatTakesNoMore(options: String, name: String) throws {
    let probe = Process()
    probe.executableURL = URL(filePath: "/bin/sh")
    probe.arguments = ["-c", "unshare -rm mount -t tmpfs none /mnt"]
    probe.standardError = FileHandle.nullDevice
    try probe.run()
    probe.waitUntilExit()
    // Where namespaces cannot be made, there is no such file system.
    guard probe.terminationStatus == 0 else { return }
    let models = try SavedModels()
    let old = models.folder.path(name)
    #expect(try Child(save(models.sources[0], old)).wait() == 0)
    let words = options.split(separator: " ").map(String.init)
    let place = models.folder.path("place")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    let process = Command.process(
      save(models.sources[1], "\(place)/\(name)"),
      environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
      shell: """
        exec unshare -rm sh -c '
          mount -t tmpfs -o "$1" none "$2" && cp "$3" "$2" || exit 99
          [ -z "$4" ] || mount -o "$4" "$2" || exit 99
          target="$2"; old="$3"; name="$5"; shift 5
          "$@"; status=$?
          cmp -s "$old" "$target/$name" || exit 98
          [ "$(ls -A "$target")" = "$name" ] || exit 97
          exit $status
        ' sh '\(words[0])' '\(place)' '\(old)' '\(words.count > 1 ? words[1] : "")' '\(name)' "$@"
        """)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == (words.count > 1 ? 73 : 74))
  }
  #endif
}
