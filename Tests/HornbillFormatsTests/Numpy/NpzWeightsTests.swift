import HornbillCore
import HornbillFormats
import Testing

@Suite struct NpzWeightsTests {
  private func tensors(_ weights: [DraftWeight]) throws -> [String: Tensor] {
    try Dictionary(uniqueKeysWithValues: weights.map { ($0.name, try $0.read()) })
  }

  /// What NumPy and the library of safetensors wrote of the same arrays is the same.
  @Test func readsEveryType() throws {
    let weights = try Npz.readWeights(fixture("formats/types.npz"))
    #expect(weights.first { $0.name == "layers/bfloat16/vars/0" }?.dtype == .bfloat16)
    let expected = try tensors(Safetensors.read(fixture("formats/types.safetensors")).weights)
    #expect(try tensors(weights) == expected)
  }

  @Test func everyTypeIsKept() throws {
    let folder = try TemporaryFolder()
    let weights = try Npz.readWeights(fixture("formats/types.npz"))
    try Npz.writeWeights(weights, to: folder["a.npz"], overwriting: false)
    let again = try Npz.readWeights(folder["a.npz"])
    #expect(again.map(\.name) == weights.map(\.name))
    #expect(again.map(\.dtype) == weights.map(\.dtype))
    #expect(try tensors(again) == tensors(weights))
    for (first, second) in try zip(
      NpzArchive(path: fixture("formats/types.npz")).entries,
      NpzArchive(path: folder["a.npz"]).entries)
    {
      #expect(first.header.descriptor == second.header.descriptor)
      #expect(first.member.crc == second.member.crc)
    }
  }

  @Test func textIsKept() throws {
    let folder = try TemporaryFolder()
    let text = Tensor(shape: [2], text: ["a", "äö"])
    try Npz.writeWeights([DraftWeight(name: "t", text)], to: folder["a.npz"], overwriting: false)
    #expect(try Npz.readWeights(folder["a.npz"]).map { try $0.read() } == [text])
  }

  @Test func picklesAreRefused() throws {
    expectError(.refused, object: "bad.npy") { try Npz.readWeights(fixture("npz/object.npz")) }
  }

  @Test(arguments: ["a", "../a", "/a", "a\\b"])
  func namesThatAreTakenOrLeadOut(name: String) throws {
    let folder = try TemporaryFolder()
    let one = Tensor(shape: [1], [1 as Float])
    expectError(.unsupported, object: name + ".npy") {
      try Npz.writeWeights(
        [DraftWeight(name: "a", one), DraftWeight(name: name, one)], to: folder["x"],
        overwriting: false)
    }
    #expect(folder.names.isEmpty)
  }

  /// Weights of a model file reach both formats and come back bit for bit.
  @Test(arguments: ["formats/types.h5", "formats/bfloat16.h5", "formats/small_00000.weights.h5"])
  func weightsOfModelFiles(file: String) throws {
    let folder = try TemporaryFolder()
    let archive = try ModelArchive.open(fixture(file))
    var weights: [DraftWeight] = []
    switch archive.weights {
    case .none: break
    case .legacy(let layers): weights = layers.flatMap { $0.weights.map(DraftWeight.init) }
    case .objectPaths(let objects):
      weights = objects.groups.flatMap { $0.variables.map { DraftWeight($0.weight) } }
    }
    weights = weights.filter { $0.dtype != nil && $0.dtype != .string }
    try #require(!weights.isEmpty)
    let expected = try tensors(weights)
    try Npz.writeWeights(weights, to: folder["a.npz"], overwriting: false)
    #expect(try tensors(Npz.readWeights(folder["a.npz"])) == expected)
    try Safetensors.write(weights, to: folder["a.safetensors"], overwriting: false)
    #expect(try tensors(Safetensors.read(folder["a.safetensors"]).weights) == expected)
  }
}
