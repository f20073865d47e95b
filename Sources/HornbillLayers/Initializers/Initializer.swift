public import HornbillCore

/// How Keras makes the first values of a variable.
///
/// With a seed the random kinds give the numbers that Keras 3 gives on its TensorFlow backend for that seed; without one they
/// differ from run to run.
///
/// Source: Keras 3, `keras/src/initializers`.
public enum Initializer: Sendable, Hashable {
  /// Zeros.
  case zeros
  /// Ones.
  case ones
  /// One number everywhere.
  case constant(Double)
  /// An array that is broadcast to the variable's shape.
  case array(Tensor)
  /// A multiple of the identity matrix, for variables of two axes.
  case identity(gain: Double = 1)
  /// Numbers between two bounds, the lower one included.
  case randomUniform(minval: Double = -0.05, maxval: Double = 0.05, seed: Int? = nil)
  /// Normally distributed numbers.
  case randomNormal(mean: Double = 0, stddev: Double = 0.05, seed: Int? = nil)
  /// Normally distributed numbers, those beyond two standard deviations drawn again.
  case truncatedNormal(mean: Double = 0, stddev: Double = 0.05, seed: Int? = nil)
  /// Numbers whose spread follows from the variable's shape.
  case varianceScaling(VarianceScaling)
  /// A matrix of orthonormal columns, or rows where there are fewer of them, times a factor.
  case orthogonal(gain: Double = 1, seed: Int? = nil)
  /// One half of the kernel of a short-time Fourier transform.
  case stft(STFTKernel = STFTKernel())
  /// An object whose code is not in the file, as the file has it.
  case custom(JSON)

  /// Glorot's uniform initializer: between `±√(6 / (fanIn + fanOut))`.
  public static func glorotUniform(
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) -> Initializer {
    .varianceScaling(VarianceScaling(.glorotUniform, seed, inputAxes, outputAxes))
  }

  /// Glorot's normal initializer: truncated, of standard deviation `√(2 / (fanIn + fanOut))`.
  public static func glorotNormal(
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) -> Initializer {
    .varianceScaling(VarianceScaling(.glorotNormal, seed, inputAxes, outputAxes))
  }

  /// He's uniform initializer: between `±√(6 / fanIn)`.
  public static func heUniform(
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) -> Initializer {
    .varianceScaling(VarianceScaling(.heUniform, seed, inputAxes, outputAxes))
  }

  /// He's normal initializer: truncated, of standard deviation `√(2 / fanIn)`.
  public static func heNormal(
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) -> Initializer {
    .varianceScaling(VarianceScaling(.heNormal, seed, inputAxes, outputAxes))
  }

  /// LeCun's uniform initializer: between `±√(3 / fanIn)`.
  public static func lecunUniform(
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) -> Initializer {
    .varianceScaling(VarianceScaling(.lecunUniform, seed, inputAxes, outputAxes))
  }

  /// LeCun's normal initializer: truncated, of standard deviation `√(1 / fanIn)`.
  public static func lecunNormal(
    seed: Int? = nil, inputAxes: [Int]? = nil, outputAxes: [Int]? = nil
  ) -> Initializer {
    .varianceScaling(VarianceScaling(.lecunNormal, seed, inputAxes, outputAxes))
  }
}

/// The parameters of a kernel that transforms frames into frequencies.
///
/// Source: Keras 3, `keras/src/initializers/constant_initializers.py`, `STFT`.
public struct STFTKernel: Sendable, Hashable {
  /// Which half of the complex numbers the kernel gives.
  public enum Side: String, Sendable, Hashable, CaseIterable {
    /// The real half.
    case real
    /// The imaginary half.
    case imaginary = "imag"
  }

  /// How the window is normalized.
  public enum Scaling: String, Sendable, Hashable, CaseIterable {
    /// By the root of the sum of its squares.
    case density
    /// By the sum of its absolute values.
    case spectrum
  }

  /// Which half of the complex numbers the kernel gives.
  public var side: Side
  /// The window's name in `scipy.signal.windows`; no window when absent.
  public var window: String?
  /// How the window is normalized; not at all when absent.
  public var scaling: Scaling?
  /// Whether the window is one period of a periodic function.
  public var periodic: Bool

  /// Makes the parameters.
  public init(
    side: Side = .real, window: String? = "hann", scaling: Scaling? = .density,
    periodic: Bool = false
  ) {
    self.side = side
    self.window = window
    self.scaling = scaling
    self.periodic = periodic
  }
}
