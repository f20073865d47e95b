import HornbillCore
import HornbillLayers
import HornbillReference
import Testing

/// What operations refuse, and how they state shapes.
@Suite struct OperationRuleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let className: String
    let config: String
    let shapes: [[Int]]
    let dtype: DType
    let code: LayerError.Code
    let message: String
    var testDescription: String { "\(className) \(config)" }

    init(
      _ className: String, _ config: String, _ shapes: [[Int]], _ code: LayerError.Code,
      _ message: String, dtype: DType = .float32
    ) {
      self.className = className
      self.config = config
      self.shapes = shapes
      self.dtype = dtype
      self.code = code
      self.message = message
    }
  }

  static let refusals: [Case] = [
    Case("Sum", #"{"axis": 3}"#, [[2, 3]], .shape, "axis 3 does not exist"),
    Case(
      "Sum", #"{"axis": [0, -2]}"#, [[2, 3]], .configuration, "Sum.axis: expected axes that differ"),
    Case("Sum", #"{"axis": "all"}"#, [[2, 3]], .configuration, "Sum.axis: expected an integer"),
    Case(
      "Sum", #"{"keepdims": 7}"#, [[2, 3]], .configuration, "Sum.keepdims: expected true or false"),
    Case("Add", "{}", [[2], [3]], .shape, "do not broadcast"),
    Case("Add", "{}", [[2], [2]], .shape, "Add of two tensors of bool", dtype: .bool),
    Case("Add", "{}", [[2]], .wiring, "Add lacks its operand 2"),
    Case("Negative", "{}", [[2]], .shape, "the negative of uint8", dtype: .uint8),
    Case(
      "Clip", #"{"x_min": 0.5, "x_max": 2}"#, [[2]], .unsupported, "fractional bounds",
      dtype: .int32),
    Case("Clip", #"{"x_min": 0}"#, [[2]], .configuration, "Clip.x_max: expected a number"),
    Case("Reshape", #"{"newshape": [4, -1]}"#, [[2, 3]], .shape, "does not divide"),
    Case("Reshape", #"{"newshape": [2, null]}"#, [[2, 3]], .unsupported, "other than the first"),
    Case("Reshape", #"{"newshape": [-1, -1]}"#, [[2, 3]], .configuration, "Reshape.newshape"),
    Case(
      "Split", #"{"indices_or_sections": 2, "axis": 1}"#, [[2, 3]], .shape, "does not divide into 2"
    ),
    Case("Pad", #"{"pad_width": [[1, 1]], "mode": "wrap"}"#, [[2]], .configuration, "Pad.mode"),
    Case("Repeat", #"{"repeats": [1, 2, 3], "axis": 0}"#, [[2]], .shape, "3 repeats"),
    Case("Squeeze", #"{"axis": 0}"#, [[2, 3]], .shape, "not of extent 1"),
    Case("Softmax", #"{"axis": 2}"#, [[2, 3]], .shape, "axis 2 does not exist"),
    Case("TopK", #"{"k": 4}"#, [[2, 3]], .shape, "4 greatest elements"),
    Case(
      "OneHot", #"{"num_classes": -1}"#, [[2]], .configuration, "OneHot.num_classes", dtype: .int32),
    Case(
      "Cast", #"{"dtype": "float8"}"#, [[2]], .configuration, "Cast.dtype: expected an element type"
    ),
    Case("Cholesky", "{}", [[2, 3]], .shape, "2 rows and 3 columns"),
    Case(
      "Einsum", #"{"subscripts": "ab->>c"}"#, [[2, 3]], .configuration, "not an einsum equation"),
    Case(
      "Conv", #"{"padding": "causal"}"#, [[1, 5, 2], [3, 2, 1]], .configuration, "Conv.padding"),
    Case("MaxPool", #"{"pool_size": 0}"#, [[1, 5, 2]], .configuration, "MaxPool.pool_size"),
    Case("Norm", #"{"ord": "two"}"#, [[2, 3]], .configuration, "Norm.ord"),
    Case("SegmentSum", "{}", [[2, 3], [2]], .unsupported, "without num_segments depends on data"),
    Case("Nonzero", "{}", [[2]], .unsupported, "Nonzero depends on data"),
    Case("Unique", "{}", [[2]], .unsupported, "Unique depends on data"),
    Case("ElasticTransform", "{}", [[2, 2, 1]], .unsupported, "at random"),
  ]

  @Test(arguments: refusals)
  func refusal(of case: Case) throws {
    let error = try #require(throws: LayerError.self) {
      try lowered(`case`.className, `case`.config, `case`.shapes, `case`.dtype)
    }
    #expect(error.code == `case`.code)
    #expect(error.detail.contains(`case`.message), "\(error.detail)")
  }

  private func lowered(
    _ className: String, _ config: String, _ shapes: [[Int]], _ dtype: DType
  ) throws {
    var graph = GraphBuilder()
    let arguments = shapes.map { shape in
      Argument.tensor(Flow(graph.input(ValueType(shape: shape, dtype: dtype))))
    }
    let fields = try #require(JSON(parsing: config).object)
    let rule = try #require(OperationRegistry.standard.operations[className])
    _ = try rule(
      OperationCall(
        className: className, fields: fields, arguments: CallArguments(arguments)), &graph)
  }

  /// The model of `fixtures/operations`' form with one operation.
  private func model(
    _ className: String, _ config: String, args: String, module: String? = "keras.src.ops.numpy"
  ) throws -> JSON {
    let place = module.map { #""module": "\#($0)","# } ?? ""
    return try JSON(
      parsing: """
        {"class_name": "Functional", "config": {"name": "functional", "layers": [
        {"class_name": "InputLayer", "config": {"batch_shape": [null, 3], "dtype": "float32", "name": "x"}, "name": "x", "inbound_nodes": []},
        {\(place) "class_name": "\(className)", "config": \(config), "name": "op", "inbound_nodes": [{"args": \(args), "kwargs": {}}]}],
        "input_layers": ["x", 0, 0], "output_layers": ["op", 0, 0]}}
        """)
  }

  private let x = """
    {"class_name": "__keras_tensor__", "config": {"shape": [null, 3], "dtype": "float32", "keras_history": ["x", 0, 0]}}
    """

  private func specs(_ model: JSON) throws -> [TensorSpec] {
    let root = try DecodingContext(rules: SemanticRules(kerasMajor: 3)).decode(model)
    var build = LayerBuild()
    return try build.build(root, BuildCall([TensorSpec([nil, 3])]))
  }

  @Test func unknownExtentsStayUnknown() throws {
    #expect(try specs(model("Square", "{}", args: "[\(x)]")).map(\.shape) == [[nil, 3]])
    #expect(try specs(model("Ravel", "{}", args: "[\(x)]")).map(\.shape) == [[nil]])
    #expect(try specs(model("Sum", #"{"axis": 0}"#, args: "[\(x)]")).map(\.shape) == [[3]])
    #expect(
      try specs(model("Reshape", #"{"newshape": [-1, 4]}"#, args: "[\(x)]")).map(\.shape) == [
        [nil, 4]
      ])
  }

  /// As in Keras: an unknown extent that meets a known one is taken for it.
  @Test func anUnknownExtentThatMeetsAKnownOneIsKnown() throws {
    let array =
      #"{"class_name": "__numpy__", "config": {"value": [[1], [2], [3], [4], [5], [6], [7]], "dtype": "float32"}}"#
    #expect(
      try specs(model("Add", "{}", args: "[\(x), \(array)]")).map(\.shape) == [[7, 3]])
  }

  @Test func operationsOfH5FilesHaveNoModule() throws {
    let found = try specs(model("Add", #"{"name": "op"}"#, args: "[\(x), 1.5]", module: nil))
    #expect(found == [TensorSpec([nil, 3], .float32)])
  }

  @Test func unknownOperationsAndCodeStayInTheModel() throws {
    for (name, reason) in [("Frobnicate", "is not a layer"), ("Map", "holds Python code")] {
      let model = try model(name, "{}", args: "[\(x)]")
      let root = try DecodingContext(rules: SemanticRules(kerasMajor: 3)).decode(model)
      var build = LayerBuild()
      try build.build(root, BuildCall([TensorSpec([nil, 3])]))
      var lowering = Lowering(build: build, rules: SemanticRules(kerasMajor: 3))
      let flow = Flow(lowering.graph.input(ValueType(shape: [2, 3], dtype: .float32)))
      let error = try #require(throws: LayerError.self) { try lowering.call(root, [flow]) }
      #expect(error.code == .unsupported && error.description.contains(reason))
      #expect(error.path.last == "op")
    }
  }

  /// Complex numbers may only go where they become real.
  @Test func complexNumbersAreNoOutput() throws {
    let model = try model("Polar", "{}", args: "[\(x), \(x)]", module: "keras.src.ops.nn")
    let root = try DecodingContext(rules: SemanticRules(kerasMajor: 3)).decode(model)
    var build = LayerBuild()
    try build.build(root, BuildCall([TensorSpec([nil, 3])]))
    var lowering = Lowering(build: build, rules: SemanticRules(kerasMajor: 3))
    let flow = Flow(lowering.graph.input(ValueType(shape: [2, 3], dtype: .float32)))
    let error = try #require(throws: LayerError.self) { try lowering.call(root, [flow]) }
    #expect(error.code == .unsupported && error.detail.contains("complex"))
  }
}
