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

  /// Makes a policy.
  public init(variable: DType, compute: DType, quantization: String? = nil) {
    self.variable = variable
    self.compute = compute
    self.quantization = quantization
  }

  /// Variables and computation in `float32`.
  public static let float32 = DTypePolicy(variable: .float32, compute: .float32)

  /// A policy by Keras's name: a type, `mixed_float16` or `mixed_bfloat16`.
  public init?(name: String) {
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
  /// - Throws: ``LayerError`` with the code `configuration` for a policy that does not exist.
  package init(config: JSON?) throws(LayerError) {
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
    if let name = inner["name"]?.string {
      self = try DTypePolicy(config: .string(name))
    } else if let source = inner["source_name"]?.string {
      let base = try DTypePolicy(config: .string(source))
      self.init(
        variable: base.variable, compute: base.compute, quantization: inner["mode"]?.string)
    } else if let name = config["name"]?.string {
      self = try DTypePolicy(config: .string(name))
    } else if inner["default_policy"] != nil {
      self = try DTypePolicy(config: inner["default_policy"])
    } else {
      throw LayerError(
        .configuration, "dtype is neither a name nor a policy object with a name")
    }
  }
}
