import HornbillCore

/// The variables that a kernel is made of, and the product with it.
///
/// Without quantization these are the kernel and, with an adaptation, its two matrices; the bias is declared among them, where
/// Keras creates it.
///
/// Source: Keras 3, `keras/src/layers/core/dense.py`, `keras/src/layers/core/einsum_dense.py`.
struct QuantizedKernel {
  let quantization: Quantization?
  let adaptation: LowRankAdaptation?
  /// The kernel's shape.
  let shape: [Int]
  /// The extents of the kernel as a matrix: what a product sums over, and the rest.
  let rows: Int
  let columns: Int
  /// The shape of the scales of 8 bits, which broadcasts to the product's.
  let scaleShape: [Int]

  private struct Variable {
    let name: String
    let shape: [Int]
    var dtype: DType?
    var isTrainable = false
    var initializer: Initializer = .zeros
  }

  /// The names of what a `.weights.h5` file holds, in its order.
  private static func storedNames(_ quantization: Quantization?) -> [String] {
    switch quantization?.scheme {
    case nil: ["kernel", "bias"]
    case .int8, .int4(nil): ["kernel", "bias", "kernel_scale"]
    case .int4: ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"]
    case .float8:
      [
        "kernel", "bias", "inputs_scale", "inputs_amax_history", "kernel_scale",
        "kernel_amax_history", "outputs_grad_scale", "outputs_grad_amax_history",
      ]
    case .gptq: ["bias", "kernel", "kernel_scale", "kernel_zero", "g_idx"]
    case .awq: ["bias", "kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx"]
    }
  }

  /// The key of a variable in a `.weights.h5` file; `nil` for one that such a file does not hold.
  static func storageKey(
    _ position: Int, _ name: String, quantization: Quantization?, hasBias: Bool, isAdapted: Bool
  ) -> String? {
    guard quantization != nil || isAdapted else { return "\(position)" }
    let names = storedNames(quantization).filter { hasBias || $0 != "bias" }
    return names.firstIndex(of: name).map { "\($0)" }
  }

  /// Declares the variables, and a bias of that shape.
  func declare(
    bias: [Int]?, kernelInitializer: Initializer?, biasInitializer: Initializer?,
    in build: inout LayerBuild
  ) throws(LayerError) {
    for variable in try variables(bias: bias) {
      let initializer =
        switch variable.name {
        case "kernel" where variable.dtype == nil: kernelInitializer
        case "bias": biasInitializer
        default: variable.initializer
        }
      build.weight(
        variable.name, variable.shape, dtype: variable.dtype, trainable: variable.isTrainable,
        initializer: initializer)
    }
  }

  private func variables(bias: [Int]?) throws(LayerError) -> [Variable] {
    let bias = bias.map { [Variable(name: "bias", shape: $0, isTrainable: true)] } ?? []
    return try kernel() + bias + history() + matrices()
  }

  private func kernel() throws(LayerError) -> [Variable] {
    func scales(_ shape: [Int], _ zero: DType) -> [Variable] {
      [
        Variable(name: "kernel_scale", shape: shape, initializer: .ones),
        Variable(name: "kernel_zero", shape: shape, dtype: zero),
      ]
    }
    func groups(_ size: Int?) -> Int { size.map { (rows - 1) / $0 + 1 } ?? 1 }
    let packed = columns / 2 + columns % 2
    let places = Variable(name: "g_idx", shape: [rows], dtype: .float32)
    switch quantization?.scheme {
    case nil, .float8:
      return [Variable(name: "kernel", shape: shape, isTrainable: adaptation == nil)]
    case .int8:
      return [
        Variable(name: "kernel", shape: shape, dtype: .int8),
        Variable(name: "kernel_scale", shape: scaleShape, initializer: .ones),
      ]
    case .int4(let size):
      let kernel = Variable(name: "kernel", shape: [rows, packed], dtype: .int8)
      guard let size else {
        return [kernel, Variable(name: "kernel_scale", shape: [columns], initializer: .ones)]
      }
      return [kernel] + scales([groups(size), columns], .int8) + [places]
    case .gptq(let bits, let size):
      let kernel = Variable(
        name: "kernel", shape: [bits == 4 ? packed : columns, rows], dtype: .uint8)
      return [kernel] + scales([columns, groups(size)], .uint8) + [places]
    case .awq(let size):
      let kernel = Variable(name: "kernel", shape: [packed, rows], dtype: .uint8)
      return [kernel] + scales([columns, groups(size)], .uint8)
        + [Variable(name: "awq_scales", shape: [rows], initializer: .ones), places]
    }
  }

  private func history() -> [Variable] {
    guard case .float8(let length) = quantization?.scheme else { return [] }
    return ["inputs", "kernel", "outputs_grad"].flatMap { name in
      [
        Variable(
          name: "\(name)_scale", shape: [], dtype: .float32, isTrainable: true,
          initializer: .ones),
        Variable(
          name: "\(name)_amax_history", shape: [length], dtype: .float32, isTrainable: true),
      ]
    }
  }

  private func matrices() -> [Variable] {
    guard let adaptation else { return [] }
    let (a, b) = adaptation.shapes(of: shape)
    return [
      Variable(
        name: "lora_kernel_a", shape: a, dtype: .float32, isTrainable: true,
        initializer: .heUniform()),
      Variable(name: "lora_kernel_b", shape: b, dtype: .float32, isTrainable: true),
    ]
  }

  // MARK: Product

