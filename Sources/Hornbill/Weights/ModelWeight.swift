public import HornbillCore
import HornbillLayers

/// One weight of a model: a variable of one of its layers.
public struct ModelWeight: Sendable {
  /// The names of the layers around the weight and the weight's own, for example `encoder/dense/kernel`.
  ///
  /// Unlike Keras's `Variable.path`, it begins below the model and names every nested model.
  public let path: String
  /// Keras's name of the weight, for example `kernel`.
  public let name: String
  /// The name of the layer that owns the weight.
  public let layer: String
  /// The extents; empty for a scalar.
  public let shape: [Int]
  /// The element type of the variable, which the file may hold in another one.
  public let dtype: DType
  /// Whether training changes the weight: it, its layer, and all layers around are trainable.
  public let isTrainable: Bool
  let id: WeightID
  private let file: String?
  private let bindings: WeightBindings

  init(_ variable: ModelVariable, path: String, of model: Model) {
    self.path = path
    name = variable.spec.name
    layer = variable.owner.name
    shape = variable.spec.shape
    dtype = variable.spec.dtype
    isTrainable = variable.isTrainable
    id = variable.id
    file = model.path
    bindings = model.bindings
  }

  /// Reads the numbers, in the variable's type.
  ///
  /// - Throws: ``ModelError`` with the code `weights` when the model has none, or when the file cannot be read.
  public func tensor() throws(ModelError) -> Tensor {
    let tensor: Tensor?
    do {
      tensor = try bindings.tensor(for: id)
    } catch {
      throw ModelError(error, file: file)
    }
    guard let tensor else {
      throw ModelError(.weights, file: file, "weight \"\(path)\" has no numbers; load some first")
    }
    return tensor.converted(to: dtype)
  }
}

extension Model {
  /// The weights in the order of Keras's `model.weights`; none is read.
  ///
  /// A weight that several layers share is listed once. States of random layers and of stateful ones are no weights.
  public var weights: [ModelWeight] {
    let paths = LayerPaths(root: root)
    return weightVariables.map {
      ModelWeight($0, path: paths.path(of: $0), of: self)
    }
  }

  /// Gives the model other numbers.
  ///
  /// Sessions that exist already keep theirs.
  ///
  /// - Parameter tensors: one for each of ``weights``, in order, of its shape; other numeric types are converted.
  /// - Throws: ``ModelError`` with the code `weights` when the number of tensors, a shape or a type does not fit; the model then
  ///   keeps what it has.
  public mutating func setWeights(_ tensors: [Tensor]) throws(ModelError) {
    let weights = weights
    guard weights.count == tensors.count else {
      throw ModelError(
        .weights, file: path,
        "the model has \(weights.count) weights, \(tensors.count) were given")
    }
    var sources: [WeightID: WeightBindings.Source] = [:]
    for (weight, tensor) in zip(weights, tensors) {
      guard weight.shape == tensor.shape else {
        throw ModelError(
          .weights, file: path,
          "weight \"\(weight.path)\": expected shape \(Shape(weight.shape)), found \(Shape(tensor.shape))"
        )
      }
      guard (weight.dtype == .string) == (tensor.dtype == .string) else {
        throw ModelError(
          .weights, file: path,
          "weight \"\(weight.path)\": expected \(weight.dtype), found \(tensor.dtype)")
      }
      sources[weight.id] = .tensor(tensor.converted(to: weight.dtype))
    }
    bindings.replace(sources)
  }

  /// The variables behind ``weights``.
  var weightVariables: [ModelVariable] {
    walk.variables(root).filter { bindings.canonical($0.id) == $0.id }
  }

  var walk: VariableWalk { VariableWalk(build: build, rules: rules) }
}

/// The names that lead from a model to the layers in it.
struct LayerPaths {
  private var paths: [ObjectIdentifier: String] = [:]

  init(root: LayerInstance) {
    paths[root.id] = ""
    visit(root, prefix: "")
  }

  private mutating func visit(_ instance: LayerInstance, prefix: String) {
    for sublayer in instance.layer.sublayers where paths[sublayer.instance.id] == nil {
      let path = prefix + sublayer.instance.name
      paths[sublayer.instance.id] = path
      visit(sublayer.instance, prefix: path + "/")
    }
  }

  /// The path of a layer; empty for the model itself.
  func path(of layer: LayerInstance) -> String { paths[layer.id] ?? layer.name }

  /// The path of a variable.
  func path(of variable: ModelVariable) -> String {
    let owner = path(of: variable.owner)
    return owner.isEmpty ? variable.spec.name : "\(owner)/\(variable.spec.name)"
  }
}
