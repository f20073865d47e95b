import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// `hornbill edit --trainable`.
@Suite(.timeLimit(.minutes(5))) struct EditTrainableTests {
  private let files: EditFiles

  init() throws { files = try EditFiles() }

  private func flag(_ archive: ModelArchive, _ path: [String]) throws -> Bool? {
    var object = try #require(archive.architecture)
    for name in path {
      let layers = try #require(object["config"]?["layers"]?.array)
      object = try #require(layers.first { ($0["config"]?["name"])?.string == name })
    }
    return object["config"]?["trainable"]?.bool
  }

  @Test(
    "flags are set where the pattern says",
    arguments: [
      ("formats/small.h5", "out.h5"), ("formats/small.keras", "out.keras"),
      ("formats/small_folder", "out.keras"), ("formats/small.json", "out.json"),
      ("formats/k2_small.h5", "out.h5"),
    ])
  func flags(file: String, name: String) throws {
    let (output, outcome) = try files.edit(
      file, to: name, "--trainable", "*=false", "--trainable", "last=true")
    let archive = try ModelArchive.open(output)
    #expect(try flag(archive, ["first"]) == false)
    #expect(try flag(archive, ["norm"]) == false)
    #expect(try flag(archive, ["last"]) == true)
    #expect(outcome.errors.contains("set trainable of layer first to false"))
    let before = try ModelArchive.open(files.input(file))
    #expect(archive.weights.all.map(\.path) == before.weights.all.map(\.path))
  }

  @Test("the flag of a model is handed on to its layers")
  func nested() throws {
    let (output, _) = try files.edit(
      "models/keras2_nested_twice.h5", to: "out.h5", "--trainable", "block=false")
    let archive = try ModelArchive.open(output)
    #expect(try flag(archive, ["block", "inner_chain", "i1"]) == false)
    #expect(try flag(archive, ["out"]) == true)
  }

  @Test("a legacy file lists trained weights first", arguments: ["fast", "reference"])
  func order(engine: String) throws {
    let file = "models/keras2_frozen_nested.h5"
    let before = try ModelArchive.open(Fixture.path(file))
    let layers = try #require(before.architecture?["config"]?["layers"]?.array)
    let block = try #require(layers.first { $0["config"]?["name"]?.string == "block" })
    let inner = try #require(block["config"]?["layers"]?.array).compactMap {
      $0["config"]?["name"]?.string
    }
    #expect(inner.contains("conv2d"))
    let (output, _) = try files.edit(
      file, to: "thawed.h5", "--trainable", "*=true", "--trainable", "block/conv2d=false")
    let after = try ModelArchive.open(output)
    let names = after.weights.all.map(\.name).filter { !$0.hasPrefix("conv2d_1") }
    #expect(
      names == [
        "batch_normalization/gamma:0", "batch_normalization/beta:0", "conv2d/kernel:0",
        "conv2d/bias:0", "batch_normalization/moving_mean:0",
        "batch_normalization/moving_variance:0",
      ])
    for weight in after.weights.all {
      #expect(try weight.read() == before.weight(weight.path).read())
    }
    let outputs = try [Fixture.path(file), output].map { model in
      let out = files.folder.path("out.npz")
      let run = try hornbill(
        "run", model, "-q", "-i", Fixture.path("models/keras2_frozen_nested.npz"), "-o", out,
        "--force",
        "--engine", engine)
      #expect(run.status == 0, "\(run.errors)")
      return try result(out, "out_0")
    }
    #expect(outputs[0] == outputs[1])
  }

  @Test func optimizerIsToldOf() throws {
    let (_, outcome) = try files.edit(
      "formats/small.h5", to: "out.h5", "--trainable", "first=false")
    #expect(outcome.errors.contains("consider --strip optimizer"))
  }

  @Test func frozenOwnerIsToldOf() throws {
    let (_, outcome) = try files.edit(
      "models/frozen_nested.keras", to: "out.keras", "--trainable", "*=false", "--trainable",
      "block/conv2d=true")
    #expect(outcome.errors.contains("layer block/conv2d is not trained, because"))
  }

  @Test func nothingToSet() throws {
    let (_, outcome) = try files.edit("formats/small.h5", to: "out.h5", "--trainable", "first=true")
    #expect(outcome.errors == "note: the flags are true already\n")
  }

  @Test(
    "refusals",
    arguments: [
      ("formats/small.h5", "frist=false", 64, "did you mean 'first'?"),
      ("formats/small.h5", "*nothing=false", 64, "no layer that '*nothing' stands for"),
      ("formats/k2_only_weights.h5", "first=false", 69, "holds no architecture"),
      ("formats/small.h5", "first=maybe", 64, "PATTERN=true or PATTERN=false"),
      ("formats/small.h5", "first", 64, "PATTERN=true"),
    ] as [(String, String, Int32, String)])
  func refusals(file: String, argument: String, status: Int32, words: String) throws {
    let outcome = try hornbill("edit", Fixture.path(file), "-o", "out.h5", "--trainable", argument)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }
}