  /// How a layer multiplies.
  struct Product {
    /// The axes of the input that the product sums over.
    let inputAxes: [Int]
    /// The product of an input and a kernel.
    let multiply:
      (_ graph: inout GraphBuilder, _ x: Value, _ kernel: Value) throws(LayerError) -> Value
    /// The scale of an input, of extent 1 along ``inputAxes``, in a shape that broadcasts to the product's.
    let align: (_ graph: inout GraphBuilder, _ scale: Value) throws(LayerError) -> Value
  }

  /// The product of an input with the kernel, plus the bias if there is one.
  func product(
    _ x: Value, _ call: LayerCall, bias: [Int]?, _ product: Product, into lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let names = try variables(bias: bias).map(\.name)
    let parts = Parts(
      values: Dictionary(uniqueKeysWithValues: zip(names, call.weights)),
      groups: names.firstIndex(of: "g_idx").map { lowering.variable($0, of: call.instance) })
    var y = try multiplied(x, parts, product, &lowering.graph)
    if let adaptation, quantization != nil {
      let thin = try product.multiply(&lowering.graph, x, parts["lora_kernel_a"])
      let change = try lowering.graph.dense(thin, kernel: parts["lora_kernel_b"])
      y = try lowering.graph.add(y, lowering.graph.multiply(change, adaptation.factor))
    }
    guard bias != nil else { return y }
    var shift = try parts["bias"]
    if case .float8 = quantization?.scheme, call.dtype == .float32 {
      shift = try lowering.graph.rounded(shift, fractionBits: 7, leastExponent: -126)
    }
    return try lowering.graph.add(y, shift)
  }

  private struct Parts {
    let values: [String: Value]
    /// The group of each row, in the type in which it is stored.
    let groups: Value?

    subscript(name: String) -> Value {
      get throws(LayerError) {
        guard let value = name == "g_idx" ? groups : values[name] else {
          throw LayerError(.weights, "the layer has no variable \"\(name)\"")
        }
        return value
      }
    }
  }

  private func multiplied(
    _ x: Value, _ parts: Parts, _ product: Product, _ graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let dtype = graph.dtype(x)
    switch quantization?.scheme {
    case nil:
      return try product.multiply(&graph, x, adapted(parts, &graph))
    case .int8:
      let kernel = try graph.cast(parts["kernel"], to: dtype)
      let (input, inputScale) = try quantizedInput(x, product, &graph)
      let y = try product.multiply(&graph, input, kernel)
      let scale = try parts["kernel_scale"]
      return try graph.divide(
        y,
        inputScale.map { (other) throws(LayerError) in try graph.multiply(scale, other) } ?? scale)
    case .int4(nil):
      let kernel = try graph.divide(
        graph.cast(unpacked(parts, &graph), to: dtype), parts["kernel_scale"])
      let (input, inputScale) = try quantizedInput(x, product, &graph)
      let y = try product.multiply(&graph, input, graph.reshape(kernel, to: shape))
      return try inputScale.map { (scale) throws(LayerError) in try graph.divide(y, scale) } ?? y
    case .int4:
      let kernel = try graph.dequantized(
        unpacked(parts, &graph), scale: parts["kernel_scale"], zero: parts["kernel_zero"],
        groups: parts["g_idx"], axis: 0)
      return try product.multiply(&graph, x, graph.reshape(kernel, to: shape))
    case .float8:
      return try product.multiply(
        &graph, graph.float8(x, scale: parts["inputs_scale"]),
        graph.float8(parts["kernel"], scale: parts["kernel_scale"]))
    case .gptq(let bits, _):
      let kernel = try transposed(parts, isPacked: bits == 4, &graph)
      return try product.multiply(&graph, x, graph.reshape(kernel, to: shape))
    case .awq:
      let kernel = try graph.divide(
        transposed(parts, isPacked: true, &graph), graph.expand(parts["awq_scales"], axis: -1))
      return try product.multiply(&graph, x, graph.reshape(kernel, to: shape))
    }
  }

  private func adapted(
    _ parts: Parts, _ graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    let kernel = try parts["kernel"]
    guard let adaptation else { return kernel }
    let change = try graph.dense(parts["lora_kernel_a"], kernel: parts["lora_kernel_b"])
    return try graph.add(kernel, graph.multiply(change, adaptation.factor))
  }

  private func unpacked(_ parts: Parts, _ graph: inout GraphBuilder) throws(LayerError) -> Value {
    try graph.unpacked(parts["kernel"], axis: -1, count: columns, isSigned: true)
  }

  /// The matrix of a kernel that is stored with its columns first.
  private func transposed(
    _ parts: Parts, isPacked: Bool, _ graph: inout GraphBuilder
  ) throws(LayerError) -> Value {
    var q = try parts["kernel"]
    if isPacked { q = try graph.unpacked(q, axis: 0, count: columns, isSigned: false) }
    let kernel = try graph.dequantized(
      q, scale: parts["kernel_scale"], zero: parts["kernel_zero"], groups: parts["g_idx"], axis: -1)
    return try graph.transpose(kernel, [1, 0])
  }

  private func quantizedInput(
    _ x: Value, _ product: Product, _ graph: inout GraphBuilder
  ) throws(LayerError) -> (Value, scale: Value?) {
    guard let quantizer = quantization?.inputQuantizer else { return (x, nil) }
    let (input, scale) = try graph.quantized(x, axes: product.inputAxes, by: quantizer)
    return (input, try product.align(&graph, scale))
  }
}
