public import HornbillCore

/// A fully connected layer.
///
///     y = activation(x · kernel + bias)
///
/// - Input: `(…, in)`, any rank ≥ 1 with the batch. Output: `(…, units)`.
/// - Weights: `kernel` (in, units), `bias` (units) unless `useBias` is false. Quantized kernels consist of several variables, see
///   ``Quantization``; adapted ones have `lora_kernel_a` (in, rank) and `lora_kernel_b` (rank, units) beside them.
/// - Source: Keras 3, `keras/src/layers/core/dense.py`.
public struct Dense: Layer {
  public static let className = "Dense"

  /// The extent of the output's last axis.
  public let units: Int
  /// The activation.
  public let activation: ActivationFunction
  /// Whether there is a bias.
  public let useBias: Bool
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

  /// Makes a fully connected layer.
  ///
  /// Building a model throws ``LayerError`` when `units` is not above 0.
  public init(
    units: Int, activation: Activation = .linear, useBias: Bool = true,
    kernelInitializer: Initializer? = .glorotUniform(), biasInitializer: Initializer? = .zeros,
    kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
    activityRegularizer: Regularizer? = nil, kernelConstraint: Constraint? = nil,
    biasConstraint: Constraint? = nil
  ) {
    self.units = units
    self.activation = .function(activation)
    self.useBias = useBias
    kernel = VariableOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
    bias = VariableOptions(biasInitializer, biasRegularizer, biasConstraint)
    self.activityRegularizer = activityRegularizer
    quantization = nil
    quantizationConfig = nil
    adaptation = nil
  }

  public init(config: LayerConfig) throws(LayerError) {
    units = try config.positive("units")
    activation = try config.activation("activation")
    useBias = try config.bool("use_bias", default: true)
    kernel = config.variable("kernel", initializer: .glorotUniform())
    bias = config.variable("bias", initializer: .zeros)
    activityRegularizer = config.regularizer("activity_regularizer")
    quantization = try Quantization(config: config)
    quantizationConfig = config["quantization_config"]
    adaptation = try LowRankAdaptation(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setOutputPenalty(activityRegularizer)
    config.set("units", units)
    config.set("activation", activation)
    config.set("use_bias", useBias)
    config.setVariables(("kernel", kernel), ("bias", bias))
    config["quantization_config"] = quantizationConfig ?? .null
    config.set(adaptation)
  }

  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? {
    QuantizedKernel.storageKey(
      position, weight.name, quantization: quantization, hasBias: useBias,
      isAdapted: adaptation != nil)
  }

  private func product(features: Int) -> QuantizedKernel {
    QuantizedKernel(
      quantization: quantization, adaptation: adaptation, shape: [features, units],
      rows: features, columns: units, scaleShape: [units])
  }

  private var biasShape: [Int]? { useBias ? [units] : nil }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: units, "units")
    var output = try call.input
    let features = try call.knownExtent(-1)
    try product(features: features).declare(
      bias: biasShape, kernelInitializer: kernel.initializer, biasInitializer: bias.initializer,
      in: &build)
    output.shape?[-1] = units
    return [try activation.build(output, in: &build)]
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let x = try call.input
    guard let features = lowering.graph.shape(x).last else {
      throw LayerError(.shape, "a dense layer needs at least one axis")
    }
    let product = QuantizedKernel.Product(inputAxes: [-1]) {
      (graph, x, kernel) throws(LayerError) in
      try graph.dense(x, kernel: kernel)
    } align: { (_, scale) throws(LayerError) in
      scale
    }
    let y = try self.product(features: features).product(
      x, call, bias: biasShape, product, into: &lowering)
    return [try activation.lower(y, into: &lowering)]
  }
}

extension GraphBuilder {
  /// The product of the last axis with a matrix, whatever the rank; integers become numbers of the matrix's type.
  package mutating func dense(_ x: Value, kernel: Value) throws(LayerError) -> Value {
    let extents = shape(x)
    guard let last = extents.last, let columns = shape(kernel).last else {
      throw LayerError(.shape, "a dense layer needs at least one axis")
    }
    let lead = Array(extents.dropLast())
    guard let rows = Shape.elementCount(lead) else {
      throw LayerError(.shape, "shape \(Shape(extents)) has too many elements")
    }
    let flat = try reshape(x, to: [rows, last])
    let numbers = dtype(x).isFloatingPoint ? flat : try cast(flat, to: dtype(kernel))
    return try reshape(matmul(numbers, kernel), to: lead + [columns])
  }
}
