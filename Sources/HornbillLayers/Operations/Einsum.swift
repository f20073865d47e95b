package import HornbillCore

/// Einstein's summation in the notation of NumPy: `ab,bc->ac`, `...ij,...jk->...ik`, `ii->i`.
///
/// Source: Keras 3, `keras/src/ops/numpy.py`, `einsum`.
package struct Einsum: Sendable, Hashable {
  /// An axis: a letter, or an axis under the ellipsis, counted from its end.
  enum Label: Sendable, Hashable {
    case letter(Character)
    case ellipsis(Int)
  }

  /// The part of the equation for one tensor.
  struct Term: Sendable, Hashable {
    var before: [Character] = []
    var hasEllipsis = false
    var after: [Character] = []

    /// The labels of a tensor of that many axes.
    func labels(rank: Int) -> [Label]? {
      let covered = rank - before.count - after.count
      guard hasEllipsis ? covered >= 0 : covered == 0 else { return nil }
      return before.map(Label.letter) + (0..<covered).reversed().map(Label.ellipsis)
        + after.map(Label.letter)
    }
  }

  let equation: String
  let operands: [Term]
  let result: Term?

  /// Parses an equation; spaces do not count.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` for one that is not well formed.
  package init(_ equation: String) throws(LayerError) {
    self.equation = equation
    let invalid = LayerError(
      .configuration,
      "\"\(equation.prefix(80))\" is not an einsum equation such as \"ab,bc->ac\"")
    let text = Array(equation.filter { $0 != " " })
    var terms: [Term] = [Term()]
    var arrow: Int?
    var position = 0
    while position < text.count {
      let character = text[position]
      let rest = text[position...]
      if character == "," {
        guard arrow == nil else { throw invalid }
        terms.append(Term())
        position += 1
      } else if rest.starts(with: "->") {
        guard arrow == nil else { throw invalid }
        arrow = terms.count
        terms.append(Term())
        position += 2
      } else if rest.starts(with: "...") {
        guard !terms[terms.count - 1].hasEllipsis else { throw invalid }
        terms[terms.count - 1].hasEllipsis = true
        position += 3
      } else if character.isASCII, character.isLetter {
        if terms[terms.count - 1].hasEllipsis {
          terms[terms.count - 1].after.append(character)
        } else {
          terms[terms.count - 1].before.append(character)
        }
        position += 1
      } else {
        throw invalid
      }
    }
    result = arrow.map { terms[$0] }
    operands = arrow == nil ? terms : Array(terms.dropLast())
  }

  /// The labels of operands of those ranks, and of the result.
  func labels(ranks: [Int]) throws(LayerError) -> (operands: [[Label]], result: [Label]) {
    guard ranks.count == operands.count else {
      throw LayerError(
        .wiring, "\"\(equation)\" takes \(operands.count) tensors, found \(ranks.count)")
    }
    var labels: [[Label]] = []
    for (term, rank) in zip(operands, ranks) {
      guard let given = term.labels(rank: rank) else {
        throw LayerError(.shape, "a tensor of \(rank) axes does not fit \"\(equation)\"")
      }
      labels.append(given)
    }
    var counts: [Label: Int] = [:]
    for label in labels.joined() { counts[label, default: 0] += 1 }
    let covered = counts.keys.compactMap {
      if case .ellipsis(let index) = $0 { index } else { nil }
    }
    let ellipsis = (0..<((covered.max() ?? -1) + 1)).reversed().map(Label.ellipsis)
    guard let result else {
      let once = counts.keys.filter { counts[$0] == 1 }.compactMap { label -> Character? in
        if case .letter(let letter) = label { letter } else { nil }
      }
      return (labels, ellipsis + once.sorted().map(Label.letter))
    }
    let named =
      result.before.map(Label.letter) + (result.hasEllipsis ? ellipsis : [])
      + result.after.map(Label.letter)
    guard Set(named).count == named.count, named.allSatisfy({ counts[$0] != nil }) else {
      throw LayerError(
        .configuration, "the result of \"\(equation)\" repeats an axis or names an unknown one")
    }
    return (labels, named)
  }
}

extension GraphBuilder {
  /// The sum of products that an equation names.
  package mutating func einsum(
    _ equation: Einsum, _ operands: [Value]
  ) throws(LayerError) -> Value {
    let (terms, result) = try equation.labels(ranks: operands.map { rank($0) })
    guard let firstOperand = operands.first, let firstTerm = terms.first else {
      throw LayerError(.wiring, "\"\(equation.equation)\" has no operand")
    }
    var value = firstOperand
    var labels = firstTerm
    for index in terms.indices.dropFirst() {
      let later = Set(terms[(index + 1)...].joined()).union(result)
      let left = try summed(value, labels, keeping: later.union(terms[index]))
      let right = try summed(operands[index], terms[index], keeping: later.union(labels))
      (value, labels) = try contracted(left, right, keeping: later)
    }
    let (rest, found) = try summed(value, labels, keeping: Set(result))
    var order: [Int] = []
    for label in result {
      guard let position = found.firstIndex(of: label) else {
        throw LayerError(.shape, "\"\(equation.equation)\" names an axis that no operand has")
      }
      order.append(position)
    }
    return try transpose(rest, order)
  }

