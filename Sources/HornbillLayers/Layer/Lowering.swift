public import HornbillCore

/// A tensor on its way through a model, with the mask that Keras attaches to it.
public struct Flow: Sendable, Hashable {
  /// The tensor.
  public var value: Value
  /// The mask: Boolean, true where an element counts.
  public var mask: Value?

  /// Makes a flow.
  public init(_ value: Value, mask: Value? = nil) {
    self.value = value
    self.mask = mask
  }
}

/// A layer call while a model is lowered.
public struct LayerCall: Sendable {
  /// The arguments.
  public let arguments: CallArguments<Flow>
  /// The tensors of the first argument, flattened; floating-point ones in the type of the layer's computation.
  public let inputs: [Value]
  /// The masks attached to ``inputs``.
  public let attachedMasks: [Value?]
  /// The layer's own variables, floating-point ones in the type of its computation.
  public let weights: [Value]
  /// The layer that is called.
  public let instance: LayerInstance
  /// The mask that Keras hands to the layer's `call` as the parameter `mask`: the keyword argument if there is one,
  /// else the mask attached to the only tensor argument.
  public let mask: Value?

  /// The first input.
  ///
  /// - Throws: ``LayerError`` when the call has no tensor.
  public var input: Value {
    get throws(LayerError) {
      guard let first = inputs.first else {
        throw LayerError(.wiring, "the call has no input tensor")
      }
      return first
    }
  }

  /// The type in which the layer computes.
  public var dtype: DType { instance.policy.compute }
}

/// Lowers layers to a graph.
public struct Lowering: Sendable {
  /// The graph under construction.
  public var graph = GraphBuilder()
  let build: LayerBuild
  let rules: SemanticRules
  private let assets: LayerAssets
  let keepsStates: Bool
  /// The extents that hold for the inputs at hand only.
  package private(set) var dataExtents: DataExtents
  private var path: [PathPart] = []
  private var occurrences: [[String]: Int] = [:]
  private var stateful: [ObjectIdentifier: [StatefulValue]] = [:]
  private var pendingMasks: [(name: String, value: Value)] = []
  private var maskOperations: [String: [ObjectIdentifier]] = [:]
  private var forgottenMasks: Set<Flow> = []

  private struct PathPart {
    let instance: LayerInstance
    var name: String { instance.name }
    var isModel: Bool { instance.layer is any ModelLayer }
  }

  private struct StatefulValue {
    let handle: StateHandle
    var current: Value
  }

  /// - Parameter keepsStates: whether every recurrent layer goes on where the last call left it, as a stateful one does.
  package init(
    build: LayerBuild, rules: SemanticRules, assets: LayerAssets = .none,
    keepsStates: Bool = false, dataExtents: DataExtents.Evaluator? = nil
  ) {
    self.keepsStates = keepsStates
    self.build = build
    self.rules = rules
    self.assets = assets
    self.dataExtents = DataExtents(dataExtents)
  }

  /// The file of that name that the archive keeps for a layer; `nil` when there is none.
  package func asset(_ name: String, of instance: LayerInstance) throws(LayerError) -> [UInt8]? {
    try assets.read(name, of: instance)
  }

  /// A scalar integer of the graph as an extent, for the inputs at hand.
  ///
  /// - Throws: ``LayerError`` with the code `unsupported` when the elements of the inputs are not known.
  package mutating func extent(of value: Value) throws(LayerError) -> Int {
    try dataExtents.extent(of: value, in: graph)
  }

  /// Calls a layer on plain tensors.
  ///
  /// - Throws: ``LayerError`` with the layer's name in its path.
  public mutating func call(
    _ instance: LayerInstance, _ inputs: [Flow]
  ) throws(LayerError) -> [Flow] {
    let argument: Argument<Flow> =
      inputs.count == 1 ? .tensor(inputs[0]) : .list(inputs.map { .tensor($0) })
    return try call(instance, CallArguments([argument]))
  }

  /// Calls a layer: casts, looks up its variables, finds its mask, lowers it, attaches the masks of the outputs.
  ///
  /// - Throws: ``LayerError`` with the layer's name in its path.
  public mutating func call(
    _ instance: LayerInstance, _ arguments: CallArguments<Flow>
  ) throws(LayerError) -> [Flow] {
    do {
      let isRecorded = path.allSatisfy(\.isModel)
      let names = path.map(\.name) + [instance.name]
      path.append(PathPart(instance: instance))
      defer { path.removeLast() }
      let call = try prepare(instance, arguments)
      if let model = instance.layer as? any ModelLayer {
        let flows = try model.lowerFlows(call, into: &self)
        if isRecorded { record(instance, names, flows.map(\.value)) }
        return flows
      }
      let values = try instance.layer.lower(call, into: &self)
      let masks = try instance.layer.outputMasks(call, outputs: values, in: &self)
      if isRecorded { record(instance, names, values) }
      recordPendingMasks()
      return values.enumerated().map { index, value in
        Flow(value, mask: index < masks.count ? masks[index] : nil)
      }
    } catch {
      throw error.at(instance.name)
    }
  }

  private mutating func prepare(
    _ instance: LayerInstance, _ arguments: CallArguments<Flow>
  ) throws(LayerError) -> LayerCall {
    let compute = instance.policy.compute
    let isModel = instance.layer is any ModelLayer
    if !graph.complexValues.isEmpty, !isModel, !(instance.layer is Operation) {
      for flow in arguments.tensors { try graph.requireReal(flow.value) }
    }
    var cast = arguments
    if compute.isFloatingPoint && !isModel && !(instance.layer is any UncastInputLayer) {
      cast = try arguments.map { (flow: Flow) throws(LayerError) -> Flow in
        guard graph.dtype(flow.value).isFloatingPoint else { return flow }
        return Flow(try graph.cast(flow.value, to: compute), mask: flow.mask)
      }
    }
    let first = cast.positional.first?.tensors ?? []
    var mask: Value?
    if case .tensor(let flow)? = cast.keyword("mask") {
      mask = flow.value
    } else if cast.tensorArgumentCount == 1, first.count == 1 || rules.masksCallsWithStates {
      mask = first.first?.mask
    }
    return LayerCall(
      arguments: cast, inputs: first.map(\.value), attachedMasks: first.map(\.mask),
      weights: try weights(of: instance), instance: instance, mask: mask)
  }

