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

  @Test("layers inside others are named in the order in which they are made, as Keras names them")
  func namesOfInnerLayers() throws {
    let both = try Model(
      Sequential {
        Input(shape: [5, 3])
        Bidirectional(LSTM(units: 2, returnSequences: true).instance(trainable: false))
        Bidirectional(
          LSTM(units: 2, returnSequences: true).instance(),
          backwardLayer: LSTM(units: 2, returnSequences: true, goBackwards: true).instance())
        LSTM(units: 2)
      })
    #expect(
      both.weights.map(\.path).filter { $0.hasSuffix("/kernel") } == [
        "bidirectional/forward_lstm/lstm_cell/kernel",
        "bidirectional/backward_lstm/lstm_cell/kernel",
        "bidirectional_1/forward_lstm_1/lstm_cell/kernel",
        "bidirectional_1/lstm_2/lstm_cell/kernel", "lstm_3/lstm_cell/kernel",
      ])
    #expect(both.weights.filter(\.isTrainable).count == 9)
    let stacks = try Model(
      Sequential {
        Input(shape: [5, 3])
        RNN(
          cell: StackedRNNCells {
            LSTMCell(units: 2)
            LSTMCell(units: 2)
          }, returnSequences: true)
        RNN(
          cell: StackedRNNCells {
            LSTMCell(units: 2)
            GRUCell(units: 2)
          })
      })
    #expect(
      stacks.weights.map(\.path).filter { $0.hasSuffix("/kernel") } == [
        "rnn/stacked_rnn_cells/lstm_cell/kernel", "rnn/stacked_rnn_cells/lstm_cell_1/kernel",
        "rnn_1/stacked_rnn_cells_1/lstm_cell_2/kernel",
        "rnn_1/stacked_rnn_cells_1/gru_cell/kernel",
      ])
    let pipelines = Sequential {
      Pipeline {
        Rescaling(scale: 2)
        Rescaling(scale: 2)
      }
      Pipeline { Rescaling(scale: 3) }
      Rescaling(scale: 3)
    }
    let inner = pipelines.layers.flatMap { ($0.layer as? Pipeline)?.layers ?? [] }
    #expect(inner.map(\.name) == ["rescaling", "rescaling_1", "rescaling_2"])
    #expect(pipelines.layers.map(\.name) == ["pipeline", "pipeline_1", "rescaling_3"])
  }

  @Test("a layer in two places of a list is one layer, two layers of one name are an error")
  func layersInTwoPlaces() throws {
    let shared = Dense(units: 3).instance()
    let model = try Model(
      Sequential {
        Input(shape: [3])
        shared
        shared
      })
    #expect(model.layers.map(\.name) == ["dense", "dense"])
    #expect(model.weights.map(\.path) == ["dense/kernel", "dense/bias"])
    func message(_ model: Sequential) -> String? {
      do throws(ModelError) {
        _ = try Model(model, input: TensorSpec([nil, 3]))
        return nil
      } catch {
        return error.description
      }
    }
    #expect(
      message(
        Sequential {
          Dense(units: 3).instance(name: "same")
          Dense(units: 3).instance(name: "same")
        }) == "layer sequential: two layers are named \"same\"")
    #expect(
      message(
        Sequential {
          Input(shape: [3], name: "same")
          Dense(units: 3).instance(name: "same")
        }) == "layer sequential: two layers are named \"same\"")
    #expect(
      message(
        Sequential {
          Dense(units: 3)
          Input(shape: [3], name: "late")
        }) == "layer sequential: input \"late\" is not the only one, or comes after a layer")
    #expect(
      message(Sequential { Dense(units: 2)(Dense(units: 3)(Input(shape: [3]))) })
        == "layer sequential/dense: a list holds layers and not what calling them gives: expected a layer or an input"
    )
  }

  @Test("an instance is one layer in several models, whatever its name is in each")
  func instancesInSeveralModels() throws {
    let shared = Dense(units: 3).instance()
    let both = Bidirectional(LSTM(units: 2, returnSequences: true)).instance()
    let (a, b, x) = (Input(shape: [4, 3]), Input(shape: [4, 3]), Input(shape: [4, 3]))
    let one = try Functional(inputs: a, outputs: both(shared(a))).instance(name: "one")
    let two = try Functional(
      inputs: b, outputs: both(shared(Dense(units: 3)(Dense(units: 3)(b))))
    ).instance(name: "two")
    let three = Sequential([Dense(units: 3).instance(), shared]).instance(name: "three")
    let model = try Model(inputs: [x], outputs: [one(x), two(x), three(x)])
    #expect(
      model.weights.map(\.path).filter { $0.hasSuffix("/kernel") } == [
        "one/dense/kernel", "one/bidirectional/forward_lstm/lstm_cell/kernel",
        "one/bidirectional/backward_lstm/lstm_cell/kernel", "two/dense_1/kernel",
        "two/dense_2/kernel", "three/dense/kernel",
      ])
    let folder = try ScratchFolder()
    try model.save(to: folder.path("m.keras"))
    let rows = Tensor(shape: [1, 4, 3], (0..<12).map { Float($0 % 5) / 5 })
    #expect(
      try Model(contentsOf: folder.path("m.keras")).predict([rows]) == model.predict([rows]))
  }

  @Test("the types of a layer are those of the layers that it makes inside itself")
  func policiesOfInnerLayers() throws {
    let double = try #require(DTypePolicy(name: "float64"))
    let x = Input(shape: [5, 4], dtype: .float64)
    let query = MultiHeadAttention(numHeads: 2, keyDim: 3).instance(policy: double)(x, x)
    let grouped = GroupQueryAttention(headDim: 2, numQueryHeads: 2, numKeyValueHeads: 1)
      .instance(name: "grouped", policy: double)(query, query)
    let convolved = ConvLSTM1D(filters: 4, kernelSize: 1, returnSequences: true)
      .instance(policy: double)
    let expanded = Reshape(targetShape: [5, 1, 4]).instance(policy: double)(grouped)
    let flat = Reshape(targetShape: [5, 4]).instance(policy: double)(convolved(expanded))
    let last = LSTM(units: 4).instance(policy: double)(flat)
    let model = try Model(inputs: x, outputs: last)
    #expect(model.weights.count == 22)
    for weight in model.weights { #expect(weight.dtype == .float64, "\(weight.path)") }
    let folder = try ScratchFolder()
    try model.save(to: folder.path("m.keras"))
    let read = try Model(contentsOf: folder.path("m.keras"))
    let rows = Tensor(shape: [1, 5, 4], (0..<20).map { Double($0 % 7) / 7 })
    #expect(try read.predict([rows]) == model.predict([rows]))
    #expect(read.weights.map(\.dtype) == model.weights.map(\.dtype))
    let own = try Model(
      Sequential {
        Input(shape: [5, 4])
        RNN(cell: LSTMCell(units: 2).instance()).instance(policy: double)
      })
    #expect(own.weights.allSatisfy { $0.dtype == .float32 })
  }

  @Test("types that no policy of Keras has are not written")
  func policyThatKerasLacks() throws {
    let odd = DTypePolicy(variable: .float64, compute: .float32)
    let x = Input(shape: [2])
    let model = try Model(inputs: x, outputs: Dense(units: 1).instance(policy: odd)(x))
    let folder = try ScratchFolder()
    let error = #expect(throws: ModelError.self) { try model.save(to: folder.path("m.keras")) }
    #expect(error?.code == .unsupported)
    #expect(
      error?.description.contains(
        "no policy of Keras has variables of float64 and computes in float32") == true,
      "\(String(describing: error))")
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
