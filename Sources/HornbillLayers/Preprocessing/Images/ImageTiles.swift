import HornbillCore

/// The tiles of a batch of images `(batch, height, width, channels)`, and the maps of colours that their histograms make.
///
/// Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/clahe.py`, `_clahe`.
struct ImageTiles {
  private static let colours = 256

  private let batch: Int
  private let height: Int
  private let width: Int
  private let channels: Int
  private let rows: Int
  private let columns: Int
  private let tileHeight: Int
  private let tileWidth: Int

  init(_ shape: [Int], grid: (Int, Int)) throws(LayerError) {
    (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    (rows, columns) = grid
    tileHeight = Extent.dividedUp(height, by: rows)
    tileWidth = Extent.dividedUp(width, by: columns)
    let maps = [batch, try Extent.sum(rows, 2), try Extent.sum(columns, 2), channels]
    _ = try Extent.tableCount(maps + [ImageTiles.colours])
    _ = try Extent.tableCount([
      batch, try Extent.product(tileHeight, rows), try Extent.product(tileWidth, columns),
      channels,
    ])
  }

  /// The images made longer, by their mirror image, to whole tiles.
  func padded(_ x: Value, into graph: inout GraphBuilder) throws(LayerError) -> Value {
    try graph.pad(
      x, before: [0, 0, 0, 0],
      after: [0, tileHeight * rows - height, tileWidth * columns - width, 0], mode: .symmetric)
  }

  /// A map of colours for each tile, with the outermost tiles twice: `(batch, rows + 2, columns + 2, channels, 256)`.
  func colourMaps(
    _ x: Value, clipLimit: Double, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let pixels = tileHeight * tileWidth
    let tiled = try graph.transpose(
      graph.reshape(x, to: [batch, rows, tileHeight, columns, tileWidth, channels]),
      [0, 1, 3, 5, 2, 4])
    let flat = try graph.reshape(tiled, to: [batch * rows * columns * channels, pixels])
    var histogram = try graph.encoded(
      bytes(flat, into: &graph), as: .count, depth: ImageTiles.colours, dtype: .float32)
    if clipLimit > 0 {
      let clipped = try graph.minimum(histogram, clipLimit * Double(pixels) / 256)
      let excess = try graph.sum(
        graph.subtract(histogram, clipped), axes: [-1], keepDimensions: true)
      histogram = try graph.add(
        clipped, graph.divide(excess, graph.scalar(256, .float32)))
    }
    let cumulated = try graph.accumulate(.sum, histogram, axis: -1)
    let least = try graph.reduce(.minimum, cumulated, axes: [-1], keepDimensions: true)
    let numerator = try graph.multiply(graph.subtract(cumulated, least), 255)
    var denominator = try graph.subtract(graph.scalar(Double(pixels), .float32), least)
    let isUseful = try graph.notEqual(denominator, 0)
    denominator = try graph.select(isUseful, denominator, graph.scalar(1, .float32))
    let scaled = try graph.minimum(
      graph.maximum(graph.divide(numerator, denominator), 0), 255)
    var maps = try graph.reshape(
      scaled, to: [batch, rows, columns, channels, ImageTiles.colours])
    for (axis, count) in [(1, rows), (2, columns)] {
      let first = try graph.slice(maps, axis: axis, start: 0, count: 1)
      let last = try graph.slice(maps, axis: axis, start: count - 1, count: 1)
      maps = try graph.concatenate([first, maps, last], axis: axis)
    }
    return maps
  }

  /// The pixels by the maps of the four tiles around each, mixed bilinearly, cut to the images' own size.
  func mapped(
    _ x: Value, by maps: Value, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let flat = try graph.reshape(
      maps, to: [batch * (rows + 2) * (columns + 2) * channels * ImageTiles.colours])
    let vertical = Neighbours(tiles: rows, extent: tileHeight)
    let horizontal = Neighbours(tiles: columns, extent: tileWidth)
    let stride = (
      x: ImageTiles.colours * channels, y: ImageTiles.colours * channels * (columns + 2)
    )
    let start = stride.y * (rows + 2)
    var base = try bytes(x, into: &graph)
    base = try graph.add(base, offsets((0..<batch).map { $0 * start }, axis: 0, into: &graph))
    base = try graph.add(
      base, offsets((0..<channels).map { $0 * ImageTiles.colours }, axis: 3, into: &graph))
    func values(_ y: [Int], _ x: [Int]) throws(LayerError) -> Value {
      let down = try offsets(y.map { $0 * stride.y }, axis: 1, into: &graph)
      let along = try offsets(x.map { $0 * stride.x }, axis: 2, into: &graph)
      return try graph.gather(flat, graph.add(graph.add(base, down), along), axis: 0)
    }
    func mixed(_ a: Value, _ b: Value, _ weights: [Float], axis: Int) throws(LayerError) -> Value {
      var shape = [1, 1, 1, 1]
      shape[axis] = weights.count
      let weight = graph.constant(Tensor(shape: shape, weights))
      let rest = graph.constant(Tensor(shape: shape, weights.map { 1 - $0 }))
      return try graph.add(graph.multiply(a, rest), graph.multiply(b, weight))
    }
    let top = try mixed(
      values(vertical.first, horizontal.first), values(vertical.first, horizontal.second),
      horizontal.weights, axis: 2)
    let bottom = try mixed(
      values(vertical.second, horizontal.first), values(vertical.second, horizontal.second),
      horizontal.weights, axis: 2)
    let result = try mixed(top, bottom, vertical.weights, axis: 1)
    return try graph.slice(
      result, starts: [0, 0, 0, 0], counts: [batch, height, width, channels],
      strides: [1, 1, 1, 1])
  }

  /// Colours as integers from 0 to 255, fractions truncated.
  private func bytes(_ x: Value, into graph: inout GraphBuilder) throws(LayerError) -> Value {
    let whole = try graph.cast(x, to: .int64)
    return try graph.minimum(graph.maximum(whole, 0), 255)
  }

  private func offsets(
    _ values: [Int], axis: Int, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    var shape = [1, 1, 1, 1]
    shape[axis] = values.count
    return graph.constant(Tensor(shape: shape, integers: values.map { Int64($0) }))
  }

  /// The two nearest tiles of each pixel along one axis, and the weight of the second.
  private struct Neighbours {
    var first: [Int] = []
    var second: [Int] = []
    var weights: [Float] = []

    init(tiles: Int, extent: Int) {
      for pixel in 0..<(tiles * extent) {
        let place = (Float(pixel) - Float(extent) / 2) / Float(extent) + 1
        let floor = place.rounded(.down)
        let tile = Int(floor)
        first.append(min(max(tile, 0), tiles + 1))
        second.append(min(max(tile + 1, 0), tiles + 1))
        weights.append(place - floor)
      }
    }
  }
}
