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

  /// What stops a save.
  enum Stop: Sendable {
    case kill, interrupt, terminate
    /// The keys that interrupt what runs in the foreground of a terminal.
    case keys

    var signal: Int32 {
      switch self {
      case .kill: SIGKILL
      case .interrupt, .keys: SIGINT
      case .terminate: SIGTERM
      }
    }
  }

  private static var stops: [(String, Stop)] {
    var stops: [(String, Stop)] = [
      ("m.h5", .kill), ("m.keras", .kill), ("m.weights.h5", .kill), ("m.weights.json", .kill),
      ("m.h5", .interrupt), ("m.keras", .terminate), ("m.weights.json", .interrupt),
    ]
    #if os(Linux)
    stops += [("m.h5", .keys), ("m.keras", .keys), ("m.weights.h5", .keys)]
    stops += [("m.weights.json", .keys)]
    #endif
    return stops
  }

  /// The moment of a stop is drawn uniformly from the length of a save, which is measured from when it has begun to make its files;
  /// saves that end before their stop do not count.
  @Test(arguments: stops)
  func stoppedAtAnyMoment(name: String, stop: Stop) throws {
    let models = try SavedModels()
    let target = models.folder.path(name)
    for source in models.sources.reversed() {
      #expect(try Child(save(source, target)).wait() == 0)
    }
    let namesAtFirst = try Scratch.names(in: models.folder).count
    var length = try SaveLength(
      of: (0..<5).map { _ in
        let child = try RunningSave(save(models.sources[0], target), in: models.folder)
        return try #require(child.waitForEnd(until: nil))
      })
    var random = SplitMix64(seed: Self.seed)
    let wanted = stop == .kill ? Self.kills : Self.kills / 3
    var outcomes = (old: 0, new: 0, early: 0)
    var current = 0
    var round = 0
    while outcomes.old + outcomes.new < wanted, round < 8 * wanted {
      round += 1
      let next = 1 - current
      let before = try Scratch.bytes(target)
      let save = try RunningSave(
        save(models.sources[next], target), in: models.folder, isAtTerminal: stop == .keys)
      // Every tenth save goes on to its end, since how long saves take depends on what else runs.
      let isMeasured = round.isMultiple(of: 10)
      let moment = Duration.microseconds(
        Int64.random(in: 0...length.median.microseconds, using: &random))
      if let end = save.waitForEnd(until: isMeasured ? nil : moment) {
        if isMeasured { length.add(end) }
      } else if stop == .keys {
        save.child.pressInterrupt()
      } else {
        save.child.send(stop.signal)
      }
      let status = save.child.wait()
      #expect(status == -stop.signal || status == 0, "round \(round)")
      let version = try models.version(of: target)
      #expect(version == next || (status != 0 && version == current), "round \(round)")
      if version == current {
        #expect(try Scratch.bytes(target) == before, "round \(round)")
      }
      let strays = try strays(models.folder, "m")
      #expect(strays.count <= (stop == .kill ? 1 : 0), "round \(round): \(strays)")
      #expect(strays.allSatisfy { $0.hasPrefix(".hornbill-") && $0.hasSuffix(".tmp") })
      if status == 0 {
        outcomes.early += isMeasured ? 0 : 1
      } else if version == next {
        outcomes.new += 1
      } else {
        outcomes.old += 1
      }
      current = version ?? current
    }
    #expect(outcomes.old + outcomes.new == wanted)
    #expect(try Child(save(models.sources[1 - current], target)).wait() == 0)
    #expect(try models.version(of: target) == 1 - current)
    #expect(try strays(models.folder, "m").isEmpty)
    // Of a set of files, those that only an earlier index names are gone.
    #expect(try Scratch.names(in: models.folder).count <= namesAtFirst + 1)
    if Self.environment["HORNBILL_KILLS"] != nil {
      print(
        "\(name), \(stop): \(outcomes.old + outcomes.new) met a running save of "
          + "\(length.median.microseconds) µs (\(outcomes.old) left the old file, \(outcomes.new) the new "
          + "one), \(outcomes.early) saves ended before their stop")
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