  /// The own variables of a layer, floating-point ones in the type of its computation.
  package mutating func weights(of instance: LayerInstance) throws(LayerError) -> [Value] {
    if instance.layer is any TrainingVariablesLayer { return [] }
    let compute = instance.policy.compute
    var weights: [Value] = []
    for index in build.weights(of: instance).indices {
      let raw = variable(index, of: instance)
      let isCast = graph.dtype(raw).isFloatingPoint && compute.isFloatingPoint
      weights.append(isCast ? try graph.cast(raw, to: compute) : raw)
    }
    return weights
  }

  /// An own variable of a layer in the type in which it is stored.
  public mutating func variable(_ index: Int, of instance: LayerInstance) -> Value {
    let spec = build.weights(of: instance)[index]
    return graph.weight(
      WeightID(layer: instance.id, index: index),
      ValueType(shape: spec.shape, dtype: spec.dtype))
  }

  /// The states of a stateful layer as its last call left them; zeros before the first call.
  ///
  /// - Throws: ``LayerError`` when an earlier call of the layer had states of other shapes.
  package mutating func states(
    of instance: LayerInstance, shapes: [[Int]], dtype: DType
  ) throws(LayerError) -> [Value] {
    if let known = stateful[instance.id] {
      guard known.map({ graph.shape($0.current) }) == shapes else {
        throw LayerError(
          .shape, "the calls of a stateful layer must have one batch size, found several")
      }
      return known.map(\.current)
    }
    var values: [StatefulValue] = []
    for shape in shapes {
      let handle = graph.state(shape: shape, dtype: dtype)
      values.append(StatefulValue(handle: handle, current: handle.value))
    }
    stateful[instance.id] = values
    return values.map(\.current)
  }

  /// Says what the states of a stateful layer are after its call.
  package mutating func setStates(of instance: LayerInstance, to values: [Value]) {
    guard let known = stateful[instance.id] else { return }
    for (index, value) in values.enumerated() where index < known.count {
      graph.setState(known[index].handle, to: value)
      stateful[instance.id]?[index].current = value
    }
  }

  /// Takes the mask off a tensor, for every layer that is called later.
  package mutating func forgetMask(of flow: Flow) {
    if flow.mask != nil { forgottenMasks.insert(flow) }
  }

  /// A tensor as a layer that is called now finds it: without a mask that an earlier layer took off.
  package func remembered(_ flow: Flow) -> Flow {
    forgottenMasks.contains(flow) ? Flow(flow.value) : flow
  }

  /// Keeps a mask that the current layer computes, under the name that Keras gives the operation.
  ///
  /// In a `Sequential` of Keras 3 such operations are nodes of the model, though the file does not list them. In other
  /// models they are listed, or do not exist, and nothing is kept.
  ///
  /// - Parameter operation: the operation's class in snake case, for example `not_equal`.
  package mutating func recordMaskOperation(_ operation: String, _ value: Value) {
    let enclosing = path.dropLast()
    guard rules.kerasMajor >= 3, enclosing.allSatisfy(\.isModel), let layer = path.last,
      enclosing.last?.instance.layer is Sequential
    else { return }
    var owners = maskOperations[operation, default: []]
    let number = owners.firstIndex(of: layer.instance.id) ?? owners.count
    if number == owners.count { owners.append(layer.instance.id) }
    maskOperations[operation] = owners
    pendingMasks.append((number == 0 ? operation : "\(operation)_\(number)", value))
  }

  private mutating func recordPendingMasks() {
    let names = path.dropLast().map(\.name)
    for (name, value) in pendingMasks {
      record(names: names + [name], [value], isModel: false, isSequence: false)
    }
    pendingMasks = []
  }

  private mutating func record(_ instance: LayerInstance, _ names: [String], _ values: [Value]) {
    let recurrent = instance.layer as? any RecurrentLayer
    record(
      names: names, values, isModel: instance.layer is any ModelLayer,
      isSequence: recurrent?.returnsSequences ?? false)
  }

  private mutating func record(
    names: [String], _ values: [Value], isModel: Bool, isSequence: Bool
  ) {
    let occurrence = occurrences[names, default: 0]
    occurrences[names] = occurrence + 1
    let call = graph.beginMarkedCall()
    for (index, value) in values.enumerated() {
      graph.mark(
        MarkKey(
          path: names, occurrence: occurrence, output: values.count == 1 ? nil : index,
          isModel: isModel),
        value, call: call, isSequence: isSequence && index == 0 && graph.rank(value) >= 3)
    }
  }
}

/// A layer whose inputs keep their types, whatever the type in which it computes.
package protocol UncastInputLayer: Layer {}

/// What the Keras generation that wrote a model does otherwise than Keras 3.
public struct SemanticRules: Sendable, Hashable {
  /// The generation: 1, 2 or 3.
  public let kerasMajor: Int

  /// The rules of a generation.
  public init(kerasMajor: Int) { self.kerasMajor = kerasMajor }

  /// Keras 1 and 2 hand a recurrent layer its mask even when it is called with initial states.
  var masksCallsWithStates: Bool { kerasMajor < 3 }
}
