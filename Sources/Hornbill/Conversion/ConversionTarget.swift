package import HornbillFormats

/// The kinds of files into which models and weights are converted.
public enum ConversionTarget: String, CaseIterable, Sendable {
  /// `.keras`, as Keras 3 writes it.
  case keras
  /// A whole-model `.h5` in the manner of Keras 3.
  case h5
  /// A whole-model `.h5` in the manner of Keras 2.15.
  case h5Keras2 = "h5-keras2"
  /// `.weights.h5`: weights by position in the object graph.
  case weightsH5 = "weights-h5"
  /// A weights-only `.h5`: weights by layer name.
  case legacyWeights = "legacy-weights"
  /// `.weights.json` with the `.weights.h5` files over which it spreads.
  case sharded
  /// NumPy arrays under the weights' paths.
  case npz
  /// The safetensors format, with the weights' paths as names.
  case safetensors
  /// The architecture alone, as `model.to_json()` gives it.
  case json

  /// The kind that a file's name asks for; `nil` when its ending says nothing.
  public init?(path: String) {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let endings: [(String, ConversionTarget)] = [
      (".weights.h5", .weightsH5), (".weights.json", .sharded), (".keras", .keras), (".h5", .h5),
      (".hdf5", .h5), (".npz", .npz), (".safetensors", .safetensors), (".json", .json),
    ]
    guard let target = endings.first(where: { name.hasSuffix($0.0) })?.1 else { return nil }
    self = target
  }

  /// The kind of file that is written.
  package var format: ArchiveFormat {
    switch self {
    case .keras: .keras
    case .h5, .h5Keras2: .legacyModel
    case .weightsH5: .weightsHDF5
    case .legacyWeights: .legacyWeights
    case .sharded: .shardedWeights
    case .npz, .safetensors: .weightsHDF5
    case .json: .architecture
    }
  }

  /// Whether a model of Keras 1 or 2 with such weights has to become one of Keras 3.
  func isKeras3Only(_ weights: WeightLayout) -> Bool {
    switch self {
    case .keras, .h5: return true
    case .weightsH5, .sharded:
      if case .objectPaths = weights { return false }
      return true
    case .h5Keras2, .legacyWeights, .npz, .safetensors, .json: return false
    }
  }

  /// Whether the file holds weights by position in the object graph.
  var holdsObjectPaths: Bool {
    switch self {
    case .keras, .weightsH5, .sharded: true
    case .h5, .h5Keras2, .legacyWeights, .npz, .safetensors, .json: false
    }
  }

  /// Whether the file holds an architecture.
  var holdsArchitecture: Bool {
    switch self {
    case .keras, .h5, .h5Keras2, .json: true
    case .weightsH5, .legacyWeights, .sharded, .npz, .safetensors: false
    }
  }
}
