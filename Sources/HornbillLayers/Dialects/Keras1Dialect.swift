import HornbillCore

/// The spellings of Keras 0.3 to 1.2.
///
/// Sources: `get_config` of each class in Keras 1.0.8 to 1.2.2, and Keras 2.0.5, `keras/legacy/interfaces.py`.
enum Keras1Dialect {
  static func upgrade(_ upgrade: inout LayerUpgrade) throws(LayerError) {
    let stored = upgrade.className
    upgrade.apply(rules[stored])
    upgradeDataFormat(&upgrade)
    upgradeKernelSize(&upgrade)
    switch upgrade.className {
    case "LSTM", "ConvLSTM2D": upgradeForgetBias(&upgrade)
    case "SeparableConv2D": upgradeSeparableInitializer(&upgrade)
    case "Conv2DTranspose": try upgradeOutputShape(&upgrade)
    case "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D": try upgradePadding(&upgrade)
    case "BatchNormalization": try upgradeMode(&upgrade)
    case "Merge": try MergeDialect.upgrade(&upgrade)
    default: break
    }
    if upgrade.context.rules.kerasMajor < 2, ["GRU", "LSTM", "ConvLSTM2D"].contains(stored) {
      upgrade.assume("recurrent_activation", .string("hard_sigmoid"))
    }
  }

  private static let kernel: [FieldRule] = [
    .rename("init", "kernel_initializer"), .rename("bias", "use_bias"),
    .rename("W_regularizer", "kernel_regularizer"),
    .rename("b_regularizer", "bias_regularizer"), .rename("W_constraint", "kernel_constraint"),
    .rename("b_constraint", "bias_constraint"), .drop("weights"), .drop("cache_enabled"),
  ]
  private static let inputs: [FieldRule] = [.drop("input_dim"), .drop("input_length")]
  private static let dense: [FieldRule] = [.rename("output_dim", "units")] + kernel + inputs
  private static let padding: [FieldRule] = [.rename("border_mode", "padding")]
  private static let convolution: [FieldRule] =
    [
      .rename("nb_filter", "filters"), .rename("filter_length", "kernel_size"),
      .rename("subsample_length", "strides"), .rename("subsample", "strides"),
    ] + padding + kernel + inputs
  private static let atrous: [FieldRule] = convolution + [.rename("atrous_rate", "dilation_rate")]
  private static let pooling1D: [FieldRule] =
    [.rename("pool_length", "pool_size"), .rename("stride", "strides")] + padding
  private static let recurrent: [FieldRule] =
    dense + [
      .rename("inner_init", "recurrent_initializer"),
      .rename("inner_activation", "recurrent_activation"),
      .rename("U_regularizer", "recurrent_regularizer"), .rename("dropout_W", "dropout"),
      .rename("dropout_U", "recurrent_dropout"), .drop("consume_less"),
    ]
  private static let dropout: [FieldRule] = [.rename("p", "rate")]

