/// How weights of another file are paired with those of a model, and what is tolerated.
///
/// Sources: Keras 3, `keras/src/legacy/saving/legacy_h5_format.py`, `load_weights_from_hdf5_group` and `_by_name`;
/// `keras/src/saving/saving_lib.py`, `_load_state`.
package struct LoadRules: Sendable {
  /// Whether layers are paired by their names and not by their places.
  package var byName: Bool
  /// Whether a weight whose counterpart does not fit keeps its numbers; otherwise nothing is loaded.
  package var skipMismatch: Bool
  /// Names in the file that stand for other names in the model.
  package var map: NameMap

  /// Makes rules; a map pairs by name.
  package init(byName: Bool = false, skipMismatch: Bool = false, map: NameMap = NameMap()) {
    self.byName = byName || !map.isEmpty
    self.skipMismatch = skipMismatch
    self.map = map
  }

  /// Why weights may not be loaded so; `nil` when they may.
  ///
  /// By name, layers without a counterpart are tolerated, as Keras does; what does not fit never is, unless mismatches are to be
  /// skipped. A load that matches nothing is refused always.
  package func objection(to report: LoadReport) -> String? {
    let mustNotBe: [LoadReport.Outcome] =
      if skipMismatch {
        []
      } else if byName {
        [.skipped, .misshapen]
      } else {
        [.skipped, .misshapen, .missing, .extra]
      }
    let first = report.entries.first { mustNotBe.contains($0.outcome) }
    let isUseless = !report.entries.isEmpty && report.count(of: .matched) == 0
    guard first != nil || isUseless else { return nil }
    var detail = "the weights of \(report.file) do not fit: \(report.counts)"
    if let entry = first ?? report.entries.first { detail += "; first: \(entry)" }
    if first != nil {
      detail += "; a part can be loaded " + (byName ? "" : "by name, ") + "with mismatches skipped"
    }
    return detail
  }
}
