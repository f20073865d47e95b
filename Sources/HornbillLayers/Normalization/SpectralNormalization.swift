public import HornbillCore

/// A wrapper that divides its layer's kernel by the kernel's largest singular value in training; at inference the stored kernel counts.
///
/// - Input, output: those of the layer.
/// - Weights: the layer's, then `vector_u` (1, last extent of the kernel), which inference does not use.
/// - Source: Keras 3, `keras/src/layers/normalization/spectral_normalization.py`.
public struct SpectralNormalization: TrainingVariablesLayer {
  public static let className = "SpectralNormalization"

  /// The wrapped layer.
  public let layer: LayerInstance
  /// How often training refines its estimate of the norm at each step.
  public let powerIterations: Int

  /// Wraps a layer that has a kernel or embeddings.
  ///
  /// Building a model throws ``LayerError`` when it has neither or when `powerIterations` is not above 0.
  public init(_ layer: LayerInstance, powerIterations: Int = 1) {
    self.layer = layer
    self.powerIterations = powerIterations
  }

  /// Wraps a layer, which gets Keras's automatic name.
  public init(_ layer: some Layer, powerIterations: Int = 1) {
    self.init(LayerInstance(automatic: layer), powerIterations: powerIterations)
  }

  public init(config: LayerConfig) throws(LayerError) {
    layer = try config.layer("layer")
    powerIterations = try config.positive("power_iterations", default: 1)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("layer", layer)
    config.set("power_iterations", powerIterations)
  }

  /// A `.weights.h5` file repeats the layer's kernel before `vector_u`.
  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? {
    weight.isWeight ? "1" : "0"
  }

  public var sublayers: [Sublayer] { [Sublayer("layer", layer)] }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: powerIterations, "powerIterations")
    let outputs = try build.build(layer, call)
    let kernel = build.weights(of: layer).first { ["kernel", "embeddings"].contains($0.name) }
    guard let kernel, let last = kernel.shape.last else {
      throw LayerError(
        .configuration,
        "SpectralNormalization.layer: expected a layer with a kernel or embeddings, found \(layer.className)"
      )
    }
    build.weight("kernel", kernel.shape, dtype: kernel.dtype, isWeight: false)
    build.weight(
      "vector_u", [1, last], dtype: kernel.dtype, trainable: false,
      initializer: .truncatedNormal(stddev: 0.02))
    return outputs
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let dtype = lowering.graph.dtype(try call.input)
    var outputs: [Value] = []
    for flow in try lowering.call(layer, [Flow(call.input)]) {
      let isCast = lowering.rules.kerasMajor >= 3 && dtype.isFloatingPoint
      outputs.append(isCast ? try lowering.graph.cast(flow.value, to: dtype) : flow.value)
    }
    return outputs
  }
}

/// A layer whose own variables matter in training only: they are counted and stored, and inference does not read them.
package protocol TrainingVariablesLayer: Layer {}
