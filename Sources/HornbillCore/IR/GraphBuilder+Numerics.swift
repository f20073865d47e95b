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

  /// The same bits as elements of another type of the same width.
  package mutating func bitcast(_ x: Value, to dtype: DType) throws(LayerError) -> Value {
    self.dtype(x) == dtype ? x : try add(.bitcast(dtype), [x])[0]
  }
}
