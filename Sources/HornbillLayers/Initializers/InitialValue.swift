public import HornbillCore

/// The first value of a variable.
public enum InitialValue: Sendable, Hashable {
  /// What an initializer gives for the variable's shape.
  case initializer(Initializer)
  /// What initializers give for the parts of the last axis, one after the other.
  case joined([Part])
  /// A value that the layer's configuration states or determines.
  case tensor(Tensor)

  /// A part of the last axis.
  public struct Part: Sendable, Hashable {
    /// What makes the part.
    public let initializer: Initializer
    /// The part's extent.
    public let extent: Int
  }
}

extension InitialValue {
  /// The value for a variable's shape and type.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` when the initializer does not fit them, and with the code
  ///   `unsupported` when its code is not in the file.
  public func values(shape: [Int], dtype: DType) throws(LayerError) -> Tensor {
    switch self {
    case .initializer(let initializer):
      return try initializer.values(shape: shape, dtype: dtype)
    case .tensor(let tensor):
      guard tensor.shape == shape else {
        throw LayerError(
          .shape, "expected a first value of shape \(Shape(shape)), found \(Shape(tensor.shape))")
      }
      return tensor.converted(to: dtype)
    case .joined(let parts):
      guard shape.count == 1 else {
        throw LayerError(.shape, "expected one axis, found \(Shape(shape))")
      }
      var numbers: [Double] = []
      for part in parts {
        numbers += try part.initializer.values(shape: [part.extent], dtype: dtype).doubles ?? []
      }
      guard numbers.count == shape[0] else {
        throw LayerError(
          .shape, "expected \(shape[0]) first values, found \(numbers.count)")
      }
      return Tensor(shape: shape, numbers).converted(to: dtype)
    }
  }

  /// The same with seeds of its own where there are none, so that the value is one whenever it is made.
  package func seeded() -> InitialValue {
    switch self {
    case .initializer(let initializer): .initializer(initializer.seeded())
    case .tensor: self
    case .joined(let parts):
      .joined(
        parts.map { Part(initializer: $0.initializer.seeded(), extent: $0.extent) })
    }
  }
}

extension Initializer {
  /// The same with a seed where it is random and has none.
  fileprivate func seeded() -> Initializer {
    func drawn(_ seed: Int?) -> Int { seed ?? Int.random(in: 1...1_000_000_000) }
    switch self {
    case .randomUniform(let least, let most, let seed):
      return .randomUniform(minval: least, maxval: most, seed: drawn(seed))
    case .randomNormal(let mean, let deviation, let seed):
      return .randomNormal(mean: mean, stddev: deviation, seed: drawn(seed))
    case .truncatedNormal(let mean, let deviation, let seed):
      return .truncatedNormal(mean: mean, stddev: deviation, seed: drawn(seed))
    case .orthogonal(let gain, let seed):
      return .orthogonal(gain: gain, seed: drawn(seed))
    case .varianceScaling(let scaling):
      return .varianceScaling(scaling.with(seed: drawn(scaling.seed)))
    case .zeros, .ones, .constant, .array, .identity, .stft, .custom: return self
    }
  }
}
