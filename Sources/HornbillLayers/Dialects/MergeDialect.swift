import HornbillCore

/// Keras 1's `Merge`, which is one layer per mode since Keras 2.
///
/// Sources: Keras 1.2.2, `keras/engine/topology.py`, `Merge`; Keras 2.0.5, `keras/layers/merge.py`.
enum MergeDialect {
  private static let elementwise = [
    "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum",
  ]

  static func upgrade(_ upgrade: inout LayerUpgrade) throws(LayerError) {
    for field in ["mode_type", "output_shape_type", "output_mask_type"] {
      if let kind = upgrade[field]?.string, kind == "lambda" || kind == "function" {
        upgrade.block(.code)
        return
      }
    }
    guard let mode = upgrade["mode"]?.string else {
      throw LayerError(
        .configuration, "Merge.mode: expected text, found \((upgrade["mode"] ?? .null).brief)")
    }
    for field in [
      "mode_type", "output_shape", "output_shape_type", "output_mask", "output_mask_type",
      "arguments", "node_indices", "tensor_indices", "layers",
    ] {
      upgrade.respell(field, to: .null)
    }
    switch mode {
    case "sum", "mul", "ave", "max":
      upgrade.drop("mode")
      upgrade.renameClass(to: elementwise[mode] ?? mode)
    case "concat":
      upgrade.drop("mode")
      upgrade.rename("concat_axis", to: "axis")
      upgrade.renameClass(to: "Concatenate")
    case "dot":
      upgrade.drop("mode")
      try upgradeAxes(&upgrade)
      upgrade.renameClass(to: "Dot")
    case "cos":
      try upgradeAxes(&upgrade)
    default:
      throw LayerError(
        .configuration,
        "Merge.mode: expected \"sum\", \"mul\", \"ave\", \"max\", \"concat\", \"dot\" or \"cos\", found \(JSON.string(mode).brief)"
      )
    }
  }

  /// Before 1.0 an axis of each operand was a list of its own.
  private static func upgradeAxes(_ upgrade: inout LayerUpgrade) throws(LayerError) {
    upgrade.rename("dot_axes", to: "axes")
    guard let axes = upgrade["axes"]?.array else {
      if !upgrade.has("axes") { upgrade.assume("axes", .integer(-1)) }
      return
    }
    let plain = axes.map { $0.array.flatMap { $0.count == 1 ? $0[0] : nil } ?? $0 }
    upgrade.set("axes", to: .array(plain), noting: "axes of one element each written as numbers")
  }
}
