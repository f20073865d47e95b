public import HornbillCore

/// The result of building a model: every layer's variables, and the shapes inside its models.
public struct LayerBuild: Sendable {
  /// The own variables of each layer that has been built, in the order of their creation.
  package private(set) var weights: [ObjectIdentifier: [WeightSpec]] = [:]
  /// The outputs of each call of each layer of each model, from the model's own inputs: by model, entry and call.
  package private(set) var callOutputs: [ObjectIdentifier: [[[TensorSpec]]]] = [:]
  /// Why a layer could not be built, where that must not stop the listing of the model.
  package private(set) var failures: [ObjectIdentifier: LayerError] = [:]
  private var stack: [LayerInstance] = []
  private var declared: [WeightSpec] = []
  private var isDeclaring = false

  package init() {}

  /// Declares the next own variable of the layer that is being built.
  ///
  /// - Parameters:
  ///   - name: Keras's name, for example `kernel`.
  ///   - shape: the extents.
  ///   - dtype: the element type; the layer's variable type when absent.
  ///   - trainable: whether the variable is trained when its layer is.
  ///   - isWeight: false for states that never count as parameters.
  ///   - initializer: how the first value is made; Keras's choice for the type when absent, which is
  ///     ``Initializer/glorotUniform(seed:inputAxes:outputAxes:)`` for floating-point numbers and zeros for others.
  public mutating func weight(
    _ name: String, _ shape: [Int], dtype: DType? = nil, trainable: Bool = true,
    isWeight: Bool = true, initializer: Initializer? = nil
  ) {
    weight(
      name, shape, dtype: dtype, trainable: trainable, isWeight: isWeight,
      initial: initializer.map { .initializer($0) })
  }

  /// Declares the next own variable, whose first value is more than one initializer's.
  package mutating func weight(
    _ name: String, _ shape: [Int], dtype: DType? = nil, trainable: Bool = true,
    isWeight: Bool = true, initial: InitialValue?
  ) {
    guard isDeclaring else { return }
    let type = dtype ?? stack.last?.policy.variable ?? .float32
    let fallback: Initializer = type.isFloatingPoint ? .glorotUniform() : .zeros
    declared.append(
      WeightSpec(
        name: name, shape: shape, dtype: type, trainable: trainable, isWeight: isWeight,
        initial: initial ?? .initializer(fallback)))
  }

  /// Builds a layer, at its first call, and gives the outputs of this call.
  ///
  /// - Throws: ``LayerError`` with the layer's name in its path.
  @discardableResult
  public mutating func build(
    _ instance: LayerInstance, _ call: BuildCall
  ) throws(LayerError) -> [TensorSpec] {
    let outer = (declared, isDeclaring)
    declared = []
    isDeclaring = weights[instance.id] == nil
    stack.append(instance)
    defer {
      stack.removeLast()
      (declared, isDeclaring) = outer
    }
    do {
      var outputs = try instance.layer.build(call.autocast(to: instance.policy), in: &self)
      if isDeclaring { weights[instance.id] = declared }
      for index in outputs.indices where outputs[index].dtype == .float32 {
        outputs[index].dtype = instance.policy.floatOutput
      }
      return outputs
    } catch {
      throw error.at(instance.name)
    }
  }

  /// Whether a layer has been built.
  package func isBuilt(_ instance: LayerInstance) -> Bool {
    weights[instance.id] != nil || instance.layer is InputLayer
  }

  /// The own variables of a layer; empty before it is built.
  package func weights(of instance: LayerInstance) -> [WeightSpec] { weights[instance.id] ?? [] }

  /// The model that is being built: the innermost layer on the stack.
  package var current: LayerInstance? { stack.last }

  package mutating func record(_ outputs: [[[TensorSpec]]], of model: LayerInstance) {
    callOutputs[model.id] = outputs
  }

  package mutating func record(failure: LayerError, of instance: LayerInstance) {
    failures[instance.id] = failure
  }
}

extension BuildCall {
  /// The call with floating-point tensors in the type of the layer's computation.
  func autocast(to policy: DTypePolicy) throws(LayerError) -> BuildCall {
    guard policy.compute.isFloatingPoint else { return self }
    return BuildCall(
      try arguments.map { (spec: TensorSpec) throws(LayerError) -> TensorSpec in
        spec.dtype.isFloatingPoint ? TensorSpec(spec.shape, policy.compute) : spec
      })
  }
}

extension DTypePolicy {
  /// The type of a floating-point result of a layer that states none of its own.
  var floatOutput: DType { compute.isFloatingPoint ? compute : .float32 }
}
