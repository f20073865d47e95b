import HornbillCore
import HornbillHDF5
import HornbillTestSupport
import Testing

/// Files that are not what they should be.
@Suite(.timeLimit(.minutes(5))) struct BadFileTests {
  static let commands = ["summary", "inspect"]

  @Test(arguments: commands) func emptyFile(command: String) throws {
    let folder = try ScratchFolder()
    let file = try folder.file("model.h5", [])
    try expectFailure([command, file], status: 65, says: [file, "an empty file"])
  }

  @Test(arguments: commands) func notAnHDF5File(command: String) throws {
    let folder = try ScratchFolder()
    let page = try folder.file("model.h5", text: "<!DOCTYPE html><html></html>")
    try expectFailure([command, page], status: 65, says: [page, "HTML"])
    let noise = try folder.file("noise.h5", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) })
    try expectFailure([command, noise], status: 65, says: [noise, "expected a Keras model file"])
    let data = Fixture.path("formats/not_keras.h5")
    try expectFailure([command, data], status: 65, says: [data, "not one of Keras"])
  }

  @Test(arguments: ["models/notebook_keras2.h5", "models/notebook_only.weights.h5"])
  func truncatedHDF5(fixture: String) throws {
    let folder = try ScratchFolder()
    let whole = try Fixture.bytes(fixture)
    for length in stride(from: 8, to: whole.count, by: max(whole.count / 24, 1)) {
      let file = try folder.file("short.h5", Array(whole.prefix(length)))
      try expectFailure(["inspect", file], status: 65, says: [file])
    }
  }

  @Test func truncatedZip() throws {
    let folder = try ScratchFolder()
    let whole = try Fixture.bytes("models/notebook_keras3.keras")
    for length in stride(from: 4, to: whole.count, by: max(whole.count / 24, 1)) {
      let file = try folder.file("short.keras", Array(whole.prefix(length)))
      try expectFailure(["inspect", file], status: 65, says: [file])
    }
  }

  @Test(arguments: commands) func folder(command: String) throws {
    let folder = try ScratchFolder()
    try expectFailure(
      [command, folder.path("")], status: 66, says: ["a folder", "config.json"])
  }

  @Test(arguments: commands) func missingFile(command: String) throws {
    try expectFailure([command, "absent.keras"], status: 66, says: ["absent.keras"])
  }

  @Test(arguments: commands) func deviceIsNotRead(command: String) throws {
    try expectFailure([command, "/dev/zero"], status: 66, says: ["/dev/zero", "a device"])
  }

  @Test(arguments: ["summary", "run", "verify"]) func weightsWithoutArchitecture(
    command: String
  ) throws {
    let more =
      switch command {
      case "run": ["-i", Notebook.recording3, "-o", "out.npz"]
      case "verify": [Notebook.recording3]
      default: [String]()
      }
    try expectFailure(
      [command, Notebook.weights] + more, status: 69,
      says: [Notebook.weights, "no architecture", "--config"])
  }

  @Test func architectureWithoutWeights() throws {
    #expect(try hornbill("summary", Notebook.architecture).status == 0)
    try expectFailure(
      ["run", Notebook.architecture, "-i", Notebook.recording3, "-o", "out.npz"], status: 65,
      says: [Notebook.architecture, "embedding", "no weights"])
  }

  @Test(arguments: commands) func externalStorage(command: String) throws {
    let file = Fixture.path("formats/external.h5")
    try expectFailure([command, file], status: 77, says: [file, "/a/w", "elsewhere.bin"])
  }

  @Test(arguments: commands) func externalLink(command: String) throws {
    let folder = try ScratchFolder()
    let file = try folder.copy(of: "models/notebook_keras2.h5", as: "model.h5") { root in
      try root.delete("model_weights/dense")
      try root.createExternalLink(at: "model_weights/dense", file: "other.h5", object: "/dense")
    }
    try expectFailure(
      [command, file], status: 77, says: ["/model_weights/dense", "external link", "other.h5"])
  }

  @Test func virtualDataset() throws {
    let folder = try ScratchFolder()
    let file = folder.path("model.h5")
    let source = try HDF5.File(reading: Fixture.path("hdf5/virtual.h5"))
    let target = try HDF5.File(creating: file)
    let group = try target.root.createGroup(at: "layer")
    try source.root.copy("w", to: group, as: "w")
    try group.setAttribute("weight_names", .strings(["w"]))
    try target.root.setAttribute("layer_names", .strings(["layer"]))
    try target.close()
    try expectFailure(["inspect", file], status: 77, says: [file, "/layer/w", "virtual"])
  }

  @Test func shapeBomb() throws {
    let file = Fixture.path("formats/bomb.h5")
    try expectFailure(
      ["inspect", file, "--stats"], status: 77, says: [file, "/a/w", "declares 8.8 PiB"])
  }

  @Test(arguments: commands) func cycleOfLinks(command: String) throws {
    let file = Fixture.path("formats/cycle.weights.h5")
    try expectFailure([command, file], status: 65, says: [file, "cycle"])
  }

  @Test(arguments: commands) func pickledWeights(command: String) throws {
    let file = Fixture.path("formats/pickled.keras")
    try expectFailure([command, file], status: 77, says: [file, "pickle"])
  }

  @Test func flippedBits() throws {
    let folder = try ScratchFolder()
    let whole = try Fixture.bytes("models/notebook_only.weights.h5")
    for place in stride(from: 3, to: min(whole.count, 4096), by: 41) {
      var bytes = whole
      bytes[place] ^= 0x40
      let outcome = try hornbill("inspect", try folder.file("flipped.h5", bytes))
      #expect([0, 65, 66, 69, 77].contains(outcome.status), "byte \(place): \(outcome.errors)")
    }
  }
}
