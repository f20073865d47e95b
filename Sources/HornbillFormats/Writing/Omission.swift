import HornbillCore

/// Something of a draft that a format cannot hold.
package struct Omission: Sendable, Hashable, CustomStringConvertible {
  /// What is not in the file, for example `assets` or `the optimizer's state`.
  package let part: String
  /// Which one of them, by its path or name; `nil` for the whole part.
  package let object: String?
  /// Why it is not there.
  package let reason: String

  /// Describes something that is left out.
  package init(part: String, object: String? = nil, reason: String) {
    self.part = part
    self.object = object
    self.reason = reason
  }

  /// What is left out and why, in one line, with control characters escaped.
  package var description: String {
    let subject = object.map { "\(part) '\($0)'" } ?? part
    return "\(subject): \(reason)".escapedForDisplay
  }
}
