import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// `hornbill edit` as a whole: order, outputs, reports.
@Suite(.timeLimit(.minutes(5))) struct EditCommandTests {
  private let files: EditFiles

  init() throws { files = try EditFiles() }

  @Test func editsAreMadeInTheirOrder() throws {
    let (output, outcome) = try files.edit(
      "formats/small.keras", to: "out.keras", "--rename", "first=a", "--trainable", "a=false",
      "--rename=a=b", "--cast", "b/*=float64", "--delete", "b/vars/1", "--rename", "b=c")
    let lines = outcome.messages
    #expect(
      lines.filter { !$0.hasPrefix("note") } == [
        "renamed layer first to a", "set trainable of layer a to false", "renamed layer a to b",
        "cast weight layers/dense/vars/0 to float64", "cast weight layers/dense/vars/1 to float64",
        "deleted weight layers/dense/vars/1", "renamed layer b to c",
      ])
    let archive = try ModelArchive.open(output)
    #expect(try archive.weight("/layers/dense/vars/0").dtype == .float64)
    let late = try hornbill(
      "edit", Fixture.path("formats/small.keras"), "-o", "out.keras", "--cast", "b/*=float64",
      "--rename", "first=b")
    #expect(late.status == 64)
  }

  @Test(
    "the rest of a file is carried over",
    arguments: [
      ("formats/small.h5", "a.h5"), ("formats/k2_small.h5", "a.h5"),
      ("formats/small.keras", "a.keras"),
      ("formats/small_folder", "a.keras"), ("formats/small.weights.json", "a.weights.json"),
      ("formats/assets.keras", "a.keras"), ("models/text_classifier.keras", "a.keras"),
      ("models/unknown_layer.keras", "a.keras"), ("models/keras2_lambda_code.h5", "a.h5"),
      ("models/lambda_code.keras", "a.keras"), ("formats/k2_small.keras", "a.keras"),
    ])
  func untouched(file: String, name: String) throws {
    let before = try ModelArchive.open(files.input(file))
    let noted = before.optimizerWeights.isEmpty ? "optimizer" : "training-config"
    let (output, _) = try files.edit(file, to: name, "--strip", noted)
    let after = try ModelArchive.open(output)
    try expectSame(before, after)
    if noted == "optimizer" { #expect(after.architecture == before.architecture) }
    for (one, two) in zip(before.assets, after.assets) { #expect(try one.read() == two.read()) }
    for (one, two) in zip(before.optimizerWeights, after.optimizerWeights) {
      #expect(try one.read() == two.read())
    }
  }

  @Test func inPlace() throws {
    let path = try files.folder.copy(of: "formats/small.h5", as: "model.h5")
    let refused = try Command.run(
      ["edit", path, "-o", path, "--strip", "optimizer"], in: files.folder)
    #expect(refused.status == 73)
    #expect(refused.errors.contains("give --force"))
    #expect(try Scratch.bytes(path) == Fixture.bytes("formats/small.h5"))
    let outcome = try Command.run(
      ["edit", path, "-o", path, "--force", "--strip", "optimizer"], in: files.folder)
    #expect(outcome.status == 0)
    let archive = try ModelArchive.open(path)
    #expect(archive.optimizerWeights.isEmpty)
    #expect(try archive.tensors().count == 12)
    #expect(try Scratch.names(in: files.folder) == ["model.h5"])
  }

  @Test func json() throws {
    let (output, outcome) = try files.edit(
      "formats/small.h5", to: "out.h5", "--rename", "first=a", "--strip", "optimizer", "--json")
    let json = try outcome.json()
    #expect(json["schema"] == .integer(1))
    #expect(json["output"]?.string == output)
    #expect(json["format"]?.string == "legacyModel")
    #expect(json["written"] == .bool(true))
    #expect(json["omitted"] == .array([]))
    let edits = try #require(json["edits"]?.array)
    #expect(edits.compactMap { $0["edit"]?.string } == ["--rename first=a", "--strip optimizer"])
    let change = try #require(edits[0]["changes"]?.array?.first)
    #expect(change["action"]?.string == "renamed")
    #expect(change["kind"]?.string == "layer")
    #expect(change["name"]?.string == "first")
    #expect(change["value"]?.string == "a")
    #expect(edits[0]["load"]?.isNull == true)
  }

  @Test func quiet() throws {
    let (_, outcome) = try files.edit(
      "formats/small.h5", to: "out.h5", "-q", "--strip", "optimizer")
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.isEmpty)
  }

  @Test(
    "outputs that are named after another container",
    arguments: [
      ("formats/small.h5", "out.keras"), ("formats/small.keras", "out.h5"),
      ("formats/small.h5", "out.weights.h5"), ("formats/small.weights.json", "out.json"),
      ("formats/small.json", "out.weights.json"), ("formats/small_folder", "out.h5"),
    ])
  func otherContainer(file: String, output: String) throws {
    try expectFailure(
      ["edit", Fixture.path(file), "-o", output, "--strip", "optimizer"], status: 64,
      says: ["\(output): the file stays", "hornbill convert"])
  }

  @Test func nothingToDo() throws {
    let outcome = try hornbill("edit", Fixture.path("formats/small.h5"), "-o", "out.h5")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("There is nothing to do"))
  }

  @Test func fileThatIsNotThere() throws {
    try expectFailure(
      ["edit", "absent.h5", "-o", "out.h5", "--strip", "optimizer"], status: 66, says: ["absent.h5"]
    )
  }

  @Test func aLaterEditThatFailsLeavesNothing() throws {
    try EditFiles.expectRefusal(
      "formats/small.h5", ["--rename", "first=a", "--delete", "first"], status: 64,
      says: ["--delete first", "no weight, layer, group or asset 'first'"])
  }
}
