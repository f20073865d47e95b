import HornbillCore

/// How a layer keeps its weights in few bits.
///
/// Source: Keras 3, `keras/src/dtype_policies/dtype_policy.py`, `keras/src/quantizers/quantization_config.py`.
public struct Quantization: Sendable, Hashable {
  /// What the bits mean.
  public enum Scheme: Sendable, Hashable {
    /// `weight = q / scale`, `q` from −127 to 127, one scale for each output.
    case int8
    /// `weight = q / scale`, `q` from −8 to 7, two to a byte. With blocks `weight = (q − zero) · scale`, the two numbers for each
    /// output and block of inputs.
    case int4(blockSize: Int?)
    /// Weights and inputs rounded to numbers of 8 bits, the weights kept in `float32`; the history of ranges is for training.
    case float8(historyLength: Int)
    /// `weight = (q − zero) · scale` for each output and group of inputs, two to a byte when there are 4 bits.
    case gptq(bits: Int, groupSize: Int?)
    /// As ``gptq(bits:groupSize:)`` with 4 bits, then divided by a scale for each input.
    case awq(groupSize: Int?)
  }

  /// What the bits mean.
  public let scheme: Scheme
  /// How the layer rounds its inputs; they stay as they are when absent.
  public let inputQuantizer: AbsMaxQuantizer?

  /// Makes a quantization.
  public init(scheme: Scheme, inputQuantizer: AbsMaxQuantizer? = nil) {
    self.scheme = scheme
    self.inputQuantizer = inputQuantizer
  }

  /// Decodes the quantization that a layer's `dtype` names; `nil` when it names none.
  ///
  /// - Parameter path: the layer's path, where it is not its name.
  init?(config: LayerConfig, path: String? = nil) throws(LayerError) {
    let policy = try DTypePolicy(config: config.fields["dtype"], path: path ?? config.name)
    guard let mode = policy.quantization else { return nil }
    let settings = config["quantization_config"]
    let parts = mode.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    func number(_ index: Int) throws(LayerError) -> Int? {
      guard index < parts.count else { return nil }
      guard let number = Int(parts[index]), number == -1 || number > 0 else {
        throw LayerError(.configuration, "dtype: \"\(mode.prefix(40))\" is no quantization mode")
      }
      return number == -1 ? nil : number
    }
    switch parts[0] {
    case "int8":
      scheme = .int8
      inputQuantizer = settings == nil ? AbsMaxQuantizer() : try AbsMaxQuantizer(settings)
    case "int4":
      var blockSize = try number(1)
      if settings?["class_name"]?.string == "Int4QuantizationConfig" {
        blockSize = settings?["config"]?["block_size"]?.int.flatMap { $0 > 0 ? $0 : nil }
      }
      scheme = .int4(blockSize: blockSize)
      inputQuantizer = try AbsMaxQuantizer(settings)
    case "float8":
      scheme = .float8(historyLength: policy.historyLength)
      inputQuantizer = nil
    case "gptq":
      guard let bits = try number(1), [2, 3, 4, 8].contains(bits) else {
        throw LayerError(
          .configuration, "dtype: expected gptq/bits/group, found \"\(mode.prefix(40))\"")
      }
      scheme = .gptq(bits: bits, groupSize: try number(2))
      inputQuantizer = nil
    case "awq":
      guard try number(1) == 4 else {
        throw LayerError(
          .configuration, "dtype: expected awq/4/group, found \"\(mode.prefix(40))\"")
      }
      scheme = .awq(groupSize: try number(2))
      inputQuantizer = nil
    default:
      throw LayerError(
        .unsupported, "dtype: the quantization mode \"\(mode.prefix(40))\" is not supported")
    }
  }
}

/// Rounding to whole numbers in proportion to the greatest absolute value.
///
///     scale = limit / (max |x| + epsilon),  q = clip(round(x · scale), range)
///
/// Source: Keras 3, `keras/src/quantizers/quantizers.py`, `abs_max_quantize`.
public struct AbsMaxQuantizer: Sendable, Hashable {
  /// The least and the greatest whole number; the latter is the limit.
  public let valueRange: ClosedRange<Double>
  /// What is added to the greatest absolute value.
  public let epsilon: Double

  /// Makes a quantizer.
  public init(valueRange: ClosedRange<Double> = -127...127, epsilon: Double = 1e-7) {
    self.valueRange = valueRange
    self.epsilon = epsilon
  }

  /// The quantizer of inputs in a `quantization_config`; `nil` when it has none.
  init?(_ settings: JSON?) throws(LayerError) {
    guard let object = settings?["config"]?["activation_quantizer"], !object.isNull else {
      return nil
    }
    guard object["class_name"]?.string == "AbsMaxQuantizer", let config = object["config"] else {
      throw LayerError(
        .unsupported, "quantization_config.activation_quantizer: \(object.brief) is not supported")
    }
    let range = (config["value_range"]?.array ?? []).compactMap(\.number)
    guard range.isEmpty || (range.count == 2 && range[0] < range[1]) else {
      throw LayerError(
        .configuration,
        "quantization_config.activation_quantizer.value_range: expected two rising numbers")
    }
    self.init(
      valueRange: range.isEmpty ? -127...127 : range[0]...range[1],
      epsilon: config["epsilon"]?.number ?? 1e-7)
  }
}

extension GraphBuilder {
  /// A tensor in whole numbers of its own type, and their scale along the given axes, which stay.
  mutating func quantized(
    _ x: Value, axes: [Int], by quantizer: AbsMaxQuantizer
  ) throws(LayerError) -> (value: Value, scale: Value) {
    let dtype = dtype(x)
    let range = quantizer.valueRange
    let size = try reduce(.maximum, unary(.absolute, x), axes: axes, keepDimensions: true)
    let scale = try divide(
      number(range.upperBound, dtype), add(size, number(quantizer.epsilon, dtype)))
    let rounded = try unary(.roundHalfToEven, multiply(x, scale))
    return (try minimum(maximum(rounded, range.lowerBound), range.upperBound), scale)
  }
}
