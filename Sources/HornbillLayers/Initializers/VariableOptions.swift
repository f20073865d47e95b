/// What a layer's constructor says of one of its variables: how it is made, and what training does to it.
public struct VariableOptions: Sendable, Hashable {
  /// How the first value is made; Keras's choice for the type when absent.
  public var initializer: Initializer?
  /// The penalty on the variable in training.
  public var regularizer: Regularizer?
  /// What training keeps the variable to.
  public var constraint: Constraint?

  /// Makes options.
  public init(
    initializer: Initializer? = nil, regularizer: Regularizer? = nil, constraint: Constraint? = nil
  ) {
    self.initializer = initializer
    self.regularizer = regularizer
    self.constraint = constraint
  }

  /// Makes options.
  init(_ initializer: Initializer?, _ regularizer: Regularizer?, _ constraint: Constraint?) {
    self.init(initializer: initializer, regularizer: regularizer, constraint: constraint)
  }
}
