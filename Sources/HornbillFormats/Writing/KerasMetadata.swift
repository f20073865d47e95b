import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The contents of `metadata.json`.
///
/// Source: `_serialize_model_as_json` in `keras/src/saving/saving_lib.py`.
enum KerasMetadata {
  private static let version = "keras_version"
  private static let date = "date_saved"
  private static let totalSize = "total_size"

  /// What a draft knows, completed by what Keras always writes.
  static func json(of draft: ArchiveDraft) -> JSON {
    var pairs = (draft.metadata?.object?.pairs ?? []).map { ($0.key, $0.value) }
      .filter { $0.0 != totalSize }
    if let known = draft.kerasVersion {
      if let index = pairs.firstIndex(where: { $0.0 == version }) {
        pairs[index].1 = .string(known)
      } else {
        pairs.insert((version, .string(known)), at: 0)
      }
    }
    if !pairs.contains(where: { $0.0 == date }), let now = now() {
      pairs.append((date, .string(now)))
    }
    return .object(JSONObject(pairs))
  }

  /// The keys that are not Keras's.
  static func unknownKeys(of draft: ArchiveDraft) -> [String] {
    (draft.metadata?.object?.keys ?? []).filter { ![version, date, totalSize].contains($0) }
  }

  /// The local time in the form `2026-01-31@12:34:56`.
  private static func now() -> String? {
    var seconds = time(nil)
    var parts = tm()
    guard localtime_r(&seconds, &parts) != nil else { return nil }
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, "%Y-%m-%d@%H:%M:%S", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
