package import HornbillCore
package import Testing

extension Tensor {
  /// The greatest distance of an element from that of another tensor.
  ///
  /// NaN lies at no distance from NaN nor an infinity from itself; anything else lies infinitely far from either. Tensors of other shapes
  /// lie infinitely far apart, and so do text and numbers.
  package func distance(to other: Tensor) -> Double {
    guard shape == other.shape else { return .infinity }
    if let text, let theirs = other.text { return text == theirs ? 0 : .infinity }
    guard let ours = doubles, let theirs = other.doubles else { return .infinity }
    return zip(ours, theirs).reduce(0) { worst, pair in
      let (a, b) = pair
      if a == b || (a.isNaN && b.isNaN) { return worst }
      let distance = (a - b).magnitude
      return distance.isNaN ? .infinity : max(worst, distance)
    }
  }

  /// The greatest magnitude of a finite element; 0 for text.
  package var magnitude: Double {
    (doubles ?? []).reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
  }
}

/// Expects a tensor to lie near another.
///
/// - Parameter bound: the greatest distance allowed, which the caller derives.
package func expectClose(
  _ found: Tensor, _ expected: Tensor, within bound: Double, _ label: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.shape == expected.shape else {
    Issue.record(
      "\(label): shape \(found.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  let distance = found.distance(to: expected)
  if distance > bound {
    Issue.record(
      "\(label): \(distance) away, \(bound) allowed at magnitude \(expected.magnitude)",
      sourceLocation: sourceLocation)
  }
}
