import HornbillCore
import HornbillFormats
import HornbillLayers

extension Model {
  /// What `model.summary()` of Keras prints.
  ///
  /// - Parameter style: whose table it is; that of the Keras that wrote the file when absent.
  public func summary(style: SummaryStyle? = nil) -> Summary {
    let style = style ?? .style(ofGeneration: rules.kerasMajor)
    return Summary(
      content: SummaryDeriver(model: self, isKeras3: !style.isKeras2).content, style: style)
  }
}

/// Derives the content of a summary from a model.
///
/// Source: Keras 3, `keras/src/utils/summary_utils.py`; Keras 2.15, `keras/utils/layer_utils.py`.
struct SummaryDeriver {
  let model: Model
  let isKeras3: Bool

  private var walk: VariableWalk { VariableWalk(build: model.build, rules: model.rules) }

  var content: SummaryContent {
    SummaryContent(
      modelName: model.name, className: model.root.pythonName, isSequentialLike: isSequentialLike,
      isBuilt: isBuilt(model.root), rows: rows(of: model.root), totals: totals)
  }

  private func isBuilt(_ instance: LayerInstance) -> Bool {
    model.build.isBuilt(instance) || model.bindings.opaque[instance.id] != nil
  }

  // MARK: Rows

  private func rows(of instance: LayerInstance) -> [SummaryRow] {
    if let functional = instance.layer as? Functional {
      let outputs = model.build.callOutputs[instance.id]
      return functional.entries.enumerated().map { position, entry in
        var row = row(entry.instance, calls: outputs?[position] ?? [])
        row.isLayer = !entry.isOperation
        row.connections = connections(of: entry, in: functional)
        return row
      }
    }
    let layers =
      (instance.layer as? any ModelLayer)?.layers ?? (instance.layer as? Pipeline)?.layers ?? []
    let outputs = model.build.callOutputs[instance.id]
    return layers.enumerated().map { position, layer in
      row(layer, calls: outputs?[position] ?? [])
    }
  }

  private func nestedRows(of instance: LayerInstance) -> [SummaryRow] {
    guard instance.layer is any ModelLayer || instance.layer is Pipeline else { return [] }
    let all = rows(of: instance)
    let listed: [(LayerInstance, SummaryRow)]
    if let functional = instance.layer as? Functional {
      listed = zip(functional.entries, all).filter { !$0.0.isOperation }.map {
        ($0.instance, $1)
      }
    } else {
      listed = Array(zip(instance.layer.sublayers.map(\.instance), all))
    }
    return listed.map { layer, row in
      var row = row
      row.connections = topConnections(of: layer)
      return row
    }
  }

  /// The connections of a layer in the top model, which calls it too when a nested model shares it.
  private func topConnections(of instance: LayerInstance) -> [SummaryConnection] {
    guard let top = model.root.layer as? Functional else { return [] }
    let shared = model.bindings.canonical(instance.id)
    let isTwin = { (entry: NetworkEntry) in
      entry.instance.id != instance.id && model.bindings.canonical(entry.instance.id) == shared
    }
    return top.entries.filter(isTwin).flatMap { connections(of: $0, in: top) }
  }

  private func connections(
    of entry: NetworkEntry, in functional: Functional
  ) -> [SummaryConnection] {
    entry.calls.flatMap(\.tensors).map { reference in
      SummaryConnection(
        name: functional.entries[reference.entry].instance.name, node: reference.node,
        tensor: reference.tensor)
    }
  }

  private func row(_ instance: LayerInstance, calls: [[TensorSpec]]) -> SummaryRow {
    let stored = model.bindings.opaque[instance.id]
    let variables = walk.variables(instance)
    let isBuilt = isBuilt(instance) || (instance.layer.isBuiltFromStart)
    let count: Int
    let bits: Int
    if let stored {
      count = stored.reduce(0) { $0.clampedSum(Shape.elementCount($1.shape) ?? .max) }
      bits = stored.reduce(0) { $0.clampedSum($1.byteCount.clampedProduct(8)) }
    } else {
      count = variables.reduce(0) { $0.clampedSum($1.elementCount) }
      bits = variables.reduce(0) { $0.clampedSum($1.bits) }
    }
    return SummaryRow(
      name: instance.name, className: instance.pythonName,
      isInputLayer: instance.layer is InputLayer, outputs: outputs(calls, of: instance),
      parameters: isBuilt ? count : nil, bytes: bits / 8, trainable: isTrainable(instance),
      hasWeights: count > 0 || !variables.isEmpty, nested: nestedRows(of: instance))
  }