  /// The classes, by the names that files give.
  private static let rules: [String: ClassRule] = [
    "AtrousConv1D": ClassRule("Conv1D", atrous),
    "AtrousConv2D": ClassRule("Conv2D", atrous),
    "AtrousConvolution1D": ClassRule("Conv1D", atrous),
    "AtrousConvolution2D": ClassRule("Conv2D", atrous),
    "AveragePooling1D": ClassRule(nil, pooling1D),
    "AveragePooling2D": ClassRule(nil, padding),
    "AveragePooling3D": ClassRule(nil, padding),
    "BatchNormalization": ClassRule(
      nil,
      [
        .rename("gamma_init", "gamma_initializer"), .rename("beta_init", "beta_initializer"),
        .drop("weights"),
      ]),
    "Conv1D": ClassRule(nil, convolution),
    "Conv2D": ClassRule(nil, convolution),
    "Conv3D": ClassRule(nil, convolution),
    "ConvLSTM2D": ClassRule(nil, convolution + recurrent),
    "Convolution1D": ClassRule("Conv1D", convolution),
    "Convolution2D": ClassRule("Conv2D", convolution),
    "Convolution3D": ClassRule("Conv3D", convolution),
    "Deconv2D": ClassRule("Conv2DTranspose", convolution),
    "Deconvolution2D": ClassRule("Conv2DTranspose", convolution),
    "Dense": ClassRule(nil, dense),
    "Dropout": ClassRule(nil, dropout),
    "Embedding": ClassRule(
      nil,
      [
        .rename("init", "embeddings_initializer"),
        .rename("W_regularizer", "embeddings_regularizer"),
        .rename("W_constraint", "embeddings_constraint"), .drop("dropout"), .drop("weights"),
      ]),
    "GRU": ClassRule(nil, recurrent),
    "GaussianDropout": ClassRule(nil, dropout),
    "GaussianNoise": ClassRule(nil, [.rename("sigma", "stddev")]),
    "LSTM": ClassRule(nil, recurrent),
    "LocallyConnected1D": ClassRule(nil, convolution),
    "LocallyConnected2D": ClassRule(nil, convolution),
    "MaxPooling1D": ClassRule(nil, pooling1D),
    "MaxPooling2D": ClassRule(nil, padding),
    "MaxPooling3D": ClassRule(nil, padding),
    "PReLU": ClassRule(nil, [.rename("init", "alpha_initializer"), .drop("weights")]),
    "SeparableConv2D": ClassRule(nil, convolution),
    "SeparableConvolution2D": ClassRule("SeparableConv2D", convolution),
    "SimpleRNN": ClassRule(nil, recurrent),
    "SpatialDropout1D": ClassRule(nil, dropout),
    "SpatialDropout2D": ClassRule(nil, dropout),
    "SpatialDropout3D": ClassRule(nil, dropout),
    "TimeDistributedDense": ClassRule("Dense", dense),
    "UpSampling1D": ClassRule(nil, [.rename("length", "size")]),
  ]

  /// `dim_ordering` of any layer: `th` is channels first, `tf` channels last, `default` the setting of the writer's machine.
  private static func upgradeDataFormat(_ upgrade: inout LayerUpgrade) {
    guard upgrade.has("dim_ordering") else { return }
    switch upgrade["dim_ordering"]?.string {
    case "th":
      upgrade.merge(["dim_ordering"], into: "data_format", .string("channels_first"))
    case "tf":
      upgrade.merge(["dim_ordering"], into: "data_format", .string("channels_last"))
    default:
      upgrade.drop("dim_ordering", because: "channels last is taken")
    }
  }

  private static func upgradeKernelSize(_ upgrade: inout LayerUpgrade) {
    for parts in [["kernel_dim1", "kernel_dim2", "kernel_dim3"], ["nb_row", "nb_col"]] {
      let sizes = parts.compactMap { upgrade[$0] }
      if sizes.count == parts.count { upgrade.merge(parts, into: "kernel_size", .array(sizes)) }
    }
  }

  private static func upgradeForgetBias(_ upgrade: inout LayerUpgrade) {
    guard let initializer = upgrade["forget_bias_init"] else { return }
    let isOne = initializer.string == "one" || initializer.string == "ones"
    upgrade.merge(["forget_bias_init"], into: "unit_forget_bias", .bool(isOne))
  }

  private static func upgradeSeparableInitializer(_ upgrade: inout LayerUpgrade) {
    guard let initializer = upgrade["kernel_initializer"], !upgrade.has("depthwise_initializer")
    else { return }
    upgrade.merge(["kernel_initializer"], into: "depthwise_initializer", initializer)
    upgrade.set("pointwise_initializer", to: initializer, noting: "pointwise_initializer set too")
  }

