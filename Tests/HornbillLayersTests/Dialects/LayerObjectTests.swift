import HornbillCore
import HornbillLayers
import Testing

@Suite("Forms of layer objects")
struct LayerObjectTests {
  @Test("a Sequential whose configuration is a list")
  func list() throws {
    let (instance, changes) = try decode(
      #"""
      {"class_name": "Sequential", "config": [
      {"class_name": "Dense", "config": {"name": "a", "output_dim": 3, "batch_input_shape": [null, 4], "input_dtype": "float32"}},
      {"class_name": "Dense", "config": {"name": "b", "output_dim": 2}}]}
      """#, keras: 1)
    #expect(try outputShapes(instance) == ["(None, 2)"])
    #expect(changes.contains { $0.hasSuffix("list of layers wrapped") })
  }

  @Test("objects from before Keras 1.0, without class_name")
  func beforeOne() throws {
    let (instance, _) = try decode(
      #"""
      {"name": "Sequential", "layers": [
      {"name": "Dense", "custom_name": "first", "output_dim": 3, "input_dim": 4},
      {"name": "Activation", "custom_name": "second", "activation": "relu"}]}
      """#, keras: 1)
    let model = try #require(instance.layer as? Sequential)
    #expect(model.layers.map(\.name) == ["first", "second"])
    #expect(model.inputSpec == TensorSpec([nil, 4]))
    #expect(try outputShapes(instance) == ["(None, 3)"])
  }

  @Test("a bare configuration of a functional model")
  func bare() throws {
    let (instance, _) = try decode(
      #"""
      {"name": "net", "layers": [
      {"name": "x", "class_name": "InputLayer", "config": {"batch_input_shape": [null, 2], "name": "x"}, "inbound_nodes": []},
      {"name": "y", "class_name": "Dense", "config": {"units": 3, "name": "y"}, "inbound_nodes": [[["x", 0, 0, {}]]]}],
      "input_layers": [["x", 0, 0]], "output_layers": [["y", 0, 0]]}
      """#)
    #expect(instance.name == "net")
    #expect(try outputShapes(instance) == ["(None, 3)"])
  }

  @Test(
    "class names with a package or module",
    arguments: [
      ("Dense", "Dense"), ("keras.layers>Dense", "Dense"), ("Keras>Dense", "Dense"),
      ("keras.layers.core.Dense", "Dense"), ("Addons>Dense", "Addons>Dense"),
      ("tf.keras.layers.experimental.preprocessing.Rescaling", "Rescaling"),
      ("tensorflow.python.keras.layers.core.Dense", "Dense"), ("tf.Module", "tf.Module"),
      ("my.Dense", "my.Dense"),
    ])
  func packages(stored: String, plain: String) {
    #expect(KerasObject.plainName(stored) == plain)
  }

  @Test("a class of another package is not Keras's of that name")
  func foreignPackage() throws {
    let (instance, _) = try decode(
      #"{"class_name": "Addons>Dense", "config": {"name": "d", "units": 3}}"#)
    #expect((instance.layer as? OpaqueLayer)?.reason == .customClass)
  }

  @Test("what is no layer is refused", arguments: ["3", "[]", "{}", #"{"class_name": 3}"#])
  func noLayer(text: String) {
    #expect(throws: LayerError.self) { try decode(text) }
  }

  @Test("a configuration that is no object is refused")
  func noConfig() {
    #expect(throws: LayerError.self) { try decode(#"{"class_name": "Dense", "config": [1]}"#) }
  }

  @Test(
    "the input that a first layer states",
    arguments: [
      ("Dense", #"{"batch_input_shape": [2, 3]}"#, "(2, 3)", "float32"),
      ("Dense", #"{"batch_input_shape": [2, 3], "input_dtype": "int32"}"#, "(2, 3)", "int32"),
      ("Dense", #"{"input_shape": [3]}"#, "(None, 3)", "float32"),
      ("Dense", #"{"input_dim": 3}"#, "(None, 3)", "float32"),
      ("LSTM", #"{"input_dim": 3, "input_length": null}"#, "(None, None, 3)", "float32"),
      ("Convolution1D", #"{"input_dim": 3, "input_length": 8}"#, "(None, 8, 3)", "float32"),
      ("Embedding", #"{"input_dim": 9, "input_length": 5}"#, "(None, 5)", "int32"),
      ("Embedding", #"{"input_dim": 9}"#, "(None, None)", "int32"),
      (
        "Bidirectional",
        #"{"layer": {"class_name": "LSTM", "config": {"batch_input_shape": [1, 2, 3]}}}"#,
        "(1, 2, 3)", "float32"
      ),
    ])
  func statedInput(className: String, config: String, shape: String, dtype: String) throws {
    let context = DecodingContext(rules: SemanticRules(kerasMajor: 1))
    let layer = try json(#"{"class_name": "\#(className)", "config": \#(config)}"#)
    let spec = try #require(try StatedInput.spec(of: layer, in: context))
    #expect(spec.shape?.description == shape)
    #expect(spec.dtype.rawValue == dtype)
  }

  @Test("an Embedding of Keras 3 without a shape states nothing")
  func nothingStated() throws {
    let context = DecodingContext(rules: SemanticRules(kerasMajor: 3))
    let layer = try json(#"{"class_name": "Embedding", "config": {"input_dim": 9}}"#)
    #expect(try StatedInput.spec(of: layer, in: context) == nil)
  }

  @Test("a shape that is no list of extents is refused")
  func badShape() throws {
    let context = DecodingContext(rules: SemanticRules(kerasMajor: 2))
    let layer = try json(#"{"class_name": "Dense", "config": {"batch_input_shape": [null, -3]}}"#)
    #expect(throws: LayerError.self) { try StatedInput.spec(of: layer, in: context) }
  }

  @Test(
    "the generation of a model",
    arguments: [
      ("1.2.2", "{}", 1), ("2.2.4-tf", "{}", 2), ("3.15.1", "{}", 3), ("4.0", "{}", 3),
      (nil, #"{"class_name": "Dense", "config": {"W_regularizer": null}}"#, 1),
      (nil, #"{"class_name": "InputLayer", "config": {"batch_input_shape": [1]}}"#, 2),
      (nil, #"{"class_name": "InputLayer", "config": {"batch_shape": [1]}}"#, 3),
      (nil, #"{"class_name": "Dense", "config": {"units": 1}}"#, 2),
    ] as [(String?, String, Int)])
  func generation(version: String?, architecture: String, major: Int) throws {
    #expect(KerasGeneration.major(version: version, architecture: try json(architecture)) == major)
  }
}
