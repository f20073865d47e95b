package import HornbillCore

extension ParityReport {
  /// The verdict as JSON, in schema version 1.
  package var json: JSON {
    var root = JSONObject()
    root["schema"] = .integer(1)
    root["model"] = .string(model)
    root["recording"] = .string(recording)
    root["passes"] = .bool(passes)
    root["first_diverging_layer"] = JSON(firstDivergence?.name)
    root["first_diverging_step"] = firstDivergence?.firstStep.map { .integer(Int64($0)) } ?? .null
    root["unmatched"] = .array(unmatched.map { .string($0) })
    root["nan_policy"] = .string("NaN equals NaN; infinities must have the same sign")
    root["tensors"] = .array(comparisons.map(json))
    return .object(root)
  }

  private func json(_ comparison: Comparison) -> JSON {
    var object = JSONObject()
    object["name"] = .string(comparison.name)
    object["kind"] = .string(comparison.isLayer ? "layer" : "output")
    object["agrees"] = .bool(comparison.agrees)
    object["elements"] = .integer(Int64(comparison.count))
    object["mismatch"] = JSON(comparison.mismatch)
    object["outside"] = .integer(Int64(comparison.outside))
    object["max_abs"] = .double(comparison.absoluteError.maximum)
    object["mean_abs"] = .double(comparison.absoluteError.mean)
    object["max_rel"] = .double(comparison.relativeError.maximum)
    object["mean_rel"] = .double(comparison.relativeError.mean)
    object["ulp_quantiles"] = .object(
      JSONObject(zip(["0.5", "0.9", "0.99", "1"], comparison.ulps).map { ($0, .double($1)) }))
    object["nonfinite_mismatches"] = .integer(Int64(comparison.nonFiniteMismatches))
    object["tolerance"] = .object(
      JSONObject([
        ("absolute", .double(comparison.tolerance.absolute)),
        ("relative", .double(comparison.tolerance.relative)),
        ("basis", .string(comparison.tolerance.basis)),
      ]))
    object["first_step"] = comparison.firstStep.map { .integer(Int64($0)) } ?? .null
    if let truth = comparison.truth {
      object["truth"] = .object(
        JSONObject([
          ("ours", .double(truth.ours)), ("keras", .double(truth.keras)),
          ("nearer", .string(truth.nearer)),
        ]))
    }
    return .object(object)
  }
}
