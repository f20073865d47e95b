import HornbillCore
import HornbillFormats
import Testing

/// The layers of the small model with the shapes of their weights, in model order.
let smallModel: [(layer: String, path: String, shapes: [[Int]])] = [
  ("x", "layers/input_layer", []),
  ("first", "layers/dense", [[4, 3], [3]]),
  ("norm", "layers/batch_normalization", [[3], [3], [3], [3]]),
  ("wide", "layers/reshape", []),
  ("memory", "layers/lstm/cell", [[1, 8], [2, 8], [8]]),
  ("second", "layers/dense_1", [[4, 3]]),
  ("both", "layers/concatenate", []),
  ("last", "layers/dense_2", [[5, 1], [1]]),
]

/// Weight number `k` of the small model: `k + 0.001 i`.
func smallWeight(_ number: Int, _ shape: [Int]) -> Tensor {
  let count = shape.reduce(1, *)
  return Tensor(
    shape: shape, (0..<count).map { Float(Double(number) + 0.001 * Double($0)) })
}

@Suite struct LegacyArchiveTests {
  private func layers(_ name: String) throws -> [LegacyLayerWeights] {
    let archive = try ModelArchive.open(fixture("formats/" + name))
    guard case .legacy(let layers) = archive.weights else {
      Issue.record("expected weights by layer name")
      return []
    }
    return layers
  }

  @Test(arguments: ["small.h5", "k2_small.h5", "k2_only_weights.h5"])
  func readsEveryWeight(name: String) throws {
    let layers = try layers(name)
    #expect(layers.map(\.name) == smallModel.map(\.layer))
    var number = 0
    for (layer, expected) in zip(layers, smallModel) {
      #expect(layer.weights.map(\.shape) == expected.shapes)
      for (weight, shape) in zip(layer.weights, expected.shapes) {
        #expect(weight.dtype == .float32)
        #expect(try weight.read() == smallWeight(number, shape))
        number += 1
      }
    }
    #expect(number == 12)
  }

  @Test func readsTheAttributesOfKeras3() throws {
    let archive = try ModelArchive.open(fixture("formats/small.h5"))
    #expect(archive.format == .legacyModel)
    #expect(archive.kerasVersion?.hasPrefix("3.") == true)
    #expect(archive.weightsKerasVersion == archive.kerasVersion)
    #expect(archive.backend == "tensorflow")
    #expect(archive.architecture?["class_name"]?.string == "Functional")
    #expect(archive.architecture?["config"]?["layers"]?.array?.count == 8)
    #expect(archive.trainingConfig?["loss"]?.string == "mse")
    #expect(archive.optimizerWeights.map(\.name).contains("sgd/iteration"))
    #expect(archive.optimizerWeights.count == 12)
    let weight = try #require(archive.weights.all.first)
    #expect(weight.name == "first/kernel")
    #expect(weight.path == "/model_weights/first/first/kernel")
  }

  @Test func readsTheAttributesOfKeras2() throws {
    let archive = try ModelArchive.open(fixture("formats/k2_small.h5"))
    #expect(archive.format == .legacyModel)
    #expect(archive.kerasVersion == "2.15.0")
    #expect(archive.weightsKerasVersion == "2.15.0")
    #expect(archive.weights.all.map(\.name).contains("memory/lstm_cell/kernel:0"))
    #expect(!archive.optimizerWeights.isEmpty)
    let weights = try ModelArchive.open(fixture("formats/k2_only_weights.h5"))
    #expect(weights.format == .legacyWeights)
    #expect(weights.kerasVersion == "2.15.0")
    #expect(weights.architecture == nil)
    expectError(.noArchitecture) { try weights.requireArchitecture() }
  }

  @Test func anArchitectureCanBeGiven() throws {
    let archive = try ModelArchive.open(
      fixture("formats/k2_only_weights.h5"), architecture: fixture("formats/small.json"))
    #expect(try archive.requireArchitecture()["class_name"]?.string == "Functional")
    #expect(archive.kerasVersion == "2.15.0")
  }

