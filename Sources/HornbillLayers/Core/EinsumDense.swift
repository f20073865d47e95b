public import HornbillCore

/// A layer that multiplies with a kernel as an equation says.
///
///     y = activation(einsum(equation, x, kernel) + bias)
///
/// - Input: as the equation's first term says; `...` stands for any axes at its start or end. Output: as its result says.
/// - Weights: `kernel`, of the extents that the second term's letters have in the output or else in the input; `bias` if `biasAxes` is given,
///   of the output's extents from the first of those letters on, 1 for letters that are not among them.
/// - Source: Keras 3, `keras/src/layers/core/einsum_dense.py`.
public struct EinsumDense: Layer {
  public static let className = "EinsumDense"

  /// The equation, for example `abc,cd->abd`.
  public let equation: String
  /// The output's extents without batch and ellipsis; `nil` where the input's extent is kept.
  public let outputShape: [Int?]
  /// The activation.
  public let activation: ActivationFunction
  /// The letters of the output along which the bias differs; `nil` for no bias.
  public let biasAxes: String?

  /// Makes a layer for an equation.
  public init(
    equation: String, outputShape: [Int?], activation: Activation = .linear,
    biasAxes: String? = nil
  ) {
    self.equation = equation
    self.outputShape = outputShape
    self.activation = .function(activation)
    self.biasAxes = biasAxes
  }

  public init(config: LayerConfig) throws(LayerError) {
    equation = try config.string("equation")
    if let extent = config["output_shape"]?.int, extent >= 0 {
      outputShape = [extent]
    } else if let shape = try config.shape("output_shape") {
      outputShape = shape.dimensions
    } else {
      throw config.invalid("output_shape", expected: "an extent or a list of extents")
    }
    activation = try config.activation("activation")
    let axes = try config.string("bias_axes", default: "")
    biasAxes = axes.isEmpty ? nil : axes
    _ = try EinsumDenseShapes(equation)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let shapes = try EinsumDenseShapes(equation).resolved(
      input: call.inputShape, output: outputShape, biasAxes: biasAxes)
    build.weight("kernel", shapes.kernel)
    if let bias = shapes.bias { build.weight("bias", bias) }
    return [try activation.build(TensorSpec(shapes.output, call.input.dtype), in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var y = try lowering.graph.einsum(Einsum(equation), [call.input, call.weights[0]])
    if biasAxes != nil { y = try lowering.graph.add(y, call.weights[1]) }
    return [try activation.lower(y, into: &lowering)]
  }
}
