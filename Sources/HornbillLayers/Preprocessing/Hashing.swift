public import HornbillCore

/// Text or integers spread over bins by a hash that never changes.
///
///     y = fingerprint(x) mod numBins                          without salt: FarmHash's Fingerprint64
///     y = SipHash(x, salt) mod numBins                        with salt
///     y = x = maskValue ? 0 : 1 + hash(x) mod (numBins − 1)    with a mask value
///
/// - Input: text or integers of any shape; fractions are truncated, integers are hashed as decimal digits. Output: `int64` of
///   the same shape, or vectors.
/// - Weights: none.
/// - Source: Keras 3, `keras/src/layers/preprocessing/hashing.py`.
public struct Hashing: UncastInputLayer, CommonFieldsLayer {
  public static let className = "Hashing"

  /// What goes to bin 0.
  public enum MaskValue: Sendable, Hashable {
    /// A text.
    case text(String)
    /// An integer.
    case integer(Int64)
  }

  /// The number of bins.
  public let numBins: Int
  /// What goes to bin 0, which it has for itself.
  public let maskValue: MaskValue?
  /// The key of the hash.
  public let salt: (Int64, Int64)?
  /// What becomes of the numbers of the bins.
  public let outputMode: CategoryOutput
  /// Whether the vectors are sparse; here they never are.
  public let sparse: Bool

  /// Makes a layer with `numBins` bins.
  ///
  /// Building a model throws ``LayerError`` when `numBins` is not above 0, or for the output mode ``CategoryOutput/tfIDF``.
  public init(
    numBins: Int, maskValue: MaskValue? = nil, salt: (Int64, Int64)? = nil,
    outputMode: CategoryOutput = .int, sparse: Bool = false
  ) {
    self.numBins = numBins
    self.maskValue = maskValue
    self.salt = salt
    self.outputMode = outputMode
    self.sparse = sparse
  }

  public init(config: LayerConfig) throws(LayerError) {
    numBins = try config.positive("num_bins")
    switch config["mask_value"] {
    case nil: maskValue = nil
    case .string(let text)?: maskValue = .text(text)
    case let value?:
      guard let number = value.int else {
        throw config.invalid("mask_value", expected: "text or an integer")
      }
      maskValue = .integer(Int64(number))
    }
    salt = try config.salt()
    outputMode = try config.choice("output_mode", default: CategoryOutput.int)
    if outputMode == .tfIDF {
      throw config.invalid(
        "output_mode", expected: "\"int\", \"one_hot\", \"multi_hot\" or \"count\"")
    }
    sparse = try config.bool("sparse", default: false)
  }

  package func statedPolicy(_ policy: DTypePolicy) -> DTypePolicy {
    if outputMode != .int || policy.variable.isInteger { return policy }
    return DTypePolicy(variable: .int64, compute: .int64)
  }

  public func encode(to config: inout ConfigEncoder) {
    config.set("num_bins", numBins)
    config.set("salt", salt: salt)
    switch maskValue {
    case nil: config.setNone("mask_value")
    case .text(let text): config.set("mask_value", text)
    case .integer(let number): config["mask_value"] = .integer(number)
    }
    config.set("output_mode", outputMode)
    config.set("sparse", sparse)
  }

  private func outputType(_ policy: DTypePolicy) -> DType {
    if outputMode != .int { return policy.variable.isFloatingPoint ? policy.variable : .float32 }
    return policy.variable.isInteger ? policy.variable : .int64
  }

  public func build(
    _ call: BuildCall, in build: inout LayerBuild
  ) throws(LayerError) -> [TensorSpec] {
    try LayerError.check(positive: numBins, "numBins")
    try outputMode.check(allowed: [.int, .oneHot, .multiHot, .count])
    let shape = try call.inputShape
    let dtype = outputType(build.current?.policy ?? .float32)
    switch outputMode {
    case .int: return [TensorSpec(shape, dtype)]
    default: return [TensorSpec(Shape(shape.dimensions.dropLast() + [numBins]), dtype)]
    }
  }

  public func lower(
    _ call: LayerCall, into lowering: inout Lowering
  ) throws(LayerError) -> [Value] {
    var x = try call.input
    var isMasked: Value?
    if let maskValue, numBins > 1 {
      isMasked = try lowering.graph.binary(.equal, x, scalar(maskValue, like: x, &lowering))
    }
    let dtype = lowering.graph.dtype(x)
    if dtype.isFloatingPoint { x = try lowering.graph.cast(x, to: .int64) }
    if dtype != .string { x = try lowering.graph.text(.decimal, x) }
    let bins = isMasked == nil ? numBins : numBins - 1
    var numbers = try lowering.graph.hash([x], HashFunction(salt: salt), bins: bins)
    if let isMasked {
      numbers = try lowering.graph.select(
        isMasked, lowering.graph.scalar(0, .int64), lowering.graph.add(numbers, 1))
    }
    return [
      try lowering.graph.encoded(
        numbers, as: outputMode, depth: numBins, dtype: outputType(call.instance.policy))
    ]
  }

  private func scalar(
    _ mask: MaskValue, like x: Value, _ lowering: inout Lowering
  ) throws(LayerError) -> Value {
    let dtype = lowering.graph.dtype(x)
    switch mask {
    case .text(let text) where dtype == .string:
      return lowering.graph.constant(Tensor(shape: [], text: [text]))
    case .integer(let number) where dtype != .string:
      return try lowering.graph.cast(
        lowering.graph.constant(Tensor(shape: [], integers: [number])), to: dtype)
    default:
      throw LayerError(.shape, "a mask value of another type than the input, which is \(dtype)")
    }
  }
}

extension LayerConfig {
  /// The field `salt`: one integer or two.
  func salt() throws(LayerError) -> (Int64, Int64)? {
    guard let value = self["salt"] else { return nil }
    if let number = value.int { return (Int64(number), Int64(number)) }
    let numbers = try integers("salt")
    guard numbers.count == 2 else { throw invalid("salt", expected: "an integer or two") }
    return (Int64(numbers[0]), Int64(numbers[1]))
  }
}

extension ConfigEncoder {
  /// Sets the key of a hash: two integers, or `null`.
  mutating func set(_ field: String, salt: (Int64, Int64)?) {
    self[field] = salt.map { .array([.integer($0.0), .integer($0.1)]) } ?? .null
  }
}

extension HashFunction {
  /// The hash that Keras takes: a keyed one with a salt.
  init(salt: (Int64, Int64)?) {
    if let salt {
      self = .keyed(UInt64(bitPattern: salt.0), UInt64(bitPattern: salt.1))
    } else {
      self = .fingerprint
    }
  }
}
