package import HornbillCore

extension Initializer: KerasParameter {
  static let module = "keras.initializers"

  /// Reads the spelling of any Keras; what is not Keras's own stays as it is.
  package init(json: JSON) {
    self = KerasParameterReader(json).flatMap(Initializer.init(reader:)) ?? .custom(json)
  }

  private init?(reader: KerasParameterReader) {
    switch reader.name {
    case "zeros", "zero": self = .zeros
    case "ones", "one": self = .ones
    case "constant": self.init(constant: reader["value"])
    case "identity", "identityinitializer":
      guard let gain = reader.number("gain", 1) else { return nil }
      self = .identity(gain: gain)
    case "stft", "stftinitializer": self.init(stft: reader)
    default: self.init(random: reader)
    }
  }

  private init?(random reader: KerasParameterReader) {
    guard let seed = reader.seed else { return nil }
    switch reader.name {
    case "randomuniform", "uniform":
      guard let least = reader.number("minval", -0.05), let most = reader.number("maxval", 0.05)
      else { return nil }
      self = .randomUniform(minval: least, maxval: most, seed: seed)
    case "randomnormal", "normal", "truncatednormal":
      guard let mean = reader.number("mean", 0), let deviation = reader.number("stddev", 0.05)
      else { return nil }
      self =
        reader.name == "truncatednormal"
        ? .truncatedNormal(mean: mean, stddev: deviation, seed: seed)
        : .randomNormal(mean: mean, stddev: deviation, seed: seed)
    case "orthogonal", "orthogonalinitializer":
      guard let gain = reader.number("gain", 1) else { return nil }
      self = .orthogonal(gain: gain, seed: seed)
    default:
      guard let inputs = reader.optionalAxes("input_axes"),
        let outputs = reader.optionalAxes("output_axes")
      else { return nil }
      let presets = VarianceScaling.Preset.allCases
      if let preset = presets.first(where: { $0.rawValue.lowercased() == reader.name }) {
        self = .varianceScaling(VarianceScaling(preset, seed, inputs, outputs))
        return
      }
      guard reader.name == "variancescaling", let scale = reader.number("scale", 1),
        let mode = reader.choice("mode", VarianceScaling.Mode.fanIn),
        let distribution = Initializer.distribution(reader["distribution"])
      else { return nil }
      self = .varianceScaling(
        VarianceScaling(
          scale: scale, mode: mode, distribution: distribution, seed: seed, inputAxes: inputs,
          outputAxes: outputs))
    }
  }

  /// Keras takes any case, and `normal` for the truncated distribution.
  private static func distribution(_ value: JSON?) -> VarianceScaling.Distribution? {
    guard let value else { return .truncatedNormal }
    guard let name = value.string?.lowercased() else { return nil }
    return name == "normal" ? .truncatedNormal : VarianceScaling.Distribution(rawValue: name)
  }

  private init?(constant value: JSON?) {
    guard let value else {
      self = .constant(0)
      return
    }
    if let number = value.number {
      self = .constant(number)
    } else if let flag = value.bool {
      self = .constant(flag ? 1 : 0)
    } else {
      let config = value["config"] ?? .object(JSONObject([("value", value)]))
      do throws(LayerError) {
        self = .array(try Tensor(serialized: config))
      } catch {
        return nil
      }
    }
  }

  private init?(stft reader: KerasParameterReader) {
    guard let side = reader.choice("side", STFTKernel.Side.real),
      reader["window"] == nil || reader["window"]?.string != nil,
      let scaling = reader.choice("scaling", STFTKernel.Scaling.density)
    else { return nil }
    self = .stft(
      STFTKernel(
        side: side, window: reader["window"]?.string,
        scaling: reader["scaling"] == nil ? nil : scaling,
        periodic: reader["periodic"]?.bool ?? false))
  }

  /// The object as Keras 3 writes it, save that Keras forgets the gain of an identity.
  package var json: JSON {
    switch self {
    case .zeros: object("Zeros", [])
    case .ones: object("Ones", [])
    case .constant(let value): object("Constant", [("value", .double(value))])
    case .array(let tensor): object("Constant", [("value", tensor.serialized)])
    case .identity(let gain): object("Identity", gain == 1 ? [] : [("gain", .double(gain))])
    case .randomUniform(let least, let most, let seed):
      object(
        "RandomUniform",
        [("seed", .optional(seed)), ("minval", .double(least)), ("maxval", .double(most))])
    case .randomNormal(let mean, let deviation, let seed):
      object("RandomNormal", Initializer.normal(mean, deviation, seed))
    case .truncatedNormal(let mean, let deviation, let seed):
      object("TruncatedNormal", Initializer.normal(mean, deviation, seed))
    case .orthogonal(let gain, let seed):
      object("Orthogonal", [("seed", .optional(seed)), ("gain", .double(gain))])
    case .stft(let kernel):
      object(
        "STFT",
        [
          ("side", .string(kernel.side.rawValue)), ("window", .optional(kernel.window)),
          ("periodic", .bool(kernel.periodic)), ("scaling", .optional(kernel.scaling?.rawValue)),
        ])
    case .varianceScaling(let scaling):
      object(
        scaling.preset?.rawValue ?? "VarianceScaling",
        [("seed", .optional(scaling.seed))]
          + (scaling.preset == nil
            ? [
              ("scale", .double(scaling.scale)), ("mode", .string(scaling.mode.rawValue)),
              ("distribution", .string(scaling.distribution.rawValue)),
            ] : [])
          + [
            ("input_axes", .optional(scaling.inputAxes)),
            ("output_axes", .optional(scaling.outputAxes)),
          ])
    case .custom(let json): json
    }
  }

  private static func normal(_ mean: Double, _ deviation: Double, _ seed: Int?) -> [(String, JSON)]
  {
    [("seed", .optional(seed)), ("mean", .double(mean)), ("stddev", .double(deviation))]
  }
}
