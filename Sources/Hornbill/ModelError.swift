import HornbillCore
public import HornbillFormats

/// Why a model could not be opened, built or run.
///
/// The description is one line that names the file, the object in it, what was expected and what was found.
public struct ModelError: Error, Sendable, CustomStringConvertible {
  /// What kind of obstacle it is.
  public struct Code: Sendable, Hashable {
    private enum Kind {
      case archive, architecture, unsupported, weights, shape, input, execution
    }
    private let kind: Kind

    /// The file could not be read; ``ModelError/archiveError`` has the reason.
    public static let archive = Code(kind: .archive)
    /// The architecture in the file is broken.
    public static let architecture = Code(kind: .architecture)
    /// The model holds something that Hornbill does not run.
    public static let unsupported = Code(kind: .unsupported)
    /// Weights are missing, left over or misshapen.
    public static let weights = Code(kind: .weights)
    /// Shapes do not fit each other.
    public static let shape = Code(kind: .shape)
    /// The inputs given to the model are not what it takes.
    public static let input = Code(kind: .input)
    /// The run stopped.
    public static let execution = Code(kind: .execution)
  }

  /// What kind of obstacle it is.
  public let code: Code
  /// The file, if the model came from one.
  public let file: String?
  /// What was expected and what was found.
  public let detail: String
  /// The reason for ``Code/archive``.
  public let archiveError: ArchiveError?
  /// What fitted and what did not, when ``Model/loadWeights(from:byName:skipMismatch:map:options:)`` has refused weights.
  public let loadReport: LoadReport?

  package init(_ code: Code, file: String?, _ detail: String, loadReport: LoadReport? = nil) {
    self.code = code
    self.file = file
    self.detail = detail
    archiveError = nil
    self.loadReport = loadReport
  }

  package init(_ error: ArchiveError) {
    code = .archive
    file = nil
    detail = error.description
    archiveError = error
    loadReport = nil
  }

  package init(_ error: ExecutionError, file: String?) {
    self.init(error.isOfInput ? .input : .execution, file: file, error.description)
  }

  package init(_ error: LayerError, file: String?) {
    let code: Code =
      switch error.code {
      case .unsupported: .unsupported
      case .weights: .weights
      case .shape: .shape
      default: .architecture
      }
    self.init(code, file: file, error.description)
  }

  /// One line: the file, then the detail.
  public var description: String {
    guard let file else { return detail.escapedForDisplay }
    return "\(file): \(detail)".escapedForDisplay
  }
}
