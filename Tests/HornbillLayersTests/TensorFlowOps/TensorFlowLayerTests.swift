import HornbillCore
import HornbillLayers
import HornbillReference
import Testing

/// The operation layers of Keras 2: names, arguments, shapes and refusals.
@Suite struct TensorFlowLayerTests {
  private typealias Arguments = CallArguments<TensorSpec>

  private static func lambda(_ function: String) throws -> LayerProbe {
    try LayerProbe("TFOpLambda", #"{"function": "\#(function)"}"#, kerasMajor: 2)
  }

  private static func raw(_ json: String) throws -> LayerProbe {
    try LayerProbe("TensorFlowOpLayer", json, kerasMajor: 2)
  }

  private static func shape(
    _ probe: LayerProbe, _ input: Shape, _ keywords: (String, Argument<TensorSpec>)...
  ) throws -> Shape? {
    var build = LayerBuild()
    let arguments = Arguments(
      [.tensor(TensorSpec(input))], keywords: keywords.map { (name: $0.0, value: $0.1) })
    return try build.build(probe.instance, BuildCall(arguments)).first?.shape
  }

  @Test(arguments: [
    "math.add", "__operators__.add", "compat.v1.transpose", "transpose", "reduce_sum",
    "math.reduce_sum", "sigmoid", "nn.sigmoid", "linalg.matmul", "matmul",
    "compat.v1.nn.conv2d", "image.resize", "compat.v1.image.resize_bilinear", "concat",
  ]) func knowsTheNamesOfAFunction(_ name: String) {
    #expect(TensorFlowFunctions.rule(name) != nil)
  }

  @Test(arguments: ["strings.split", "image.no_such", "py_function", ""])
  func doesNotKnowOthers(_ name: String) {
    #expect(TensorFlowFunctions.rule(name) == nil)
  }

  @Test func leavesUnknownExtentsOfASliceOpen() throws {
    let probe = try LayerProbe(
      "SlicingOpLambda", #"{"function": "__operators__.getitem"}"#, kerasMajor: 2)
    let key: Argument<TensorSpec> = .list([
      .dictionary([("start", .none), ("stop", .integer(1)), ("step", .none)]),
      .dictionary([("start", .integer(1)), ("stop", .none), ("step", .integer(2))]),
      .integer(-1), .none,
    ])
    #expect(try Self.shape(probe, [nil, 5, 3], ("slice_spec", key)) == [nil, 2, 1])
  }

  @Test func infersAReshapeWithTheBatchOfAnotherTensor() throws {
    let shape = try Self.lambda("compat.v1.shape")
    let item = try LayerProbe(
      "SlicingOpLambda", #"{"function": "__operators__.getitem"}"#, kerasMajor: 2)
    let reshape = try Self.lambda("reshape")
    var build = LayerBuild()
    let x = TensorSpec([nil, 4, 6])
    let extents = try build.build(shape.instance, BuildCall([x]))[0]
    #expect(extents.shape == [3])
    let batch = try build.build(
      item.instance,
      BuildCall(
        CallArguments([.tensor(extents)], keywords: [("slice_spec", .integer(0))])))[0]
    let call = BuildCall(
      CallArguments(
        [.tensor(x)],
        keywords: [("shape", .list([.tensor(batch), .integer(-1), .integer(8)]))]))
    #expect(try build.build(reshape.instance, call)[0].shape == [nil, 3, 8])
  }

  @Test func givesAMaskAnUnknownExtent() throws {
    let probe = try LayerProbe(
      "SlicingOpLambda", #"{"function": "compat.v1.boolean_mask"}"#, kerasMajor: 2)
    let mask = Argument<TensorSpec>.tensor(TensorSpec([nil, 4], .bool))
    #expect(try Self.shape(probe, [nil, 4, 6], ("mask", mask)) == [nil, 6])
  }

  @Test func refusesACallWhoseOperandTheFileHasLost() throws {
    let probe = try Self.lambda("__operators__.eq")
    #expect(try Self.shape(probe, [nil, 2]) == [nil, 2])
    let error = try #require(throws: LayerError.self) {
      try probe.run([Tensor(shape: [1, 2], [1, 2] as [Float])])
    }
    #expect(error.code == .unsupported)
    #expect(error.detail.contains("the file does not hold"))
  }

  @Test(arguments: ["ClassMethod", "InstanceMethod", "InstanceProperty"])
  func refusesRaggedTensors(_ className: String) throws {
    let probe = try LayerProbe(className, kerasMajor: 2)
    let error = try #require(throws: LayerError.self) {
      try probe.run([Tensor(shape: [1], [1] as [Float])])
    }
    #expect(error.code == .unsupported)
  }

  @Test func insertsConstantsAtTheirPositions() throws {
    let probe = try Self.raw(
      #"{"name": "sub", "node_def": {"op": "Sub", "input": ["a", "x", "^c"], "attr": {"T": {"type": "DT_FLOAT"}}}, "constants": {"0": 3.0}}"#
    )
    let result = try probe.run([Tensor(shape: [2], [1, 5] as [Float])])
    #expect(result.output.doubles == [2, -2])
  }

  @Test func readsASerializedNodeDef() throws {
    let message = [
      "\u{0A}\u{01}n", "\u{12}\u{03}Sum", "\u{1A}\u{01}x", "\u{1A}\u{01}a",
      "*\u{0F}", "\u{0A}\u{09}keep_dims",
      "\u{12}\u{02}(\u{01}",
    ].joined()
    let definition = JSON.object(
      JSONObject([
        ("class_name", .string("TensorFlowOpLayer")),
        (
          "config",
          .object(
            JSONObject([
              ("name", .string("sum")), ("node_def", .string(message)),
              ("constants", .object(JSONObject([("1", .integer(1))]))),
            ]))
        ),
      ]))
    let instance = try DecodingContext(rules: SemanticRules(kerasMajor: 2)).decode(definition)
    var build = LayerBuild()
    #expect(try build.build(instance, BuildCall([TensorSpec([nil, 4])]))[0].shape == [nil, 1])
  }

  @Test(arguments: [
    (#"{}"#, #"TensorFlowOpLayer needs "node_def""#),
    (#"{"node_def": 1}"#, "TensorFlowOpLayer.node_def: expected an object, found 1"),
    (#"{"node_def": {"name": "a"}}"#, #"TensorFlowOpLayer.node_def: "op" is not there"#),
    (#"{"node_def": "no message"}"#, "TensorFlowOpLayer.node_def: expected a serialized NodeDef"),
    (
      #"{"node_def": {"op": "Sum", "attr": {"N": {"i": "x"}}}}"#,
      #"TensorFlowOpLayer.node_def: attribute "N" is "x""#
    ),
    (
      #"{"node_def": {"op": "Sum"}, "constants": {"-1": 0}}"#,
      "TensorFlowOpLayer.constants: expected constants by the positions of operands"
    ),
  ]) func namesTheField(_ config: String, _ message: String) throws {
    let error = try #require(throws: LayerError.self) { try Self.raw(config) }
    #expect(error.code == .configuration)
    #expect(error.detail.contains(message), "\(error)")
  }

  @Test func namesAnOperationThatIsNotSupported() throws {
    let probe = try Self.raw(#"{"node_def": {"op": "StatelessIf", "input": ["x"]}}"#)
    let error = try #require(throws: LayerError.self) {
      try probe.run([Tensor(shape: [1], [1] as [Float])])
    }
    #expect(error.code == .unsupported)
    #expect(error.detail.contains("StatelessIf"))
  }

  @Test func computesTheGammaFunction() throws {
    let x = Tensor(shape: [6], [0.5, 1, 2, 4, 12.5, -0.5])
    let logarithm = try Self.lambda("math.lgamma").run([x]).output.doubles ?? []
    let wanted = [
      0.5723649429247001, 0, 0, 1.791759469228055, 18.734347511936445, 1.2655121234846454,
    ]
    for (a, b) in zip(logarithm, wanted) { #expect(abs(a - b) < 1e-13) }
    let slope = try Self.lambda("math.digamma").run([x]).output.doubles ?? []
    #expect(abs(slope[1] + 0.5772156649015329) < 1e-13)
    #expect(abs(slope[5] - 0.03648997397857652) < 1e-13)
  }
}
