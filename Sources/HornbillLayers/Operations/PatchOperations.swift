package import HornbillCore

/// Operations that take images apart and put them together.
///
/// Source: Keras 3, `keras/src/ops/nn.py` and `image.py`, with the TensorFlow backend.
enum PatchOperations {
  /// The operations by class.
  static let rules: [String: Operation.Rule] = [
    "DepthToSpace": { (c, g) throws(LayerError) in
      let block = try c.integer("block_size", atLeast: 2)
      return [
        try channelsLast(c, &g) { (x, g) throws(LayerError) in
          let s = g.shape(x)
          guard s.count == 4, s[3] % (block * block) == 0 else {
            throw LayerError(.shape, "blocks of \(block) in the channels of shape \(Shape(s))")
          }
          let depth = s[3] / block / block
          let split = try g.reshape(x, to: [s[0], s[1], s[2], block, block, depth])
          let moved = try g.transpose(split, [0, 1, 3, 2, 4, 5])
          return try g.reshape(
            moved, to: [s[0], Extent.product(s[1], block), Extent.product(s[2], block), depth])
        }
      ]
    },
    "SpaceToDepth": { (c, g) throws(LayerError) in
      let block = try c.integer("block_size", atLeast: 2)
      return [
        try channelsLast(c, &g) { (x, g) throws(LayerError) in
          let s = g.shape(x)
          guard s.count == 4, s[1] % block == 0, s[2] % block == 0 else {
            throw LayerError(.shape, "blocks of \(block) in shape \(Shape(s))")
          }
          let (rows, columns) = (s[1] / block, s[2] / block)
          let split = try g.reshape(x, to: [s[0], rows, block, columns, block, s[3]])
          let moved = try g.transpose(split, [0, 1, 3, 2, 4, 5])
          let depth = try Extent.product(s[3], Extent.product(block, block))
          return try g.reshape(moved, to: [s[0], rows, columns, depth])
        }
      ]
    },
    "ExtractPatches": extractPatches,
    "Unfold": unfold,
    "Fold": fold,
  ]

  /// A function of an image with its channels last.
  private static func channelsLast(
    _ c: OperationCall, _ g: inout GraphBuilder,
    _ function: (Value, inout GraphBuilder) throws(LayerError) -> Value
  ) throws(LayerError) -> Value {
    let format = try c.choice("data_format", default: DataFormat.channelsLast)
    let x = try g.channelsLast(c.tensor(0, &g), from: format)
    return try g.channels(function(x, &g), to: format)
  }

  private static let extractPatches: Operation.Rule = { (c, g) throws(LayerError) in
    let images = try c.tensor(0, "images", &g)
    let rank = (try c.integers("size") ?? []).count == 3 ? 3 : 2
    let size = try c.extents("size", axes: rank)
    let ones = [Int](repeating: 1, count: rank)
    let padding = try c.string("padding", default: "valid")
    guard padding == "valid" || padding == "same" else {
      throw c.invalid("padding", expected: "\"valid\" or \"same\"")
    }
    let format = try c.choice("data_format", default: DataFormat.channelsLast)
    let geometry = WindowGeometry(
      size: size, strides: try c.extents("strides", axes: rank, default: size),
      dilations: try c.extents("dilation_rate", axes: rank, default: ones),
      padding: padding == "valid" ? .valid : .same, format: format)
    let isSingle = g.rank(images) == rank + 1
    var x = try isSingle ? g.expand(images, axis: 0) : images
    guard g.rank(x) == rank + 2 else {
      throw LayerError(.shape, "patches of \(rank) axes of shape \(Shape(g.shape(images)))")
    }
    x = try g.channelsLast(x, from: format)
    let window = try geometry.window(over: g.spatialExtents(x))
    let patches = try g.channels(g.patches(x, window), to: format)
    return [isSingle ? try g.squeeze(patches, axis: 0) : patches]
  }

  private static func square(
    _ c: OperationCall, _ field: String, atLeast bound: Int, default fallback: Int? = nil
  ) throws(LayerError) -> [Int] {
    try c.extents(field, axes: 2, atLeast: bound, default: fallback.map { [$0, $0] })
  }

  private static func window(_ c: OperationCall) throws(LayerError) -> WindowSpec {
    let padding = try square(c, "padding", atLeast: 0, default: 0)
    return WindowSpec(
      size: try square(c, "kernel_size", atLeast: 1),
      strides: try square(c, "stride", atLeast: 1, default: 1),
      dilations: try square(c, "dilation", atLeast: 1, default: 1), paddingBefore: padding,
      paddingAfter: padding)
  }

  private static let unfold: Operation.Rule = { (c, g) throws(LayerError) in
    let input = try c.tensor(0, &g)
    guard g.rank(input) == 4 else {
      throw LayerError(.shape, "Unfold of shape \(Shape(g.shape(input))), 4 axes are needed")
    }
    let window = try window(c)
    let x = try g.channelsLast(input, from: .channelsFirst)
    let patches = try g.patches(x, window)
    let s = g.shape(patches)
    let channels = g.shape(input)[1]
    let cells = window.size[0] * window.size[1]
    let split = try g.reshape(patches, to: [s[0], s[1], s[2], cells, channels])
    let moved = try g.transpose(split, [0, 4, 3, 1, 2])
    return [try g.reshape(moved, to: [s[0], channels * cells, s[1] * s[2]])]
  }

