import Foundation
import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

/// `hornbill edit` with `--set`, `--delete`, `--cast` and `--strip`.
@Suite(.timeLimit(.minutes(5))) struct EditWeightTests {
  private let files: EditFiles

  init() throws { files = try EditFiles() }

  private func array(_ name: String, _ tensor: Tensor) throws -> String {
    try files.folder.file(name, Npy.encode(tensor))
  }

  private func old(_ file: String) throws -> ModelArchive {
    try ModelArchive.open(Fixture.path(file))
  }

  @Test(
    "a weight is set by any of its paths",
    arguments: [
      (
        "formats/small.h5", "out.h5", "/model_weights/last/last/bias",
        "/model_weights/last/last/bias"
      ),
      ("formats/small.h5", "out.h5", "last/last/bias", "/model_weights/last/last/bias"),
      ("formats/small.h5", "out.h5", "last/bias", "/model_weights/last/last/bias"),
      ("formats/k2_only_weights.h5", "out.h5", "last/bias:0", "/last/last/bias:0"),
      ("formats/small.keras", "out.keras", "layers/dense_2/vars/1", "/layers/dense_2/vars/1"),
      ("formats/small.keras", "out.keras", "last/vars/1", "/layers/dense_2/vars/1"),
      ("formats/small_folder", "out.keras", "last/vars/1", "/layers/dense_2/vars/1"),
      (
        "formats/small.weights.json", "out.weights.json", "layers/dense_2/vars/1",
        "/layers/dense_2/vars/1"
      ),
    ])
  func set(file: String, name: String, spelling: String, path: String) throws {
    let numbers = try array("bias.npy", Tensor(shape: [1], [42] as [Float]))
    let (output, _) = try files.edit(file, to: name, "--set", "\(spelling)=\(numbers)")
    let archive = try ModelArchive.open(output)
    #expect(try archive.weight(path).read() == Tensor(shape: [1], [42] as [Float]))
    try expectSame(archive, old(file), but: [path])
  }

  @Test(
    "arrays that do not fit",
    arguments: [
      (
        "formats/small.h5", "last/bias", Tensor(shape: [2], [1, 2] as [Float]), 65,
        "expected shape (1), found (2)"
      ),
      (
        "formats/small.h5", "last/bias", Tensor(shape: [], [1] as [Float]), 65,
        "expected shape (1), found ()"
      ),
      (
        "formats/small.h5", "last/bias", Tensor(shape: [1], [1] as [Double]), 65, "expected float32"
      ),
      ("formats/small.h5", "last/bias", Tensor(shape: [1], integers: [1]), 65, "found int64"),
      (
        "formats/bfloat16.h5", "brain/half/bias", Tensor(shape: [2], [1.0001, 1] as [Float]), 65,
        "bfloat16 holds exactly"
      ),
      (
        "formats/types.h5", "a/complex", Tensor(shape: [1], [1] as [Float]), 69,
        "cannot be written anew"
      ),
      (
        "formats/small.h5", "last/bais", Tensor(shape: [1], [1] as [Float]), 64,
        "did you mean 'last/bias'?"
      ),
    ] as [(String, String, Tensor, Int32, String)])
  func misfits(file: String, path: String, tensor: Tensor, status: Int32, words: String) throws {
    let numbers = try array("a.npy", tensor)
    try EditFiles.expectRefusal(
      file, ["--set", "\(path)=\(numbers)"], status: status, says: [words])
  }

  @Test func exactNumbersForBfloat16() throws {
    let numbers = try array("a.npy", Tensor(shape: [2], [1.5, -2] as [Float]))
    let (output, _) = try files.edit(
      "formats/bfloat16.h5", to: "out.h5", "--set", "brain/half/bias=\(numbers)")
    let weight = try ModelArchive.open(output).weights.all.first { $0.name.hasSuffix("bias") }
    #expect(try weight?.read() == Tensor(shape: [2], dtype: .bfloat16, storage: .float([1.5, -2])))
  }

  @Test func arrayThatIsNone() throws {
    try EditFiles.expectRefusal(
      "formats/small.h5", ["--set", "last/bias=absent.npy"], status: 66, says: ["absent.npy"])
    try EditFiles.expectRefusal(
      "formats/small.h5", ["--set", "last/bias=\(Notebook.keras2)"], status: 65, says: ["npy"])
  }

  @Test(
    "deletions",
    arguments: [
      ("formats/small.h5", "out.h5", "last/bias", ["/model_weights/last/last/bias"]),
      (
        "formats/small.h5", "out.h5", "first",
        ["/model_weights/first/first/kernel", "/model_weights/first/first/bias"]
      ),
      (
        "formats/small.h5", "out.h5", "model_weights/second",
        ["/model_weights/second/second/kernel"]
      ),
      ("formats/small.keras", "out.keras", "layers/dense_2/vars/1", ["/layers/dense_2/vars/1"]),
      (
        "formats/small.keras", "out.keras", "last",
        ["/layers/dense_2/vars/0", "/layers/dense_2/vars/1"]
      ),
      (
        "formats/small_folder", "out.keras", "layers/lstm",
        ["/layers/lstm/cell/vars/0", "/layers/lstm/cell/vars/1", "/layers/lstm/cell/vars/2"]
      ),
      (
        "formats/small.weights.json", "out.weights.json", "layers/dense*/vars/1",
        ["/layers/dense/vars/1", "/layers/dense_2/vars/1"]
      ),
      (
        "formats/k2_only_weights.h5", "out.h5", "last/*",
        ["/last/last/kernel:0", "/last/last/bias:0"]
      ),
    ])
  func delete(file: String, name: String, path: String, gone: [String]) throws {
    let (output, _) = try files.edit(file, to: name, "--delete", path)
    let (before, after) = (try old(file).tensors(), try ModelArchive.open(output).tensors())
    #expect(before.map(\.name).filter { !gone.contains($0) } == after.map(\.name))
    #expect(before.count == after.count + gone.count)
  }

  @Test func deleteAssetsAndStates() throws {
    var (output, outcome) = try files.edit(
      "formats/assets.keras", to: "a.keras", "--delete",
      "assets/layers/string_lookup/vocabulary.txt")
    #expect(outcome.errors == "deleted asset layers/string_lookup/vocabulary.txt\n")
    #expect(try ModelArchive.open(output).assets.isEmpty)
    (output, _) = try files.edit("formats/small.keras", to: "b.keras", "--delete", "optimizer")
    #expect(try ModelArchive.open(output).optimizerWeights.isEmpty)
    (output, _) = try files.edit(
      "formats/small.h5", to: "c.h5", "--delete", "optimizer_weights/sgd/iteration")
    #expect(try ModelArchive.open(output).optimizerWeights.count == 11)
  }

  @Test func deleteNothing() throws {
    try EditFiles.expectRefusal(
      "formats/small.keras", ["--delete", "layers/dence"], status: 64,
      says: ["no weight, layer, group or asset 'layers/dence'"])
    try EditFiles.expectRefusal(
      "formats/small.keras", ["--delete", "nothing*"], status: 64, says: ["'nothing*'"])
    try EditFiles.expectRefusal(
      "formats/small.keras", ["--delete", "/"], status: 64, says: ["no weight, layer, group"])
  }

  @Test func deleteALayerWithoutWeights() throws {
    for (file, group) in [("small.keras", "layers/reshape"), ("small.h5", "wide")] {
      let (output, outcome) = try files.edit("formats/\(file)", to: file, "--delete", "wide")
      #expect(outcome.errors == "deleted group \(group)\n")
      try EditFiles.expectRefusal(
        output, ["--delete", "wide"], status: 64, says: ["layer 'wide' has no weights"])
    }
    let operation = try #require(
      old("models/operations.keras").architecture?["config"]?["layers"]?.array?.first {
        $0["module"]?.string?.hasPrefix("keras.src.ops") == true
      }?["config"]?["name"]?.string)
    try EditFiles.expectRefusal(
      "models/operations.keras", ["--delete", operation], status: 64,
      says: ["layer '\(operation)' has no weights"])
  }

  @Test(
    "casts",
    arguments: [
      "formats/small.h5", "formats/small.keras", "formats/small_folder",
      "formats/small.weights.json", "formats/k2_only_weights.h5",
    ],
    [DType.float16, .bfloat16, .float64])
  func cast(file: String, dtype: DType) throws {
    let name =
      "out."
      + (file.hasSuffix("folder")
        ? "keras" : file.split(separator: ".").dropFirst().joined(separator: "."))
    let (output, outcome) = try files.edit(file, to: name, "--cast", "*=\(dtype)")
    let before = try old(file)
    let after = try ModelArchive.open(output)
    for (one, two) in zip(before.weights.all, after.weights.all) {
      #expect(one.path == two.path)
      #expect(two.dtype == dtype)
      #expect(try two.read() == one.read().converted(to: dtype))
    }
    #expect(after.optimizerWeights.map(\.dtype) == before.optimizerWeights.map(\.dtype))
    #expect(outcome.errors.contains("… and "))
  }

  @Test func castOfSome() throws {
    let (output, outcome) = try files.edit(
      "formats/types.h5", to: "out.h5", "--cast", "a/f?=float16", "--cast", "*=float32")
    let archive = try ModelArchive.open(output)
    #expect(try archive.weight("/a/f8").dtype == .float32)
    #expect(
      try archive.weight("/a/f8").read()
        == old("formats/types.h5").weight("/a/f8").read().converted(to: .float16).converted(
          to: .float32))
    #expect(try archive.weight("/a/i1").dtype == .int8)
    #expect(
      try archive.weight("/a/complex").storedType
        == old("formats/types.h5").weight("/a/complex").storedType)
    #expect(outcome.errors.contains("without floating-point numbers stay as they are"))
  }

  @Test func castOfTheOptimizerByItsName() throws {
    let (output, _) = try files.edit(
      "formats/small.keras", to: "out.keras", "--cast", "optimizer/*=float64")
    let archive = try ModelArchive.open(output)
    #expect(archive.optimizerWeights.contains { $0.dtype == .float64 })
    #expect(archive.weights.all.allSatisfy { $0.dtype == .float32 })
  }

  @Test(
    "types that Keras cannot load are told of",
    arguments: [
      ("formats/small.h5", "out.h5", "of an .h5 file"),
      ("formats/k2_small.keras", "out.keras", "Keras 2 cannot load bfloat16 weights"),
      ("formats/small.keras", "out.keras", nil),
    ])
  func typesThatKerasLacks(file: String, name: String, words: String?) throws {
    let (_, outcome) = try files.edit(file, to: name, "--cast", "*=bfloat16")
    #expect(outcome.errors.contains("note: Keras") == (words != nil), "\(outcome.errors)")
    if let words { #expect(outcome.errors.contains(words), "\(outcome.errors)") }
  }

  @Test func roundingIsThatOfOneStep() throws {
    // Just above the middle of two halves: by way of Float it would be a tie and go to the even one.
    let number = 1.0 + 0x1p-11 + 0x1p-40
    let tensor = try array("a.npy", Tensor(shape: [2], [number, -number] as [Double]))
    let (output, _) = try files.edit(
      "formats/types.h5", to: "out.h5", "--set", "a/f8=\(tensor)", "--cast", "a/f8=float16")
    #expect(
      try ModelArchive.open(output).weight("/a/f8").read().doubles == [1 + 0x1p-10, -1 - 0x1p-10])
  }

  @Test func numbersBeyondTheType() throws {
    let tensor = try array("a.npy", Tensor(shape: [1], [1e6] as [Float]))
    let (output, outcome) = try files.edit(
      "formats/small.h5", to: "out.h5", "--set", "last/bias=\(tensor)", "--cast",
      "last/bias=float16")
    #expect(
      outcome.errors.contains("note: 1 numbers of model_weights/last/last/bias are beyond float16"))
    #expect(
      try ModelArchive.open(output).weight("/model_weights/last/last/bias").read().doubles == [
        .infinity
      ])
  }

  @Test(
    "casts that cannot be",
    arguments: [
      ("nothing*=float16", 64, "no weight that 'nothing*' stands for"),
      ("a/i1=float16", 64, "none of the 1 weights holds floating-point numbers"),
      ("a/f8=int8", 64, "float16, bfloat16, float32 or float64"), ("a/f8", 64, "PATTERN=TYPE"),
    ] as [(String, Int32, String)])
  func badCasts(argument: String, status: Int32, words: String) throws {
    let outcome = try hornbill(
      "edit", Fixture.path("formats/types.h5"), "-o", "out.h5", "--cast", argument)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test(
    "what is stripped is gone",
    arguments: [
      ("formats/small.h5", "out.h5"), ("formats/k2_small.h5", "out.h5"),
      ("formats/small.keras", "out.keras"),
      ("formats/small_folder", "out.keras"),
    ])
  func strip(file: String, name: String) throws {
    let (output, _) = try files.edit(
      file, to: name, "--strip", "optimizer", "--strip", "training-config")
    let archive = try ModelArchive.open(output)
    #expect(archive.optimizerWeights.isEmpty)
    #expect(archive.trainingConfig == nil)
    #expect(archive.architecture?["compile_config"] == nil)
    #expect(try archive.tensors().map(\.tensor) == old(file).tensors().map(\.tensor))
    let (_, outcome) = try files.edit(
      output, to: "again." + name, "--strip", "optimizer", "--strip", "training-config")
    #expect(
      outcome.errors
        == "note: the file holds no state of an optimizer\nnote: the file holds no training configuration\n"
    )
  }

  @Test func stripOfSomethingElse() throws {
    let outcome = try hornbill(
      "edit", Fixture.path("formats/small.h5"), "-o", "out.h5", "--strip", "weights")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("optimizer or training-config"))
  }
}
