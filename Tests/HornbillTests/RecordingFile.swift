import HornbillCore
import HornbillFormats
import HornbillTestSupport
import Testing

@testable import Hornbill

/// The arrays of a recording, to change and to write elsewhere.
struct RecordingFile {
  var arrays: [(name: String, tensor: Tensor)]
  private let folder: ScratchFolder

  init(of entry: ModelCase) throws {
    arrays = try Npz.read(entry.recording)
    folder = try ScratchFolder()
  }

  /// Replaces the elements of an array of floating-point numbers.
  mutating func change(_ name: String, _ body: (inout [Float], [Int]) -> Void) throws {
    let index = try #require(arrays.firstIndex { $0.name == name }, "no array \(name)")
    let old = arrays[index].tensor
    var values = try #require(old.floats)
    body(&values, old.shape)
    arrays[index].tensor = Tensor(shape: old.shape, values)
  }

  /// The verdict on a model against the changed recording.
  func verdict(on model: Model, engine: Engine = .fast) throws -> ParityReport {
    let path = folder.path("recording.npz")
    try Recording.write(arrays, to: path, overwriting: true)
    return try model.verify(recording: path, engine: engine)
  }
}

extension Model {
  /// The same model with another value of one weight.
  ///
  /// - Parameter body: changes the elements, given the shape.
  func changing(
    _ layer: String, _ weight: String, _ body: (inout [Float], [Int]) -> Void
  ) throws -> Model {
    let variables = VariableWalk(build: build, rules: rules).variables(root)
    var tensors: [Tensor] = []
    var changes = 0
    for variable in variables {
      var tensor = try #require(try bindings.tensor(for: variable.id))
      let isWanted =
        variable.owner.name == layer && variable.spec.name == weight
        || variable.spec.name == weight
          && layers.contains { model in
            model.name == layer
              && model.layer.sublayers.contains { $0.instance.id == variable.owner.id }
          }
      if isWanted {
        var values = try #require(tensor.floats)
        body(&values, tensor.shape)
        tensor = Tensor(shape: tensor.shape, values)
        changes += 1
      }
      tensors.append(tensor)
    }
    try #require(changes == 1, "\(changes) weights \(layer)/\(weight)")
    let model = try #require(root.layer as? any ModelLayer)
    return try Model(model, name: name, weights: tensors)
  }
}
