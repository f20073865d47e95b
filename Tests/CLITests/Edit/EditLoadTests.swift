import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// `hornbill edit --weights-from`.
@Suite(.timeLimit(.minutes(5))) struct EditLoadTests {
  private let files: EditFiles

  init() throws { files = try EditFiles() }

  /// The file with other numbers and names, from which the tests load.
  private func zeroed(_ file: String, _ name: String) throws -> String {
    let zero = try files.folder.file("zero.npy", Npy.encode(Tensor(shape: [1], [0] as [Float])))
    return try files.edit(file, to: name, "--set", "\(bias(file))=\(zero)").path
  }

  private func bias(_ file: String) -> String {
    file.hasSuffix(".h5")
      ? "last/last/bias\(file.contains("k2") ? ":0" : "")" : "layers/dense_2/vars/1"
  }

  @Test(
    "every container takes the weights of every other",
    arguments: [
      ("formats/small.h5", "zero.h5"), ("formats/small.keras", "zero.keras"),
      ("formats/small_folder", "zero.keras"),
    ],
    [
      "formats/small.h5", "formats/small.keras", "formats/small_folder",
      "formats/small.weights.json", "formats/k2_small.h5",
    ])
  func containers(target: (String, String), source: String) throws {
    let zero = try zeroed(target.0, target.1)
    let (output, outcome) = try files.edit(
      zero, to: "out." + target.1, "--weights-from", files.input(source))
    #expect(outcome.errors.contains("12 matched"))
    let expected = try ModelArchive.open(files.input(source)).weights.all.map { try $0.read() }
    let found = try ModelArchive.open(output).weights.all.map { try $0.read() }
    #expect(Set(found.map { "\($0)" }) == Set(expected.map { "\($0)" }))
    if !source.contains("k2") {
      try expectSame(ModelArchive.open(output), ModelArchive.open(Fixture.path(target.0)))
    }
  }

  @Test(
    "files without architecture are paired as they stand",
    arguments: [
      ("formats/k2_only_weights.h5", "zero.h5", "formats/k2_small.h5"),
      ("formats/small.weights.json", "zero.weights.json", "formats/small.keras"),
    ])
  func weightsOnly(target: String, name: String, source: String) throws {
    let zero = try zeroed(target, name)
    let (output, outcome) = try files.edit(
      zero, to: "out." + name, "--weights-from", files.input(source))
    #expect(outcome.errors.contains("12 matched"))
    #expect(outcome.errors.contains("paired as they stand"))
    let expected = try ModelArchive.open(files.input(source)).weights.all.map { try $0.read() }
    #expect(try ModelArchive.open(output).weights.all.map { try $0.read() } == expected)
  }

  @Test(
    "models with unknown layers are paired as they stand",
    arguments: [
      ("models/unknown_layer.keras", "a.keras"), ("models/keras2_unknown_layer.h5", "a.h5"),
    ])
  func unknown(file: String, name: String) throws {
    let (cast, _) = try files.edit(file, to: "half." + name, "--cast", "*=float16")
    let (output, outcome) = try files.edit(cast, to: name, "--weights-from", files.input(file))
    #expect(outcome.errors.contains("4 matched"))
    for weight in try ModelArchive.open(output).weights.all { #expect(weight.dtype == .float16) }
  }

  @Test(
    "a part by name is written, with status 1",
    arguments: ["formats/small.h5", "formats/small.keras"])
  func byName(file: String) throws {
    let name = String(file.split(separator: "/")[1])
    let (renamed, _) = try files.edit(file, to: "r." + name, "--rename", "second=zweite")
    let (output, outcome) = try files.edit(
      renamed, to: "o." + name, status: 1, "--weights-from", files.input(file), "--by-name")
    #expect(outcome.errors.contains("11 matched, 1 missing, 1 extra"))
    #expect(outcome.errors.contains("missing   zweite/kernel (4, 3)"))
    #expect(outcome.errors.contains("extra     second/kernel (4, 3)"))
    #expect(try ModelArchive.open(output).tensors().count == 12)
  }

  @Test func mapOfNames() throws {
    let (renamed, _) = try files.edit("formats/small.h5", to: "r.h5", "--rename", "second=zweite")
    let map = try files.folder.file("map.tsv", text: "# old\tnew\nsecond\tzweite\n")
    let (_, outcome) = try files.edit(
      renamed, to: "o.h5", "--weights-from", Fixture.path("formats/small.keras"), "--map", map)
    #expect(outcome.errors.contains("12 matched"))
    #expect(outcome.errors.contains("matched   zweite/kernel from second/kernel"))
    let wrong = try files.folder.file("wrong.json", text: "{\"secnd\": \"zweite\"}")
    try EditFiles.expectRefusal(
      renamed, ["--weights-from", Fixture.path("formats/small.keras"), "--map", wrong], status: 65,
      says: ["no layer or weight 'secnd'", "did you mean 'second'?"])
  }

  private func refused(
    _ target: String, _ name: String, _ arguments: String..., says words: [String],
    status: Int32 = 65
  ) throws {
    let folder = try ScratchFolder()
    let outcome = try Command.run(
      ["edit", files.input(target), "-o", name] + arguments, in: folder)
    #expect(outcome.status == status)
    #expect(outcome.output.isEmpty)
    for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    #expect(try Scratch.names(in: folder).isEmpty)
  }

  @Test func otherModels() throws {
    try refused(
      "formats/small.h5", "out.h5", "--weights-from", Notebook.keras3,
      says: ["0 matched, 10 missing", "do not fit"])
    try refused(
      "formats/small.h5", "out.h5", "--weights-from", Notebook.keras2, "--skip-mismatch",
      says: ["0 matched", "layers with weights, the file"])
    try refused(
      "formats/small.h5", "out.h5", "--weights-from", Notebook.keras3, "--by-name",
      "--skip-mismatch",
      says: ["0 matched"])
    try refused(
      "formats/k2_only_weights.h5", "out.h5", "--weights-from",
      Fixture.path("formats/small.weights.json"),
      says: ["arranged in another way"], status: 69)
    try refused(
      "formats/small.h5", "out.h5", "--weights-from", Fixture.path("formats/small.json"),
      says: ["holds no weights"])
    try refused(
      "formats/small.h5", "out.h5", "--weights-from", "absent.h5", says: ["absent.h5"], status: 66)
  }

  @Test("misshapen weights are refused, or skipped when asked") func misshapen() throws {
    let folder = files.folder
    let text = try Fixture.text("formats/small.json").replacing(
      "\"units\": 1,", with: "\"units\": 2,")
    #expect(text != (try Fixture.text("formats/small.json")))
    let archive = try ModelArchive.open(Fixture.path("formats/small.h5"))
    var draft = ArchiveDraft(archive)
    draft.architecture = try JSON(parsing: text)
    guard case .legacy(var groups) = draft.weights else { return }
    let last = try #require(groups.firstIndex { $0.name == "last" })
    groups[last].weights = [
      DraftWeight(name: "last/kernel", Tensor(shape: [5, 2], [Float](repeating: 0, count: 10))),
      DraftWeight(name: "last/bias", Tensor(shape: [2], [0, 0] as [Float])),
    ]
    draft.weights = .legacy(groups)
    try draft.write(to: folder.path("wide.h5"), as: .legacyModel, overwriting: false)
    let source = Fixture.path("formats/small.keras")
    try refused(
      folder.path("wide.h5"), "out.h5", "--weights-from", source,
      says: [
        "10 matched, 2 misshapen", "misshapen last/kernel", "expected shape (5, 2), found (5, 1)",
      ])
    let (_, outcome) = try files.edit(
      folder.path("wide.h5"), to: "out.h5", status: 1, "--weights-from", source, "--skip-mismatch",
      "--json")
    let report = try #require(try outcome.json()["edits"]?.array?.first?["load"])
    #expect(report["matched"]?.int == 10)
    #expect(report["misshapen"]?.int == 2)
    #expect(report["complete"] == .bool(false))
    #expect(report["weights"]?.array?.count == 12)
    let json = try Command.run(
      ["edit", folder.path("wide.h5"), "-o", "no.h5", "--weights-from", source, "--json", "-q"],
      in: folder)
    #expect(json.status == 65)
    #expect(try json.json()["written"] == .bool(false))
    #expect(try json.json()["load"]?["misshapen"]?.int == 2)
  }

  @Test func optionsWithoutAFile() throws {
    for option in ["--by-name", "--skip-mismatch"] {
      let outcome = try hornbill(
        "edit", Fixture.path("formats/small.h5"), "-o", "out.h5", "--strip", "optimizer", option)
      #expect(outcome.status == 64)
      #expect(outcome.errors.contains("go with --weights-from"))
    }
  }
}
