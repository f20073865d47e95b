import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// Masks on the way from one Keras into the other: the same numbers, or a refusal.
@Suite("Masks of converted models") struct MaskConversionTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func file(_ text: String) throws -> String {
    let path = folder.path("old.json")
    try Scratchpad.write(text, to: path)
    return path
  }

  /// The model before and after.
  private func converted(
    _ path: String, to target: ConversionTarget
  ) throws -> (old: Model, new: Model) {
    let output = folder.path(target == .keras ? "new.keras" : "new.h5")
    try Conversion(contentsOf: path, to: target).write(to: output)
    return (try Model(contentsOf: path), try Model(contentsOf: output))
  }

  private func expectRefusal(
    _ path: String, to target: ConversionTarget, naming words: String...
  ) {
    let error = #expect(throws: ModelError.self) { try Conversion(contentsOf: path, to: target) }
    #expect(error?.code == .unsupported)
    for word in words {
      #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }
  }

  private let steps = Tensor(shape: [1, 3, 2], [Float(0), 0, 3, 4, 5, 6])
  private let sequence = NetworkText.Input(name: "x", shape: "[null, 3, 2]")
  private let x3 = NetworkText.tensor("x", "[null, 3, 2]")

  private func average3(mask: String) -> String {
    NetworkText.layer3(
      "GlobalAveragePooling1D", "mean",
      #""data_format": "channels_last", "keepdims": false, "#, x3, keywords: #""mask": \#(mask)"#)
  }

  // MARK: Keras 3 to Keras 2

  @Test func aMaskOfTheAuthorStays() throws {
    let comparison = NetworkText.layer3(
      "NotEqual", "chosen", "", #"\#(NetworkText.tensor("m", "[null, 3]")), 1.0"#,
      module: "keras.src.ops.numpy")
    let text = NetworkText.keras3(
      [sequence, .init(name: "m", shape: "[null, 3]")],
      [comparison, average3(mask: NetworkText.tensor("chosen", "[null, 3]", "bool"))],
      outputs: ["mean"])
    let (old, new) = try converted(try file(text), to: .h5Keras2)
    let inputs = [steps, Tensor(shape: [1, 3], [Float(1), 0, 1])]
    #expect(try new.predict(inputs)[0].floats == [3, 4])
    #expect(try new.predict(inputs) == old.predict(inputs))
  }

  @Test func aMaskThatKeras2FindsIsLeftOut() throws {
    let text = NetworkText.keras3(
      [sequence],
      [
        NetworkText.layer3("Masking", "masking", #""mask_value": 0.0, "#, x3),
        NetworkText.layer3(
          "NotEqual", "differing", "", "\(x3), 0.0", module: "keras.src.ops.numpy"),
        NetworkText.layer3(
          "Any", "any", #""axis": -1, "keepdims": false, "#,
          NetworkText.tensor("differing", "[null, 3, 2]", "bool"), module: "keras.src.ops.numpy"),
        NetworkText.layer3(
          "GlobalAveragePooling1D", "mean",
          #""data_format": "channels_last", "keepdims": false, "#,
          NetworkText.tensor("masking", "[null, 3, 2]"),
          keywords: #""mask": \#(NetworkText.tensor("any", "[null, 3]", "bool"))"#),
      ], outputs: ["mean"])
    let (_, new) = try converted(try file(text), to: .h5Keras2)
    #expect(new.layers.map(\.className) == ["InputLayer", "Masking", "GlobalAveragePooling1D"])
    #expect(try new.predict([steps])[0].floats == [4, 5])
  }

  /// Two tensors, one of them masked, are added and given to an attention over heads.
  private func attention3(_ keywords: String = "") -> String {
    NetworkText.keras3(
      [sequence],
      [
        NetworkText.layer3("Masking", "masking", #""mask_value": 0.0, "#, x3),
        NetworkText.layer3(
          "Add", "sum", "", "[\(NetworkText.tensor("masking", "[null, 3, 2]")), \(x3)]"),
        NetworkText.layer3(
          "MultiHeadAttention", "heads",
          #""num_heads": 1, "key_dim": 2, "use_bias": false, "dropout": 0.0, "#,
          [String](repeating: NetworkText.tensor("sum", "[null, 3, 2]"), count: 2)
            .joined(separator: ", "), keywords: keywords),
      ], outputs: ["heads"])
  }

  @Test func anAttentionWhoseMaskKeras2WouldFindIsRefused() throws {
    expectRefusal(try file(attention3()), to: .h5Keras2, naming: "heads", "query")
  }

  @Test func aMaskThatKeras2CannotTakeIsRefused() throws {
    let text = NetworkText.keras3(
      [sequence, .init(name: "m", shape: "[null, 3]", dtype: "bool")],
      [
        NetworkText.layer3(
          "MultiHeadAttention", "heads",
          #""num_heads": 1, "key_dim": 2, "use_bias": false, "dropout": 0.0, "#, "\(x3), \(x3)",
          keywords: #""value_mask": \#(NetworkText.tensor("m", "[null, 3]", "bool"))"#)
      ], outputs: ["heads"])
    expectRefusal(try file(text), to: .h5Keras2, naming: "heads", "value_mask")
  }

  /// Keras 3 takes the masks off the tensors that an attention has read, Keras 2 does not.
  @Test func aMaskThatTwoAttentionsReadIsRefused() throws {
    let masked = NetworkText.tensor("masking", "[null, 3, 2]")
    let heads = ["first", "second"].map {
      NetworkText.layer3(
        "MultiHeadAttention", $0,
        #""num_heads": 1, "key_dim": 2, "use_bias": false, "dropout": 0.0, "#,
        "\(masked), \(masked)")
    }
    let masking = NetworkText.layer3("Masking", "masking", #""mask_value": 0.0, "#, x3)
    let text = NetworkText.keras3([sequence], [masking] + heads, outputs: ["first", "second"])
    expectRefusal(try file(text), to: .h5Keras2, naming: "mask", "attention")
  }

  private func nested3(_ layers: [String], output: String) -> String {
    NetworkText.keras3([sequence], layers, outputs: [output])
      .replacingFirst("\"name\": \"m\"", "\"name\": \"inner\"")
  }

  private func placed(_ model: String, on arguments: String) -> String {
    String(model.dropLast()) + """
      , "name": "inner", "inbound_nodes": [{"args": [\(arguments)], "kwargs": {"mask": null}}]}
      """
  }

  @Test func aMaskOutOfANestedModelThatIsJoinedIsRefused() throws {
    let inner = nested3(
      [NetworkText.layer3("Masking", "masking", #""mask_value": 0.0, "#, x3)], output: "masking")
    let text = NetworkText.keras3(
      [sequence],
      [
        placed(inner, on: x3),
        NetworkText.layer3(
          "Add", "sum", "", "[\(NetworkText.tensor("inner", "[null, 3, 2]")), \(x3)]"),
        NetworkText.layer3(
          "GlobalAveragePooling1D", "mean",
          #""data_format": "channels_last", "keepdims": false, "#,
          NetworkText.tensor("sum", "[null, 3, 2]")),
      ], outputs: ["mean"])
    expectRefusal(try file(text), to: .h5Keras2, naming: "mean", "mask")
  }

  @Test func aMaskIntoANestedModelThatJoinsItIsRefused() throws {
    let inner = nested3(
      [
        NetworkText.layer3("Activation", "own", #""activation": "tanh", "#, x3),
        NetworkText.layer3("Flatten", "flat", #""data_format": "channels_last", "#, x3),
        NetworkText.layer3(
          "Reshape", "unmasked", #""target_shape": [3, 2], "#,
          NetworkText.tensor("flat", "[null, 6]")),
        NetworkText.layer3(
          "Add", "sum", "",
          "[\(NetworkText.tensor("own", "[null, 3, 2]")), \(NetworkText.tensor("unmasked", "[null, 3, 2]"))]"
        ),
        NetworkText.layer3(
          "GlobalAveragePooling1D", "mean",
          #""data_format": "channels_last", "keepdims": false, "#,
          NetworkText.tensor("sum", "[null, 3, 2]")),
      ], output: "mean")
    let text = NetworkText.keras3(
      [sequence],
      [
        NetworkText.layer3("Masking", "masking", #""mask_value": 0.0, "#, x3),
        placed(inner, on: NetworkText.tensor("masking", "[null, 3, 2]")),
      ], outputs: ["inner"])
    expectRefusal(try file(text), to: .h5Keras2, naming: "inner", "mask")
  }

  @Test func trainingStaysInTheCall() throws {
    let text = NetworkText.keras3(
      [sequence],
      [
        NetworkText.layer3(
          "Dropout", "drop", #""rate": 0.5, "seed": null, "noise_shape": null, "#, x3,
          keywords: #""training": true"#)
      ], outputs: ["drop"])
    let output = folder.path("new.h5")
    try Conversion(contentsOf: try file(text), to: .h5Keras2).write(to: output)
    let layers = try ModelArchive.open(output).architecture?["config"]?["layers"]?.array
    let call = layers?.last?["inbound_nodes"]?.array?.first?.array?.first?.array
    #expect(call?.last?["training"]?.bool == true)
  }

  // MARK: Keras 2 to Keras 3

  @Test func anAttentionIsGivenTheMasksThatKeras3WouldFindToo() throws {
    let masking = NetworkText.layer2(
      "Masking", "masking", #""mask_value": 0.0, "#, on: #"[["x", 0, 0, {}]]"#)
    let attention = NetworkText.layer2(
      "Attention", "attention", #""use_scale": false, "score_mode": "dot", "#,
      on: #"[["masking", 0, 0, {}], ["masking", 0, 0, {}]]"#)
    let text = NetworkText.keras2([sequence], [masking, attention], outputs: ["attention"])
    let (old, new) = try converted(try file(text), to: .keras)
    #expect(try new.predict([steps]) == old.predict([steps]))
    let layers = try ModelArchive.open(folder.path("new.keras")).architecture?["config"]?["layers"]
    let call = layers?.array?.last?["inbound_nodes"]?.array?.first
    #expect(call?["kwargs"]?["mask"]?.array?.count == 2)
  }

  /// A masked and an unmasked tensor, added.
  private var joined2: [String] {
    [
      NetworkText.layer2("Masking", "masking", #""mask_value": 0.0, "#, on: #"[["x", 0, 0, {}]]"#),
      NetworkText.layer2("Add", "sum", on: #"[["masking", 0, 0, {}], ["x", 0, 0, {}]]"#),
    ]
  }

  @Test(arguments: ["Attention", "AdditiveAttention"])
  func anAttentionGetsTheMaskThatKeras2Found(className: String) throws {
    let attention = NetworkText.layer2(
      className, "attention",
      #""use_scale": false, \#(className == "Attention" ? #""score_mode": "dot", "# : "")"#,
      on: #"[["sum", 0, 0, {}], ["sum", 0, 0, {}]]"#)
    let text = NetworkText.keras2([sequence], joined2 + [attention], outputs: ["attention"])
    let (old, new) = try converted(try file(text), to: .keras)
    #expect(try new.predict([steps]) == old.predict([steps]))
    #expect(try new.predict([steps])[0].floats?.prefix(2) == [0, 0])
  }

  @Test func anAttentionOverHeadsGetsTheMasksThatKeras2Found() throws {
    let attention = NetworkText.layer2(
      "MultiHeadAttention", "heads",
      #""num_heads": 1, "key_dim": 2, "use_bias": false, "dropout": 0.0, "#,
      on: #"[["sum", 0, 0, {"value": ["sum", 0, 0]}]]"#)
    let text = NetworkText.keras2([sequence], joined2 + [attention], outputs: ["heads"])
    let unit = Tensor(shape: [2, 1, 2], [Float(1), 0, 0, 1])
    let weights = ["query", "key", "value", "attention_output"].map { part in
      DraftWeight(
        name: "heads/\(part)/kernel:0",
        part == "attention_output" ? Tensor(shape: [1, 2, 2], [Float(1), 0, 0, 1]) : unit)
    }
    let path = folder.path("old.h5")
    var draft = ArchiveDraft(
      architecture: try JSON(parsing: Array(text.utf8)), kerasVersion: "2.15.0",
      backend: "tensorflow")
    draft.weights = .legacy([DraftLayer(name: "heads", weights: weights)])
    _ = try draft.write(
      to: path, as: .legacyModel, overwriting: false, options: WritingOptions())
    let (old, new) = try converted(path, to: .keras)
    let expected = try old.predict([steps])
    #expect(try new.predict([steps]) == expected)
    // Without masks a step of zeros has its part in every score.
    #expect(expected[0].floats?.last.map { $0 > 11 } == true, "\(expected)")
  }

  @Test func aMaskMadeInsideATimeDistributedOfASequentialIsRefused() throws {
    let text = """
      {"class_name": "Sequential", "keras_version": "2.15.0", "config": {"name": "s", "layers": [
       {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 3, 4, 2], "dtype": "float32", "name": "i"}},
       {"class_name": "TimeDistributed", "config": {"name": "each", "dtype": "float32", "layer": {"class_name": "Masking",
        "config": {"name": "masking", "dtype": "float32", "mask_value": 0.0}}}}]}}
      """
    expectRefusal(try file(text), to: .keras, naming: "each")
  }

  /// A model that masks its input, inside another one.
  private var nested2: String {
    let masking = NetworkText.layer2(
      "Masking", "masking", #""mask_value": 0.0, "#, on: #"[["x", 0, 0, {}]]"#)
    let inner = NetworkText.keras2([sequence], [masking], outputs: ["masking"])
      .replacingFirst("\"name\": \"m\"", "\"name\": \"inner\"")
    return String(inner.dropLast()) + """
      , "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]]]}
      """
  }

  private func average2(_ node: String) -> String {
    NetworkText.layer2(
      "GlobalAveragePooling1D", "mean",
      #""data_format": "channels_last", "keepdims": false, "#, on: node)
  }

  @Test func aMaskOutOfANestedModelOfKeras2ThatIsJoinedIsRefused() throws {
    let sum = NetworkText.layer2("Add", "sum", on: #"[["inner", 1, 0, {}], ["x", 0, 0, {}]]"#)
    let text = NetworkText.keras2(
      [sequence], [nested2, sum, average2(#"[["sum", 0, 0, {}]]"#)], outputs: ["mean"])
    expectRefusal(try file(text), to: .keras, naming: "mean", "mask")
  }

  @Test func aMaskOutOfANestedModelReachesItsReader() throws {
    let text = NetworkText.keras2(
      [sequence], [nested2, average2(#"[["inner", 1, 0, {}]]"#)], outputs: ["mean"])
    let (old, new) = try converted(try file(text), to: .keras)
    #expect(try new.predict([steps])[0].floats == [4, 5])
    #expect(try old.predict([steps])[0].floats == [4, 5])
  }
}

extension String {
  fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
    guard let range = firstRange(of: old) else { return self }
    var result = self
    result.replaceSubrange(range, with: new)
    return result
  }
}
