import HornbillCore

/// Activation functions as operations.
///
/// Source: Keras 3, `keras/src/ops/nn.py` and `keras/src/activations/activations.py`.
enum ActivationOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = {
    var rules = special
    for (name, activation) in fixed {
      rules[name] = UnaryOperations.unary { (x, g) throws(LayerError) in
        try g.activation(activation, x)
      }
    }
    return rules
  }()

  private static let fixed: [String: Activation] = [
    "HardSigmoid": .hardSigmoid, "HardSilu": .hardSilu, "HardTanh": .hardTanh,
    "LogSigmoid": .logSigmoid, "Mish": .mish, "Relu": .relu(), "Relu6": .relu(maximum: 6),
    "Selu": .selu, "Sigmoid": .sigmoid, "Silu": .silu, "Softplus": .softplus,
    "Softsign": .softsign, "SparsePlus": .sparsePlus, "SparseSigmoid": .sparseSigmoid,
    "TanhShrink": .tanhShrink,
  ]

  private static let special: [String: Operation.Rule] = [
    "Gelu": parametric { (c) throws(LayerError) in
      .gelu(approximate: try c.bool("approximate", default: true))
    },
    "LeakyRelu": parametric { (c) throws(LayerError) in
      .relu(negativeSlope: try c.number("negative_slope", default: 0.2))
    },
    "ReLU": parametric { (c) throws(LayerError) in
      .relu(
        negativeSlope: try c.number("negative_slope", default: 0),
        maximum: try c["max_value"] == nil ? nil : c.number("max_value"),
        threshold: try c.number("threshold", default: 0))
    },
    "Elu": parametric { (c) throws(LayerError) in
      .elu(alpha: try c.number("alpha", default: 1))
    },
    "Celu": parametric { (c) throws(LayerError) in
      .celu(alpha: try c.number("alpha", default: 1))
    },
    "HardShrink": parametric { (c) throws(LayerError) in
      .hardShrink(threshold: try c.number("threshold", default: 0.5))
    },
    "SoftShrink": parametric { (c) throws(LayerError) in
      .softShrink(threshold: try c.number("threshold", default: 0.5))
    },
    "Squareplus": parametric { (c) throws(LayerError) in
      .squareplus(b: try c.number("b", default: 4))
    },
    "Threshold": parametric { (c) throws(LayerError) in
      .threshold(threshold: try c.number("threshold"), value: try c.number("default_value"))
    },
    "Softmax": alongAxes(.softmax),
    "LogSoftmax": alongAxes(.logSoftmax),
    "Sparsemax": alongAxes(.sparsemax),
    "Glu": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let axis = try g.axis(c.integer("axis", default: -1), of: x)
      let extent = g.shape(x)[axis]
      guard extent % 2 == 0 else {
        throw LayerError(.shape, "Glu along an axis of the odd extent \(extent)")
      }
      let halves = try g.split(x, axis: axis, counts: [extent / 2, extent / 2])
      return [try g.multiply(halves[0], g.activation(.sigmoid, halves[1]))]
    },
    "FakeQuantWithMinMaxVars": fakeQuantization,
  ]

  private static func parametric(
    _ activation: @escaping @Sendable (OperationCall) throws(LayerError) -> Activation
  ) -> Operation.Rule {
    { (c, g) throws(LayerError) in [try g.activation(activation(c), c.tensor(0, &g))] }
  }

  private static func alongAxes(_ activation: Activation) -> Operation.Rule {
    { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      let axes = try c["axis"] == nil ? [-1] : c.axes(of: x, in: g)
      return [
        try g.alongAxes(x, axes) { (g, flat) throws(LayerError) in
          try g.activation(activation, flat)
        }
      ]
    }
  }

  /// Rounding to the `2^bits` steps between a least and a greatest number, which are moved so that 0 is a step.
  ///
  /// Source: TensorFlow, `tensorflow/core/kernels/fake_quant_ops_functor.h`.
  private static let fakeQuantization: Operation.Rule = { (c, g) throws(LayerError) in
    let inputs = try c.tensor(0, "inputs", &g)
    let bits = try c.integer("num_bits", atLeast: 2, default: 8)
    guard bits <= 16 else { throw c.invalid("num_bits", expected: "an integer from 2 to 16") }
    let isNarrow = try c.bool("narrow_range")
    var least = try g.operand(c.argument(1, "min_vals"), as: .float32)
    var most = try g.operand(c.argument(2, "max_vals"), as: .float32)
    if c["axis"] != nil {
      let axis = try g.axis(c.integer("axis"), of: inputs)
      var shape = [Int](repeating: 1, count: g.rank(inputs))
      shape[axis] = g.shape(inputs)[axis]
      least = try g.reshape(least, to: shape)
      most = try g.reshape(most, to: shape)
    } else {
      least = try g.reshape(least, to: [])
      most = try g.reshape(most, to: [])
    }
    let lowest = isNarrow ? 1.0 : 0
    let highest = Double(1 << bits - 1)
    let bottom = g.scalar(lowest, .float32)
    let top = g.scalar(highest, .float32)
    let scale = try g.divide(g.subtract(most, least), g.scalar(highest - lowest, .float32))
    let zero = try g.subtract(bottom, g.divide(least, scale))
    let half = g.scalar(0.5, .float32)
    let rounded = try g.unary(.floor, g.add(zero, half))
    let nudged = try g.minimum(g.maximum(rounded, bottom), top)
    let lower = try g.multiply(g.subtract(bottom, nudged), scale)
    let upper = try g.multiply(g.subtract(top, nudged), scale)
    let inverse = try g.unary(.reciprocal, scale)
    let clamped = try g.minimum(g.maximum(g.cast(inputs, to: .float32), lower), upper)
    let steps = try g.unary(
      .floor, g.add(g.multiply(g.subtract(clamped, lower), inverse), half))
    let quantized = try g.add(g.multiply(steps, scale), lower)
    let isEmpty = try g.binary(
      .logicalAnd, g.binary(.equal, least, g.scalar(0, .float32)),
      g.binary(.equal, most, g.scalar(0, .float32)))
    let result = try g.select(isEmpty, g.filled(0, like: quantized), quantized)
    return [try g.cast(result, to: g.dtype(inputs))]
  }
}
