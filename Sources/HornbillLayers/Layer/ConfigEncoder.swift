public import HornbillCore

/// Collects the arguments of a layer as Keras 3's `get_config` writes them.
///
/// The name, `trainable` and `dtype` of a layer are not its own: who writes the layer puts them before the arguments.
public struct ConfigEncoder {
  /// The arguments so far, in the order in which they were set.
  public private(set) var fields = JSONObject()
  /// What has no spelling in Keras 3, in a few words each, by field.
  public private(set) var obstacles: [(field: String, reason: String)] = []

  /// Makes an encoder without fields.
  public init() {}

  /// The value of a field.
  public subscript(field: String) -> JSON? {
    get { fields[field] }
    set { fields[field] = newValue }
  }

  /// Sets a whole number.
  public mutating func set(_ field: String, _ value: Int) { fields[field] = .integer(Int64(value)) }

  /// Sets a whole number or `null`.
  public mutating func set(_ field: String, _ value: Int?) { fields[field] = .optional(value) }

  /// Sets a number, which Python spells with a point.
  public mutating func set(_ field: String, _ value: Double) { fields[field] = .double(value) }

  /// Sets a number or `null`.
  public mutating func set(_ field: String, _ value: Double?) {
    fields[field] = value.map { .double($0) } ?? .null
  }

  /// Sets a truth value.
  public mutating func set(_ field: String, _ value: Bool) { fields[field] = .bool(value) }

  /// Sets text.
  public mutating func set(_ field: String, _ value: String) { fields[field] = .string(value) }

  /// Sets text or `null`.
  public mutating func set(_ field: String, _ value: String?) { fields[field] = .optional(value) }

  /// Sets a word of several.
  public mutating func set<Choice: RawRepresentable>(_ field: String, _ value: Choice)
  where Choice.RawValue == String {
    fields[field] = .string(value.rawValue)
  }

  /// Sets a word of several or `null`.
  public mutating func set<Choice: RawRepresentable>(_ field: String, _ value: Choice?)
  where Choice.RawValue == String {
    fields[field] = .optional(value?.rawValue)
  }

  /// Sets a list of whole numbers.
  public mutating func set(_ field: String, _ values: [Int]) { fields[field] = .integers(values) }

  /// Sets a list of whole numbers or `null`.
  public mutating func set(_ field: String, _ values: [Int]?) { fields[field] = .optional(values) }

  /// Sets a list of numbers, which Python spells with a point.
  public mutating func set(_ field: String, _ values: [Double]) {
    fields[field] = .array(values.map { .double($0) })
  }

  /// Sets a shape, `null` for unknown extents.
  public mutating func set(_ field: String, _ shape: Shape) { fields[field] = shape.json }

  /// Sets `null`.
  public mutating func setNone(_ field: String) { fields[field] = .null }

  /// Sets one axis as a number, several as a list.
  public mutating func setAxes(_ field: String, _ axes: [Int]) { fields[field] = .axes(axes) }

  /// Sets an activation: the name of a function of Keras, or an object.
  public mutating func set(_ field: String, _ activation: ActivationFunction) {
    switch activation.encoded {
    case .success(let json): fields[field] = json
    case .failure(let reason): fail(field, reason.description)
    }
  }

  /// Sets a layer that is part of the configuration.
  public mutating func set(_ field: String, _ instance: LayerInstance) {
    fields[field] = element(field, instance)
  }

  /// Sets layers that are part of the configuration.
  public mutating func set(_ field: String, _ instances: [LayerInstance]) {
    var objects: [JSON] = []
    for instance in instances { objects.append(element(field, instance)) }
    fields[field] = .array(objects)
  }

  private mutating func element(_ field: String, _ instance: LayerInstance) -> JSON {
    let (object, inner) = instance.encoded()
    obstacles += inner.map { ("\(field).\($0.field)", $0.reason) }
    return object
  }

  // MARK: Variables

  /// Sets an initializer or `null`.
  public mutating func set(_ field: String, _ initializer: Initializer?) {
    fields[field] = initializer?.json ?? .null
  }

  /// Sets a regularizer or `null`.
  public mutating func set(_ field: String, _ regularizer: Regularizer?) {
    fields[field] = regularizer?.json ?? .null
  }

  /// Sets a constraint or `null`.
  public mutating func set(_ field: String, _ constraint: Constraint?) {
    fields[field] = constraint?.json ?? .null
  }

  /// Sets `…_initializer` for each of several variables.
  public mutating func setInitializers(_ variables: (name: String, options: VariableOptions)...) {
    for (name, options) in variables { set(name + "_initializer", options.initializer) }
  }

  /// Sets `…_regularizer` for each of several variables.
  public mutating func setRegularizers(_ variables: (name: String, options: VariableOptions)...) {
    for (name, options) in variables { set(name + "_regularizer", options.regularizer) }
  }

  /// Sets `…_constraint` for each of several variables.
  public mutating func setConstraints(_ variables: (name: String, options: VariableOptions)...) {
    for (name, options) in variables { set(name + "_constraint", options.constraint) }
  }

  /// Sets initializers, penalties and constraints of several variables, in this order.
  mutating func setVariables(_ variables: (name: String, options: VariableOptions)...) {
    setVariables(variables) { _ in }
  }

  /// Sets initializers, penalties and constraints of several variables, and before the constraints the penalty on the output.
  mutating func setVariables(
    _ variables: (name: String, options: VariableOptions)..., penalty: Regularizer?
  ) {
    setVariables(variables) { $0.set("activity_regularizer", penalty) }
  }

  private mutating func setVariables(
    _ variables: [(name: String, options: VariableOptions)],
    between body: (inout ConfigEncoder) -> Void
  ) {
    for (name, options) in variables { set(name + "_initializer", options.initializer) }
    for (name, options) in variables { set(name + "_regularizer", options.regularizer) }
    body(&self)
    for (name, options) in variables { set(name + "_constraint", options.constraint) }
  }

  /// Sets the penalty on a layer's output where the configuration of its class has the field only when there is one.
  ///
  /// It stands with the name and the `dtype`, before the arguments.
  public mutating func setOutputPenalty(_ regularizer: Regularizer?) {
    if let regularizer { set("activity_regularizer", regularizer) }
  }

  /// Says that a field's value has no spelling in Keras 3.
  public mutating func fail(_ field: String, _ reason: String) {
    fields[field] = .null
    obstacles.append((field, reason))
  }
}

extension Shape {
  /// The extents as JSON, `null` for unknown ones.
  package var json: JSON { .array(dimensions.map { .optional($0) }) }
}
