/// A function of one number.
package enum UnaryOp: String, Sendable, Hashable, CaseIterable {
  case negate, absolute, sign, square, reciprocal
  case exp, exp2, expm1, log, log2, log10, log1p
  case sqrt, rsqrt, cbrt
  case sin, cos, tan, arcsin, arccos, arctan
  case sinh, cosh, tanh, arcsinh, arccosh, arctanh
  case erf, erfc, erfinv
  case floor, ceil, roundHalfToEven, truncate
  case sigmoid
  case isNaN, isInfinite, isFinite, signBit
  case logicalNot, bitwiseNot

  /// Whether the result is Boolean whatever the operand's type.
  package var isPredicate: Bool {
    switch self {
    case .isNaN, .isInfinite, .isFinite, .signBit, .logicalNot: true
    default: false
    }
  }
}

/// A function of two numbers of one type, broadcast as NumPy does.
package enum BinaryOp: String, Sendable, Hashable, CaseIterable {
  case add, subtract, multiply
  /// True division; floating-point operands only.
  case divide
  /// `floor(a / b)`, integers too.
  case floorDivide
  /// The remainder with the divisor's sign.
  case modulo
  /// The remainder with the dividend's sign.
  case remainder
  case power
  /// NaN wins on either side.
  case maximum, minimum
  case arctan2
  case nextAfter
  case equal, notEqual, less, lessEqual, greater, greaterEqual
  case logicalAnd, logicalOr, logicalXor
  case bitwiseAnd, bitwiseOr, bitwiseXor, leftShift, rightShift

  /// Whether the result is Boolean whatever the operands' type.
  package var isPredicate: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual,
      .logicalAnd, .logicalOr, .logicalXor:
      true
    default: false
    }
  }
}

/// A function that folds the elements along some axes to one.
package enum Reduction: String, Sendable, Hashable, CaseIterable {
  case sum, mean, product, maximum, minimum
  /// Boolean operands and result.
  case any, all
  /// `log(sum(exp(x)))`, the maximum subtracted first.
  case logSumExp
}

/// A running fold along one axis; each element includes itself.
package enum Accumulation: String, Sendable, Hashable, CaseIterable {
  case sum, product, maximum, minimum
}
