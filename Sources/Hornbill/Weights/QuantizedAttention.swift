import HornbillCore
import HornbillFormats
import HornbillLayers

/// Completes the configurations of attentions whose projections a file holds in few bits.
///
/// Keras writes no policy for the projections of an attention when a model is quantized, so that it cannot read such a file back. A
/// model is quantized as a whole, so the projections have the policy that the model's other layers have, if all of those agree;
/// else the configurations stay as they are, and the arrays do not fit.
///
/// Source: Keras 3, `keras/src/models/model.py`, `quantize`; `keras/src/layers/attention/multi_head_attention.py`, `get_config`.
struct QuantizedAttention {
  /// The architecture with the policies.
  private(set) var architecture: JSON
  /// What was changed.
  private(set) var upgrades: [ConfigUpgrade] = []
  private var policies: [Policy] = []

  private struct Policy: Equatable {
    let dtype: JSON
    let settings: JSON
  }

  private static let attentions = [
    "MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention",
  ]

  init(_ architecture: JSON, of archive: ModelArchive) {
    self.architecture = architecture
    guard QuantizedAttention.hasQuantizedProjections(archive.weights) else { return }
    collect(architecture)
    guard let policy = policies.first, policies.allSatisfy({ $0 == policy }) else { return }
    self.architecture = completed(architecture, policy)
  }

  /// Whether every query projection of a file is in few bits: its kernel of integers, or with scales beside it.
  private static func hasQuantizedProjections(_ weights: WeightLayout) -> Bool {
    let kinds: [Bool]
    switch weights {
    case .none: return false
    case .legacy(let layers):
      let all = layers.flatMap(\.weights)
      let scaled = Set(
        all.compactMap { $0.name.removingSuffix("query/inputs_scale") })
      kinds = all.compactMap { weight in
        weight.name.removingSuffix("query/kernel").map { name in
          weight.dtype?.isInteger ?? false || scaled.contains(name)
        }
      }
    case .objectPaths(let objects):
      kinds = objects.groups.filter {
        $0.objectPath.hasSuffix("/query_dense") || $0.objectPath.hasSuffix("/_query_dense")
      }.map { group in
        group["0"]?.dtype?.isInteger ?? false || group.variables.count > 2
      }
    }
    return !kinds.isEmpty && kinds.allSatisfy { $0 }
  }

  private mutating func collect(_ value: JSON) {
    switch value {
    case .array(let elements):
      for element in elements { collect(element) }
    case .object(let object):
      if let config = object["config"], let dtype = config["dtype"],
        dtype["config"]?["mode"] != nil, object["class_name"]?.string != nil
      {
        policies.append(
          Policy(
            dtype: dtype.withoutIdentities,
            settings: (config["quantization_config"] ?? .null).withoutIdentities))
      }
      for (_, inner) in object.pairs { collect(inner) }
    default: break
    }
  }

  private mutating func completed(_ value: JSON, _ policy: Policy) -> JSON {
    switch value {
    case .array(let elements):
      var result: [JSON] = []
      for element in elements { result.append(completed(element, policy)) }
      return .array(result)
    case .object(var object):
      if let className = object["class_name"]?.string,
        QuantizedAttention.attentions.contains(className), var config = object["config"]?.object,
        config["dtype"]?["config"]?["mode"] == nil
      {
        config["dtype"] = policy.dtype
        config["quantization_config"] = policy.settings
        object["config"] = .object(config)
        upgrades.append(
          ConfigUpgrade(
            layer: config["name"]?.string ?? className, className: className,
            change: "projections quantized as the model's other layers are"))
        return .object(object)
      }
      for (key, inner) in object.pairs { object[key] = completed(inner, policy) }
      return .object(object)
    default: return value
    }
  }
}

extension String {
  /// The text before a suffix; `nil` when it does not end so.
  fileprivate func removingSuffix(_ suffix: String) -> String? {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil
  }
}
