/// A function of one tensor that Keras uses as an activation, with its parameters.
///
/// All but ``softmax``, ``logSoftmax`` and ``sparsemax`` work on each element alone; those three work along the last axis.
/// Source: Keras 3, `keras/src/activations/activations.py`.
public enum Activation: Sendable, Hashable {
  /// `x`.
  case linear
  /// `x ≥ maximum: maximum; x > threshold: x; else negativeSlope · (x − threshold)`.
  case relu(negativeSlope: Double = 0, maximum: Double? = nil, threshold: Double = 0)
  /// `x > 0: x; else alpha · (exp(x) − 1)`.
  case elu(alpha: Double = 1)
  /// `scale · elu(x, alpha)` with the two constants of self-normalizing networks.
  case selu
  /// `max(0, x) + min(0, alpha · (exp(x / alpha) − 1))`.
  case celu(alpha: Double = 1)
  /// `x · Φ(x)`, with the error function or its tanh approximation.
  case gelu(approximate: Bool = false)
  /// `1 / (1 + exp(−x))`.
  case sigmoid
  /// The hyperbolic tangent.
  case tanh
  /// `log(1 + exp(x))`.
  case softplus
  /// `x / (1 + |x|)`.
  case softsign
  /// `exp(x)`.
  case exponential
  /// Keras 3: `relu6(x + 3) / 6`.
  case hardSigmoid
  /// Keras 1 and 2: `clip(0.2 · x + 0.5, 0, 1)`.
  case hardSigmoidKeras2
  /// `x · relu6(x + 3) / 6`, also called hard swish.
  case hardSilu
  /// `clip(x, −1, 1)`.
  case hardTanh
  /// `x · sigmoid(x)`, also called swish.
  case silu
  /// `x · tanh(softplus(x))`.
  case mish
  /// `log(sigmoid(x))`.
  case logSigmoid
  /// `x − tanh(x)`.
  case tanhShrink
  /// `x > t: x − t; x < −t: x + t; else 0`.
  case softShrink(threshold: Double = 0.5)
  /// `|x| > t: x; else 0`.
  case hardShrink(threshold: Double = 0.5)
  /// `(x + √(x² + b)) / 2`.
  case squareplus(b: Double = 4)
  /// `x ≤ −1: 0; x < 1: ((x + 1) / 2)²; else x`.
  case sparsePlus
  /// `x ≤ −1: 0; x < 1: (x + 1) / 2; else 1`.
  case sparseSigmoid
  /// `x > threshold: x; else value`.
  case threshold(threshold: Double, value: Double)
  /// Along the last axis: `exp(x − max) / sum(exp(x − max))`.
  case softmax
  /// Along the last axis: `x − max − log(sum(exp(x − max)))`.
  case logSoftmax
  /// Along the last axis, as Keras computes it: the threshold is the sum over the support of the *running sums*
  /// of the sorted values, less one, divided by the support's size.
  case sparsemax

  /// Whether each element of the result depends on one element only.
  public var isElementwise: Bool {
    switch self {
    case .softmax, .logSoftmax, .sparsemax: false
    default: true
    }
  }
}
