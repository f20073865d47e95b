/// The kinds of files that hold a Keras model or a part of one.
package enum ArchiveFormat: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// HDF5 with configuration and weights by layer name (`model.save("x.h5")`).
  case legacyModel
  /// HDF5 with weights by layer name alone (`save_weights("x.h5")` before Keras 3).
  case legacyWeights
  /// Zip of configuration, weights by object path and assets (`model.save("x.keras")`).
  case keras
  /// The same as a folder.
  case kerasDirectory
  /// HDF5 with weights by object path (`save_weights("x.weights.h5")`).
  case weightsHDF5
  /// JSON that names the HDF5 files over which weights are spread (`save_weights("x.weights.json")`).
  case shardedWeights
  /// JSON with the configuration alone (`model.to_json()`).
  case architecture

  /// The format in a few words.
  package var description: String {
    switch self {
    case .legacyModel: "whole-model HDF5 (.h5)"
    case .legacyWeights: "weights-only HDF5 (.h5)"
    case .keras: "Keras archive (.keras)"
    case .kerasDirectory: "Keras archive as a folder"
    case .weightsHDF5: "Keras weights (.weights.h5)"
    case .shardedWeights: "sharded Keras weights (.weights.json)"
    case .architecture: "architecture (JSON)"
    }
  }
}
