package import HornbillCore

extension Tensor {
  /// The array as Keras 3 writes those of NumPy: nested lists and the type; a scalar is the number alone.
  package var serialized: JSON {
    guard !shape.isEmpty else { return nested }
    return .object(
      JSONObject([
        ("class_name", .string("__numpy__")),
        (
          "config",
          .object(JSONObject([("value", nested), ("dtype", .string(dtype.rawValue))]))
        ),
      ]))
  }

  /// The elements as nested lists.
  package var nested: JSON {
    let leaves: [JSON] =
      switch storage {
      case .float(let values): values.map { .double(Double($0)) }
      case .double(let values): values.map { .double($0) }
      case .integer(let values):
        dtype == .bool ? values.map { .bool($0 != 0) } : values.map { .integer($0) }
      case .text(let values): values.map { .string($0) }
      }
    return shape.isEmpty ? leaves.first ?? .null : Tensor.nested(leaves[...], shape[...])
  }

  private static func nested(_ leaves: ArraySlice<JSON>, _ shape: ArraySlice<Int>) -> JSON {
    guard let extent = shape.first, shape.count > 1 else { return .array(Array(leaves)) }
    let step = extent == 0 ? 0 : leaves.count / extent
    return .array(
      (0..<extent).map { index in
        let start = leaves.startIndex + index * step
        return nested(leaves[start..<(start + step)], shape.dropFirst())
      })
  }
}
