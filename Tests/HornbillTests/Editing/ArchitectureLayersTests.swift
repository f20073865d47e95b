import HornbillCore
import HornbillTestSupport
import Testing

@testable import Hornbill

/// Layers are found, and renamed, in every dialect.
@Suite struct ArchitectureLayersTests {
  private func layers(_ text: String) throws -> ArchitectureLayers {
    ArchitectureLayers(try JSON(parsing: text))
  }

  private func renamed(_ text: String, _ old: String, _ new: String) throws -> String {
    var json = try JSON(parsing: text)
    let layers = ArchitectureLayers(json)
    let layer = try #require(layers.layers(named: old).first)
    let renaming = LayerRenaming(layer: layer, new: new)
    try renaming.check(among: layers)
    renaming.apply(to: &json)
    return json.text()
  }

  private let sequential1 = """
    {"class_name":"Sequential","config":[
      {"class_name":"Merge","config":{"name":"merge_1","layers":[
        {"class_name":"Sequential","config":[{"class_name":"Dense","config":{"name":"dense_1"}}]},
        {"class_name":"Dense","config":{"name":"dense_2"}}]}},
      {"class_name":"TimeDistributed","config":{"name":"td","layer":{"class_name":"Dense","config":{"name":"dense_3"}}}}]}
    """

  @Test func keras1() throws {
    #expect(
      try layers(sequential1).all.map(\.path) == [
        "sequential", "merge_1", "merge_1/sequential", "merge_1/sequential/dense_1",
        "merge_1/dense_2", "td", "td/dense_3",
      ])
  }

  @Test func placesAreThoseOfKeras() throws {
    let all = try layers(Fixture.text("formats/small.json")).all
    let places = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0.objectPath) })
    #expect(places["first"] == "layers/dense")
    #expect(places["second"] == "layers/dense_1")
    #expect(places["last"] == "layers/dense_2")
    #expect(places["norm"] == "layers/batch_normalization")
  }

  @Test("references of Keras 1 and 2")
  func references() throws {
    let text = """
      {"class_name":"Functional","config":{"name":"m","layers":[\
      {"class_name":"InputLayer","name":"a","config":{"name":"a"},"inbound_nodes":[]},\
      {"class_name":"TFOpLambda","name":"tf.math.add","config":{"name":"tf.math.add"},"inbound_nodes":[["a",0,0,{"y":["a",0,0],"name":"a"}]]},\
      {"class_name":"Dense","name":"b","config":{"name":"b","units":3},"inbound_nodes":[[["a",0,0]],[["tf.math.add",0,0,{"mask":["a",0,0]}]]]}],\
      "input_layers":[["a",0,0]],"output_layers":{"a":["b",1,0]}}}
      """
    let expected = """
      {"class_name":"Functional","config":{"name":"m","layers":[\
      {"class_name":"InputLayer","name":"x","config":{"name":"x"},"inbound_nodes":[]},\
      {"class_name":"TFOpLambda","name":"tf.math.add","config":{"name":"tf.math.add"},"inbound_nodes":[["x",0,0,{"y":["x",0,0],"name":"a"}]]},\
      {"class_name":"Dense","name":"b","config":{"name":"b","units":3},"inbound_nodes":[[["x",0,0]],[["tf.math.add",0,0,{"mask":["x",0,0]}]]]}],\
      "input_layers":[["x",0,0]],"output_layers":{"a":["b",1,0]}}}
      """
    #expect(try renamed(text, "a", "x") == JSON(parsing: expected).text())
  }

  @Test("losses and metrics that are listed by output")
  func outputs() throws {
    let text = """
      {"class_name":"Functional","config":{"name":"m","layers":[\
      {"class_name":"Dense","name":"b","config":{"name":"b"},"inbound_nodes":[]}],\
      "input_layers":["b",0,0],"output_layers":["b",0,0]},\
      "compile_config":{"loss":{"b":"mse","c":"mae"},"metrics":{"class_name":"b"},"loss_weights":null}}
      """
    let result = try JSON(parsing: renamed(text, "b", "x"))
    let compile = try #require(result["compile_config"])
    #expect(compile["loss"]?.object?.keys == ["x", "c"])
    #expect(compile["metrics"] == (try JSON(parsing: "{\"class_name\":\"b\"}")))
    #expect(result["config"]?["output_layers"]?.array?.first?.string == "x")
  }

  @Test("the raw operations of tf.keras 2.0 to 2.3 keep their prefix")
  func rawOperations() throws {
    let text = """
      {"class_name":"Model","config":{"name":"m","layers":[\
      {"class_name":"TensorFlowOpLayer","name":"tf_op_layer_add","config":{"name":"add"},"inbound_nodes":[]}],\
      "input_layers":[],"output_layers":[["tf_op_layer_add",0,0]]}}
      """
    let result = try JSON(parsing: renamed(text, "tf_op_layer_add", "tf_op_layer_sum"))
    let layer = try #require(result["config"]?["layers"]?.array?.first)
    #expect(layer["name"]?.string == "tf_op_layer_sum")
    #expect(layer["config"]?["name"]?.string == "sum")
    let error = #expect(throws: EditError.self) { try renamed(text, "tf_op_layer_add", "sum") }
    #expect(error?.code == .badName)
  }

  @Test func manyLevelsEndSomewhere() throws {
    let depth = 100
    let text =
      String(
        repeating: #"{"class_name":"Sequential","config":[{"class_name":"W","config":{"layer":"#,
        count: depth)
      + "null" + String(repeating: "}}]}", count: depth)
    #expect(try layers(text).all.count < 2 * depth)
  }
}