  private static let fold: Operation.Rule = { (c, g) throws(LayerError) in
    let x = try c.tensor(0, &g)
    let window = try window(c)
    let output = try square(c, "output_size", atLeast: 1)
    let cells = try Extent.product(window.size[0], window.size[1])
    let s = g.shape(x)
    let rows = window.positions(0, extent: output[0])
    let columns = window.positions(1, extent: output[1])
    guard s.count == 3, s[1] % cells == 0, s[2] == rows * columns else {
      throw LayerError(.shape, "Fold of shape \(Shape(s)) to \(output[0])x\(output[1])")
    }
    let channels = s[1] / cells
    let extents = [
      output[0] + 2 * window.paddingBefore[0], output[1] + 2 * window.paddingBefore[1],
    ]
    let count = try Extent.tableCount([cells, rows, columns])
    _ = try Extent.tableCount(extents)
    var places: [Int64] = []
    places.reserveCapacity(count)
    for cell in 0..<cells {
      let (i, j) = (cell / window.size[1], cell % window.size[1])
      for row in 0..<rows {
        for column in 0..<columns {
          let y = row * window.strides[0] + i * window.dilations[0]
          let x = column * window.strides[1] + j * window.dilations[1]
          places.append(Int64(y * extents[1] + x))
        }
      }
    }
    let outer = try Extent.product(s[0], channels)
    let flat = try g.transpose(g.reshape(x, to: [outer, count]), [1, 0])
    let table = g.constant(Tensor(shape: [count, 1], integers: places, dtype: .int32))
    let base = try g.full(0, shape: [extents[0] * extents[1], outer], g.dtype(x))
    let sum = try g.transpose(g.scatter(.add, base, table, flat), [1, 0])
    let image = try g.reshape(sum, to: [s[0], channels] + extents)
    return [
      try g.slice(
        image, starts: [0, 0] + window.paddingBefore, counts: [s[0], channels] + output,
        strides: [1, 1, 1, 1])
    ]
  }
}

extension GraphBuilder {
  /// The cells of every window position, the last axis of the window fastest, then the channels: `(batch, positions…, cells · channels)`.
  package mutating func patches(_ x: Value, _ window: WindowSpec) throws(LayerError) -> Value {
    let padded = try pad(
      x, before: [0] + window.paddingBefore + [0], after: [0] + window.paddingAfter + [0])
    let extents = shape(padded)
    let axes = window.size.indices
    let positions = axes.map { axis in
      let room = extents[axis + 1] - window.span(axis)
      return room < 0 ? 0 : room / window.strides[axis] + 1
    }
    guard positions.allSatisfy({ $0 > 0 }) else {
      throw LayerError(.shape, "windows of \(window.size) do not fit shape \(Shape(shape(x)))")
    }
    let (batch, channels) = (extents[0], extents[extents.count - 1])
    if window.strides == window.size, window.dilations.allSatisfy({ $0 == 1 }) {
      return try tiles(padded, window.size, positions)
    }
    let cells = try Extent.tableCount(window.size)
    guard cells <= 1 << 12 else {
      throw LayerError(.unsupported, "patches of \(cells) cells that overlap are not supported")
    }
    var parts: [Value] = []
    for cell in 0..<cells {
      var rest = cell
      var offsets = [Int](repeating: 0, count: axes.count)
      for axis in axes.reversed() {
        offsets[axis] = rest % window.size[axis] * window.dilations[axis]
        rest /= window.size[axis]
      }
      parts.append(
        try slice(
          padded, starts: [0] + offsets + [0], counts: [batch] + positions + [channels],
          strides: [1] + window.strides + [1]))
    }
    return try concatenate(parts, axis: -1)
  }

  /// Patches that lie side by side.
  private mutating func tiles(
    _ x: Value, _ size: [Int], _ positions: [Int]
  ) throws(LayerError) -> Value {
    let extents = shape(x)
    let (batch, channels) = (extents[0], extents[extents.count - 1])
    var counts = extents
    for axis in size.indices { counts[axis + 1] = positions[axis] * size[axis] }
    let zeros = [Int](repeating: 0, count: extents.count)
    let inside = try slice(
      x, starts: zeros, counts: counts, strides: zeros.map { $0 + 1 })
    let split = try reshape(
      inside, to: [batch] + zip(positions, size).flatMap { [$0, $1] } + [channels])
    let outer = size.indices.map { 2 * $0 + 1 }
    let moved = try transpose(
      split, [0] + outer + outer.map { $0 + 1 } + [2 * size.count + 1])
    let width = try Extent.product(Extent.tableCount(size), channels)
    return try reshape(moved, to: [batch] + positions + [width])
  }
}
