import Hornbill
import HornbillTestSupport
import Testing

/// Models are written as they are in memory, and read back the same.
@Suite("Saving models")
struct SavingTests {
  private let rows = Tensor(shape: [2, 4], (0..<8).map { Float($0 * 5 % 7) / 7 - 0.4 })
  private let steps = Tensor(shape: [2, 3, 2], (0..<12).map { Float($0 * 7 % 11) / 11 - 0.5 })

  /// Several inputs and outputs, a shared layer, a nested model, keyword tensors and operations.
  private func model() throws -> Model {
    let sequence = Input(shape: [3, 2])
    let vector = Input(shape: [4])
    let shared = Dense(units: 4, activation: .tanh, kernelRegularizer: .l2(0.5)).instance()
    let states = LSTM(units: 4, returnSequences: true, returnState: true)(sequence)
    let first = shared(states.output(1))
    let second = shared(vector)
    let last = GRU(units: 4)(states, keywords: ["initial_state": .tensor(states.output(2))])
    let x = Input(shape: [4])
    let inner = try Functional(
      inputs: x, outputs: Dense(units: 3, activation: .relu(negativeSlope: 0.3))(x)
    ).instance(name: "inner")
    let merged = Concatenate()([inner(first * 2.0 - second / (first * first + 1.0)), inner(last)])
    return try Model(inputs: [sequence, vector], outputs: [merged, -first], name: "wired")
  }

  @Test(
    "the input that a model is made for is saved with it",
    arguments: ["model.keras", "model.h5"])
  func statedInput(name: String) throws {
    let folder = try ScratchFolder()
    let path = folder.path(name)
    let layers = Sequential { Dense(units: 3, activation: .relu()) }
    let model = try Model(layers, input: TensorSpec([nil, 4], .float32))
    try model.save(to: path)
    let read = try Model(contentsOf: path)
    #expect(read.inputs.map(\.shape) == [[nil, 4]])
    #expect(try read.predict([rows]) == model.predict([rows]))
  }

  @Test(
    "a model made in Swift is the same when it is read back",
    arguments: ["model.keras", "model.h5"])
  func madeInSwift(name: String) throws {
    let folder = try ScratchFolder()
    let path = folder.path(name)
    let model = try model()
    let report = try model.save(to: path)
    #expect(report.notes.isEmpty)
    #expect(report.weightCount == model.weights.count)
    let read = try Model(contentsOf: path)
    #expect(read.upgrades.isEmpty)
    #expect(read.name == "wired")
    #expect(read.kerasVersion == "3.15.1")
    #expect(read.layers.map(\.name) == model.layers.map(\.name))
    let pairs = zip(model.weights, read.weights)
    #expect(read.weights.map(\.path) == model.weights.map(\.path))
    for (written, found) in pairs { #expect(try written.tensor() == found.tensor()) }
    #expect(try read.predict([steps, rows]) == model.predict([steps, rows]))
    let dense = try #require(read.layers.first { $0.name == "dense" }?.layer as? Dense)
    #expect(dense.kernel.regularizer == .l2(0.5))
  }

  @Test("a model made in Swift is one of Keras 2 when it is saved as such")
  func madeInSwiftForKeras2() throws {
    let folder = try ScratchFolder()
    let path = folder.path("model.h5")
    let x = Input(shape: [3, 2])
    let states = LSTM(units: 4, returnSequences: true)(x)
    let y = Input(shape: [4])
    let inner = try Functional(inputs: y, outputs: Dense(units: 3, activation: .relu())(y))
      .instance(name: "inner")
    let pooled = GlobalMaxPooling1D()(states)
    let model = try Model(inputs: x, outputs: inner(Add()([pooled, GRU(units: 4)(states)])))
    try model.save(to: path, as: .h5Keras2)
    let read = try Model(contentsOf: path)
    #expect(read.kerasVersion == "2.15.0")
    #expect(read.layers.map(\.name) == model.layers.map(\.name))
    #expect(try read.predict([steps]) == model.predict([steps]))
  }

  @Test("weights are saved as they are now", arguments: ["model.keras", "model.h5"])
  func changedWeights(name: String) throws {
    let folder = try ScratchFolder()
    let model = try model()
    try model.save(to: folder.path("first.keras"))
    var read = try Model(contentsOf: folder.path("first.keras"))
    try read.setWeights(
      read.weights.map { weight in
        Tensor(
          shape: weight.shape, [Float](repeating: 0.25, count: weight.shape.reduce(1, *)))
      })
    try read.save(to: folder.path(name))
    let again = try Model(contentsOf: folder.path(name))
    #expect(try again.predict([steps, rows]) == read.predict([steps, rows]))
    #expect(try again.predict([steps, rows]) != model.predict([steps, rows]))
  }

  @Test("what a file cannot say, and files that exist, are errors")
  func refusals() throws {
    let folder = try ScratchFolder()
    let x = Input(shape: [2])
    let model = try Model(inputs: x, outputs: Dense(units: 1)(x))
    func code(_ name: String, _ model: Model, _ target: ConversionTarget? = nil)
      -> ModelError.Code?
    {
      do throws(ModelError) {
        try model.save(to: folder.path(name), as: target)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(code("model", model) == .unsupported)
    let odd = try Model(
      inputs: x, outputs: Dense(units: 1, activation: .celu(alpha: 0.3))(x))
    #expect(code("odd.keras", odd) == .unsupported)
    #expect(code("model.keras", model) == nil)
    #expect(code("model.keras", model) == .archive)
  }
}
