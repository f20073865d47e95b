public import HornbillCore

/// A rectifier whose slopes for negative inputs are learned.
///
///     y = x > 0: x; else alpha · x
///
/// - Input: any shape whose extents after the batch are known, those of shared axes excepted. Output: the same.
/// - Weights: `alpha`, of the input's shape without the batch, 1 along shared axes.
/// - Source: Keras 3, `keras/src/layers/activations/prelu.py`.
public struct PReLU: Layer {
  public static let className = "PReLU"

  /// The axes, counted with the batch, along which one slope serves all elements.
  public let sharedAxes: [Int]
  /// How the slopes are made and trained.
  public let alpha: VariableOptions

  /// Makes a rectifier with learned slopes.
  public init(
    alphaInitializer: Initializer? = .zeros, alphaRegularizer: Regularizer? = nil,
    alphaConstraint: Constraint? = nil, sharedAxes: [Int] = []
  ) {
    self.sharedAxes = sharedAxes
    alpha = VariableOptions(alphaInitializer, alphaRegularizer, alphaConstraint)
  }

  public init(config: LayerConfig) throws(LayerError) {
    sharedAxes = try config.axes("shared_axes", default: [])
    alpha = config.variable("alpha", initializer: .zeros)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setVariables(("alpha", alpha))
    config.set("shared_axes", sharedAxes.isEmpty ? nil : sharedAxes)
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shape = try call.inputShape
    var extents = Array(shape.dimensions.dropFirst())
    for axis in sharedAxes {
      let index = axis > 0 ? axis - 1 : axis - 1 + extents.count
      guard extents.indices.contains(index) else {
        throw LayerError(.shape, "the shared axis \(axis) does not exist in shape \(shape)")
      }
      extents[index] = 1
    }
    guard let known = Shape(extents).known else {
      throw LayerError(
        .shape, "the axes of shape \(shape) after the batch must be known or shared")
    }
    build.weight("alpha", known, initializer: alpha.initializer)
    return [try call.input]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let zero = lowering.graph.scalar(0, lowering.graph.dtype(x))
    let isPositive = try lowering.graph.binary(.greater, x, zero)
    let scaled = try lowering.graph.multiply(x, call.weights[0])
    return [try lowering.graph.select(isPositive, x, scaled)]
  }
}
