import HornbillCore

extension GraphDraft {
  /// Adds an operation of `keras.ops` with one result and calls it.
  ///
  /// - Parameters:
  ///   - className: the operation's class.
  ///   - operands: the positional arguments.
  ///   - fields: the operation's configuration.
  ///   - dtype: the type of the result; that of the first operand when absent.
  mutating func apply(
    _ className: String, _ operands: Argument<DraftTensor>..., fields: [(String, JSON)] = [],
    keywords: [(name: String, value: Argument<DraftTensor>)] = [], shape: Shape? = nil,
    dtype: DType? = nil
  ) -> DraftTensor {
    let type = dtype ?? operands.lazy.flatMap(\.tensors).first?.spec.dtype ?? .float32
    return operation(
      className, fields, operands, keywords: keywords, outputs: [TensorSpec(shape, type)])[0]
  }

  /// Adds a layer that the old model does not have and calls it.
  ///
  /// - Parameters:
  ///   - object: the serialised layer.
  ///   - entry: its position if it has been added already.
  mutating func callLayer(
    _ entry: Int, _ input: DraftTensor, shape: Shape? = nil
  ) -> DraftTensor {
    call(
      entry, CallArguments([.tensor(input)]), outputs: [TensorSpec(shape, input.spec.dtype)])[0]
  }

  /// Adds a public layer of Keras 3.
  ///
  /// - Returns: its position.
  mutating func addLayer(
    _ className: String, named name: String, dtype: JSON, trainable: Bool = true,
    _ fields: [(String, JSON)]
  ) -> Int {
    var config = JSONObject([
      ("name", .string(name)), ("trainable", .bool(trainable)), ("dtype", dtype),
    ])
    for (field, value) in fields { config[field] = value }
    let object = JSON.kerasObject(module: "keras.layers", className: className, config: config)
    return add(object.object ?? JSONObject(), name: name)
  }

  /// Adds a reshape that keeps the batch.
  mutating func reshape(_ x: DraftTensor, to extents: [Int]) -> DraftTensor {
    apply(
      "Reshape", .tensor(x), fields: [("newshape", .integers([-1] + extents))],
      shape: Shape([nil] + extents.map { $0 }))
  }

  /// Adds a change of the order of axes.
  mutating func transpose(_ x: DraftTensor, _ axes: [Int]) -> DraftTensor {
    apply(
      "Transpose", .tensor(x), fields: [("axes", .integers(axes))],
      shape: x.spec.shape.map { shape in Shape(axes.map { shape.dimensions[$0] }) })
  }
}
