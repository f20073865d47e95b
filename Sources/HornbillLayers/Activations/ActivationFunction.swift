public import HornbillCore

/// An activation as a layer's configuration names it.
///
/// Source: Keras 3, `keras/src/activations/__init__.py`, `get`.
public enum ActivationFunction: Sendable {
  /// A function of Keras.
  case function(Activation)
  /// `glu`: halves `a`, `b` of the last axis give `a · sigmoid(b)`.
  case glu
  /// A layer used as an activation.
  case layer(LayerInstance)
  /// A function whose code is not in the file, and the file's object; the model can be listed, not run.
  case unknown(String, source: JSON)

  /// Decodes a name or a serialised function or layer.
  package init(config: JSON, context: DecodingContext) throws(LayerError) {
    if config.isNull {
      self = .function(.linear)
    } else if let name = config.string {
      self = .named(name, config, context: context)
    } else if let name = config["config"]?.string {
      let registered = config["registered_name"]?.string
      self = .named(
        registered == "function" ? name : registered ?? name, config, context: context)
    } else if config["class_name"]?.string == "__lambda__" {
      self = .named("<lambda>", config, context: context)
    } else if let className = config["class_name"]?.string, config["config"] != nil {
      if let known = context.registry.layer(named: KerasObject.baseName(className)),
        known is OpaqueLayer.Type == false
      {
        self = .layer(try context.decode(config))
      } else {
        self = .named(className, config, context: context)
      }
    } else if let name = config["name"]?.string {
      self = .named(name, config, context: context)
    } else {
      throw LayerError(.configuration, "an activation that is \(config.brief)")
    }
  }

  private static func named(
    _ name: String, _ source: JSON, context: DecodingContext
  ) -> ActivationFunction {
    if let defined = context.definitions[name] { return .function(defined) }
    if name == "glu" { return .glu }
    if let function = Activation(kerasName: name, rules: context.rules) {
      return .function(function)
    }
    let base = KerasObject.baseName(name)
    if let defined = context.definitions[base] { return .function(defined) }
    return .unknown(name, source: source)
  }

  /// Whether the activation changes nothing.
  package var isLinear: Bool {
    if case .function(.linear) = self { true } else { false }
  }

  /// The activation as one function, as the fused recurrent ops need it.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` when its code is not in the file.
  package func resolved() throws(LayerError) -> Activation {
    switch self {
    case .function(let function):
      return function
    case .layer(let instance):
      if let layer = instance.layer as? any ActivationLayer { return layer.function }
      if let layer = instance.layer as? Activate { return try layer.activation.resolved() }
      if let layer = instance.layer as? Pipeline, layer.isHardSigmoidOfKeras2 {
        return .hardSigmoidKeras2
      }
      throw LayerError(
        .unsupported,
        "\(instance.className) as the activation of a recurrent layer is not supported")
    case .glu:
      throw LayerError(.shape, "glu halves its input, so it cannot activate a recurrent layer")
    case .unknown(let name, _):
      throw ActivationFunction.unknownError(name)
    }
  }

  private static func unknownError(_ name: String) -> LayerError {
    LayerError(
      .unsupported,
      "activation \"\(name)\" is a custom function, whose code is not in the file; say what it is with --define"
    )
  }

  /// What Keras states of the result of an activation: the operand's shape, even for `glu`, which halves an axis.
  package func build(
    _ spec: TensorSpec, in build: inout LayerBuild
  ) throws(LayerError) -> TensorSpec {
    if case .layer(let instance) = self { try build.build(instance, BuildCall([spec])) }
    return spec
  }

  /// Adds the activation to a graph.
  package func lower(_ x: Value, into lowering: inout Lowering) throws(LayerError) -> Value {
    switch self {
    case .function(let function):
      return try lowering.graph.activation(function, x)
    case .glu:
      return try lowering.graph.gatedLinearUnit(x, axis: -1)
    case .layer(let instance):
      return try lowering.call(instance, [Flow(x)]).first?.value ?? x
    case .unknown(let name, _):
      throw ActivationFunction.unknownError(name)
    }
  }
}

/// A layer that is one activation function.
package protocol ActivationLayer: Layer {
  /// The function.
  var function: Activation { get }
}

extension GraphBuilder {
  /// The first half of an axis times the sigmoid of the second.
  package mutating func gatedLinearUnit(_ x: Value, axis: Int) throws(LayerError) -> Value {
    let axis = try self.axis(axis, of: x)
    let extent = shape(x)[axis]
    guard extent % 2 == 0 else {
      throw LayerError(.shape, "glu needs an even extent, found \(extent)")
    }
    let first = try slice(x, axis: axis, start: 0, count: extent / 2)
    let second = try slice(x, axis: axis, start: extent / 2, count: extent / 2)
    return try multiply(first, activation(.sigmoid, second))
  }
}

extension Activation {
  /// The function that a generation of Keras gives a name.
  package init?(kerasName name: String, rules: SemanticRules) {
    switch name {
    case "linear": self = .linear
    case "relu": self = .relu()
    case "relu6": self = .relu(maximum: 6)
    case "leaky_relu": self = .relu(negativeSlope: 0.2)
    case "elu": self = .elu()
    case "selu": self = .selu
    case "celu": self = .celu()
    case "gelu": self = .gelu()
    case "sigmoid": self = .sigmoid
    case "tanh": self = .tanh
    case "softplus": self = .softplus
    case "softsign": self = .softsign
    case "exponential": self = .exponential
    case "hard_sigmoid": self = rules.kerasMajor < 3 ? .hardSigmoidKeras2 : .hardSigmoid
    case "hard_silu", "hard_swish": self = .hardSilu
    case "hard_tanh": self = .hardTanh
    case "silu", "swish": self = .silu
    case "mish": self = .mish
    case "log_sigmoid": self = .logSigmoid
    case "tanh_shrink": self = .tanhShrink
    case "soft_shrink": self = .softShrink()
    case "hard_shrink": self = .hardShrink()
    case "squareplus": self = .squareplus()
    case "sparse_plus": self = .sparsePlus
    case "sparse_sigmoid": self = .sparseSigmoid
    case "softmax": self = .softmax
    case "log_softmax": self = .logSoftmax
    case "sparsemax": self = .sparsemax
    default: return nil
    }
  }

  /// The function of that name in Keras 3; `nil` when there is none.
  public init?(named name: String) {
    self.init(kerasName: name, rules: SemanticRules(kerasMajor: 3))
  }

  /// The names that Keras gives to activation functions.
  package static let kerasNames = [
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu",
    "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink",
  ]
}
