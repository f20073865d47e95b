import HornbillCore

/// A learnt change of a kernel, the product of two thin matrices.
///
///     kernel' = kernel + alpha / rank · a · b
///
/// A `.keras` file has the sum in place of the kernel and neither matrix; a legacy `.h5` file has all three.
///
/// Source: Keras 3, `keras/src/layers/core/dense.py`, `enable_lora`.
struct LowRankAdaptation: Sendable, Hashable {
  /// The common extent of the two matrices.
  let rank: Int
  /// The factor of their product, before it is divided by the rank.
  let alpha: Double

  /// Decodes `lora_rank` and `lora_alpha`; `nil` without a rank.
  init?(config: LayerConfig) throws(LayerError) {
    guard config["lora_rank"] != nil else { return nil }
    rank = try config.positive("lora_rank")
    alpha = try config.number("lora_alpha", default: Double(rank))
  }

  /// The factor of the product.
  var factor: Double { alpha / Double(rank) }

  /// The shapes of the two matrices for a kernel of that shape.
  func shapes(of kernel: [Int]) -> (a: [Int], b: [Int]) {
    (Array(kernel.dropLast()) + [rank], [rank, kernel.last ?? 1])
  }
}

extension ConfigEncoder {
  /// Sets `lora_rank` and `lora_alpha`, which stand only where a layer is adapted.
  mutating func set(_ adaptation: LowRankAdaptation?) {
    guard let adaptation else { return }
    set("lora_rank", adaptation.rank)
    self["lora_alpha"] = .number(adaptation.alpha)
  }
}
