package import HornbillCore

/// One change to a model file.
package enum Edit: Sendable {
  /// Gives a layer, a weight or an object of a `.weights.h5` file another name.
  case rename(String, to: String)
  /// Replaces the numbers of a weight by those of a `.npy` file.
  case set(String, file: String)
  /// Removes a weight, the weights of a layer or group, or an asset.
  case delete(String)
  /// Stores weights in another type.
  case cast(String, to: DType)
  /// Sets the flag that says whether layers are trained.
  case setTrainable(String, Bool)
  /// Removes a part of the file.
  case strip(EditedPart)
  /// Takes the weights of another file.
  case loadWeights(String, LoadRules)
}

/// A part of a file that is removed as a whole.
package enum EditedPart: String, Sendable, CaseIterable {
  /// The state of the optimizer.
  case optimizer
  /// Optimizer, loss and metrics, as the model was compiled with them.
  case trainingConfig = "training-config"
}

extension Edit: CustomStringConvertible {
  /// The option of the command that stands for the edit.
  package var description: String {
    switch self {
    case .rename(let old, let new): "--rename \(old)=\(new)"
    case .set(let path, let file): "--set \(path)=\(file)"
    case .delete(let path): "--delete \(path)"
    case .cast(let pattern, let dtype): "--cast \(pattern)=\(dtype)"
    case .setTrainable(let pattern, let flag): "--trainable \(pattern)=\(flag)"
    case .strip(let part): "--strip \(part.rawValue)"
    case .loadWeights(let file, _): "--weights-from \(file)"
    }
  }
}
