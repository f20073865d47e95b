package import HornbillFormats

/// Why a file could not be edited, so that nothing is written.
package struct EditError: Error, Sendable, CustomStringConvertible {
  /// What kind of obstacle it is.
  package enum Code: Sendable, Hashable {
    /// A name, path or pattern is that of nothing in the file.
    case noMatch
    /// A name is that of several things.
    case ambiguous
    /// A new name is taken or cannot be one.
    case badName
    /// Numbers do not fit: shape, type, or the weights of another file.
    case misfit
    /// The file holds something that cannot be edited so.
    case unsupported
    /// A file could not be read or written; ``EditError/archiveError`` has the reason.
    case archive
  }

  /// What kind of obstacle it is.
  package let code: Code
  /// The edit, as its option spells it; `nil` when it is about the whole file.
  package internal(set) var edit: String?
  /// What was expected and what was found.
  package let detail: String
  /// The reason for ``Code/archive``.
  package let archiveError: ArchiveError?
  /// What fitted and what did not, when weights of another file were refused.
  package let loadReport: LoadReport?

  init(_ code: Code, _ detail: String, loadReport: LoadReport? = nil) {
    self.code = code
    self.detail = detail
    self.loadReport = loadReport
    archiveError = nil
  }

  init(_ error: ArchiveError) {
    code = .archive
    detail = error.description
    archiveError = error
    loadReport = nil
  }

  init(_ error: ModelError) {
    code =
      switch error.code {
      case .archive: .archive
      case .unsupported: .unsupported
      default: .misfit
      }
    detail = error.description
    archiveError = error.archiveError
    loadReport = error.loadReport
  }

  /// One line: the edit, then the detail.
  package var description: String {
    [edit, detail].compactMap { $0 }.joined(separator: ": ").escapedForDisplay
  }
}
