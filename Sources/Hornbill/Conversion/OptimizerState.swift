import HornbillCore
import HornbillFormats
import HornbillLayers

/// The state of a Keras 3 optimizer under the names of the two kinds of files.
///
/// An archive counts its arrays, a legacy file names them by the variables. The order is the same.
///
/// Source: Keras 3.15, `keras/src/optimizers/base_optimizer.py` and the `build` of each optimizer.
enum OptimizerState {
  /// The arrays under the names of an archive.
  static func archive(_ weights: [DraftWeight]) -> [DraftWeight] {
    weights.enumerated().map { index, weight in
      var weight = weight
      weight.name = "optimizer/vars/\(index)"
      return weight
    }
  }

  /// The arrays under the names of a legacy file.
  ///
  /// - Parameters:
  ///   - optimizer: the `compile_config`'s optimizer.
  ///   - variables: the names of the variables that are trained, in order.
  static func legacy(
    _ weights: [DraftWeight], optimizer: JSON?, variables: [String]
  ) -> [DraftWeight] {
    let config = optimizer?["config"] ?? .null
    let className = optimizer?["class_name"]?.string ?? optimizer?.string ?? "optimizer"
    let name = config["name"]?.string ?? SnakeCase.name(of: className)
    var names = ["iteration"]
    if config["learning_rate"]?.number != nil { names.append("learning_rate") }
    let slots = slots(of: className, config)
    for variable in variables {
      let flat = variable.split(separator: "/").joined(separator: "_")
      names += slots.map { "\(flat)_\($0)" }
    }
    let isKnown = names.count == weights.count && Set(names).count == names.count
    return weights.enumerated().map { index, weight in
      var weight = weight
      weight.name = "\(name)/" + (isKnown ? names[index] : "variable_\(index)")
      return weight
    }
  }

  /// What an optimizer keeps for each variable.
  private static func slots(of className: String, _ config: JSON) -> [String] {
    switch className {
    case "Adam", "AdamW":
      config["amsgrad"]?.bool == true ? [] : ["momentum", "velocity"]
    case "SGD":
      config["momentum"]?.number == 0 ? [] : ["momentum"]
    case "RMSprop":
      config["momentum"]?.number ?? 0 > 0 || config["centered"]?.bool == true ? [] : ["velocity"]
    case "Adagrad": ["accumulator"]
    case "Lion": ["momentum"]
    default: []
    }
  }
}