  @Test func tellsWhereTheBytesLie() throws {
    let archive = try ModelArchive.open(fixture("formats/small.h5"))
    let bytes = try contents(of: fixture("formats/small.h5"))
    let weight = try #require(archive.weights.all.first)
    let offset = Int(try #require(weight.fileOffset))
    #expect(weight.byteCount == 48)
    let first = bytes[(offset + 4)..<(offset + 8)].enumerated().reduce(UInt32(0)) {
      $0 | UInt32($1.element) << UInt32(8 * $1.offset)
    }
    #expect(Float(bitPattern: first) == Float(0.001))
  }

  @Test func readsKeras1() throws {
    let archive = try ModelArchive.open(fixture("formats/k1_model.h5"))
    #expect(archive.kerasVersion == "1.2.2")
    #expect(archive.weightsKerasVersion == nil)
    #expect(archive.backend == nil)
    #expect(archive.architecture?["config"]?.array?.count == 1)
    let layers = try layers("k1_model.h5")
    #expect(layers.map(\.name) == ["dense_1", "flatten_1"])
    #expect(layers[0].weights.map(\.name) == ["dense_1_W", "dense_1_b"])
    #expect(try layers[0].weights[0].read().floats == [0, 1, 2, 3, 4, 5])
    #expect(layers[1].weights.isEmpty)
  }

  @Test func readsTheFormFromBeforeKeras1() throws {
    let layers = try layers("k0_weights.h5")
    #expect(layers.map(\.name) == ["layer_0", "layer_1"])
    #expect(layers.map(\.weights.count) == [2, 0])
    #expect(try layers[0].weights[0].read().shape == [2, 3])
  }

  @Test func readsListsInParts() throws {
    let layers = try layers("chunked_names.h5")
    #expect(layers.map(\.name) == ["a", "b/c", "d"])
    #expect(layers[1].weights.map(\.name) == ["b/c/kernel:0"])
  }

  @Test(
    arguments: [
      ("names_gap.h5", .missing, "/@layer_names1"),
      ("absent_weight.h5", .missing, "/a/a/kernel:0"),
      ("absent_layer.h5", .missing, "/a"),
      ("dots.h5", .refused, "/"),
      ("absolute.h5", .refused, "/"),
      ("external.h5", .refused, "/a/w"),
      ("soft_link.h5", .refused, "/a"),
      ("bomb.h5", .refused, "/a/w"),
      ("not_keras.h5", .notAModel, nil),
      ("cycle.weights.h5", .malformed, nil),
      ("broken_config.h5", .malformed, "/@model_config"),
    ] as [(String, ArchiveError.Code, String?)])
  func refusesByName(name: String, code: ArchiveError.Code, object: String?) {
    expectError(code, object: object) {
      for weight in try ModelArchive.open(fixture("formats/" + name)).weights.all {
        _ = try weight.read()
      }
    }
  }

  @Test func readsEveryElementType() throws {
    let weights = try layers("types.h5")[0].weights
    let byName = Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0) })
    func read(_ name: String) throws -> Tensor { try #require(byName[name]).read() }
    #expect(
      try read("f2") == Tensor(shape: [2], dtype: .float16, storage: .float([1.5, -2])))
    #expect(try read("f8") == Tensor(shape: [2], [1.5, -2] as [Double]))
    #expect(try read("f4_big") == Tensor(shape: [2], [1.5, -2] as [Float]))
    #expect(try read("i1") == Tensor(shape: [2], integers: [-1, 2], dtype: .int8))
    #expect(try read("u8") == Tensor(shape: [2], integers: [0, -1], dtype: .uint64))
    #expect(try read("i4_big") == Tensor(shape: [2], integers: [-1, 2], dtype: .int32))
    #expect(try read("bool") == Tensor(shape: [2], integers: [1, 0], dtype: .bool))
    #expect(try read("scalar") == Tensor(shape: [], integers: [7]))
    #expect(try read("empty") == Tensor(shape: [0, 3], [] as [Float]))
    #expect(try read("zipped").floats?.allSatisfy { $0 == 0 } == true)
    let zipped = try #require(byName["zipped"])
    #expect(zipped.fileOffset == nil)
    #expect(zipped.storage.contains("gzip"))
    #expect(byName["complex"]?.dtype == nil)
    expectError(.unsupported, object: "/a/complex") { try read("complex") }
  }

  @Test func readsBFloat16() throws {
    let weights = try layers("bfloat16.h5")[0].weights
    #expect(weights.map(\.dtype) == [.bfloat16, .bfloat16])
    #expect(weights[0].byteCount == 8)
    #expect(try weights[0].read().floats == [1, 2, 3, 4])
    #expect(try weights[1].read().floats == [0.5, -0.5])
  }

  @Test func sampledPrefixesAreRefused() throws {
    let folder = try TemporaryFolder()
    let bytes = try contents(of: fixture("formats/k1_model.h5"))
    for length in stride(from: 0, to: bytes.count, by: 37) {
      let path = try folder.write(bytes.prefix(length), as: "cut.h5")
      #expect(throws: ArchiveError.self) {
        for weight in try ModelArchive.open(path).weights.all { _ = try weight.read() }
      }
    }
  }

  @Test func aTruncatedFileSaysSo() throws {
    let folder = try TemporaryFolder()
    let bytes = try contents(of: fixture("formats/small.h5"))
    let path = try folder.write(bytes.prefix(20_000), as: "cut.h5")
    let error = expectError(.truncated) { try ModelArchive.open(path) }
    #expect(error?.detail.contains("20000") == true)
    #expect(error?.detail.contains("\(bytes.count)") == true)
  }
}
