import Hornbill
import HornbillTestSupport
import Testing

/// A model that Keras made of seeded layers: `fixtures/building/models.json`.
private struct BuiltModel {
  let names: [String]
  let paths: [String]
  let weights: [Tensor]
  let inputs: [Tensor]
  let outputs: [Tensor]

  init(_ name: String) throws {
    let json = try #require(try Fixture.json("building/models.json")["models"]?[name])
    func tensors(_ field: String) throws -> [Tensor] {
      try #require(json[field]?.array).map { entry in
        let digits = Array(try #require(entry["bits"]?.string))
        let values = try stride(from: 0, to: digits.count, by: 8).map { start in
          Float(bitPattern: try #require(UInt32(String(digits[start..<(start + 8)]), radix: 16)))
        }
        return Tensor(shape: try #require(entry["shape"]?.array).compactMap(\.int), values)
      }
    }
    names = try #require(json["names"]?.array).compactMap(\.string)
    paths = try #require(json["weights"]?.array).compactMap { $0["path"]?.string }
    weights = try tensors("weights")
    inputs = try tensors("inputs")
    outputs = try tensors("outputs")
  }
}

@Suite("Models made in Swift")
struct BuildingTests {
  private func sequential() throws -> Model {
    try Model(
      Sequential {
        Input(shape: [6, 3])
        Dense(units: 4, activation: .relu(), kernelInitializer: .heUniform(seed: 1))
        BatchNormalization()
        Bidirectional(
          LSTM(
            units: 3, kernelInitializer: .glorotNormal(seed: 2),
            recurrentInitializer: .orthogonal(seed: 3), returnSequences: true))
        Dropout(rate: 0.5, seed: 4)
        TimeDistributed(
          Dense(
            units: 4, kernelInitializer: .lecunUniform(seed: 5),
            biasInitializer: .randomUniform(seed: 6)))
        GlobalAveragePooling1D()
        Dense(
          units: 2, activation: .softmax, kernelInitializer: .randomNormal(seed: 7),
          biasInitializer: .ones)
      })
  }

  private func functional() throws -> Model {
    let sequence = Input(shape: [5, 3])
    let vector = Input(shape: [4])
    let shared = Dense(
      units: 4, activation: .tanh, kernelInitializer: .glorotUniform(seed: 1)
    ).instance()
    let states = LSTM(
      units: 4, kernelInitializer: .glorotUniform(seed: 2),
      recurrentInitializer: .orthogonal(seed: 3), returnSequences: true, returnState: true)(
        sequence)
    let first = shared(states.output(1))
    let second = shared(vector)
    let mixed = (first + second) * 2.0 - 1.0 / (first * first + 1.0)
    let last = GRU(
      units: 4, kernelInitializer: .heNormal(seed: 4), recurrentInitializer: .orthogonal(seed: 5))(
        states, keywords: ["initial_state": .tensor(states.output(2))])
    let x = Input(shape: [4], name: "x")
    let inside = Dense(units: 3, kernelInitializer: .truncatedNormal(seed: 6))
    let inner = try Functional(inputs: x, outputs: inside.instance(name: "inside")(x))
      .instance(name: "inner")
    let query = MultiHeadAttention(
      numHeads: 2, keyDim: 3, kernelInitializer: .varianceScaling(VarianceScaling(seed: 8)))(
        states, states)
    let pooled = GlobalMaxPooling1D()(query)
    let tail = Dense(units: 2, kernelInitializer: .lecunNormal(seed: 7))(second)
    let merged = Concatenate()([inner(mixed), inner(last), pooled, tail])
    return try Model(inputs: [sequence, vector], outputs: [merged, -first], name: "wired")
  }

  @Test("the parts, the first weights and the outputs are Keras's", arguments: [false, true])
  func goldens(isFunctional: Bool) throws {
    let golden = try BuiltModel(isFunctional ? "functional" : "sequential")
    let model = try isFunctional ? functional() : sequential()
    let entries = (model.root.layer as? Functional)?.entries.map(\.instance)
    #expect((entries ?? model.layers).map(\.name) == golden.names)
    let weights = model.weights
    #expect(weights.map(\.shape) == golden.weights.map(\.shape))
    for (weight, expected) in zip(weights, golden.weights) {
      let isOrthogonal = weight.path.hasSuffix("recurrent_kernel")
      expectClose(try weight.tensor(), expected, within: isOrthogonal ? 1e-6 : 0, weight.path)
    }
    for engine in [Engine.fast, .reference] {
      let outputs = try model.predict(golden.inputs, engine: engine)
      try #require(outputs.count == golden.outputs.count)
      for (index, (found, expected)) in zip(outputs, golden.outputs).enumerated() {
        expectClose(found, expected, within: 1e-5, "output \(index), \(engine)")
      }
    }
  }

  @Test("weights without a seed are one value for each model, and another for the next")
  func withoutSeed() throws {
    let layers = Sequential {
      Input(shape: [3])
      Dense(units: 2)
    }
    let (first, second) = (try Model(layers), try Model(layers))
    let kernel = try #require(first.weights.first).tensor()
    #expect(try #require(first.weights.first).tensor() == kernel)
    #expect(try #require(second.weights.first).tensor() != kernel)
  }

  @Test("layers are named in the order in which they are made")
  func names() throws {
    let x = Input(shape: [3])
    let first = Dense(units: 2)(x)
    let second = Dense(units: 3)(x)
    let model = try Model(inputs: [x], outputs: [second, first])
    let units = Dictionary(
      uniqueKeysWithValues: model.layers.map { ($0.name, ($0.layer as? Dense)?.units) })
    #expect(units == ["input_layer": nil, "dense": 2, "dense_1": 3])
    #expect(model.name == "functional")
  }

  @Test("what does not fit is an error that names the layer")
  func misfits() throws {
    let x = Input(shape: [3])
    func message(_ outputs: SymbolicTensor...) -> String? {
      do throws(ModelError) {
        _ = try Model(inputs: [x], outputs: outputs)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(
      message(Add()([Dense(units: 2)(x), Dense(units: 5)(x)]))
        == "layer functional/add: shapes (None, 2) and (None, 5) do not merge")
    #expect(
      message(Dense(units: 0)(x))
        == "layer functional/dense: units: expected an integer above 0, found 0")
    #expect(
      message(Dropout(rate: 2)(x))
        == "layer functional/dropout: rate: expected a number from 0 to 1, found 2.0")
    #expect(
      message(Bidirectional(Dense(units: 1))(x))
        == "layer functional/bidirectional: Bidirectional needs a recurrent layer, found Dense")
    #expect(
      message(Dense(units: 1)(x).output(3))
        == "layer functional: output 3 of layer \"dense\" does not exist, its call gives 1")
    #expect(
      message(Dense(units: 1)(Input(shape: [3], name: "other")))
        == "an output depends on input \"other\", which is not among the model's inputs")
    #expect(
      message(
        Dense(units: 1).instance(name: "a")(x), Dense(units: 1).instance(name: "a")(x))
        == "two layers are named \"a\"")
    let orthogonal = Dense(units: 1, biasInitializer: .orthogonal())
    let model = try Model(inputs: x, outputs: orthogonal(x))
    #expect(throws: ModelError.self) {
      try model.predict([Tensor(shape: [1, 3], [1, 2, 3] as [Float])])
    }
  }
}
