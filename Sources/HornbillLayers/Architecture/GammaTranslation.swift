import HornbillCore

/// The logarithm of the gamma function and its derivative, which Keras 3 has not: in `float64`, by reflection below 1/2, ten steps of
/// the recurrence below 10, and Stirling's series.
enum GammaTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "digamma": { (c, g) throws(LayerError) in
      let x = try c.x
      var parts = Parts(x, in: &g)
      let series = try parts.series(
        [1 / 12.0, -1 / 120.0, 1 / 252.0, -1 / 240.0, 1 / 132.0, -691 / 32760.0, 1 / 12.0], &g)
      let half = g.apply("Divide", .number(0.5), .tensor(parts.raised))
      let head = g.apply("Subtract", .tensor(g.apply("Log", .tensor(parts.raised))), .tensor(half))
      let square = g.apply("Square", .tensor(parts.raised))
      let tail = g.apply("Divide", .tensor(series), .tensor(square))
      let raised = g.apply("Subtract", .tensor(head), .tensor(tail))
      var steps: [Argument<DraftTensor>] = []
      for step in 0..<10 {
        let place = try g.sum(.tensor(parts.positive), .number(Double(step)))
        steps.append(.tensor(g.apply("Reciprocal", .tensor(place))))
      }
      var sum = steps[0]
      for step in steps.dropFirst() { sum = .tensor(try g.sum(sum, step)) }
      let lowered = g.apply("Where", .tensor(parts.isSmall), sum, .number(0), dtype: .float64)
      let direct = g.apply("Subtract", .tensor(raised), .tensor(lowered))
      let pole = g.apply("Divide", .number(.pi), .tensor(g.apply("Tan", .tensor(parts.angle))))
      let reflected = g.apply("Subtract", .tensor(direct), .tensor(pole))
      let result = g.apply(
        "Where", .tensor(parts.isReflected), .tensor(reflected), .tensor(direct), dtype: .float64)
      return [g.cast(result, to: x.spec.dtype)]
    },
    "lgamma": { (c, g) throws(LayerError) in
      let x = try c.x
      var parts = Parts(x, in: &g)
      let series = try parts.series(
        [
          1 / 12.0, -1 / 360.0, 1 / 1260.0, -1 / 1680.0, 1 / 1188.0, -691 / 360360.0, 1 / 156.0,
        ], &g)
      let quotient = g.apply("Divide", .tensor(series), .tensor(parts.raised))
      let tail = try g.sum(.tensor(quotient), .number(0.9189385332046727))
      let lower = try g.sum(.tensor(parts.raised), .number(-0.5))
      let power = g.apply(
        "Multiply", .tensor(lower), .tensor(g.apply("Log", .tensor(parts.raised))))
      let head = g.apply("Subtract", .tensor(power), .tensor(parts.raised))
      let bounded = g.apply(
        "Where", .tensor(parts.isSmall), .tensor(parts.positive), .number(1), dtype: .float64)
      var product = bounded
      for step in 1..<10 {
        let place = try g.sum(.tensor(bounded), .number(Double(step)))
        product = g.apply("Multiply", .tensor(product), .tensor(place))
      }
      let correction = g.apply(
        "Where", .tensor(parts.isSmall), .tensor(g.apply("Log", .tensor(product))), .number(0),
        dtype: .float64)
      let direct = g.apply(
        "Subtract", .tensor(try g.sum(.tensor(head), .tensor(tail))), .tensor(correction))
      let sine = g.apply("Absolute", .tensor(g.apply("Sin", .tensor(parts.angle))))
      let pole = g.apply(
        "Subtract", .number(1.1447298858494002), .tensor(g.apply("Log", .tensor(sine))))
      let reflected = g.apply("Subtract", .tensor(pole), .tensor(direct))
      let finite = g.apply(
        "Where", .tensor(parts.isReflected), .tensor(reflected), .tensor(direct), dtype: .float64)
      let isInfinite = g.apply("Isinf", .tensor(parts.x), dtype: .bool)
      let size = g.apply("Absolute", .tensor(parts.x))
      let result = g.apply(
        "Where", .tensor(isInfinite), .tensor(size), .tensor(finite), dtype: .float64)
      return [g.cast(result, to: x.spec.dtype)]
    },
  ]

  private struct Parts {
    let x: DraftTensor
    let isReflected: DraftTensor
    /// `x`, or `1 − x` where it is reflected.
    let positive: DraftTensor
    let isSmall: DraftTensor
    /// ``positive``, 10 more where it is small.
    let raised: DraftTensor
    /// `π · x`, less whole turns.
    let angle: DraftTensor

    init(_ argument: DraftTensor, in g: inout GraphDraft) {
      x = g.cast(argument, to: .float64)
      isReflected = g.apply("Less", .tensor(x), .number(0.5), dtype: .bool)
      let mirror = g.apply("Subtract", .number(1), .tensor(x))
      positive = g.apply(
        "Where", .tensor(isReflected), .tensor(mirror), .tensor(x), dtype: .float64)
      isSmall = g.apply("Less", .tensor(positive), .number(10), dtype: .bool)
      let more = g.apply("Subtract", .tensor(positive), .number(-10))
      raised = g.apply("Where", .tensor(isSmall), .tensor(more), .tensor(positive), dtype: .float64)
      let turns = g.apply("Round", .tensor(x), fields: [("decimals", .integer(0))])
      let fraction = g.apply("Subtract", .tensor(x), .tensor(turns))
      angle = g.apply("Multiply", .tensor(fraction), .number(.pi))
    }

    /// `Σ cᵢ / w²ⁱ`.
    mutating func series(
      _ coefficients: [Double], _ g: inout GraphDraft
    ) throws(LayerError) -> DraftTensor {
      let square = g.apply("Square", .tensor(raised))
      let step = g.apply("Reciprocal", .tensor(square))
      var sum: Argument<DraftTensor> = .number(coefficients.last ?? 0)
      for coefficient in coefficients.dropLast().reversed() {
        let product = g.apply("Multiply", sum, .tensor(step))
        sum = .tensor(try g.sum(.tensor(product), .number(coefficient)))
      }
      guard case .tensor(let result) = sum else {
        throw LayerError(.unsupported, "a series of one term")
      }
      return result
    }
  }
}
