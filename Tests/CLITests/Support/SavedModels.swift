import Foundation
import HornbillCore
import HornbillFormats
import HornbillTestSupport

/// Two models of three MiB that differ in every weight, and what a target holds of them.
struct SavedModels {
  let folder: ScratchFolder
  /// The `.keras` files from which targets are made.
  let sources: [String]
  private let width: Int
  /// The weights of both.
  private let contents: [[[Float]]]

  /// Makes the models.
  ///
  /// - Parameter width: three square matrices of this extent are their weights.
  init(width: Int = 512) throws {
    folder = try ScratchFolder()
    self.width = width
    let layers = (0..<3).map { number in
      """
      , {"module": "keras.layers", "class_name": "Dense", "registered_name": null,
        "config": {"name": "dense_\(number)", "units": \(width), "use_bias": false}}
      """
    }
    let architecture = try JSON(
      parsing: Array(
        """
        {"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"name": "model", "layers": [
          {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
            "config": {"name": "input", "batch_shape": [null, \(width)], "dtype": "float32"}}\(layers.joined())]}}
        """.utf8))
    contents = (0..<2).map { version in
      (0..<3).map { number in
        (0..<width * width).map { Float($0 * 2 + version) + Float(number) / 4 }
      }
    }
    sources = [folder.path("zero.source"), folder.path("one.source")]
    for (version, path) in sources.enumerated() {
      let objects = (0..<3).map { number in
        let kernel = Tensor(shape: [width, width], contents[version][number])
        return DraftObject(
          path: number == 0 ? "layers/dense" : "layers/dense_\(number)",
          layerName: "dense_\(number)",
          variables: [("0", DraftWeight(name: "kernel", kernel))])
      }
      try ArchiveDraft(
        architecture: architecture, kerasVersion: "3.15.1", backend: "tensorflow",
        weights: .objectPaths(objects)
      ).write(to: path, as: .keras, overwriting: false)
    }
  }

  /// The version that a target holds, found by reading all of it; `nil` when it is whole, but neither.
  func version(of target: String) throws -> Int? {
    let weights = try ModelArchive.open(target).weights.all
    guard weights.count == 3 else { return nil }
    var versions: Set<Int> = []
    for weight in weights {
      guard let values = try weight.read().floats, values.count == width * width else { return nil }
      let version = Int(values[0].rounded(.down)) & 1
      let number = Int((values[0] - Float(version)) * 4)
      guard (0..<3).contains(number), isSame(values, contents[version][number]) else {
        return nil
      }
      versions.insert(version)
    }
    return versions.count == 1 ? versions.first : nil
  }

  private func isSame(_ values: [Float], _ others: [Float]) -> Bool {
    values.withUnsafeBytes { one in
      others.withUnsafeBytes { other in
        guard one.count == other.count, let a = one.baseAddress, let b = other.baseAddress else {
          return false
        }
        return memcmp(a, b, one.count) == 0
      }
    }
  }
}
