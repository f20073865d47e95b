/// Arithmetic between tensors of one type, and between a tensor and a number.
extension GraphBuilder {
  /// `a + b`, broadcast.
  public mutating func add(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    try binary(.add, a, b)
  }

  /// `a − b`, broadcast.
  public mutating func subtract(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    try binary(.subtract, a, b)
  }

  /// `a · b`, broadcast.
  public mutating func multiply(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    try binary(.multiply, a, b)
  }

  /// `a / b`, broadcast.
  public mutating func divide(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    try binary(.divide, a, b)
  }

  /// The greater of each pair; NaN wins.
  public mutating func maximum(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    try binary(.maximum, a, b)
  }

  /// The lesser of each pair; NaN wins.
  public mutating func minimum(_ a: Value, _ b: Value) throws(LayerError) -> Value {
    try binary(.minimum, a, b)
  }

  /// `a + number`, in the type of `a`.
  public mutating func add(_ a: Value, _ number: Double) throws(LayerError) -> Value {
    try binary(.add, a, scalar(number, dtype(a)))
  }

  /// `a · number`, in the type of `a`.
  public mutating func multiply(_ a: Value, _ number: Double) throws(LayerError) -> Value {
    try binary(.multiply, a, scalar(number, dtype(a)))
  }

  /// The greater of each element and a number.
  public mutating func maximum(_ a: Value, _ number: Double) throws(LayerError) -> Value {
    try binary(.maximum, a, scalar(number, dtype(a)))
  }

  /// The lesser of each element and a number.
  public mutating func minimum(_ a: Value, _ number: Double) throws(LayerError) -> Value {
    try binary(.minimum, a, scalar(number, dtype(a)))
  }

  /// Whether each element differs from a number.
  public mutating func notEqual(_ a: Value, _ number: Double) throws(LayerError) -> Value {
    try binary(.notEqual, a, scalar(number, dtype(a)))
  }

  /// The square of each element.
  public mutating func square(_ a: Value) throws(LayerError) -> Value { try unary(.square, a) }

  /// `1 / √a`.
  public mutating func rsqrt(_ a: Value) throws(LayerError) -> Value { try unary(.rsqrt, a) }

  /// The sum over axes.
  public mutating func sum(
    _ x: Value, axes: [Int], keepDimensions: Bool = false
  ) throws(LayerError) -> Value {
    try reduce(.sum, x, axes: axes, keepDimensions: keepDimensions)
  }

  /// The arithmetic mean over axes.
  public mutating func mean(
    _ x: Value, axes: [Int], keepDimensions: Bool = false
  ) throws(LayerError) -> Value {
    try reduce(.mean, x, axes: axes, keepDimensions: keepDimensions)
  }
}
