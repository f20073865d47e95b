import HornbillCore
import HornbillLayers
import Testing

/// What image layers do with integers, odd sizes and dictionaries.
@Suite struct ImageTests {
  private let bytes = Tensor(
    shape: [1, 2, 2, 1], integers: [0, 255, 10, 20], dtype: .uint8)

  @Test func imagesOfIntegers() throws {
    let resizing = try PreprocessingProbe("Resizing", #"{"height": 1, "width": 1}"#)
    let found = try resizing.run(bytes)[0]
    #expect(found.dtype == .uint8)
    #expect(found.integers == [71])
    let older = try PreprocessingProbe(
      "Resizing", #"{"height": 1, "width": 1}"#, kerasMajor: 2)
    #expect(try older.run(bytes)[0].doubles == [71.25])
  }

  @Test(arguments: [("RandomBrightness", DType.uint8), ("RandomFlip", .float64)])
  func typesOfAugmentedIntegers(className: String, dtype: DType) throws {
    let found = try PreprocessingProbe(className, #"{"factor": 0.1}"#).run(bytes)[0]
    #expect(found.dtype == dtype)
  }

  @Test func randomCropDiffersByGeneration() throws {
    let config = #"{"height": 1, "width": 2}"#
    let images = Tensor(shape: [1, 3, 2, 1], [0, 1, 2, 3, 4, 5] as [Float])
    #expect(
      try PreprocessingProbe("RandomCrop", config).run(images)[0].doubles == images.doubles)
    #expect(
      try PreprocessingProbe("RandomCrop", config, kerasMajor: 2).run(images)[0].doubles == [2, 3])
  }

  @Test func margins() throws {
    let probe = try PreprocessingProbe(
      "Resizing",
      #"{"height": 2, "width": 4, "pad_to_aspect_ratio": true, "fill_value": 9, "interpolation": "nearest"}"#
    )
    let images = Tensor(shape: [2, 2, 1], [1, 2, 3, 4] as [Float])
    #expect(try probe.run(images)[0].doubles == [9, 1, 2, 9, 9, 3, 4, 9])
  }

  @Test func channelsOfOneColour() throws {
    let probe = try PreprocessingProbe("AutoContrast", "{}")
    let images = Tensor(shape: [1, 1, 3, 2], [5, 0, 5, 51, 5, 102] as [Float])
    #expect(try probe.run(images)[0].doubles == [5, 0, 5, 127.5, 5, 255])
  }

  @Test(arguments: [1, 3])
  func boundingBoxes(count: Int) throws {
    let probe = try PreprocessingProbe("MaxNumBoundingBoxes", #"{"max_number": 2}"#)
    let boxes = Tensor(shape: [1, count, 4], (0..<(4 * count)).map { Float($0) })
    let labels = Tensor(shape: [1, count], (0..<count).map { Float($0) })
    let images = Tensor(shape: [1, 1, 1, 3], [7, 8, 9] as [Float])
    let found = try probe.run([boxes, labels, images]) { flows in
      CallArguments([
        .dictionary([
          ("images", .tensor(flows[2])),
          (
            "bounding_boxes",
            .dictionary([("labels", .tensor(flows[1])), ("boxes", .tensor(flows[0]))])
          ),
        ])
      ])
    }
    #expect(found.map(\.shape) == [[1, 2, 4], [1, 2], [1, 1, 1, 3]])
    #expect(found[1].doubles == (count == 1 ? [0, -1] : [0, 1]))
    #expect(found[2].doubles == [7, 8, 9])
  }

  @Test func boxesBesideResizedImages() throws {
    let probe = try PreprocessingProbe("Resizing", #"{"height": 1, "width": 1}"#)
    let boxes = Tensor(shape: [1, 1, 4], [0, 0, 1, 1] as [Float])
    let error = #expect(throws: LayerError.self) {
      try probe.run([bytes, boxes]) { flows in
        CallArguments([
          .dictionary([
            ("images", .tensor(flows[0])),
            ("bounding_boxes", .dictionary([("boxes", .tensor(flows[1]))])),
          ])
        ])
      }
    }
    #expect(error?.code == .unsupported)
  }

  @Test func absurdTiles() throws {
    let probe = try PreprocessingProbe(
      "ContrastLimitedAdaptiveHistogramEqualization",
      #"{"tile_grid_size": [9223372036854775807, 2]}"#)
    #expect(throws: LayerError.self) {
      try probe.run(Tensor(shape: [1, 2, 2, 1], [1, 2, 3, 4] as [Float]))
    }
  }
}
