public import HornbillCore

/// The first value of a variable.
public enum InitialValue: Sendable, Hashable {
  /// What an initializer gives for the variable's shape.
  case initializer(Initializer)
  /// What initializers give for the parts of the last axis, one after the other.
  case joined([Part])
  /// A value that the layer's configuration states or determines.
  case tensor(Tensor)

  /// A part of the last axis.
  public struct Part: Sendable, Hashable {
    /// What makes the part.
    public let initializer: Initializer
    /// The part's extent.
    public let extent: Int
  }
}
