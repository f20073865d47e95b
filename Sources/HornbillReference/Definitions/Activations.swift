import HornbillCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Activations.
///
/// Source: Keras 3, `keras/src/activations/activations.py` and `keras/src/backend/tensorflow/nn.py`.
extension Definition {
  static func activation(
    _ activation: Activation, _ x: Operand
  ) throws(ExecutionError) -> Operand {
    if case .whole(let values) = x.elements {
      return Operand(
        shape: x.shape, dtype: x.dtype, elements: .whole(try whole(activation, values, x.dtype)))
    }
    var values = try x.real()
    if activation.isElementwise {
      values = values.map { real(activation, $0) }
    } else {
      guard !x.shape.isEmpty else { throw ExecutionError("\(activation) of a scalar") }
      for line in Layout.lines(x.shape, axis: x.shape.count - 1) {
        let results = alongLine(activation, line.map { values[$0] })
        for (offset, result) in zip(line, results) { values[offset] = result }
      }
    }
    return Operand(shape: x.shape, dtype: x.dtype, elements: .real(values))
  }

  /// Integers have `relu` and nothing else.
  private static func whole(
    _ activation: Activation, _ values: [Int64], _ dtype: DType
  ) throws(ExecutionError) -> [Int64] {
    guard case .relu(_, let maximum, let threshold) = activation else {
      throw ExecutionError("an activation of \(dtype) is not possible")
    }
    return values.map { value in
      let number = dtype.double(value)
      if let maximum, number >= maximum { return dtype.wrapping(Int64(saturating: maximum)) }
      return number > threshold
        ? value : dtype.wrapping(Int64(saturating: real(activation, number)))
    }
  }

  private static func real(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .linear: x
    case .relu(let negativeSlope, let maximum, let threshold):
      if let maximum, x >= maximum {
        maximum
      } else if x > threshold || x.isNaN {
        x
      } else {
        negativeSlope == 0 ? 0 : negativeSlope * (x - threshold)
      }
    case .elu(let alpha): elu(x, alpha)
    case .selu: 1.0507009873554805 * elu(x, 1.6732632423543772)
    case .celu(let alpha): greater(x, 0) + alpha * expm1(lesser(x, 0) / alpha)
    case .gelu(approximate: false): 0.5 * x * erfc(-x / 2.0.squareRoot())
    case .gelu(approximate: true):
      // ½ · (1 + tanh u) is the sigmoid of 2 · u, whose small values keep their digits.
      x * sigmoid(2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
    case .sigmoid: sigmoid(x)
    case .tanh: tanh(x)
    case .softplus: softplus(x)
    case .softsign: x / (1 + abs(x))
    case .exponential: exp(x)
    case .hardSigmoid: clip(x + 3, 0, 6) / 6
    case .hardSigmoidKeras2: clip(0.2 * x + 0.5, 0, 1)
    case .hardSilu: x * (clip(x + 3, 0, 6) / 6)
    case .hardTanh: clip(x, -1, 1)
    case .silu: x * sigmoid(x)
    case .mish: x * tanh(softplus(x))
    case .logSigmoid: -softplus(-x)
    case .tanhShrink: x - tanh(x)
    case .softShrink(let threshold):
      x > threshold ? x - threshold : x < -threshold ? x + threshold : 0
    case .hardShrink(let threshold): abs(x) > threshold ? x : 0
    case .squareplus(let b): (x + (x * x + b).squareRoot()) / 2
    case .sparsePlus: x <= -1 ? 0 : x < 1 ? (x + 1) * (x + 1) / 4 : x
    case .sparseSigmoid: x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2
    case .threshold(let threshold, let value): x > threshold ? x : value
    case .softmax, .logSoftmax, .sparsemax: x
    }
  }

  private static func alongLine(_ activation: Activation, _ x: [Double]) -> [Double] {
    let greatest = x.reduce(-.infinity, greater)
    switch activation {
    case .softmax:
      let powers = x.map { exp($0 - greatest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    case .logSoftmax:
      let logarithm = log(x.reduce(0) { $0 + exp($1 - greatest) })
      return x.map { $0 - greatest - logarithm }
    case .sparsemax:
      let sorted = x.sorted(by: >)
      var (runningSum, supportSum, supportCount) = (0.0, 0.0, 0.0)
      for (index, value) in sorted.enumerated() {
        runningSum += value
        if value - (runningSum - 1) / Double(index + 1) > 0 {
          supportSum += runningSum
          supportCount += 1
        }
      }
      let threshold = (supportSum - 1) / supportCount
      return x.map { greater($0 - threshold, 0) }
    default:
      return x.map { real(activation, $0) }
    }
  }

  private static func elu(_ x: Double, _ alpha: Double) -> Double {
    x > 0 ? x : alpha * expm1(x)
  }

  private static func softplus(_ x: Double) -> Double {
    greater(x, 0) + log1p(exp(-abs(x)))
  }

  private static func clip(_ x: Double, _ low: Double, _ high: Double) -> Double {
    lesser(greater(x, low), high)
  }
}
