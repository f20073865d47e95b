import HornbillCore

/// TensorFlow's losses of labels and logits.
enum LossTranslation {
  static let rules: [String: TensorFlowTranslation.Rule] = [
    "sigmoid_cross_entropy_with_logits": { (c, g) throws(LayerError) in
      let labels = try c.required(0, "labels")
      let logits = try c.required(1, "logits")
      return [try sigmoid(labels, logits, &g)]
    },
    "softmax_cross_entropy_with_logits": { (c, g) throws(LayerError) in
      let axis = try c.whole(nil, "axis", "dim") ?? -1
      return [try crossEntropy(c.required(0, "labels"), c.required(1, "logits"), axis, &g)]
    },
    "softmax_cross_entropy_with_logits_v2": { (c, g) throws(LayerError) in
      let axis = try c.whole(nil, "axis", "dim") ?? -1
      return [try crossEntropy(c.required(0, "labels"), c.required(1, "logits"), axis, &g)]
    },
    "sparse_softmax_cross_entropy_with_logits": { (c, g) throws(LayerError) in
      let logits = try c.required(1, "logits")
      guard let classes = logits.tensors.first?.spec.shape?.dimensions.last ?? nil else {
        throw c.refusal("the number of classes is not known")
      }
      let labels = try g.oneHot(c.required(0, "labels"), classes)
      return [crossEntropy(.tensor(labels), logits, -1, &g)]
    },
    "SoftmaxCrossEntropyWithLogits": { (c, g) throws(LayerError) in
      let (logits, labels) = (try c.required(0), try c.required(1))
      let shares = g.apply("Softmax", logits, fields: [("axis", .integer(-1))])
      return [
        crossEntropy(labels, logits, -1, &g), g.apply("Subtract", .tensor(shares), labels),
      ]
    },
    "SparseSoftmaxCrossEntropyWithLogits": { (c, g) throws(LayerError) in
      let (logits, labels) = (try c.required(0), try c.required(1))
      guard let classes = logits.tensors.first?.spec.shape?.dimensions.last ?? nil else {
        throw c.refusal("the number of classes is not known")
      }
      let hot = g.oneHot(labels, classes)
      let shares = g.apply("Softmax", logits, fields: [("axis", .integer(-1))])
      return [
        crossEntropy(.tensor(hot), logits, -1, &g),
        g.apply("Subtract", .tensor(shares), .tensor(hot)),
      ]
    },
    "keras.backend.binary_crossentropy": { (c, g) throws(LayerError) in
      let (target, output) = (try c.required(0, "target"), try c.required(1, "output"))
      if c.flag("from_logits") { return [try sigmoid(target, output, &g)] }
      let epsilon = 1e-7
      let bounded = g.apply("Maximum", output, .number(epsilon))
      let p = g.apply("Minimum", .tensor(bounded), .number(1 - epsilon))
      let raised = try g.sum(.tensor(p), .number(epsilon))
      let isTrue = g.apply("Multiply", target, .tensor(g.apply("Log", .tensor(raised))))
      let rest = try g.sum(
        .tensor(g.apply("Subtract", .number(1), .tensor(p))), .number(epsilon))
      let share = g.apply("Subtract", .number(1), target)
      let isFalse = g.apply("Multiply", .tensor(share), .tensor(g.apply("Log", .tensor(rest))))
      let all = try g.sum(.tensor(isTrue), .tensor(isFalse))
      return [g.apply("Negative", .tensor(all))]
    },
  ]

  private static func sigmoid(
    _ labels: Argument<DraftTensor>, _ logits: Argument<DraftTensor>, _ g: inout GraphDraft
  ) throws(LayerError) -> DraftTensor {
    let positive = g.apply("Relu", logits)
    let product = g.apply("Multiply", logits, labels)
    let size = g.apply("Absolute", logits)
    let soft = g.apply(
      "Log1p", .tensor(g.apply("Exp", .tensor(g.apply("Negative", .tensor(size))))))
    let difference = g.apply("Subtract", .tensor(positive), .tensor(product))
    return try g.sum(.tensor(difference), .tensor(soft))
  }

  private static func crossEntropy(
    _ labels: Argument<DraftTensor>, _ logits: Argument<DraftTensor>, _ axis: Int,
    _ g: inout GraphDraft
  ) -> DraftTensor {
    let field = ("axis", JSON.integer(Int64(axis)))
    let logarithm = g.apply("LogSoftmax", logits, fields: [field])
    let product = g.apply("Multiply", .tensor(logarithm), labels)
    let sum = g.apply("Sum", .tensor(product), fields: [field, ("keepdims", .bool(false))])
    return g.apply("Negative", .tensor(sum))
  }
}
