import HornbillCore

extension Argument where Element == DraftTensor {
  /// The argument as Keras 3 writes it into `inbound_nodes`.
  ///
  /// - Parameter name: gives the name of an entry.
  func json(_ name: (Int) -> String) -> JSON {
    switch self {
    case .tensor(let tensor):
      return .pythonObject(
        "__keras_tensor__",
        [
          ("shape", tensor.spec.shape?.json ?? .null),
          ("dtype", .string(tensor.spec.dtype.rawValue)),
          (
            "keras_history",
            .array([
              .string(name(tensor.key.entry)), .integer(Int64(tensor.key.node)),
              .integer(Int64(tensor.key.tensor)),
            ])
          ),
        ])
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .double(value)
    case .string(let value): return .string(value)
    case .array(let value):
      return value.serialized
    case .list(let elements): return .array(elements.map { $0.json(name) })
    case .dictionary(let pairs):
      return .object(JSONObject(pairs.map { ($0.key, $0.value.json(name)) }))
    case .slice(let start, let stop, let step):
      return .pythonObject(
        "__slice__",
        [("start", start.json(name)), ("stop", stop.json(name)), ("step", step.json(name))])
    case .ellipsis: return .pythonObject("__ellipsis__", [])
    }
  }
}

extension JSON {
  /// An object that stands for a value of Python in the arguments of a call.
  static func pythonObject(_ className: String, _ config: [(String, JSON)]) -> JSON {
    .object(
      JSONObject([
        ("class_name", .string(className)), ("config", .object(JSONObject(config))),
      ]))
  }
}
