public import HornbillCore

/// The element types of a layer: of its variables, and of its computation.
///
/// Source: Keras 3, `keras/src/dtype_policies/dtype_policy.py`.
public struct DTypePolicy: Sendable, Hashable {
  /// The type of the layer's floating-point variables.
  public let variable: DType
  /// The type in which the layer computes; floating-point inputs are cast to it.
  public let compute: DType
  /// The quantization mode, such as `int8`, if the layer's weights are quantized.
  public let quantization: String?
  /// The length of the history of ranges that training with 8-bit floating-point numbers keeps.
  let historyLength: Int

  /// Makes a policy.
  public init(variable: DType, compute: DType, quantization: String? = nil) {
    self.init(
      variable: variable, compute: compute, quantization: quantization, historyLength: nil)
  }

  private init(
    variable: DType, compute: DType, quantization: String?, historyLength: Int?
  ) {
    self.variable = variable
    self.compute = compute
    self.quantization = quantization
    self.historyLength = historyLength ?? 1024
  }

  /// Variables and computation in `float32`.
  public static let float32 = DTypePolicy(variable: .float32, compute: .float32)

  /// A policy by Keras's name: a type, `mixed_float16` or `mixed_bfloat16`, perhaps after a quantization mode and `_from_`.
  public init?(name: String) {
    if let mark = name.firstRange(of: "_from_") {
      guard let source = DTypePolicy(name: String(name[mark.upperBound...])) else { return nil }
      self.init(
        variable: source.variable, compute: source.compute,
        quantization: String(name[..<mark.lowerBound]))
      return
    }
    switch name {
    case "mixed_float16": self.init(variable: .float32, compute: .float16)
    case "mixed_bfloat16": self.init(variable: .float32, compute: .bfloat16)
    default:
      guard let dtype = DType(rawValue: name) else { return nil }
      self.init(variable: dtype, compute: dtype)
    }
  }

  /// Decodes the `dtype` of a layer's configuration in any of its spellings; `float32` when it is absent.
  ///
  /// - Parameter path: the layer's path, by which a map of policies chooses.
  /// - Throws: ``LayerError`` with the code `configuration` for a policy that does not exist.
  package init(config: JSON?, path: String? = nil) throws(LayerError) {
    guard let config, !config.isNull else {
      self = .float32
      return
    }
    if let name = config.string {
      guard let policy = DTypePolicy(name: name) else {
        throw LayerError(.configuration, "dtype \"\(name)\" is not a type or policy of Keras")
      }
      self = policy
      return
    }
    let inner = config["config"] ?? .null
    if let map = inner["policy_map"]?.object {
      let chosen = try path.flatMap { (path) throws(LayerError) in
        try DTypePolicyMap(map).policy(of: path)
      }
      self = try DTypePolicy(config: chosen ?? inner["default_policy"])
    } else if let name = inner["name"]?.string {
      self = try DTypePolicy(config: .string(name))
    } else if let source = inner["source_name"]?.string {
      let base = try DTypePolicy(config: .string(source))
      self.init(
        variable: base.variable, compute: base.compute, quantization: inner["mode"]?.string,
        historyLength: inner["amax_history_length"]?.int)
    } else if let name = config["name"]?.string {
      self = try DTypePolicy(config: .string(name))
    } else if let mode = inner["mode"]?.string {
      self.init(variable: .float32, compute: .float32, quantization: mode)
    } else {
      throw LayerError(
        .configuration, "dtype is neither a name nor a policy object with a name")
    }
  }
}
