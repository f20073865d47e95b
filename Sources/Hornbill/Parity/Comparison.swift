import HornbillCore

/// How one recorded tensor and the model's own differ.
public struct Comparison: Sendable {
  /// The name in the recording.
  public let name: String
  /// Whether it is the output of a layer inside the model, and not one of the model.
  public let isLayer: Bool
  /// The place of the layer call in the order of execution; `nil` for the model's outputs.
  public let call: Int?
  /// The number of elements.
  public let count: Int
  /// Why the tensors cannot be compared: another shape or type; `nil` when they can.
  public let mismatch: String?
  /// The greatest and the mean absolute error over elements that are finite on both sides.
  public let absoluteError: ErrorSize
  /// The same in proportion to the expected magnitude, over elements that are not zero.
  public let relativeError: ErrorSize
  /// The distances in units in the last place of the recorded type: quantiles 0.5, 0.9, 0.99 and 1.
  public let ulps: [Double]
  /// Elements where one side is NaN, or an infinity, and the other is not the same.
  public let nonFiniteMismatches: Int
  /// What was allowed, and why.
  public let tolerance: Tolerance
  /// Elements outside the tolerance.
  public let outside: Int
  /// The first time step with an element outside the tolerance, for sequences.
  public let firstStep: Int?
  /// The errors of both sides against double precision, where it was recorded.
  public let truth: TruthComparison?

  /// Whether the tensors agree.
  public var agrees: Bool { mismatch == nil && outside == 0 }
}

/// An error over many elements.
public struct ErrorSize: Sendable, Hashable {
  /// The greatest.
  public let maximum: Double
  /// The arithmetic mean.
  public let mean: Double
}

/// Whose result lies nearer to the truth.
public struct TruthComparison: Sendable, Hashable {
  /// The greatest absolute error of Hornbill.
  public let ours: Double
  /// The greatest absolute error of Keras.
  public let keras: Double

  /// The side with the smaller error.
  public var nearer: String { ours < keras ? "ours" : ours > keras ? "Keras" : "equal" }
}

extension Comparison {
  /// Compares a tensor with the recorded one.
  ///
  /// - Parameter tolerance: gives what is allowed for expected elements of at most some magnitude.
  init(
    name: String, isLayer: Bool, call: Int?, found: Tensor, expected: Tensor, truth: Tensor?,
    isSequence: Bool, tolerance: (Double) -> Tolerance
  ) {
    self.name = name
    self.isLayer = isLayer
    self.call = call
    count = expected.count
    let isText = found.dtype == .string || expected.dtype == .string
    if found.shape != expected.shape || (isText && found.dtype != expected.dtype) {
      mismatch =
        "expected \(expected.dtype)\(Shape(expected.shape)), found \(found.dtype)\(Shape(found.shape))"
      (absoluteError, relativeError) = (.none, .none)
      (ulps, nonFiniteMismatches, outside, firstStep, self.truth) = ([], 0, 0, nil, nil)
      self.tolerance = tolerance(0)
      return
    }
    if isText {
      let differing = zip(found.text ?? [], expected.text ?? []).count { $0 != $1 }
      mismatch = nil
      (absoluteError, relativeError) = (.none, .none)
      (ulps, nonFiniteMismatches, firstStep, self.truth) = ([], 0, nil, nil)
      outside = differing
      self.tolerance = .exact
      return
    }
    let ours = found.doubles ?? []
    let theirs = expected.doubles ?? []
    let magnitude = theirs.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    let allowed = expected.dtype.isFloatingPoint ? tolerance(magnitude) : .exact
    var statistics = Statistics(expected.dtype)
    // Double holds no integer beyond 2^53 that is odd, so integers are compared as what they are.
    let isSameForm = (found.dtype == .uint64) == (expected.dtype == .uint64)
    let integers = expected.integers.flatMap { theirs in
      isSameForm ? found.integers.map { ($0, theirs) } : nil
    }
    let width = isSequence ? expected.shape.dropFirst(2).reduce(1, *) : 0
    let steps = isSequence ? expected.shape[1] : 0
    var first: Int?
    for index in theirs.indices {
      statistics.add(ours[index], expected: theirs[index])
      let agrees =
        integers.map { $0.0[index] == $0.1[index] }
        ?? allowed.accepts(ours[index], expected: theirs[index])
      if !agrees {
        statistics.outside += 1
        if width > 0, steps > 0 {
          let step = (index / width) % steps
          first = min(first ?? step, step)
        }
      }
    }
    mismatch = nil
    self.tolerance = allowed
    outside = statistics.outside
    nonFiniteMismatches = statistics.nonFinite
    firstStep = first
    absoluteError = statistics.absolute
    relativeError = statistics.relative
    ulps = statistics.quantiles
    if let truth = truth?.doubles, truth.count == ours.count {
      self.truth = TruthComparison(
        ours: Statistics.greatestError(ours, truth), keras: Statistics.greatestError(theirs, truth))
    } else {
      self.truth = nil
    }
  }

  private struct Statistics {
    /// The distance from 1 to the next number of the type, and the least number of full precision.
    private let unit: Double
    private let leastNormal: Double
    var outside = 0
    var nonFinite = 0
    private var absolutes: (maximum: Double, sum: Double, count: Int) = (0, 0, 0)
    private var relatives: (maximum: Double, sum: Double, count: Int) = (0, 0, 0)
    private var distances: [Double] = []

    init(_ dtype: DType) {
      unit = 2 * dtype.unitRoundoff
      leastNormal =
        switch dtype {
        case .float16: 0x1p-14
        case .float64: .leastNormalMagnitude
        default: 0x1p-126
        }
    }

    mutating func add(_ found: Double, expected: Double) {
      guard found.isFinite, expected.isFinite else {
        let isSame = found == expected || (found.isNaN && expected.isNaN)
        if !isSame { nonFinite += 1 }
        return
      }
      let error = (found - expected).magnitude
      absolutes = (max(absolutes.maximum, error), absolutes.sum + error, absolutes.count + 1)
      if expected != 0 {
        let relative = error / expected.magnitude
        relatives = (
          max(relatives.maximum, relative), relatives.sum + relative, relatives.count + 1
        )
      }
      let spacing = max(expected.magnitude, leastNormal).binade * unit
      distances.append(error / spacing)
    }

    var absolute: ErrorSize {
      ErrorSize(
        maximum: absolutes.maximum, mean: absolutes.sum / Double(max(absolutes.count, 1)))
    }

    var relative: ErrorSize {
      ErrorSize(
        maximum: relatives.maximum, mean: relatives.sum / Double(max(relatives.count, 1)))
    }

    var quantiles: [Double] {
      let sorted = distances.sorted()
      guard !sorted.isEmpty else { return [] }
      return [0.5, 0.9, 0.99, 1].map { sorted[Int((Double(sorted.count - 1) * $0).rounded())] }
    }

    /// Infinite where one side alone is NaN or infinite.
    static func greatestError(_ values: [Double], _ truth: [Double]) -> Double {
      zip(values, truth).reduce(0) { worst, pair in
        if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return worst }
        let error = (pair.0 - pair.1).magnitude
        return max(worst, error.isNaN ? .infinity : error)
      }
    }
  }
}

extension ErrorSize {
  static let none = ErrorSize(maximum: 0, mean: 0)
}
