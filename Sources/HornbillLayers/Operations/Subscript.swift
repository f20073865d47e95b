package import HornbillCore

/// A key of Python's indexing: `x[0, 1:, ..., None]`.
///
/// Bounds beyond an axis are clipped, negative numbers count from its end, a missing tail takes whole axes.
package struct Subscript: Sendable, Hashable {
  package enum Item: Sendable, Hashable {
    /// One element; the axis goes.
    case index(Int)
    /// `start:stop:step`.
    case slice(start: Int?, stop: Int?, step: Int)
    /// As many whole axes as are left.
    case ellipsis
    /// A new axis of extent 1.
    case newAxis
  }

  package let items: [Item]

  /// Makes a key of its items.
  ///
  /// - Throws: ``LayerError`` when there are several ellipses or a step is 0.
  package init(_ items: [Item]) throws(LayerError) {
    guard items.count(where: { $0 == .ellipsis }) <= 1 else {
      throw LayerError(.configuration, "a key has more than one ellipsis")
    }
    for case .slice(_, _, let step) in items where step == 0 {
      throw LayerError(.configuration, "a slice of a key has the step 0")
    }
    self.items = items
  }

  /// A key as a file has it.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` for a key that holds a tensor.
  package init<Element>(_ key: Argument<Element>) throws(LayerError) {
    guard case .list(let elements) = key else {
      try self.init([try Subscript.item(key)])
      return
    }
    var items: [Item] = []
    for element in elements { items.append(try Subscript.item(element)) }
    try self.init(items)
  }

  private static func item<Element>(_ argument: Argument<Element>) throws(LayerError) -> Item {
    switch argument {
    case .integer(let index): return .index(Int(index))
    case .none: return .newAxis
    case .ellipsis: return .ellipsis
    case .slice(let start, let stop, let step):
      return .slice(
        start: try bound(start), stop: try bound(stop), step: try bound(step) ?? 1)
    default:
      throw LayerError(
        .unsupported, "a key of indices other than integers and slices is not supported")
    }
  }

  private static func bound<Element>(_ argument: Argument<Element>) throws(LayerError) -> Int? {
    switch argument {
    case .none: return nil
    case .integer(let number): return Int(number)
    default:
      throw LayerError(.unsupported, "a slice with bounds other than integers is not supported")
    }
  }

  /// The key with an item for every axis of a tensor, new axes besides.
  private func expanded(rank: Int) throws(LayerError) -> [Item] {
    let consumed = items.count { $0 != .ellipsis && $0 != .newAxis }
    guard consumed <= rank else {
      throw LayerError(.shape, "a key of \(consumed) indices for a tensor of \(rank) axes")
    }
    let rest = [Item](
      repeating: .slice(start: nil, stop: nil, step: 1), count: rank - consumed)
    guard let position = items.firstIndex(of: .ellipsis) else { return items + rest }
    return Array(items[..<position]) + rest + Array(items[(position + 1)...])
  }

  /// The first index and the number of indices that a slice takes of an axis.
  package static func range(
    _ start: Int?, _ stop: Int?, _ step: Int, of extent: Int
  ) -> (start: Int, count: Int) {
    func clipped(_ bound: Int, _ least: Int, _ most: Int) -> Int {
      min(max(bound < 0 ? max(bound, -extent - 1) + extent : bound, least), most)
    }
    if step > 0 {
      let first = start.map { clipped($0, 0, extent) } ?? 0
      let last = stop.map { clipped($0, 0, extent) } ?? extent
      return (first, last > first ? (last - first - 1) / step + 1 : 0)
    }
    let first = start.map { clipped($0, -1, extent - 1) } ?? extent - 1
    let last = stop.map { clipped($0, -1, extent - 1) } ?? -1
    let stride = step == Int.min ? Int.max : -step
    return (first, first > last ? (first - last - 1) / stride + 1 : 0)
  }

  private func index(_ index: Int, of extent: Int) throws(LayerError) -> Int {
    let position = index < 0 ? index + extent : index
    guard (0..<extent).contains(position) else {
      throw LayerError(.shape, "index \(index) is outside an axis of extent \(extent)")
    }
    return position
  }

  /// The shape of the result; an unknown extent stays unknown under a slice, as in Keras's own inference.
  ///
  /// Source: Keras 3, `keras/src/ops/numpy.py`, `GetItem`.
  package func shape(of shape: Shape) throws(LayerError) -> Shape {
    var result: [Int?] = []
    var axis = 0
    for item in try expanded(rank: shape.rank) {
      switch item {
      case .newAxis, .ellipsis:
        result.append(1)
        continue
      case .index(let index):
        if let extent = shape.dimensions[axis] { _ = try self.index(index, of: extent) }
      case .slice(let start, let stop, let step):
        result.append(
          shape.dimensions[axis].map { Subscript.range(start, stop, step, of: $0).count })
      }
      axis += 1
    }
    return Shape(result)
  }
}

extension GraphBuilder {
  /// The part of a tensor that a key names.
  package mutating func part(_ x: Value, _ key: Subscript) throws(LayerError) -> Value {
    let extents = shape(x)
    let result = try key.shape(of: Shape(extents)).known ?? []
    var starts: [Int] = []
    var counts: [Int] = []
    var strides: [Int] = []
    var consumed = 0
    let rest = extents.count - key.items.count { $0 != .ellipsis && $0 != .newAxis }
    func whole(_ count: Int) {
      for _ in 0..<count {
        starts.append(0)
        counts.append(extents[consumed])
        strides.append(1)
        consumed += 1
      }
    }
    for item in key.items {
      switch item {
      case .newAxis: continue
      case .ellipsis: whole(rest)
      case .index(let index):
        starts.append(index < 0 ? index + extents[consumed] : index)
        counts.append(1)
        strides.append(1)
        consumed += 1
      case .slice(let start, let stop, let step):
        let range = Subscript.range(start, stop, step, of: extents[consumed])
        starts.append(range.count == 0 ? 0 : range.start)
        counts.append(range.count)
        strides.append(range.count <= 1 ? 1 : step)
        consumed += 1
      }
    }
    whole(extents.count - consumed)
    return try reshape(slice(x, starts: starts, counts: counts, strides: strides), to: result)
  }
}
