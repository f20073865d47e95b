import HornbillCore
import HornbillFormats
import HornbillHDF5
import Testing

/// Arrays that come from memory, and large ones that come from a file.
@Suite struct DraftWeightTests {
  private static let tensors: [(Tensor, HDF5.DataType)] = [
    (Tensor(shape: [3], [1.5, -0.0, .nan] as [Float]), .float32),
    (Tensor(shape: [2, 1], [1e300, -2] as [Double]), .float64),
    (Tensor(shape: [2], dtype: .float16, storage: .float([1.5, -65504])), .float16),
    (Tensor(shape: [2], dtype: .bfloat16, storage: .float([1.5, -2])), .bfloat16Opaque),
    (Tensor(shape: [2], integers: [-128, 127], dtype: .int8), .int8),
    (Tensor(shape: [2], integers: [-1, 2], dtype: .int16), .int16),
    (Tensor(shape: [2], integers: [-1, 2], dtype: .int32), .int32),
    (Tensor(shape: [], integers: [7], dtype: .int64), .int64),
    (Tensor(shape: [2], integers: [0, 255], dtype: .uint8), .uint8),
    (Tensor(shape: [2], integers: [0, 65535], dtype: .uint16), .uint16),
    (Tensor(shape: [2], integers: [1337, 0], dtype: .uint32), .uint32),
    (Tensor(shape: [2], integers: [-1, 0], dtype: .uint64), .uint64),
    (Tensor(shape: [2], integers: [1, 0], dtype: .bool), .boolean),
    (Tensor(shape: [0, 3], [] as [Float]), .float32),
    (Tensor(shape: [], [0.25] as [Float]), .float32),
    (Tensor(shape: [2], text: ["naïve", ""]), .string(.variableLength)),
  ]

  private func objects(_ tensors: [Tensor]) -> DraftWeights {
    .objectPaths([
      DraftObject(
        path: "layers/dense", layerName: "dense",
        variables: tensors.enumerated().map { (key: "\($0)", DraftWeight(name: "\($0)", $1)) })
    ])
  }

  @Test func everyTypeIsKeptByPath() throws {
    let folder = try TemporaryFolder()
    let path = folder["a.weights.h5"]
    let draft = ArchiveDraft(weights: objects(DraftWeightTests.tensors.map(\.0)))
    #expect(try draft.write(to: path, as: .weightsHDF5, overwriting: false) == [])
    let found = try ModelArchive.open(path)
    let order = found.weights.all.map(\.name)
    #expect(order == DraftWeightTests.tensors.indices.map { "layers/dense/vars/\($0)" })
    let file = try HDF5.File(reading: path)
    for (index, (tensor, type)) in DraftWeightTests.tensors.enumerated() {
      let weight = found.weights.all[index]
      #expect(weight.shape == tensor.shape)
      #expect(weight.dtype == tensor.dtype)
      #expect(try weight.read().bits == tensor.bits)
      let dataset = try file.root.dataset(at: "layers/dense/vars/\(index)")
      #expect(dataset.type == type)
      #expect(dataset.storage == .contiguous)
      #expect(try dataset.attributeNames() == (tensor.dtype == .bfloat16 ? ["dtype"] : []))
    }
  }

  @Test func everyTypeIsKeptByLayerName() throws {
    let folder = try TemporaryFolder()
    let path = folder["a.h5"]
    let weights = DraftWeightTests.tensors.enumerated().map { index, entry in
      DraftWeight(name: "a/\(index)", shape: entry.0.shape, dtype: entry.0.dtype) {
        () throws(ArchiveError) in entry.0
      }
    }
    let draft = ArchiveDraft(
      kerasVersion: "3.15.1", weights: .legacy([DraftLayer(name: "a", weights: weights)]))
    #expect(try draft.write(to: path, as: .legacyWeights, overwriting: false) == [])
    let found = try ModelArchive.open(path).weights.all
    #expect(found.map(\.name) == weights.map(\.name))
    for (weight, (tensor, _)) in zip(found, DraftWeightTests.tensors) {
      #expect(weight.dtype == tensor.dtype)
      #expect(try weight.read().bits == tensor.bits)
    }
  }

  /// More than memory can hold is an error before memory is asked for.
  @Test func aStoredArrayThatIsTooLargeIsRefused() throws {
    let folder = try TemporaryFolder()
    let file = try HDF5.File(creating: folder["a.h5"])
    try file.root.createDataset(
      at: "layers/dense/vars/0", type: .uint8, shape: [2, 1 << 58],
      storage: .chunked([2, 1 << 20]))
    try file.close()
    let weights = try ModelArchive.open(folder["a.h5"]).weights.all.map(DraftWeight.init)
    expectError(.refused, object: "/layers/dense/vars/0") {
      try Safetensors.write(weights, to: folder["a.safetensors"], overwriting: false)
    }
    #expect(folder.names == ["a.h5"])
  }

  /// Cut along the first axis, along an inner one, and not at all.
  @Test(arguments: [[700_000], [1, 3, 300_000], [3, 2, 150_000], [900_000, 1]])
  func largeArraysAreCopiedInPieces(shape: [Int]) throws {
    let folder = try TemporaryFolder()
    let count = shape.reduce(1, *)
    let tensor = Tensor(
      shape: shape, (0..<count).map { Float(bitPattern: UInt32($0) &* 2_654_435_761) })
    try ArchiveDraft(weights: objects([tensor])).write(
      to: folder["a.weights.h5"], as: .weightsHDF5, overwriting: false)
    let first = try ModelArchive.open(folder["a.weights.h5"])
    #expect(try first.weights.all[0].read().bits == tensor.bits)
    try ArchiveDraft(first).write(to: folder["b.weights.h5"], as: .weightsHDF5, overwriting: false)
    #expect(try contents(of: folder["a.weights.h5"]) == contents(of: folder["b.weights.h5"]))
  }

  @Test func compressedArraysAreCopiedInPieces() throws {
    let folder = try TemporaryFolder()
    let values = (0..<2_600_000).map { Float($0 / 7) }
    do {
      let file = try HDF5.File(creating: folder["a.weights.h5"])
      let dataset = try file.root.createDataset(
        at: "layers/dense/vars/0", type: .float32, shape: [1300, 2000],
        storage: .chunked([100, 700], filters: [.shuffle, .deflate(level: 1)]))
      try dataset.write(values)
      try file.close()
    }
    let first = try ModelArchive.open(folder["a.weights.h5"])
    try ArchiveDraft(first).write(to: folder["b.weights.h5"], as: .weightsHDF5, overwriting: false)
    let second = try ModelArchive.open(folder["b.weights.h5"]).weights.all[0]
    #expect(second.storage == "contiguous")
    #expect(try second.read() == Tensor(shape: [1300, 2000], values))
  }

  @Test func numbersThatAreNotWhatWasPromisedAreRefused() throws {
    let folder = try TemporaryFolder()
    for wrong in [Tensor(shape: [2], [1, 2] as [Float]), Tensor(shape: [3], integers: [1, 2, 3])] {
      let weight = DraftWeight(name: "w", shape: [3], dtype: .float32) {
        () throws(ArchiveError) in wrong
      }
      let draft = ArchiveDraft(
        weights: .objectPaths([DraftObject(path: "", variables: [(key: "0", weight: weight)])]))
      expectError(.malformed, object: "w") {
        try draft.write(to: folder["a.weights.h5"], as: .weightsHDF5, overwriting: false)
      }
    }
    #expect(folder.names == [])
  }
}
