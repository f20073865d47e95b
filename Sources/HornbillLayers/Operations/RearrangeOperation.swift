import HornbillCore

/// The reordering of axes in the notation of einops: `b (h p) w -> (b h) w p`.
///
/// Source: Keras 3, `keras/src/ops/einops.py`.
enum RearrangeOperation {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "Rearrange": { (c, g) throws(LayerError) in
      let x = try c.tensor(0, &g)
      guard case .string(let pattern)? = c.arguments.parameter(1, "pattern") else {
        throw LayerError(.wiring, "Rearrange lacks its pattern")
      }
      var sizes: [String: Int] = [:]
      for (name, value) in c.arguments.keywords {
        if case .integer(let size) = value { sizes[name] = Int(size) }
      }
      return [try rearrange(x, pattern, sizes, &g)]
    }
  ]

  private static func rearrange(
    _ x: Value, _ pattern: String, _ sizes: [String: Int], _ g: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let invalid = LayerError(
      .configuration, "\"\(pattern.prefix(80))\" is not a pattern such as \"b (h p) -> b h p\"")
    let sides = sides(of: pattern)
    guard sides.count == 2, let source = groups(sides[0]), let target = groups(sides[1]) else {
      throw invalid
    }
    let shape = g.shape(x)
    guard source.count == shape.count else {
      throw LayerError(
        .shape, "\"\(pattern.prefix(80))\" has \(source.count) axes, the tensor \(shape.count)")
    }
    var extents: [String: Int] = sizes
    for (group, extent) in zip(source, shape) {
      let open = group.filter { extents[$0] == nil }
      let known = group.compactMap { extents[$0] }
      guard let product = Shape.elementCount(known), open.count <= 1,
        open.isEmpty ? product == extent : product > 0 && extent % product == 0
      else {
        throw LayerError(
          .shape, "an axis of extent \(extent) does not fit \"(\(group.joined(separator: " ")))\"")
      }
      if let name = open.first { extents[name] = extent / product }
    }
    let names = source.flatMap { $0 }
    let wanted = target.flatMap { $0 }
    guard Set(names).count == names.count, names.sorted() == wanted.sorted() else { throw invalid }
    let single = try g.reshape(x, to: names.compactMap { extents[$0] })
    let moved = try g.transpose(single, wanted.compactMap { names.firstIndex(of: $0) })
    return try g.reshape(
      moved, to: target.map { group in group.reduce(1) { $0 * (extents[$1] ?? 1) } })
  }

  /// The texts before and after the arrow.
  private static func sides(of pattern: String) -> [Substring] {
    guard let arrow = pattern.firstIndex(of: ">"), arrow > pattern.startIndex,
      pattern[pattern.index(before: arrow)] == "-"
    else { return [] }
    return [
      pattern[..<pattern.index(before: arrow)], pattern[pattern.index(after: arrow)...],
    ]
  }

  /// The axes of one side, each a list of names; `nil` for unbalanced brackets.
  private static func groups(_ text: Substring) -> [[String]]? {
    var result: [[String]] = []
    var group: [String]?
    var name = ""
    func finish() {
      if name.isEmpty { return }
      if group == nil { result.append([name]) } else { group?.append(name) }
      name = ""
    }
    for character in text {
      switch character {
      case "(":
        finish()
        if group != nil { return nil }
        group = []
      case ")":
        finish()
        guard let open = group else { return nil }
        result.append(open)
        group = nil
      case " ": finish()
      default:
        guard character.isLetter || character.isNumber || character == "_" else { return nil }
        name.append(character)
      }
    }
    finish()
    return group == nil ? result : nil
  }
}
