public import HornbillCore

/// Two recurrent layers over one sequence, one of which reads it from its end.
///
///     forward = forward layer(x),  backward = backward layer(x), its sequence put back into the order of x
///     y = concat(forward, backward), forward + backward, forward · backward, their mean, or both
///
/// - Input: `(batch, time, …)`; initial states if given, those of the forward layer first.
/// - Output: the merged outputs, or two without a merge mode; with `returnState` then the forward layer's states and
///   the backward layer's.
/// - Weights: those of the two layers.
/// - Masks: both layers get the mask. Returning sequences, both give zeros in masked steps, whatever their own
///   configuration says.
/// - Source: Keras 3, `keras/src/layers/rnn/bidirectional.py`.
public struct Bidirectional: RecurrentLayer, NestingLayer {
  public static let className = "Bidirectional"

  /// How the two outputs become one.
  public enum MergeMode: String, Sendable, Hashable, CaseIterable {
    /// One after the other along the last axis.
    case concat
    /// Their sum.
    case sum
    /// Their product.
    case mul
    /// Their mean.
    case ave
  }

  /// The layer that reads the sequence from its start.
  public let forwardLayer: LayerInstance
  /// The layer that reads the sequence from its end.
  public let backwardLayer: LayerInstance
  /// How the outputs are merged; `nil` gives both.
  public let mergeMode: MergeMode?
  /// The class of the wrapped layer in snake case, where the names of its copies follow from the model.
  private var automaticName: String?
  /// The layer for the other direction as it was given, when it is no copy.
  private var given: LayerInstance?

  /// Makes a layer of two copies of a recurrent layer, or of one for each direction.
  ///
  /// Building a model throws ``LayerError`` with the code `configuration` when a layer is not recurrent, or when the two do not
  /// read in opposite directions and give outputs of one kind.
  ///
  /// - Parameter backwardLayer: the layer that reads the sequence from its end, which goes backwards.
  public init(
    _ layer: LayerInstance, mergeMode: MergeMode? = .concat, backwardLayer: LayerInstance? = nil
  ) {
    let network = layer.layer as? any RecurrentNetwork
    var backward = network?.copy()
    backward?.options.goBackwards.toggle()
    self.init(
      forward: layer.with(network?.copy() ?? layer.layer, name: "forward_" + layer.name),
      backward: backwardLayer
        ?? layer.with(backward ?? layer.layer, name: "backward_" + layer.name),
      mergeMode: mergeMode)
    automaticName = layer.isNameAutomatic ? layer.name : nil
    given = backwardLayer
  }

  /// Makes a layer of two copies of a recurrent layer that gets Keras's automatic name.
  public init(_ layer: some Layer, mergeMode: MergeMode? = .concat) {
    self.init(LayerInstance(automatic: layer), mergeMode: mergeMode)
  }

  private init(forward: LayerInstance, backward: LayerInstance, mergeMode: MergeMode?) {
    forwardLayer = Bidirectional.forcingZeros(forward)
    backwardLayer = Bidirectional.forcingZeros(backward)
    self.mergeMode = mergeMode
  }

  private static func check(
    _ forward: LayerInstance, _ backward: LayerInstance
  ) throws(LayerError) {
    for layer in [forward, backward] where layer.source == nil {
      guard layer.layer is any RecurrentNetwork else {
        throw LayerError(
          .configuration, "Bidirectional needs a recurrent layer, found \(layer.className)")
      }
    }
    if let first = forward.layer as? any RecurrentNetwork,
      let second = backward.layer as? any RecurrentNetwork
    {
      guard first.options.goBackwards != second.options.goBackwards else {
        throw LayerError(
          .configuration,
          "Bidirectional needs layers of different go_backwards, found twice "
            + "\(first.options.goBackwards)")
      }
      let agrees =
        first.options.returnSequences == second.options.returnSequences
        && first.options.returnState == second.options.returnState
        && first.options.stateful == second.options.stateful
      guard agrees else {
        throw LayerError(
          .configuration,
          "Bidirectional needs layers of equal return_sequences, return_state and stateful")
      }
    }
  }

  public init(config: LayerConfig) throws(LayerError) {
    var mergeMode: MergeMode? = .concat
    if let value = config.fields["merge_mode"] {
      mergeMode = value.isNull ? nil : try config.choice("merge_mode")
    }
    let keepsPrefixes = config.context.rules.kerasMajor >= 3
    let forward = try config.layer("layer")
    var backward: LayerInstance
    if config["backward_layer"] != nil {
      backward = try config.layer("backward_layer")
      if !keepsPrefixes {
        backward = backward.with(backward.layer, name: "backward_" + backward.name)
      }
    } else {
      backward = try config.layer("layer")
      if var network = backward.layer as? any RecurrentNetwork {
        network.options.goBackwards.toggle()
        backward = backward.with(network, name: backward.name)
      }
      let name = Bidirectional.name(backward.name, prefix: "backward_", keeping: keepsPrefixes)
      backward = backward.with(backward.layer, name: name)
    }
    let name = Bidirectional.name(forward.name, prefix: "forward_", keeping: keepsPrefixes)
    let named = forward.with(forward.layer, name: name)
    try Bidirectional.check(named, backward)
    self.init(forward: named, backward: backward, mergeMode: mergeMode)
  }