  /// Turns the output shape that Keras 1's transposed convolution states into the padding that gives it.
  ///
  /// The convolution of which this is the gradient has strides that may leave cells out, so several output sizes
  /// give the same input size; without the stated one Keras 3 takes the one of `output_padding=None`.
  private static func upgradeOutputShape(_ upgrade: inout LayerUpgrade) throws(LayerError) {
    guard let shape = upgrade["output_shape"]?.array else { return }
    let extents = shape.map(\.int)
    let isChannelsFirst = upgrade["data_format"]?.string == "channels_first"
    guard extents.count == 4,
      let kernel = pair(upgrade["kernel_size"]),
      let strides = pair(upgrade["strides"] ?? .integer(1)),
      kernel.allSatisfy({ $0 > 0 && $0 < 1 << 31 }), strides.allSatisfy({ $0 > 0 && $0 < 1 << 31 })
    else {
      throw LayerError(
        .configuration,
        "output_shape: expected 4 extents beside a kernel size and strides of 2 integers above 0, found \(JSON.array(shape).noteText)"
      )
    }
    let spatial = isChannelsFirst ? extents[2...3] : extents[1...2]
    let isSame = upgrade["padding"]?.string == "same"
    var paddings: [Int] = []
    var isDefault = true
    for ((extent, kernel), stride) in zip(zip(spatial, kernel), strides) {
      guard let extent, extent > 0, extent < 1 << 31 else {
        upgrade.drop("output_shape")
        return
      }
      let positions = isSame ? (extent + stride - 1) / stride : (extent - kernel) / stride + 1
      let least = (positions - 1) * stride + (isSame ? kernel % 2 : kernel)
      let usual =
        isSame ? positions * stride : (positions - 1) * stride + max(kernel, stride)
      isDefault = isDefault && extent == usual
      paddings.append(extent - least)
    }
    upgrade.drop("output_shape")
    if !isDefault {
      upgrade.set(
        "output_padding", to: .integers(paddings),
        noting: "output_padding=\(JSON.integers(paddings).noteText), as output_shape said")
    }
  }

  private static func pair(_ value: JSON?) -> [Int]? {
    if let both = value?.int { return [both, both] }
    guard let elements = value?.array, elements.count == 2, let first = elements[0].int,
      let second = elements[1].int
    else { return nil }
    return [first, second]
  }

  /// Padding as a pair of amounts per axis.
  private static func upgradePadding(_ upgrade: inout LayerUpgrade) throws(LayerError) {
    guard let padding = upgrade["padding"] else { return }
    let axes = upgrade.className == "ZeroPadding1D" ? 1 : 2
    if let sides = padding.object {
      let keys =
        axes == 1
        ? [["left_pad", "right_pad"]]
        : [["top_pad", "bottom_pad"], ["left_pad", "right_pad"]]
      let pairs = keys.map { $0.map { sides[$0] ?? .integer(0) } }
      let value: JSON = axes == 1 ? .array(pairs[0]) : .array(pairs.map { .array($0) })
      upgrade.set("padding", to: value, noting: "padding of named sides written as pairs")
    } else if axes == 2, let amounts = padding.array, amounts.count == 4,
      amounts.allSatisfy({ $0.int != nil })
    {
      upgrade.set(
        "padding",
        to: .array([.array(Array(amounts[0..<2])), .array(Array(amounts[2..<4]))]),
        noting: "padding of 4 sides written as pairs")
    }
  }

  /// `mode` of batch normalisation: 0 is the layer of today, 1 and 2 are layers of their own.
  private static func upgradeMode(_ upgrade: inout LayerUpgrade) throws(LayerError) {
    guard let mode = upgrade["mode"] else { return }
    switch mode.int {
    case 0: upgrade.drop("mode")
    case 1, 2: upgrade.renameClass(to: LegacyBatchNormalization.className)
    default:
      throw LayerError(
        .configuration, "BatchNormalization.mode: expected 0, 1 or 2, found \(mode.brief)")
    }
  }
}