  private typealias Labelled = (value: Value, labels: [Einsum.Label])

  /// A tensor whose repeated axes are their diagonal and whose axes that nobody needs are summed.
  private mutating func summed(
    _ x: Value, _ labels: [Einsum.Label], keeping needed: Set<Einsum.Label>
  ) throws(LayerError) -> Labelled {
    var value = x
    var labels = labels
    var position = 0
    while position < labels.count {
      if let repeated = labels[..<position].firstIndex(of: labels[position]) {
        value = try diagonal(value, repeated, position)
        let label = labels[position]
        labels.remove(at: position)
        labels.remove(at: repeated)
        labels.append(label)
        position = 0
      } else {
        position += 1
      }
    }
    let gone = labels.indices.filter { !needed.contains(labels[$0]) }
    if gone.isEmpty { return (value, labels) }
    return (try sum(value, axes: gone), labels.filter(needed.contains))
  }

  /// The elements whose indices along two axes agree; the common axis becomes the last.
  private mutating func diagonal(
    _ x: Value, _ first: Int, _ second: Int
  ) throws(LayerError) -> Value {
    let extents = shape(x)
    guard extents[first] == extents[second] else {
      throw LayerError(
        .shape, "axes \(first) and \(second) of shape \(Shape(extents)) have no diagonal")
    }
    let extent = extents[first]
    let rest = extents.indices.filter { $0 != first && $0 != second }
    let moved = try transpose(x, rest + [first, second])
    let lead = rest.map { extents[$0] }
    let flat = try reshape(moved, to: lead + [Extent.product(extent, extent)])
    let starts = [Int](repeating: 0, count: lead.count + 1)
    var strides = [Int](repeating: 1, count: lead.count + 1)
    strides[lead.count] = extent + 1
    return try slice(flat, starts: starts, counts: lead + [extent], strides: strides)
  }

  /// The product of two tensors summed over the common axes that nobody needs any more.
  private mutating func contracted(
    _ left: Labelled, _ right: Labelled, keeping needed: Set<Einsum.Label>
  ) throws(LayerError) -> Labelled {
    let common = right.labels.filter(left.labels.contains)
    let (a, b) = try aligned(left, right, common)
    let batch = common.filter(needed.contains)
    let inner = common.filter { !needed.contains($0) }
    let rows = left.labels.filter { !common.contains($0) }
    let columns = right.labels.filter { !common.contains($0) }
    let (x, transposeA) = try matrix(a, left.labels, batch, rows, inner, isFirst: true)
    let (y, transposeB) = try matrix(b, right.labels, batch, columns, inner, isFirst: false)
    let product = try matmul(x, y, transposeA: transposeA, transposeB: transposeB)
    let extents = extents(a, left.labels, batch + rows) + extents(b, right.labels, columns)
    return (try reshape(product, to: extents), batch + rows + columns)
  }

  /// Two tensors whose common axes have the same extents; those of extent 1 are repeated.
  private mutating func aligned(
    _ left: Labelled, _ right: Labelled, _ common: [Einsum.Label]
  ) throws(LayerError) -> (Value, Value) {
    var a = shape(left.value)
    var b = shape(right.value)
    for label in common {
      guard let i = left.labels.firstIndex(of: label), let j = right.labels.firstIndex(of: label)
      else { continue }
      guard a[i] == b[j] || a[i] == 1 || b[j] == 1 else {
        throw LayerError(
          .shape,
          "shapes \(Shape(shape(left.value))) and \(Shape(shape(right.value))) differ along a common axis"
        )
      }
      let extent = a[i] == 1 ? b[j] : a[i]
      a[i] = extent
      b[j] = extent
    }
    return (try broadcast(left.value, to: a), try broadcast(right.value, to: b))
  }

  private func extents(
    _ x: Value, _ labels: [Einsum.Label], _ wanted: [Einsum.Label]
  ) -> [Int] {
    let extents = shape(x)
    return wanted.compactMap { label in labels.firstIndex(of: label).map { extents[$0] } }
  }

  /// A tensor as `(batch…, free, inner)`, or the last two the other way round when that spares a transposition.
  private mutating func matrix(
    _ x: Value, _ labels: [Einsum.Label], _ batch: [Einsum.Label], _ free: [Einsum.Label],
    _ inner: [Einsum.Label], isFirst: Bool
  ) throws(LayerError) -> (Value, isTransposed: Bool) {
    let freeFirst = batch + free + inner
    let innerFirst = batch + inner + free
    let isFreeFirst = isFirst ? labels != innerFirst : labels == freeFirst
    let wanted = isFreeFirst ? freeFirst : innerFirst
    let order = wanted.compactMap { labels.firstIndex(of: $0) }
    let arranged = try transpose(x, order)
    let lead = extents(x, labels, batch)
    guard let m = Shape.elementCount(extents(x, labels, free)),
      let k = Shape.elementCount(extents(x, labels, inner))
    else { throw LayerError(.shape, "shape \(Shape(shape(x))) has too many elements") }
    let flat = try reshape(arranged, to: lead + (isFreeFirst ? [m, k] : [k, m]))
    return (flat, isFirst ? !isFreeFirst : isFreeFirst)
  }
}
