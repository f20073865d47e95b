public import HornbillCore

/// Colours spread by the histogram around them, with limited contrast (CLAHE), in training and at inference.
///
/// An image is cut into tiles. Each tile's histogram is clipped, what was cut off is spread evenly, and its cumulated counts map
/// colours to colours; a pixel gets the maps of the four nearest tiles, mixed bilinearly.
///
/// - Input: images `(batch, height, width, channels)` or one image, or channels first. Output: the same.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/clahe.py`.
public struct ContrastLimitedAdaptiveHistogramEqualization: UncastInputLayer {
  public static let className = "ContrastLimitedAdaptiveHistogramEqualization"

  private let range: ValueRange
  /// The greatest count of a colour, as a multiple of the mean count; 0 for no limit.
  public let clipLimit: Double
  /// The number of tiles along height and width.
  public let tileGridSize: (Int, Int)
  package let images: ImageFields

  /// Where the channels stand.
  public var dataFormat: DataFormat { images.dataFormat }
  /// The lowest and the highest colour.
  public var valueRange: (Double, Double) { (range.least, range.most) }

  /// Makes a layer.
  public init(
    valueRange: (Double, Double) = (0, 255), clipLimit: Double = 4,
    tileGridSize: (Int, Int) = (8, 8), dataFormat: DataFormat = .channelsLast
  ) {
    range = ValueRange(least: valueRange.0, most: valueRange.1)
    self.clipLimit = clipLimit
    self.tileGridSize = tileGridSize
    images = ImageFields(dataFormat: dataFormat)
  }

  public init(config: LayerConfig) throws(LayerError) {
    range = try config.valueRange()
    clipLimit = try config.number("clip_limit", default: 4)
    let tiles = try config.extents("tile_grid_size", axes: 2, default: 8)
    tileGridSize = (tiles[0], tiles[1])
    images = try ImageFields(config: config)
  }

  public func encode(to config: inout ConfigEncoder) {
    images.encode(to: &config)
    config.set("value_range", colours: valueRange)
    config.set("clip_limit", clipLimit)
    config.set("tile_grid_size", [tileGridSize.0, tileGridSize.1])
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: [tileGridSize.0, tileGridSize.1], "tileGridSize")
    return try call.mapParts { (_, spec) throws(LayerError) in spec }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    try call.mapParts { (part, value) throws(LayerError) in
      guard part == .images else { return value }
      return try equalized(value, call.dtype, into: &lowering.graph)
    }
  }

  private func equalized(
    _ images: Value, _ dtype: DType, into graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let isFloat = graph.dtype(images).isFloatingPoint
    var x = isFloat ? try graph.cast(images, to: dtype) : images
    let original = graph.dtype(x)
    let isSingle = graph.rank(x) == 3
    if isSingle { x = try graph.expand(x, axis: 0) }
    _ = try ImageAxes(rank: graph.rank(x), format: dataFormat)
    x = try graph.cast(graph.channelsLast(x, from: dataFormat), to: .float32)
    x = try graph.colours(x, from: range, to: .bytes)
    let tiles = try ImageTiles(graph.shape(x), grid: tileGridSize)
    let padded = try tiles.padded(x, into: &graph)
    let maps = try tiles.colourMaps(padded, clipLimit: clipLimit, into: &graph)
    var y = try tiles.mapped(padded, by: maps, into: &graph)
    y = try graph.colours(y, from: .bytes, to: range)
    y = try graph.channels(graph.cast(y, to: original), to: dataFormat)
    return isSingle ? try graph.squeeze(y, axis: 0) : y
  }
}