  /// The layer's own flag.
  ///
  /// A `Sequential` does not write its own, but freezing it freezes every layer inside, which do.
  private func isTrainable(_ instance: LayerInstance) -> Bool {
    guard let sequential = instance.layer as? Sequential, !sequential.layers.isEmpty else {
      return instance.trainable
    }
    return instance.trainable && sequential.layers.contains(where: isTrainable)
  }

  private func outputs(_ calls: [[TensorSpec]], of instance: LayerInstance) -> SummaryOutputs {
    guard let last = calls.last, !last.isEmpty, last.allSatisfy({ $0.shape != nil }) else {
      return .unknown
    }
    let shapes = last.compactMap(\.shape)
    if !isKeras3, calls.contains(where: { $0.compactMap(\.shape) != shapes }) { return .multiple }
    if let layer = instance.layer as? any TensorFlowLayer, let text = layer.notation(of: shapes) {
      return .structure(text)
    }
    return shapes.count == 1 ? .one(shapes[0]) : .list(shapes)
  }

  // MARK: Columns

  private var isSequentialLike: Bool {
    guard let functional = model.root.layer as? Functional else { return true }
    let order = functional.order
    var counts: [Int: Int] = [:]
    for depth in order.depths { counts[depth, default: 0] += 1 }
    for (node, depth) in zip(order.nodes, order.depths) {
      if counts[depth] != 1 { return false }
      let entry = functional.entries[node.entry]
      if node.node < entry.calls.count, entry.calls[node.node].tensors.count > 1 { return false }
    }
    var calls: [Int: Int] = [:]
    for node in order.nodes { calls[node.entry, default: 0] += 1 }
    return !calls.contains { $0.value > 1 && !functional.entries[$0.key].isOperation }
  }

  // MARK: Totals

  private var totals: SummaryTotals {
    var trainable = SummaryTotals.Amount(count: 0, bits: 0)
    var nonTrainable = SummaryTotals.Amount(count: 0, bits: 0)
    var seen: Set<WeightID> = []
    for variable in walk.variables(model.root)
    where seen.insert(model.bindings.canonical(variable.id)).inserted {
      if variable.isTrainable {
        trainable.add(count: variable.elementCount, bits: variable.bits)
      } else {
        nonTrainable.add(count: variable.elementCount, bits: variable.bits)
      }
    }
    for stored in model.bindings.opaque.values.flatMap({ $0 }) {
      trainable.add(
        count: Shape.elementCount(stored.shape) ?? .max, bits: stored.byteCount.clampedProduct(8))
    }
    return SummaryTotals(trainable: trainable, nonTrainable: nonTrainable, optimizer: optimizer)
  }

  /// The optimizer's variables, if it has any beside its counter and its learning rate: only then was it built.
  private var optimizer: SummaryTotals.Amount? {
    guard isKeras3, model.rules.kerasMajor >= 3, let archive = model.archive else { return nil }
    let stored = archive.optimizerWeights
    guard stored.count > 2 || stored.contains(where: { !$0.shape.isEmpty }) else { return nil }
    return SummaryTotals.Amount(
      count: stored.reduce(0) { $0.clampedSum(Shape.elementCount($1.shape) ?? .max) },
      bits: stored.reduce(0) { $0.clampedSum($1.byteCount.clampedProduct(8)) })
  }
}

extension ModelVariable {
  var elementCount: Int { Shape.elementCount(spec.shape) ?? .max }
  var bits: Int { elementCount.clampedProduct(spec.dtype.bitWidth) }
}

extension SummaryTotals.Amount {
  fileprivate mutating func add(count: Int, bits: Int) {
    self.count = self.count.clampedSum(count)
    self.bits = self.bits.clampedSum(bits)
  }
}

/// Sums and products of sizes that a file states, which may be beyond all bounds.
extension Int {
  /// The sum of two numbers that are not negative, `Int.max` at most.
  fileprivate func clampedSum(_ other: Int) -> Int {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? .max : sum
  }

  /// The product of two numbers that are not negative, `Int.max` at most.
  fileprivate func clampedProduct(_ other: Int) -> Int {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    return overflows ? .max : product
  }
}
