/// Why a layer could not be decoded, built or lowered.
///
/// The description is one line: the layer's place in the model, what was expected and what was found.
public struct LayerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of obstacle it is.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case configuration, unsupported, shape, weights, wiring
    }
    private let kind: Kind

    /// A configuration value is missing, of the wrong type or out of range.
    public static let configuration = Code(kind: .configuration)
    /// The layer, function or option is one that Hornbill does not run: code, custom classes, foreign modules.
    public static let unsupported = Code(kind: .unsupported)
    /// Shapes or element types do not fit each other.
    public static let shape = Code(kind: .shape)
    /// Weights are missing, left over or of another shape.
    public static let weights = Code(kind: .weights)
    /// The connections between layers are broken: a missing layer, a cycle, an output that does not exist.
    public static let wiring = Code(kind: .wiring)

    /// The code's name.
    public var description: String { kind.rawValue }
  }

  /// What kind of obstacle it is.
  public let code: Code
  /// The names of the layers from the model inwards; empty when the layer is not known yet.
  public var path: [String]
  /// What was expected and what was found.
  public let detail: String

  /// Makes an error that does not know its layer yet; ``at(_:)`` adds it.
  public init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
    path = []
  }

  /// The same error, one layer further out.
  public func at(_ layer: String) -> LayerError {
    var error = self
    error.path.insert(layer, at: 0)
    return error
  }

  /// One line: the layer, then the detail.
  public var description: String {
    path.isEmpty ? detail : "layer \(path.joined(separator: "/")): \(detail)"
  }
}
