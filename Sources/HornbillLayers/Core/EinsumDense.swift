public import HornbillCore

/// A layer that multiplies with a kernel as an equation says.
///
///     y = activation(einsum(equation, x, kernel) + bias)
///
/// - Input: as the equation's first term says; `...` stands for any axes at its start or end. Output: as its result says.
/// - Weights: `kernel`, of the extents that the second term's letters have in the output or else in the input; `bias` if `biasAxes` is given,
///   of the output's extents from the first of those letters on, 1 for letters that are not among them. Quantized kernels consist of
///   several variables, see ``Quantization``; adapted ones have `lora_kernel_a` (…, rank) and `lora_kernel_b` (rank, last) beside them.
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
  /// Whether an extent that the output leaves open is the input's in the stated shape, as in Keras 2.
  let fillsOutput: Bool
  /// How the kernel is made and trained.
  public let kernel: VariableOptions
  /// How the bias is made and trained.
  public let bias: VariableOptions
  /// The penalty on the output in training.
  public let activityRegularizer: Regularizer?
  /// How the kernel is kept in few bits; in full when absent.
  public let quantization: Quantization?
  private let quantizationConfig: JSON?
  private let adaptation: LowRankAdaptation?
  private let unpackedColumns: Int?

  /// Makes a layer for an equation.
  ///
  /// Building a model throws ``LayerError`` when the equation is not one or does not fit `outputShape`.
  public init(
    equation: String, outputShape: [Int?], activation: Activation = .linear,
    biasAxes: String? = nil, kernelInitializer: Initializer? = .glorotUniform(),
    biasInitializer: Initializer? = .zeros, kernelRegularizer: Regularizer? = nil,
    biasRegularizer: Regularizer? = nil, activityRegularizer: Regularizer? = nil,
    kernelConstraint: Constraint? = nil, biasConstraint: Constraint? = nil
  ) {
    self.init(
      equation: equation, outputShape: outputShape, activation: .function(activation),
      biasAxes: biasAxes,
      kernel: VariableOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
      bias: VariableOptions(biasInitializer, biasRegularizer, biasConstraint),
      activityRegularizer: activityRegularizer)
  }

  init(
    equation: String, outputShape: [Int?], activation: ActivationFunction, biasAxes: String?,
    kernel: VariableOptions, bias: VariableOptions, activityRegularizer: Regularizer? = nil,
    quantization: Quantization? = nil
  ) {
    self.equation = equation
    self.outputShape = outputShape
    self.activation = activation
    self.biasAxes = biasAxes
    self.kernel = kernel
    self.bias = bias
    self.activityRegularizer = activityRegularizer
    fillsOutput = false
    self.quantization = quantization
    quantizationConfig = nil
    adaptation = nil
    unpackedColumns = nil
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
    fillsOutput = config.context.rules.kerasMajor < 3
    kernel = config.variable("kernel", initializer: .glorotUniform())
    bias = config.variable("bias", initializer: .zeros)
    activityRegularizer = config.regularizer("activity_regularizer")
    quantizationConfig = config["quantization_config"]
    quantization = try Quantization(config: config)
    adaptation = try LowRankAdaptation(config: config)
    unpackedColumns = try config.optionalInteger("gptq_unpacked_column_size")
    _ = try EinsumDenseShapes(equation)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setOutputPenalty(activityRegularizer)
    config.set("output_shape", Shape(outputShape))
    config.set("equation", equation)
    config.set("activation", activation)
    config.set("bias_axes", biasAxes)
    config.setVariables(("kernel", kernel), ("bias", bias), penalty: activityRegularizer)
    config["quantization_config"] = quantizationConfig ?? .null
    config.set(adaptation)
    if let unpackedColumns { config.set("gptq_unpacked_column_size", unpackedColumns) }
  }

  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? {
    QuantizedKernel.storageKey(
      position, weight.name, quantization: quantization, hasBias: biasAxes != nil,
      isAdapted: adaptation != nil)
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let terms = try EinsumDenseShapes(equation)
    let shapes = try terms.resolved(
      input: call.inputShape, output: outputShape, biasAxes: biasAxes)
    try product(shapes.kernel, terms, rank: call.inputShape.rank).declare(
      bias: shapes.bias, kernelInitializer: kernelInitializer(terms),
      biasInitializer: bias.initializer,
      in: &build)
    let output = fillsOutput ? shapes.filled : shapes.output
    return [try activation.build(TensorSpec(output, call.input.dtype), in: &build)]
  }

  /// The kernel's initializer, whose spread follows from the axes that the equation sums over and those that it keeps.
  private func kernelInitializer(_ terms: EinsumDenseShapes) -> Initializer? {
    guard case .varianceScaling(let scaling)? = kernel.initializer else {
      return kernel.initializer
    }
    let kept = Set(terms.output.before + terms.output.after)
    let axes = terms.kernel.indices
    return .varianceScaling(
      scaling.along(
        inputAxes: axes.filter { !kept.contains(terms.kernel[$0]) },
        outputAxes: axes.filter { kept.contains(terms.kernel[$0]) }))
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    let shape = lowering.graph.shape(x)
    let terms = try EinsumDenseShapes(equation)
    let shapes = try terms.resolved(
      input: Shape(shape), output: outputShape, biasAxes: nil, isChecked: false)
    let einsum = try Einsum(equation)
    let product = QuantizedKernel.Product(inputAxes: try terms.summedAxes(rank: shape.count)) {
      (graph, x, kernel) throws(LayerError) in
      try graph.einsum(einsum, [x, kernel])
    } align: { (graph, scale) throws(LayerError) in
      try terms.aligned(scale, in: &graph)
    }
    let y = try self.product(shapes.kernel, terms, rank: shape.count).product(
      x, call, bias: biasAxes.map { _ in [] }, product, into: &lowering)
    return [try activation.lower(y, into: &lowering)]
  }

  private func product(
    _ shape: [Int], _ terms: EinsumDenseShapes, rank: Int
  ) throws(LayerError) -> QuantizedKernel {
    let (rows, columns) = try terms.matrix(shape, of: quantization)
    return QuantizedKernel(
      quantization: quantization, adaptation: adaptation, shape: shape, rows: rows,
      columns: columns, scaleShape: try terms.scaleShape(kernel: shape, rank: rank))
  }
}
