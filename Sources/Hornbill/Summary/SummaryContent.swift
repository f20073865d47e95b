package import HornbillCore

/// What a summary says, before any decision about how it is printed.
package struct SummaryContent: Sendable, Equatable {
  /// The model's own name.
  package var modelName: String
  /// The model's class, for example `Functional`.
  package var className: String
  /// Whether the graph is a plain chain, which Keras prints without a "Connected to" column.
  package var isSequentialLike: Bool
  /// Whether the model has variables; Keras 2 refuses to summarise a model that has none yet.
  package var isBuilt: Bool
  /// The top-level rows in printing order.
  package var rows: [SummaryRow]
  /// The counts printed under the table.
  package var totals: SummaryTotals

  package init(
    modelName: String, className: String, isSequentialLike: Bool, isBuilt: Bool = true,
    rows: [SummaryRow], totals: SummaryTotals
  ) {
    self.modelName = modelName
    self.className = className
    self.isSequentialLike = isSequentialLike
    self.isBuilt = isBuilt
    self.rows = rows
    self.totals = totals
  }
}

/// One layer or operation of a summary.
package struct SummaryRow: Sendable, Equatable {
  /// The name of the layer or operation.
  package var name: String
  /// The real class name, for example `Dense`.
  package var className: String
  /// Whether the row is a layer; false for a backend operation, which has no weights and no state.
  package var isLayer: Bool
  /// Whether the row is an `InputLayer`, whose shape tf.keras prints as a list.
  package var isInputLayer: Bool
  /// The shapes the row produces.
  package var outputs: SummaryOutputs
  /// Whether `outputs` comes from recorded build shapes and not from a call; Keras up to 3.3.3
  /// prints `?` then.
  package var hasOutputsFromBuild: Bool
  /// The number of weight elements of this row alone; `nil` for a layer that is not built.
  package var parameters: Int?
  /// The bytes of these weights; 0 when not built.
  package var bytes: Int
  /// The tensors the row is called on, in printing order, with the numbers as they are printed.
  package var connections: [SummaryConnection]
  /// The layer's own `trainable` flag.
  package var trainable: Bool
  /// Whether the layer owns any weights; Keras 3 prints `-` for `trainable` when it does not.
  package var hasWeights: Bool
  /// The rows printed below this one when nested models are expanded.
  package var nested: [SummaryRow]

  package init(
    name: String, className: String, isLayer: Bool = true, isInputLayer: Bool = false,
    outputs: SummaryOutputs, hasOutputsFromBuild: Bool = false, parameters: Int?, bytes: Int = 0,
    connections: [SummaryConnection] = [], trainable: Bool = true, hasWeights: Bool,
    nested: [SummaryRow] = []
  ) {
    self.name = name
    self.className = className
    self.isLayer = isLayer
    self.isInputLayer = isInputLayer
    self.outputs = outputs
    self.hasOutputsFromBuild = hasOutputsFromBuild
    self.parameters = parameters
    self.bytes = bytes
    self.connections = connections
    self.trainable = trainable
    self.hasWeights = hasWeights
    self.nested = nested
  }
}

/// The output shapes of a row.
package enum SummaryOutputs: Sendable, Equatable {
  /// Not known: the layer was never called and recorded no shapes.
  case unknown
  /// One tensor.
  case one(Shape)
  /// Several tensors, in flattened order.
  case list([Shape])
  /// A nested structure in Keras's own notation, from recorded build shapes.
  case structure(String)
  /// Calls with different shapes, which Keras 1 and 2 print as `multiple`.
  case multiple
}

/// One tensor a row is called on.
package struct SummaryConnection: Sendable, Equatable {
  /// The name of the layer or operation that made the tensor.
  package var name: String
  /// The number of that layer's call, as printed.
  package var node: Int
  /// The tensor's place among the outputs of that call.
  package var tensor: Int

  package init(name: String, node: Int, tensor: Int) {
    self.name = name
    self.node = node
    self.tensor = tensor
  }
}

/// The counts under the table.
package struct SummaryTotals: Sendable, Equatable {
  /// A number of variable elements with the bits they take.
  package struct Amount: Sendable, Equatable {
    /// The number of elements.
    package var count: Int
    /// Their size in bits.
    package var bits: Int

    package init(count: Int, bits: Int) {
      self.count = count
      self.bits = bits
    }
  }

  /// The weights that training changes.
  package var trainable: Amount
  /// The weights that it does not.
  package var nonTrainable: Amount
  /// The optimizer's variables; `nil` when the model has no built optimizer.
  package var optimizer: Amount?

  package init(trainable: Amount, nonTrainable: Amount, optimizer: Amount? = nil) {
    self.trainable = trainable
    self.nonTrainable = nonTrainable
    self.optimizer = optimizer
  }
}
