import HornbillCore

/// A table of vectors in full, in few bits, or with an adaptation.
///
/// Source: Keras 3, `keras/src/layers/core/embedding.py`.
struct EmbeddingTable {
  /// The number of vectors.
  let count: Int
  /// The extent of a vector.
  let size: Int
  let quantization: Quantization?
  let adaptation: LowRankAdaptation?
  private let quantizationConfig: JSON?

  init(count: Int, size: Int) {
    self.count = count
    self.size = size
    quantization = nil
    quantizationConfig = nil
    adaptation = nil
  }

  init(count: Int, size: Int, config: LayerConfig) throws(LayerError) {
    self.count = count
    self.size = size
    quantization = try Quantization(config: config)
    quantizationConfig = config["quantization_config"]
    adaptation = try LowRankAdaptation(config: config)
    switch quantization?.scheme {
    case nil, .int8, .int4: break
    case .float8, .gptq, .awq:
      throw LayerError(.configuration, "dtype: a table of vectors takes int8 or int4 only")
    }
  }

  func encode(to config: inout ConfigEncoder) {
    config["quantization_config"] = quantizationConfig ?? .null
    config.set(adaptation)
  }

  /// The number of groups of a vector that have a scale of their own; `nil` for one scale without a zero.
  var groupCount: Int? {
    guard case .int4(let block?) = quantization?.scheme else { return nil }
    return (size - 1) / block + 1
  }

  /// The names of the variables, in the order of their creation.
  var names: [String] { storedNames + matrices.map(\.name) }

  /// The names of the variables that a `.weights.h5` file holds.
  var storedNames: [String] {
    guard quantization != nil else { return ["embeddings"] }
    let names = ["embeddings", "embeddings_scale"]
    return groupCount == nil ? names : names + ["embeddings_zero", "g_idx"]
  }

  private var matrices: [(name: String, shape: [Int])] {
    guard let adaptation else { return [] }
    let (a, b) = adaptation.shapes(of: [count, size])
    return [("lora_embeddings_a", a), ("lora_embeddings_b", b)]
  }

  func declare(
    _ initializer: Initializer?, in build: inout LayerBuild
  ) throws(LayerError) {
    try LayerError.check(positive: count, "inputDim")
    try LayerError.check(positive: size, "outputDim")
    switch quantization?.scheme {
    case .int8:
      build.weight(
        "embeddings", [count, size], dtype: .int8, trainable: false, initializer: .zeros)
      build.weight("embeddings_scale", [count], trainable: false, initializer: .ones)
    case .int4:
      build.weight(
        "embeddings", [count, size / 2 + size % 2], dtype: .int8, trainable: false,
        initializer: .zeros)
      let scales = [count] + (groupCount.map { [$0] } ?? [])
      build.weight("embeddings_scale", scales, trainable: false, initializer: .ones)
      if groupCount != nil {
        build.weight(
          "embeddings_zero", scales, dtype: .int8, trainable: false, initializer: .zeros)
        build.weight("g_idx", [size], dtype: .float32, trainable: false, initializer: .zeros)
      }
    default:
      build.weight(
        "embeddings", [count, size], trainable: adaptation == nil, initializer: initializer)
    }
    for (name, shape) in matrices {
      build.weight(
        name, shape, dtype: .float32,
        initializer: name == "lora_embeddings_a" ? .heUniform() : .zeros)
    }
  }

  /// The vectors of ids, which are integers.
  func rows(
    _ ids: Value, _ call: LayerCall, negative: Bool, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    func taken(_ name: String, _ graph: inout GraphBuilder) throws(LayerError) -> Value {
      try graph.gather(variable(name, call), ids, axis: 0, negative: negative)
    }
    let part = try taken("embeddings", &lowering.graph)
    let change = try adaptation.map { (adaptation) throws(LayerError) in
      try lowering.graph.multiply(
        lowering.graph.dense(
          taken("lora_embeddings_a", &lowering.graph),
          kernel: variable("lora_embeddings_b", call)), adaptation.factor)
    }
    let rows: Value
    if quantization == nil {
      rows = part
    } else {
      rows = try full(
        part, scale: taken("embeddings_scale", &lowering.graph),
        zero: groupCount == nil ? nil : taken("embeddings_zero", &lowering.graph), call, &lowering)
    }
    return try change.map { (change) throws(LayerError) in
      try lowering.graph.add(rows, change)
    } ?? rows
  }

  /// The table with its adaptation, `(count, size)`.
  func matrix(_ call: LayerCall, into lowering: inout Lowering) throws(LayerError) -> Value {
    let table = try variable("embeddings", call)
    let base =
      try quantization == nil
      ? table
      : full(
        table, scale: variable("embeddings_scale", call),
        zero: groupCount == nil ? nil : variable("embeddings_zero", call), call, &lowering)
    guard let adaptation else { return base }
    let change = try lowering.graph.matmul(
      variable("lora_embeddings_a", call), variable("lora_embeddings_b", call))
    return try lowering.graph.add(base, lowering.graph.multiply(change, adaptation.factor))
  }

  func variable(_ name: String, _ call: LayerCall) throws(LayerError) -> Value {
    guard let index = names.firstIndex(of: name), index < call.weights.count else {
      throw LayerError(.weights, "the layer has no variable \"\(name)\"")
    }
    return call.weights[index]
  }

  /// The group of each position of a vector, in the type in which it is stored.
  func groups(_ call: LayerCall, _ lowering: inout Lowering) throws(LayerError) -> Value {
    guard let index = names.firstIndex(of: "g_idx") else {
      throw LayerError(.weights, "the layer has no variable \"g_idx\"")
    }
    return lowering.variable(index, of: call.instance)
  }

  /// Vectors in full from their few bits, which stand along the last axis.
  private func full(
    _ bits: Value, scale: Value, zero: Value?, _ call: LayerCall, _ lowering: inout Lowering
  ) throws(LayerError) -> Value {
    var numbers = bits
    if case .int4 = quantization?.scheme {
      numbers = try lowering.graph.unpacked(bits, axis: -1, count: size, isSigned: true)
    }
    guard let zero else {
      return try lowering.graph.divide(
        lowering.graph.cast(numbers, to: lowering.graph.dtype(scale)),
        lowering.graph.expand(scale, axis: -1))
    }
    return try lowering.graph.dequantized(
      numbers, scale: scale, zero: zero, groups: groups(call, &lowering), axis: -1)
  }
}

extension GraphBuilder {
  /// Ids as integers; fractions are truncated.
  mutating func ids(_ x: Value) throws(LayerError) -> Value {
    switch dtype(x) {
    case .int32, .int64: x
    default: try cast(x, to: .int32)
    }
  }
}
