/// An initializer whose spread follows from how many numbers a variable connects.
///
///     variance = scale / n,  n = fanIn, fanOut or their mean
///
/// Source: Keras 3, `keras/src/initializers/random_initializers.py`, `VarianceScaling`.
public struct VarianceScaling: Sendable, Hashable {
  /// What the scale is divided by.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// The number of inputs.
    case fanIn = "fan_in"
    /// The number of outputs.
    case fanOut = "fan_out"
    /// The mean of the two.
    case fanAverage = "fan_avg"
  }

  /// What the numbers are drawn from.
  public enum Distribution: String, Sendable, Hashable, CaseIterable {
    /// A uniform distribution between `±√(3 · variance)`.
    case uniform
    /// A normal distribution, numbers beyond two standard deviations drawn again.
    case truncatedNormal = "truncated_normal"
    /// A normal distribution.
    case untruncatedNormal = "untruncated_normal"
  }

  /// A choice of scale, mode and distribution that is a class of its own in Keras.
  package enum Preset: String, Sendable, Hashable, CaseIterable {
    case glorotUniform = "GlorotUniform"
    case glorotNormal = "GlorotNormal"
    case heUniform = "HeUniform"
    case heNormal = "HeNormal"
    case lecunUniform = "LecunUniform"
    case lecunNormal = "LecunNormal"

    fileprivate var values: (scale: Double, mode: Mode, distribution: Distribution) {
      switch self {
      case .glorotUniform: (1, .fanAverage, .uniform)
      case .glorotNormal: (1, .fanAverage, .truncatedNormal)
      case .heUniform: (2, .fanIn, .uniform)
      case .heNormal: (2, .fanIn, .truncatedNormal)
      case .lecunUniform: (1, .fanIn, .uniform)
      case .lecunNormal: (1, .fanIn, .truncatedNormal)
      }
    }
  }

  /// The variance of a variable that connects one number to one.
  public let scale: Double
  /// What the scale is divided by.
  public let mode: Mode
  /// What the numbers are drawn from.
  public let distribution: Distribution
  /// The axes that count as inputs; all but the last when absent.
  public let inputAxes: [Int]?
  /// The axes that count as outputs; the last, and those of a convolution's window, when absent.
  public let outputAxes: [Int]?
  /// The seed of the numbers.
  public let seed: Int?
  package let preset: Preset?

  /// Makes an initializer.
  public init(
    scale: Double = 1, mode: Mode = .fanIn, distribution: Distribution = .truncatedNormal,
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) {
    self.scale = scale
    self.mode = mode
    self.distribution = distribution
    self.seed = seed
    self.inputAxes = inputAxes
    self.outputAxes = outputAxes
    preset = nil
  }

  private init(_ other: VarianceScaling, seed: Int?, inputAxes: [Int]?, outputAxes: [Int]?) {
    scale = other.scale
    mode = other.mode
    distribution = other.distribution
    preset = other.preset
    self.seed = seed
    self.inputAxes = inputAxes
    self.outputAxes = outputAxes
  }

  /// The same with a seed.
  func with(seed: Int?) -> VarianceScaling {
    VarianceScaling(self, seed: seed, inputAxes: inputAxes, outputAxes: outputAxes)
  }

  /// The same for axes of a layer's choice, unless it states its own.
  func along(inputAxes: [Int], outputAxes: [Int]) -> VarianceScaling {
    guard self.inputAxes == nil || self.outputAxes == nil else { return self }
    return VarianceScaling(self, seed: seed, inputAxes: inputAxes, outputAxes: outputAxes)
  }

  package init(_ preset: Preset, _ seed: Int?, _ inputAxes: [Int]?, _ outputAxes: [Int]?) {
    (scale, mode, distribution) = preset.values
    self.seed = seed
    self.inputAxes = inputAxes
    self.outputAxes = outputAxes
    self.preset = preset
  }
}