  /// The name with the prefix; Keras 3 does not add it to a name that has it.
  private static func name(_ name: String, prefix: String, keeping: Bool) -> String {
    keeping && name.hasPrefix(prefix) ? name : prefix + name
  }

  private static func forcingZeros(_ instance: LayerInstance) -> LayerInstance {
    guard var network = instance.layer as? any RecurrentNetwork else { return instance }
    network.options.zeroOutputForMask = network.options.returnSequences
    return instance.renamed(instance.name, layer: network)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("merge_mode", mergeMode)
    config.set("layer", forwardLayer)
    config.set("backward_layer", backwardLayer)
  }

  func named(in scope: inout NameScope) -> Bidirectional {
    let name = automaticName.map { scope.next($0) }
    let other = given.map { scope.named($0) }
    return Bidirectional(
      forward: name.map { forwardLayer.renamed("forward_" + $0) } ?? forwardLayer,
      backward: other
        ?? name.map { backwardLayer.renamed("backward_" + $0) } ?? backwardLayer,
      mergeMode: mergeMode)
  }

  private var options: RecurrentOptions? {
    (forwardLayer.layer as? any RecurrentNetwork)?.options
  }

  package var returnsSequences: Bool { options?.returnSequences ?? false }

  public var sublayers: [Sublayer] {
    [Sublayer("forward_layer", forwardLayer), Sublayer("backward_layer", backwardLayer)]
  }

  public var supportsMasking: Bool { true }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try Bidirectional.check(forwardLayer, backwardLayer)
    let half = BuildCall([try call.input])
    let forward = try build.build(forwardLayer, half)
    let backward = try build.build(backwardLayer, half)
    guard options != nil, var output = forward.first, let other = backward.first,
      let extent = output.shape?.dimensions.last ?? nil
    else { return [.unknown] }
    let states = Array(forward.dropFirst() + backward.dropFirst())
    switch mergeMode {
    case nil:
      return [output, other] + states
    case .concat:
      let (sum, overflow) = extent.addingReportingOverflow(
        other.shape?.dimensions.last.flatMap { $0 } ?? extent)
      guard !overflow else { throw LayerError(.shape, "an axis beyond the integers") }
      output.shape?[-1] = sum
      return [output] + states
    default:
      return [output] + states
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    guard let options else {
      throw LayerError(
        .unsupported, "Bidirectional of \(forwardLayer.className) is not supported")
    }
    let states = lowering.givenStates(call)
    guard states.count % 2 == 0 else {
      throw LayerError(
        .wiring, "expected as many initial states for each direction, found \(states.count)")
    }
    let half = states.count / 2
    let forward = try run(forwardLayer, call, states.prefix(half), into: &lowering)
    let backward = try run(backwardLayer, call, states.suffix(half), into: &lowering)
    guard let y = forward.first, var reversed = backward.first else {
      throw LayerError(.wiring, "the layers give no output")
    }
    if options.returnSequences {
      reversed = try lowering.graph.reverse(reversed, axis: options.timeMajor ? 0 : 1)
    }
    let outputs: [Value]
    switch mergeMode {
    case nil: outputs = [y, reversed]
    case .concat: outputs = [try lowering.graph.concatenate([y, reversed], axis: -1)]
    case .sum: outputs = [try lowering.graph.add(y, reversed)]
    case .mul: outputs = [try lowering.graph.multiply(y, reversed)]
    case .ave:
      outputs = [try lowering.graph.multiply(lowering.graph.add(y, reversed), 0.5)]
    }
    return outputs + forward.dropFirst() + backward.dropFirst()
  }

  private func run(
    _ layer: LayerInstance, _ call: LayerCall, _ states: ArraySlice<Value>,
    into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var keywords: [(name: String, value: Argument<Flow>)] = []
    if let mask = call.mask { keywords.append(("mask", .tensor(Flow(mask)))) }
    if !states.isEmpty {
      keywords.append(("initial_state", .list(states.map { .tensor(Flow($0)) })))
    }
    let arguments = CallArguments<Flow>([.tensor(Flow(try call.input))], keywords: keywords)
    let values = try lowering.call(layer, arguments).map(\.value)
    guard call.dtype.isFloatingPoint else { return values }
    var result: [Value] = []
    for value in values { result.append(try lowering.graph.cast(value, to: call.dtype)) }
    return result
  }

  /// The mask of the sequence goes with sequences; last outputs and states have none.
  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    let count = returnsSequences ? (mergeMode == nil ? 2 : 1) : 0
    let mask = call.attachedMasks.first ?? nil
    return outputs.indices.map { $0 < count ? mask : nil }
  }
}
