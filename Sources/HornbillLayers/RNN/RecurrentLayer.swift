package import HornbillCore

/// A layer whose output may be a sequence over time in axis 1.
package protocol RecurrentLayer: Layer {
  /// Whether the first output is such a sequence.
  var returnsSequences: Bool { get }
}

/// A recurrent layer that goes through a sequence once, so that it can be one half of a `Bidirectional`.
package protocol RecurrentNetwork: RecurrentLayer {
  /// How it does so.
  var options: RecurrentOptions { get set }

  /// The same layer with variables of its own.
  func copy() -> Self
}

extension RecurrentNetwork {
  package var returnsSequences: Bool { options.returnSequences }

  public var supportsMasking: Bool { true }

  /// The mask of the sequence goes with a sequence; the last output and the states have none.
  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    var masks = [Value?](repeating: nil, count: outputs.count)
    if options.returnSequences, let first = call.attachedMasks.first, !masks.isEmpty {
      masks[0] = first
    }
    return masks
  }
}

/// A recurrent layer that repeats a cell, which is a layer of its own.
package protocol CellNetwork: RecurrentNetwork, PolicyCarrier {
  /// The cell.
  var cell: LayerInstance { get set }
  /// The penalty on the output in training.
  var activityRegularizer: Regularizer? { get }
}

extension CellNetwork {
  /// A cell of the caller's own keeps its types.
  package func with(policy: DTypePolicy) -> Self {
    guard (cell.layer as? any LayerCell)?.isMadeByLayer == true else { return self }
    var copy = self
    copy.cell = LayerInstance(
      cell.layer, name: cell.name, className: cell.className, trainable: cell.trainable,
      policy: policy, source: cell.source)
    return copy
  }

  package func copy() -> Self {
    var copy = self
    copy.cell = cell.copy()
    return copy
  }

  public func encode(to config: inout ConfigEncoder) {
    config.setOutputPenalty(activityRegularizer)
    options.encode(to: &config)
    if let layer = cell.layer as? any LayerCell, layer.isMadeByLayer {
      layer.encode(to: &config, activityRegularizer: activityRegularizer)
    } else {
      config.set("cell", cell)
    }
  }

  public var sublayers: [Sublayer] {
    var sublayers = [Sublayer("cell", cell)]
    if let layer = cell.layer as? any LayerCell, layer.isMadeByLayer {
      sublayers += layer.activation.sublayers("activation")
    }
    return sublayers
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let sequence = try call.inputShape
    guard sequence.rank >= 3 else {
      throw LayerError(
        .shape,
        "expected an input of at least 3 axes (batch, time, features), found shape "
          + "\(sequence)")
    }
    let step = TensorSpec(options.step(of: sequence), try call.input.dtype)
    let outputs = try build.build(cell, BuildCall([step]))
    guard cell.layer is any RecurrentCell else { return [.unknown] }
    return try options.outputs(for: sequence, step: outputs)
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let cell = cell
    guard let layer = cell.layer as? any RecurrentCell else {
      throw LayerError(
        .unsupported, "\(cell.className) is not a cell that Hornbill knows, so the model cannot run"
      )
    }
    return try lowering.recurrent(call, options, cell: cell, states: layer.stateShapes) {
      (lowering, sequence) throws(LayerError) in
      try lowering.run(cell, over: sequence)
    }
  }
}

extension LayerConfig {
  /// The cell that a recurrent layer makes of its own fields.
  func recurrentCell(_ cell: any Layer, name: String) throws(LayerError) -> LayerInstance {
    LayerInstance(
      cell, name: name, trainable: try bool("trainable", default: true),
      policy: try DTypePolicy(config: fields["dtype"]))
  }
}

extension LayerInstance {
  /// The same cell with variables of its own.
  func copy() -> LayerInstance {
    var layer = layer
    if let stack = layer as? StackedRNNCells {
      layer = StackedRNNCells(cells: stack.cells.map { $0.copy() })
    }
    return with(layer, name: name)
  }

  /// A layer like this one, with another name and variables of its own.
  func with(_ layer: any Layer, name: String) -> LayerInstance {
    LayerInstance(
      layer, name: name, className: className, trainable: trainable, policy: policy,
      source: source)
  }
}
