import HornbillCore

/// A dense layer inside an attention over heads: an ``EinsumDense`` whose equation follows from the rank of its input.
///
/// - Input: `(batch, …, bound…)`. Output: the bound axes, one or two, become the axes of `features`.
/// - Weights: `kernel` (bound…, features…), `bias` (features…).
/// - Source: Keras 3, `keras/src/layers/attention/multi_head_attention.py`, `_build_proj_equation`.
struct AttentionProjection: Layer {
  static let className = "EinsumDense"

  /// The number of last axes that the kernel takes in.
  let boundAxes: Int
  /// The axes that the kernel gives; as the call says when absent.
  let features: [Int]?
  let useBias: Bool
  var activation: Activation = .linear
  let quantization: Quantization?
  let kernel: VariableOptions
  let bias: VariableOptions

  init(
    boundAxes: Int = 1, features: [Int]?, useBias: Bool, activation: Activation = .linear,
    kernel: VariableOptions = VariableOptions(.glorotUniform(), nil, nil),
    bias: VariableOptions = VariableOptions(.zeros, nil, nil), quantization: Quantization? = nil
  ) {
    self.kernel = kernel
    self.bias = bias
    self.boundAxes = boundAxes
    self.features = features
    self.useBias = useBias
    self.activation = activation
    self.quantization = quantization
  }

  init(config: LayerConfig) throws(LayerError) {
    throw LayerError(.configuration, "an attention makes its projections itself")
  }

  func encode(to config: inout ConfigEncoder) {}

  func storageKey(_ position: Int, _ weight: WeightSpec) -> String? {
    QuantizedKernel.storageKey(
      position, weight.name, quantization: quantization, hasBias: useBias, isAdapted: false)
  }

  func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    let layer = try layer(rank: call.inputShape.rank, call.arguments)
    return try layer.build(call, in: &build)
  }

  func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    let layer = try layer(rank: lowering.graph.rank(call.input), call.arguments)
    return try layer.lower(call, into: &lowering)
  }

  private func layer<Element>(
    rank: Int, _ arguments: CallArguments<Element>
  ) throws(LayerError) -> EinsumDense {
    var extents = features ?? []
    if features == nil, case .list(let elements)? = arguments.keyword("features") {
      for case .integer(let extent) in elements { extents.append(Int(extent)) }
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let free = rank - boundAxes
    guard free >= 1, !extents.isEmpty, rank + extents.count <= letters.count else {
      throw LayerError(.shape, "an attention cannot project a tensor of \(rank) axes")
    }
    let input = String(letters[..<rank])
    let output = String(letters[rank..<(rank + extents.count)])
    let lead = String(letters[..<free])
    return EinsumDense(
      equation: "\(input),\(input.dropFirst(free))\(output)->\(lead)\(output)",
      outputShape: [Int?](repeating: nil, count: free - 1) + extents.map { $0 },
      activation: .function(activation), biasAxes: useBias ? output : nil, kernel: kernel,
      bias: bias, quantization: quantization)
  }
}
