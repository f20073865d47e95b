import HornbillCore
import HornbillFast
import HornbillLayers
import HornbillReference
import HornbillTestSupport
import Testing

/// A model of many operations from `fixtures/operations`, with what Keras gave for them.
struct OperationFamily: Sendable, CustomTestStringConvertible {
  /// What is recorded of one output of the model.
  struct Output: Sendable {
    /// The class of the operation that gives the output.
    let className: String
    /// The shape that Keras declares.
    let declared: Shape
    let value: Tensor
    /// The output of a copy of the model in double precision.
    let truth: Tensor?
    /// The element type; half types are recorded widened.
    let dtype: DType
  }

  let name: String
  let model: JSON
  let inputs: [Tensor]
  let outputs: [Output]
  var testDescription: String { name }

  /// The families, or why they cannot be read.
  static let result = Result {
    try Fixture.files(below: "operations").map { try OperationFamily($0) }
  }

  /// The families; empty when they cannot be read, which a test reports.
  static let all: [OperationFamily] = (try? result.get()) ?? []

  private init(_ path: String) throws {
    let json = try Fixture.json(path)
    name = String(path.dropFirst("operations/".count).dropLast(".json".count))
    model = try #require(json["model"])
    inputs = try #require(json["inputs"]?.array).map { try Self.tensor($0).tensor }
    outputs = try #require(json["outputs"]?.array).map { entry in
      let value = try Self.tensor(try #require(entry["value"]))
      let truth = try #require(entry["truth"])
      return Output(
        className: try #require(entry["class"]?.string),
        declared: Shape(try #require(entry["declared"]?.array).map(\.int)), value: value.tensor,
        truth: truth.isNull ? nil : try Self.tensor(truth).tensor, dtype: value.dtype)
    }
  }

  private static func tensor(_ json: JSON) throws -> (tensor: Tensor, dtype: DType) {
    let shape = try #require(json["shape"]?.array).compactMap(\.int)
    let dtype = try #require(json["dtype"]?.string.flatMap(DType.init(rawValue:)))
    let values = try #require(json["values"]?.array).map { value in
      try #require(value.number ?? value.bool.map { $0 ? 1 : 0 })
    }
    let tensor: Tensor =
      switch dtype {
      case .float64: Tensor(shape: shape, values)
      case .float16, .bfloat16, .float32:
        Tensor(shape: shape, dtype: dtype, storage: .float(values.map { Float($0) }))
      default: Tensor(shape: shape, integers: values.map { Int64($0) }, dtype: dtype)
      }
    return (tensor, dtype)
  }

  /// The classes of the model's operations.
  var classNames: [String] {
    (model["config"]?["layers"]?.array ?? []).compactMap { $0["class_name"]?.string }
  }

  /// The specifications that the model states for its outputs.
  func declared() throws -> [TensorSpec] {
    let root = try DecodingContext(rules: SemanticRules(kerasMajor: 3)).decode(model)
    let specs = try #require((root.layer as? any ModelLayer)?.inputSpecs)
    var build = LayerBuild()
    return try build.build(root, BuildCall(specs))
  }

  /// The outputs as an executor computes them.
  func run(_ executor: any Executor.Type) throws -> [Tensor] {
    let rules = SemanticRules(kerasMajor: 3)
    let root = try DecodingContext(rules: rules).decode(model)
    var build = LayerBuild()
    try build.build(root, BuildCall(inputs.map { TensorSpec(Shape($0.shape), $0.dtype) }))
    let inputs = self.inputs
    var lowering = Lowering(build: build, rules: rules) { (graph, value) throws(LayerError) in
      do throws(ExecutionError) {
        let engine = try executor.init(graph: graph, threads: 1) {
          (_) throws(ExecutionError) in throw ExecutionError("operations have no variables")
        }
        let result = try engine.run(inputs: inputs, states: [], computing: [value])[0]
        return Int(result.integers?.first ?? -1)
      } catch {
        throw LayerError(.shape, error.detail)
      }
    }
    let flows = inputs.map {
      Flow(lowering.graph.input(ValueType(shape: $0.shape, dtype: $0.dtype)))
    }
    let values = try lowering.call(root, flows).map(\.value)
    let graph = lowering.graph.finished(outputs: values)
    let engine = try executor.init(graph: graph, threads: 1) {
      (_) throws(ExecutionError) in throw ExecutionError("operations have no variables")
    }
    return try engine.run(inputs: inputs, states: [], computing: values)
  }
}
