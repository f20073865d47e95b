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
