extension Op {
  /// The result type of an op on text.
  func inferText(_ inputs: [ValueType]) throws(LayerError) -> ValueType {
    let x = try operand(inputs, 0)
    switch self {
    case .text(let function):
      if function == .decimal {
        try require(x.dtype.isInteger || x.dtype == .bool, "\(x.dtype) as decimal digits")
      } else {
        try require(x.dtype == .string, "\(function) of \(x.dtype)")
      }
      return ValueType(shape: x.shape, dtype: .string)
    case .tokens(_, let width):
      try require(x.dtype == .string, "tokens of \(x.dtype)")
      try require(width >= 0, "\(width) tokens of a text")
      return ValueType(shape: x.shape + [width], dtype: .string)
    case .tokenCount:
      try require(x.dtype == .string, "tokens of \(x.dtype)")
      return ValueType(shape: x.shape, dtype: .int64)
    case .lookup:
      let keys = try operand(inputs, 1)
      try require(
        x.dtype == keys.dtype && (x.dtype == .string || x.dtype.isInteger),
        "looking up \(x.dtype) among \(keys.dtype)")
      try require(keys.shape.count == 1, "keys of shape \(Shape(keys.shape))")
      return ValueType(shape: x.shape, dtype: .int64)
    case .hash(let function, let bins):
      try require(bins > 0, "a hash to \(bins) bins")
      for other in inputs {
        let isHashable = other.dtype == .string || function == .crossed && other.dtype.isInteger
        try require(isHashable, "a hash of \(other.dtype)")
        try require(
          other.shape == x.shape,
          "a common hash of shapes \(Shape(x.shape)) and \(Shape(other.shape))")
      }
      try require(inputs.count == 1 || function == .crossed, "a hash of \(inputs.count) tensors")
      return ValueType(shape: x.shape, dtype: .int64)
    default:
      throw LayerError(.shape, "the operation is not one on text")
    }
  }
}
