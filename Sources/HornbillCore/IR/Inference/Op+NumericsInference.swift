extension Op {
  func inferLinearAlgebra(
    _ kind: LinearAlgebra, _ inputs: [ValueType]
  ) throws(LayerError) -> [ValueType] {
    let a = try operand(inputs, 0)
    let rank = a.shape.count
    try require(
      rank >= 2 && a.dtype.isFloatingPoint, "\(kind) of \(a.dtype)\(Shape(a.shape))")
    let lead = Array(a.shape.dropLast(2))
    let (m, n) = (a.shape[rank - 2], a.shape[rank - 1])
    let k = min(m, n)
    func type(_ tail: [Int], _ dtype: DType? = nil) -> ValueType {
      ValueType(shape: lead + tail, dtype: dtype ?? a.dtype)
    }
    func requireSquare() throws(LayerError) {
      try require(m == n, "\(kind) of matrices of \(m) rows and \(n) columns")
    }
    switch kind {
    case .cholesky:
      try requireSquare()
      return [a]
    case .lu:
      try requireSquare()
      return [a, type([n], .int32)]
    case .triangularSolve:
      try requireSquare()
      let b = try operand(inputs, 1)
      try require(
        b.dtype == a.dtype && b.shape.count == rank && Array(b.shape.dropLast(1)) == lead + [n],
        "solving \(a.dtype)\(Shape(a.shape)) for \(b.dtype)\(Shape(b.shape))")
      return [b]
    case .qr(let isFull):
      let columns = isFull ? m : k
      return [type([m, columns]), type([columns, n])]
    case .eigh:
      try requireSquare()
      return [type([n]), a]
    case .svd:
      return [type([m, k]), type([k]), type([n, k])]
    }
  }

  func inferFourier(_ inputs: [ValueType]) throws(LayerError) -> [ValueType] {
    let real = try operand(inputs, 0)
    let imaginary = try operand(inputs, 1)
    try require(
      real == imaginary && real.dtype.isFloatingPoint && !real.shape.isEmpty,
      "a Fourier transform of \(real.dtype)\(Shape(real.shape)) and \(imaginary.dtype)\(Shape(imaginary.shape))"
    )
    return [real, imaginary]
  }

  func inferBitcast(_ dtype: DType, _ x: ValueType) throws(LayerError) -> ValueType {
    try require(
      x.dtype.bitWidth == dtype.bitWidth && dtype.bitWidth > 0 && x.dtype != .bool
        && dtype != .bool,
      "\(x.dtype) as bits of \(dtype)")
    return ValueType(shape: x.shape, dtype: dtype)
  }
}
