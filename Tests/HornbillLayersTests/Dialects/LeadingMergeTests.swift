import HornbillCore
import HornbillLayers
import Testing

@Suite("Sequential models that begin with a Merge of branches")
struct LeadingMergeTests {
  private func dense(_ name: String, _ units: Int, input: Int? = nil) -> String {
    let shape = input.map { #", "batch_input_shape": [null, \#($0)]"# } ?? ""
    return
      #"{"class_name": "Dense", "config": {"name": "\#(name)", "output_dim": \#(units)\#(shape)}}"#
  }

  private func sequential(_ layers: String...) -> String {
    #"{"class_name": "Sequential", "config": [\#(layers.joined(separator: ", "))]}"#
  }

  private func merge(_ mode: String, _ branches: String...) -> String {
    #"{"class_name": "Merge", "config": {"name": "merge_1", "mode": "\#(mode)", "mode_type": "raw", "concat_axis": -1, "layers": [\#(branches.joined(separator: ", "))]}}"#
  }

  private func names(_ instance: LayerInstance) -> [String] {
    (instance.layer as? Functional)?.layers.filter { !($0.layer is InputLayer) }.map(\.name) ?? []
  }

  @Test("branches, the merge, then the rest, with two inputs")
  func branches() throws {
    let (instance, changes) = try decode(
      sequential(
        merge(
          "concat", sequential(dense("a", 2, input: 3), dense("b", 4)), dense("c", 5, input: 6)),
        dense("d", 1)), keras: 1)
    #expect(names(instance) == ["a", "b", "c", "merge_1", "d"])
    let model = try #require(instance.layer as? Functional)
    #expect(model.inputSpecs == [TensorSpec([nil, 3]), TensorSpec([nil, 6])])
    #expect(try outputShapes(instance) == ["(None, 1)"])
    #expect(changes.contains { $0.contains("leading Merge") })
    #expect(model.layers.first { $0.name == "merge_1" }?.className == "Concatenate")
  }

  @Test("a branch that begins with a Merge itself")
  func nested() throws {
    let inner = sequential(merge("sum", dense("a", 2, input: 3), dense("b", 2, input: 4)))
      .replacing("merge_1", with: "merge_2")
    let (instance, _) = try decode(
      sequential(merge("concat", inner, dense("c", 5, input: 6)), dense("d", 1)), keras: 1)
    #expect(names(instance) == ["a", "b", "merge_2", "c", "merge_1", "d"])
    let model = try #require(instance.layer as? Functional)
    #expect(model.inputSpecs?.count == 3)
    #expect(try outputShapes(instance) == ["(None, 1)"])
  }

  @Test("a branch that is a functional model")
  func functional() throws {
    let branch = """
      {"class_name": "Model", "config": {"name": "m", "layers": [
      {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [null, 3], "name": "x"}, "inbound_nodes": []},
      \(dense("a", 2).dropLast()), "name": "a", "inbound_nodes": [[["x", 0, 0]]]}],
      "input_layers": [["x", 0, 0]], "output_layers": [["a", 0, 0]]}}
      """
    let (instance, _) = try decode(
      sequential(merge("mul", branch, dense("b", 2, input: 4))), keras: 1)
    #expect(names(instance) == ["a", "b", "merge_1"])
    #expect(try outputShapes(instance) == ["(None, 2)"])
  }

  @Test("an equal layer of two branches is one layer, called twice")
  func shared() throws {
    let branch = sequential(dense("a", 2, input: 3))
    let (instance, _) = try decode(sequential(merge("sum", branch, branch)), keras: 1)
    #expect(names(instance) == ["a", "merge_1"])
    let model = try #require(instance.layer as? Functional)
    #expect(model.inputSpecs?.count == 1)
    #expect(model.entries.first { $0.instance.name == "a" }?.calls.count == 2)
  }

  @Test("different layers of one name are told apart")
  func collision() throws {
    let (instance, changes) = try decode(
      sequential(merge("concat", dense("a", 2, input: 3), dense("a", 4, input: 3))), keras: 1)
    #expect(names(instance) == ["a", "a_1", "merge_1"])
    #expect(changes.contains { $0.contains("renamed from a, which another branch has too") })
    #expect(try outputShapes(instance) == ["(None, 6)"])
  }

  @Test("a branch without an input shape is refused")
  func noShape() {
    #expect(throws: LayerError.self) {
      try decode(sequential(merge("sum", dense("a", 2), dense("b", 2, input: 3))), keras: 1)
    }
  }
}
