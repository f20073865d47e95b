import HornbillCore

/// What the activation layers of Keras 1 with trained parameters have in common: each parameter has the shape
/// of one input, with extent 1 along shared axes.
enum LegacyActivation {
  /// The axes, from 1 on, along which the parameters are shared.
  static func sharedAxes(_ config: LayerConfig) throws(LayerError) -> [Int] {
    guard config["shared_axes"] != nil else { return [] }
    let axes = try config.axes("shared_axes")
    guard axes.allSatisfy({ $0 >= 1 }) else {
      throw config.invalid("shared_axes", expected: "axes from 1 on")
    }
    return axes
  }

  /// Declares one variable for each name.
  static func declare(
    _ variables: KeyValuePairs<String, Initializer>, sharing axes: [Int], for call: BuildCall,
    in build: inout LayerBuild
  ) throws(LayerError) {
    let rank = try call.inputShape.rank
    guard rank >= 1, axes.allSatisfy({ $0 < rank }) else {
      throw LayerError(.shape, "axes \(axes) do not all exist in shape \(try call.inputShape)")
    }
    var shape: [Int] = []
    for axis in 1..<max(rank, 1) {
      shape.append(axes.contains(axis) ? 1 : try call.knownExtent(axis))
    }
    for (name, initializer) in variables {
      build.weight(name, shape, initializer: initializer)
    }
  }
}
