import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// TensorFlow's functions as operations of `keras.ops`, and sums that Keras 3 takes for a bias.
@Suite("Operations of converted models") struct TranslationTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func file(_ text: String) throws -> String {
    let path = folder.path("old.json")
    try Scratchpad.write(text, to: path)
    return path
  }

  /// A model of Keras 2 with one call of a function.
  private func call(
    _ function: String, _ keywords: String, shape: String, dtype: String = "float32"
  ) throws -> String {
    try file(
      NetworkText.keras2(
        [.init(name: "x", shape: shape, dtype: dtype)],
        [NetworkText.function2("f", function, on: #"["x", 0, 0, {\#(keywords)}]"#)],
        outputs: ["f"]))
  }

  private func upgraded(_ path: String) throws -> (old: Model, new: Model) {
    let output = folder.path("new.keras")
    try Conversion(contentsOf: path, to: .keras).write(to: output)
    return (try Model(contentsOf: path), try Model(contentsOf: output))
  }

  private func expectRefusal(
    _ path: String, to target: ConversionTarget = .keras, naming words: String...
  ) {
    let error = #expect(throws: ModelError.self) { try Conversion(contentsOf: path, to: target) }
    #expect(error?.code == .unsupported)
    for word in words {
      #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }
  }

  @Test(arguments: [1, -1]) func aDiagonalBesideTheMainOneIsRead(offset: Int) throws {
    let path = try call("linalg.diag_part", #""k": \#(offset)"#, shape: "[null, 3, 3]")
    let (old, new) = try upgraded(path)
    let x = Tensor(shape: [1, 3, 3], (0..<9).map(Float.init))
    #expect(try new.predict([x])[0].floats == (offset > 0 ? [1, 5] : [3, 7]))
    #expect(try new.predict([x]) == old.predict([x]))
  }

  @Test func aMatrixOfADiagonalHasZerosBesideNotANumber() throws {
    let (_, new) = try upgraded(try call("linalg.diag", "", shape: "[null, 2]"))
    let matrix = try new.predict([Tensor(shape: [1, 2], [Float.nan, 2])])[0].floats
    #expect(matrix?.dropFirst() == [0, 0, 2])
  }

  @Test(arguments: [
    ("linalg.diag", #""k": 1"#), ("linalg.diag", #""padding_value": 2.0"#),
    ("linalg.set_diag", #""diagonal": [[1.0, 2.0]], "k": 1"#),
    ("linalg.diag_part", #""k": [0, 1]"#),
  ])
  func otherDiagonalsAreRefused(function: String, keywords: String) throws {
    let shape = function == "linalg.diag" ? "[null, 3]" : "[null, 3, 3]"
    expectRefusal(try call(function, keywords, shape: shape), naming: function)
  }

  @Test func theSpectralNormIsRefused() throws {
    expectRefusal(
      try call("norm", #""ord": 2, "axis": [1, 2]"#, shape: "[null, 3, 3]"), naming: "norm")
  }

  @Test(arguments: ["", #", "ord": "fro""#]) func theNormOfAllElementsIsNot(order: String) throws {
    let (old, new) = try upgraded(
      try call("norm", #""axis": [1, 2]\#(order)"#, shape: "[null, 2, 2]"))
    let x = Tensor(shape: [1, 2, 2], [Float(1), 1, 1, 1])
    #expect(try new.predict([x]) == old.predict([x]))
    #expect(try new.predict([x])[0].floats == [2])
  }

  @Test func theMeanOfWholeNumbersIsRefused() throws {
    expectRefusal(
      try call("math.reduce_mean", #""axis": 1"#, shape: "[null, 2]", dtype: "int32"),
      naming: "reduce_mean")
  }

  @Test(arguments: ["int8", "uint16"]) func sumsOfShortNumbersStayShort(dtype: String) throws {
    let (old, new) = try upgraded(
      try call("math.reduce_sum", #""axis": 1"#, shape: "[null, 2]", dtype: dtype))
    let type = try #require(DType(rawValue: dtype))
    let x = Tensor(shape: [1, 2], integers: [100, 100], dtype: type)
    #expect(try new.predict([x])[0].dtype == type)
    #expect(try new.predict([x]) == old.predict([x]))
  }

  /// Functions that operations of `keras.ops` compose.
  @Test(arguments: [
    ("math.digamma", "", "[null, 6]"), ("math.lgamma", "", "[null, 6]"),
    ("math.cumsum", #""axis": 1, "exclusive": true, "reverse": true"#, "[null, 4, 3]"),
    ("math.cumprod", #""axis": -1, "exclusive": true"#, "[null, 4, 3]"),
    (
      "space_to_batch_nd", #""block_shape": [2, 2], "paddings": [[0, 1], [1, 0]]"#,
      "[null, 3, 5, 2]"
    ),
    (
      "nn.local_response_normalization", #""depth_radius": 1, "bias": 2.0, "alpha": 0.5"#,
      "[null, 2, 2, 4]"
    ),
    (
      "image.extract_patches",
      #""sizes": [1, 3, 2, 1], "strides": [1, 2, 1, 1], "rates": [1, 1, 1, 1], "padding": "SAME""#,
      "[null, 4, 5, 2]"
    ),
    (
      "image.pad_to_bounding_box",
      #""offset_height": 1, "offset_width": 2, "target_height": 6, "target_width": 7"#,
      "[null, 4, 5, 1]"
    ),
    ("image.resize_with_crop_or_pad", #""target_height": 6, "target_width": 3"#, "[null, 4, 5, 1]"),
    ("image.rot90", #""k": 3"#, "[null, 2, 3, 1]"),
    ("image.central_crop", #""central_fraction": 0.5"#, "[null, 6, 5, 1]"),
    ("image.grayscale_to_rgb", "", "[null, 2, 3, 1]"),
    ("image.per_image_standardization", "", "[null, 2, 3, 3]"),
    ("image.resize", #""size": [3, 7], "method": "bilinear""#, "[null, 5, 4, 2]"),
    ("compat.v1.image.resize_bilinear", #""size": [3, 7]"#, "[null, 5, 4, 2]"),
    (
      "compat.v1.image.resize_bilinear", #""size": [3, 7], "align_corners": true"#,
      "[null, 5, 4, 2]"
    ),
    ("compat.v1.image.resize_images", #""size": [3, 7]"#, "[null, 5, 4, 2]"),
    ("compat.v1.image.resize_nearest_neighbor", #""size": [3, 7]"#, "[null, 5, 4, 2]"),
    ("gather", #""indices": [2, 0], "axis": 1"#, "[null, 3, 2]"),
    ("compat.v1.gather_nd", #""indices": [[0, 1], [1, 0]]"#, "[2, 3, 2]"),
    ("linalg.set_diag", #""diagonal": [[1.0, 2.0]]"#, "[1, 2, 2]"),
    ("linalg.matvec", #""b": [1.0, 2.0]"#, "[null, 3, 2]"),
    ("boolean_mask", #""mask": [true, false]"#, "[2, 3]"),
    ("searchsorted", #""values": [[0.5, 2.0]]"#, "[1, 4]"),
    ("keras.backend.binary_crossentropy", #""output": ["x", 0, 0]"#, "[null, 3]"),
    ("nn.max_pool1d", #""ksize": 2, "strides": 2, "padding": "SAME""#, "[null, 5, 2]"),
    (
      "nn.pool", #""window_shape": [2, 2], "pooling_type": "AVG", "padding": "VALID""#,
      "[null, 4, 4, 2]"
    ),
  ])
  func functionsAreComposed(function: String, keywords: String, shape: String) throws {
    let (old, new) = try upgraded(try call(function, keywords, shape: shape))
    let extents = try JSON(parsing: Array(shape.utf8)).array?.map { $0.int ?? 2 } ?? []
    let count = extents.reduce(1, *)
    let values = (0..<count).map { Float(($0 * 7) % 11) / 4 + 0.1 }
    let x = Tensor(shape: extents, function == "searchsorted" ? values.sorted() : values)
    try expectCallsOfTensors()
    let (expected, found) = (try old.predict([x]), try new.predict([x]))
    #expect(found.map(\.dtype) == expected.map(\.dtype))
    for (one, other) in zip(found, expected) { expectClose(one, other, within: 1e-6, function) }
  }

  @Test(arguments: [
    (3, 2, "SAME", 6), (3, 2, "SAME", 5), (2, 3, "VALID", 8), (3, 1, "VALID", 5),
    (1, 3, "SAME", 8), (4, 2, "SAME", 6),
  ])
  func theGradientOfAConvolutionIsAConvolution(
    size: Int, stride: Int, padding: String, extent: Int
  ) throws {
    let kernel = (0..<size).map { "[[\($0 + 1).0, -2.0], [0.5, \($0).0], [1.0, 3.0]]" }
    let path = try call(
      "nn.conv1d_transpose",
      """
      "filters": [\(kernel.joined(separator: ", "))], "output_shape": [2, \(extent), 3], "strides": \(stride),
      "padding": "\(padding)"
      """, shape: "[2, 3, 2]")
    let (old, new) = try upgraded(path)
    let x = Tensor(shape: [2, 3, 2], (0..<12).map { Float($0 * 5 % 7) - 3 })
    let (expected, found) = (try old.predict([x]), try new.predict([x]))
    #expect(found.map(\.shape) == expected.map(\.shape))
    for (one, other) in zip(found, expected) { expectClose(one, other, within: 1e-6, padding) }
  }

  /// Keras 3 reads no call whose operands are all constants.
  private func expectCallsOfTensors() throws {
    let layers = try #require(
      try ModelArchive.open(folder.path("new.keras")).architecture?["config"]?["layers"]?.array)
    for node in layers.flatMap({ $0["inbound_nodes"]?.array ?? [] }) {
      #expect(node.text().contains("keras_history"))
    }
  }

  @Test func aProductOfConstantsIsRefused() throws {
    expectRefusal(
      try call("matmul", #""b": [[1.0, 2.0]], "transpose_b": true"#, shape: "[null, 2]"),
      naming: "constant")
  }

  @Test(arguments: [false, true]) func rowsOfEachElementOfABatchAreRead(isIndexed: Bool) throws {
    let gather =
      isIndexed
      ? NetworkText.function2(
        "f", "gather_nd", on: #"["x", 0, 0, {"indices": ["i", 0, 0], "batch_dims": 1}]"#)
      : NetworkText.function2(
        "f", "gather", on: #"["x", 0, 0, {"indices": ["i", 0, 0], "batch_dims": 1, "axis": 1}]"#)
    let path = try file(
      NetworkText.keras2(
        [
          .init(name: "x", shape: "[null, 3, 2]"),
          .init(name: "i", shape: "[null, 2, 2]", dtype: "int32"),
        ], [gather], outputs: ["f"]))
    let (old, new) = try upgraded(path)
    let inputs = [
      Tensor(shape: [2, 3, 2], (0..<12).map(Float.init)),
      Tensor(shape: [2, 2, 2], integers: [0, 1, 1, 0, 1, 1, 0, 0], dtype: .int32),
    ]
    #expect(try new.predict(inputs) == old.predict(inputs))
  }

  @Test func whatIsReadFromAShapeIsAConstant() throws {
    let layers = [
      NetworkText.function2("shape", "compat.v1.shape", on: #"["x", 0, 0, {}]"#),
      NetworkText.function2("parts", "unstack", on: #"["shape", 0, 0, {}]"#),
      NetworkText.function2("places", "gather", on: #"["shape", 0, 0, {"indices": [1, 2]}]"#),
      NetworkText.function2("count", "math.reduce_prod", on: #"["places", 0, 0, {}]"#),
      NetworkText.function2(
        "flat", "reshape", on: #"["x", 0, 0, {"shape": [["parts", 0, 0], ["count", 0, 0]]}]"#),
    ]
    let path = try file(
      NetworkText.keras2([.init(name: "x", shape: "[null, 2, 3]")], layers, outputs: ["flat"]))
    let (old, new) = try upgraded(path)
    let x = Tensor(shape: [2, 2, 3], (0..<12).map(Float.init))
    #expect(try new.predict([x]) == old.predict([x]))
  }

  // MARK: Sums

  /// Keras 3 would add the column along the last axis of a batch of as many.
  @Test func aSumHasTheOperandFirstThatIsNoBias() throws {
    let mean = NetworkText.function2(
      "mean", "math.reduce_mean", on: #"["x", 0, 0, {"axis": 1, "keepdims": true}]"#)
    let sum = NetworkText.function2(
      "sum", "__operators__.add", on: #"["x", 0, 0, {"y": ["mean", 0, 0]}]"#)
    let path = try file(
      NetworkText.keras2([.init(name: "x", shape: "[null, 3]")], [mean, sum], outputs: ["sum"]))
    let (old, new) = try upgraded(path)
    let x = Tensor(shape: [3, 3], (0..<9).map(Float.init))
    #expect(try new.predict([x]) == old.predict([x]))
    #expect(try operands(of: "Add", in: new) == [["explicit", "x"]])
  }

  @Test func aSumWithoutASafeOrderIsADifference() throws {
    // Either operand has one extent beside 1 that may be that of an axis of the other one.
    let sum = NetworkText.function2(
      "sum", "math.add", on: #"["a", 0, 0, {"y": ["b", 0, 0]}]"#)
    let path = try file(
      NetworkText.keras2(
        [.init(name: "a", shape: "[1, 3, 1]"), .init(name: "b", shape: "[1, 1, 3]")], [sum],
        outputs: ["sum"]))
    let (old, new) = try upgraded(path)
    let inputs = [
      Tensor(shape: [1, 3, 1], [Float(1), 2, 3]), Tensor(shape: [1, 1, 3], [Float(10), 20, 30]),
    ]
    #expect(try new.predict(inputs) == old.predict(inputs))
    #expect(try operands(of: "Add", in: new).isEmpty)
  }

  /// The layers that are the operands of the operations of a class, as far as their names begin.
  private func operands(of className: String, in model: Model) throws -> [[String]] {
    let layers = try #require(
      try ModelArchive.open(folder.path("new.keras")).architecture?["config"]?["layers"]?.array)
    return layers.filter { $0["class_name"]?.string == className }.map { layer in
      let arguments = layer["inbound_nodes"]?.array?.first?["args"]?.array ?? []
      return arguments.map { argument in
        let name = argument["config"]?["keras_history"]?.array?.first?.string ?? ""
        return name == "x" ? name : "explicit"
      }
    }
  }

  @Test func layersThatAddAreCalledInASafeOrder() throws {
    let sum = NetworkText.layer2("Add", "sum", on: #"[["a", 0, 0, {}], ["b", 0, 0, {}]]"#)
    let path = try file(
      NetworkText.keras2(
        [.init(name: "a", shape: "[null, 3]"), .init(name: "b", shape: "[null, 1]")], [sum],
        outputs: ["sum"]))
    let (old, new) = try upgraded(path)
    let layers = try ModelArchive.open(folder.path("new.keras")).architecture?["config"]?["layers"]
    let list = layers?.array?.last?["inbound_nodes"]?.array?.first?["args"]?.array?.first?.array
    #expect(
      list?.map { $0["config"]?["keras_history"]?.array?.first?.string } == ["b", "a"])
    let inputs = [
      Tensor(shape: [3, 3], (0..<9).map(Float.init)), Tensor(shape: [3, 1], [Float(1), 2, 3]),
    ]
    #expect(try new.predict(inputs) == old.predict(inputs))
  }

  private func convolution(_ shape: String, wrapped: Bool) -> String {
    let layer = """
      {"class_name": "Conv2D", "config": {"name": "conv", "dtype": "float32", "filters": 3, "kernel_size": [1, 1],
       "strides": [1, 1], "padding": "valid", "data_format": "channels_first", "dilation_rate": [1, 1], "groups": 1,
       "activation": "linear", "use_bias": true}}
      """
    let each = """
      {"class_name": "TimeDistributed", "config": {"name": "each", "dtype": "float32", "layer": \(layer)}}
      """
    return """
      {"class_name": "Sequential", "keras_version": "2.15.0", "config": {"name": "s", "layers": [
       {"class_name": "InputLayer", "config": {"batch_input_shape": \(shape), "dtype": "float32", "name": "i"}},
       \(wrapped ? each : layer)]}}
      """
  }

  @Test(arguments: [
    ("[null, 2, 4, 3]", false), ("[null, 2, 4, null]", false), ("[null, 5, 2, 4, 3]", true),
  ])
  func aBiasThatKeras3AddsAlongColumnsIsRefused(shape: String, wrapped: Bool) throws {
    expectRefusal(
      try file(convolution(shape, wrapped: wrapped)), naming: wrapped ? "each" : "conv", "bias")
  }

  // MARK: Keras 3 to Keras 2

  @Test(arguments: [
    ("Mean", #""axis": 1, "keepdims": false, "#, "int32"),
    ("Sum", #""axis": 1, "keepdims": false, "#, "uint8"),
  ])
  func foldsInAnotherTypeAreRefused(className: String, fields: String, dtype: String) throws {
    let fold = NetworkText.layer3(
      className, "fold", fields, NetworkText.tensor("x", "[null, 3]", dtype),
      module: "keras.src.ops.numpy")
    let path = try file(
      NetworkText.keras3(
        [.init(name: "x", shape: "[null, 3]", dtype: dtype)], [fold], outputs: ["fold"]))
    expectRefusal(path, to: .h5Keras2, naming: "fold", className)
  }
}
