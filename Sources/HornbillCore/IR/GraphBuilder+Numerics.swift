/// Ops of numerical mathematics.
extension GraphBuilder {
  /// The results of a decomposition or solution.
  package mutating func linearAlgebra(
    _ kind: LinearAlgebra, _ operands: Value...
  ) throws(LayerError) -> [Value] {
    try add(.linearAlgebra(kind), operands)
  }

  /// The discrete Fourier transform of complex numbers along the last axis.
  package mutating func fft(
    _ real: Value, _ imaginary: Value, inverse: Bool = false
  ) throws(LayerError) -> (real: Value, imaginary: Value) {
    let results = try add(.fft(inverse: inverse), [real, imaginary])
    return (results[0], results[1])
  }

  /// The tensor in another element type, with no more digits than that has: what a conversion that the model itself asks for does.
  package mutating func rounded(_ x: Value, to dtype: DType) throws(LayerError) -> Value {
    let y = try cast(x, to: dtype)
    guard y != x, dtype == .float16 || dtype == .bfloat16 else { return y }
    return try bitcast(bitcast(y, to: .uint16), to: dtype)
  }

  /// The same bits as elements of another type of the same width.
  package mutating func bitcast(_ x: Value, to dtype: DType) throws(LayerError) -> Value {
    self.dtype(x) == dtype ? x : try add(.bitcast(dtype), [x])[0]
  }
}
