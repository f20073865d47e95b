import HornbillCore

extension ActivationFunction {
  /// Why an activation has no spelling in Keras 3.
  struct Obstacle: Error, CustomStringConvertible {
    let description: String
  }

  /// The activation as Keras 3 writes it.
  var encoded: Result<JSON, Obstacle> {
    switch self {
    case .function(let function):
      if let name = function.keras3Name { return .success(.string(name)) }
      if let layer = function.layer { return .success(layer.encoded().object) }
      return .failure(Obstacle(description: "\(function) is no activation of Keras 3"))
    case .glu: return .success(.string("glu"))
    case .layer(let instance): return .success(instance.encoded().object)
    case .unknown(_, let source): return .success(source)
    }
  }
}

extension Activation {
  /// The name of the function in Keras 3; `nil` when the name alone does not say it.
  package var keras3Name: String? {
    switch self {
    case .linear: "linear"
    case .relu(0, nil, 0): "relu"
    case .relu(0, 6, 0): "relu6"
    case .relu(0.2, nil, 0): "leaky_relu"
    case .elu(1): "elu"
    case .selu: "selu"
    case .celu(1): "celu"
    case .gelu(false): "gelu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .exponential: "exponential"
    case .hardSigmoid: "hard_sigmoid"
    case .hardSilu: "hard_silu"
    case .hardTanh: "hard_tanh"
    case .silu: "silu"
    case .mish: "mish"
    case .logSigmoid: "log_sigmoid"
    case .tanhShrink: "tanh_shrink"
    case .softShrink(0.5): "soft_shrink"
    case .hardShrink(0.5): "hard_shrink"
    case .squareplus(4): "squareplus"
    case .sparsePlus: "sparse_plus"
    case .sparseSigmoid: "sparse_sigmoid"
    case .softmax: "softmax"
    case .logSoftmax: "log_softmax"
    case .sparsemax: "sparsemax"
    case .relu, .elu, .celu, .gelu, .softShrink, .hardShrink, .squareplus, .threshold,
      .hardSigmoidKeras2:
      nil
    }
  }

  /// A layer that is this function with its parameters.
  fileprivate var layer: LayerInstance? {
    switch self {
    case .relu(let slope, let maximum, let threshold):
      LayerInstance(
        ReLU(maxValue: maximum, negativeSlope: slope, threshold: threshold), name: "re_lu")
    case .threshold(let threshold, 0) where threshold >= 0:
      LayerInstance(ReLU(threshold: threshold), name: "re_lu")
    case .elu(let alpha):
      LayerInstance(ELU(alpha: alpha), name: "elu")
    case .hardSigmoidKeras2: Pipeline.hardSigmoidOfKeras2
    default: nil
    }
  }
}

extension Pipeline {
  /// The `hard_sigmoid` of Keras 1 and 2, `min(max(0.2 · x + 0.5, 0), 1)`, in layers of Keras 3, whose own is another function.
  fileprivate static let hardSigmoidOfKeras2 = LayerInstance(
    Pipeline(layers: [
      LayerInstance(Rescaling(scale: 0.2, offset: 0.5), name: "rescaling"),
      LayerInstance(ReLU(maxValue: 1), name: "re_lu"),
    ]), name: "hard_sigmoid")

  /// Whether the layers are those of ``hardSigmoidOfKeras2``.
  var isHardSigmoidOfKeras2: Bool {
    guard layers.count == 2, let scaling = layers[0].layer as? Rescaling,
      let rectifier = layers[1].layer as? ReLU
    else { return false }
    return scaling.scale.doubles == [0.2] && scaling.offset.doubles == [0.5]
      && rectifier.function == .relu(maximum: 1)
  }
}
