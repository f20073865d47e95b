import HornbillCore

/// The spellings of Keras 2.0 to 2.15 and of tf.keras.
///
/// Source: `get_config` of each class in Keras 2.0.5, 2.3.1, 2.6 and 2.15.
enum Keras2Dialect {
  static func upgrade(_ upgrade: inout LayerUpgrade) throws(LayerError) {
    upgrade.apply(rules[upgrade.className])
    switch upgrade.className {
    case InputLayer.className: upgradeInput(&upgrade)
    case "BatchNormalization": upgradeAxis(&upgrade)
    case "GRU", "GRUCell": upgradeReset(&upgrade)
    case "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D":
      if upgrade.context.rules.kerasMajor < 3 {
        upgrade.assume("recurrent_activation", .string("hard_sigmoid"))
      }
    default: break
    }
  }

  private static let recurrent: [FieldRule] = [
    .dropValue("time_major", .bool(false)), .drop("implementation"), .drop("input_dim"),
    .drop("input_length"),
  ]
  private static let cell: [FieldRule] = [.drop("implementation")]
  private static let ungrouped: [FieldRule] = [.drop("groups")]
  private static let batchNormalization: [FieldRule] = [
    .drop("fused"), .drop("virtual_batch_size"), .drop("adjustment"),
  ]
  private static let lookup: [FieldRule] = [
    .words("output_mode", ["binary": "multi_hot", "tf-idf": "tf_idf"])
  ]
  private static let spatialDropout: [FieldRule] = [.drop("noise_shape")]

  /// The classes, by the names that files give.
  private static let rules: [String: ClassRule] = [
    "Attention": ClassRule(nil, [.dropValue("causal", .bool(false))]),
    "AdditiveAttention": ClassRule(nil, [.dropValue("causal", .bool(false))]),
    "BatchNormalization": ClassRule(nil, batchNormalization),
    "BatchNormalizationV1": ClassRule("BatchNormalization", batchNormalization),
    "BatchNormalizationV2": ClassRule("BatchNormalization", batchNormalization),
    "SyncBatchNormalization": ClassRule("BatchNormalization", batchNormalization),
    "CategoryEncoding": ClassRule(nil, [.rename("max_tokens", "num_tokens")] + lookup),
    "Conv1DTranspose": ClassRule(nil, ungrouped),
    "Conv2DTranspose": ClassRule(nil, ungrouped),
    "Conv3DTranspose": ClassRule(nil, ungrouped),
    "ConvLSTM1D": ClassRule(nil, recurrent),
    "ConvLSTM2D": ClassRule(nil, recurrent),
    "ConvLSTM3D": ClassRule(nil, recurrent),
    "CuDNNGRU": ClassRule(nil, recurrent),
    "CuDNNLSTM": ClassRule(nil, recurrent),
    "DepthwiseConv1D": ClassRule(nil, ungrouped + [.drop("filters")]),
    "DepthwiseConv2D": ClassRule(nil, ungrouped + [.drop("filters")]),
    "Discretization": ClassRule(nil, [.rename("bins", "bin_boundaries")] + lookup),
    "Embedding": ClassRule(nil, [.drop("input_length")]),
    "GRU": ClassRule(nil, recurrent),
    "GRUCell": ClassRule(nil, cell),
    "GRUV2": ClassRule("GRU", recurrent),
    "IntegerLookup": ClassRule(nil, lookup),
    "LSTM": ClassRule(nil, recurrent),
    "LSTMCell": ClassRule(nil, cell),
    "LSTMV2": ClassRule("LSTM", recurrent),
    "LeakyReLU": ClassRule(nil, [.rename("alpha", "negative_slope")]),
    "MultiHeadAttention": ClassRule(
      nil, [.drop("query_shape"), .drop("key_shape"), .drop("value_shape")]),
    "RNN": ClassRule(nil, recurrent),
    "SeparableConv1D": ClassRule(nil, ungrouped),
    "SeparableConv2D": ClassRule(nil, ungrouped),
    "SimpleRNN": ClassRule(nil, recurrent),
    "SimpleRNNCell": ClassRule(nil, cell),
    "SpatialDropout1D": ClassRule(nil, spatialDropout),
    "SpatialDropout2D": ClassRule(nil, spatialDropout),
    "SpatialDropout3D": ClassRule(nil, spatialDropout),
    "StringLookup": ClassRule(nil, lookup),
    "TextVectorization": ClassRule(nil, lookup),
    "UnifiedGRU": ClassRule("GRU", recurrent),
    "UnifiedLSTM": ClassRule("LSTM", recurrent),
  ]

  private static func upgradeInput(_ upgrade: inout LayerUpgrade) {
    if upgrade.has("batch_input_shape") {
      upgrade.rename("batch_input_shape", to: "batch_shape")
      for field in ["sparse", "ragged"] where upgrade.has(field) {
        upgrade.apply(.dropValue(field, .bool(false)))
      }
    }
    upgrade.rename("input_dtype", to: "dtype")
    if let shape = upgrade["input_shape"]?.array, !upgrade.has("batch_shape") {
      upgrade.merge(["input_shape"], into: "batch_shape", .array([.null] + shape))
    }
    upgrade.drop("type_spec")
  }

  /// tf.keras writes the axis of batch normalisation as a list.
  private static func upgradeAxis(_ upgrade: inout LayerUpgrade) {
    guard let axes = upgrade["axis"]?.array, axes.count == 1, let axis = axes[0].int else { return }
    upgrade.set("axis", to: .integer(Int64(axis)), noting: "axis=[\(axis)] written as \(axis)")
  }

  /// An absent `reset_after` is false, as in Keras up to 2.1, which does not have it; later releases write it.
  private static func upgradeReset(_ upgrade: inout LayerUpgrade) {
    guard upgrade.context.rules.kerasMajor < 3 else { return }
    upgrade.assume("reset_after", .bool(false))
  }
}
