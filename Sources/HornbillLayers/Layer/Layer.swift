public import HornbillCore

/// A Keras layer: its configuration, what it makes of shapes, and how it computes.
///
/// A layer is a value: the arguments of its constructor. It knows no executor and no file format. One that stands in
/// a model, with a name and weights, is a ``LayerInstance``.
///
/// To add a layer of your own, conform to this protocol and put the type into a ``LayerRegistry``.
public protocol Layer: Sendable {
  /// The class name that files use, for example `Dense`.
  static var className: String { get }

  /// Other class names for the same layer, for example `Convolution2D` for `Conv2D`.
  static var aliases: [String] { get }

  /// The name of Keras's Python class, where it is not the class name that files use.
  static var pythonName: String { get }

  /// Decodes the arguments from a file.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` or `unsupported`, which names the field and its value.
  init(config: LayerConfig) throws(LayerError)

  /// Gives the arguments of the layer as Keras 3's `get_config` writes them, so that decoding them gives the same layer.
  func encode(to config: inout ConfigEncoder)

  /// The layers inside this one, in the order in which Keras creates them, with their attribute names.
  var sublayers: [Sublayer] { get }

  /// Whether the first input's mask is handed on to the outputs, unless ``outputMasks(_:outputs:in:)`` says otherwise.
  var supportsMasking: Bool { get }

  /// Whether the layer counts as built before it has seen an input (see `SUMMARY.md`: such layers print `0`, not `0 (unbuilt)`).
  var isBuiltFromStart: Bool { get }

  /// Declares the layer's own weights for inputs of these shapes, builds its sublayers, and gives the shapes of the outputs.
  ///
  /// - Throws: ``LayerError`` with the code `shape` when the layer cannot take such inputs.
  func build(_ call: BuildCall, in build: inout LayerBuild) throws(LayerError) -> [TensorSpec]

  /// The key of an own variable in the layer's `vars` group of a `.weights.h5` file; `nil` when such a file never holds it, because
  /// Keras has added it to another one, so that it is zeros.
  ///
  /// - Parameter position: the variable's place among the own ones, those that training changes first.
  func storageKey(_ position: Int, _ weight: WeightSpec) -> String?

  /// Adds the layer's operations to a graph and gives its outputs, in the order of ``build(_:in:)``.
  ///
  /// - Throws: ``LayerError``.
  func lower(_ call: LayerCall, into lowering: inout Lowering) throws(LayerError) -> [Value]

  /// The masks of the outputs. The default hands the first input's mask on when ``supportsMasking`` is true.
  func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?]
}

extension Layer {
  /// No other names.
  public static var aliases: [String] { [] }
  /// The class name that files use.
  public static var pythonName: String { className }
  /// No sublayers.
  public var sublayers: [Sublayer] { [] }
  /// Masks are dropped.
  public var supportsMasking: Bool { false }
  /// Unbuilt until called.
  public var isBuiltFromStart: Bool { false }

  /// The position itself.
  public func storageKey(_ position: Int, _ weight: WeightSpec) -> String? { "\(position)" }

  /// Hands the first input's mask on when ``supportsMasking`` is true.
  public func outputMasks(
    _ call: LayerCall, outputs: [Value], in lowering: inout Lowering
  ) throws(LayerError) -> [Value?] {
    let mask = supportsMasking ? call.attachedMasks.first ?? nil : nil
    return [Value?](repeating: mask, count: outputs.count)
  }
}

/// A layer inside another, with the attribute under which Keras keeps it.
public struct Sublayer: Sendable {
  /// The attribute's name, for example `cell` or `forward_layer`; it is a part of the path in a `.weights.h5` file.
  public let attribute: String
  /// The attribute's name in earlier releases, where it differs.
  public let olderAttribute: String?
  /// Whether the attribute is a list, in which the layer's path has a part of its own (`cells/lstm_cell_1`).
  public let isListElement: Bool
  /// The layer.
  public let instance: LayerInstance

  /// Makes a sublayer.
  public init(
    _ attribute: String, _ instance: LayerInstance, isListElement: Bool = false,
    olderAttribute: String? = nil
  ) {
    self.attribute = attribute
    self.olderAttribute = olderAttribute
    self.instance = instance
    self.isListElement = isListElement
  }
}

/// A layer with a name: one object of a model, whatever the number of its calls.
public final class LayerInstance: Sendable {
  /// The layer's name, unique in its model.
  public let name: String
  /// The class name that the file gave, which may be that of a class Hornbill does not know.
  public let className: String
  /// The layer.
  public let layer: any Layer
  /// Whether the layer's own variables are trained; false makes those of its sublayers non-trainable too.
  public let trainable: Bool
  /// The types of variables and of the computation.
  public let policy: DTypePolicy
  /// The configuration as the file has it, for inspection and saving.
  package let source: JSON?

  /// Whether the name is one that Keras would count on in the model that the layer comes into.
  let isNameAutomatic: Bool
  /// The place of the layer among all that were made in Swift.
  let creation: Int
  private let identity: Identity

  /// What stays when a layer gets the name that it has in a model.
  private final class Identity: Sendable {}

  /// Makes a named layer.
  public init(
    _ layer: any Layer, name: String, trainable: Bool = true, policy: DTypePolicy = .float32
  ) {
    self.name = name
    self.className = type(of: layer).className
    self.layer = (layer as? any PolicyCarrier)?.with(policy: policy) ?? layer
    self.trainable = trainable
    self.policy = policy
    self.source = nil
    isNameAutomatic = false
    creation = CreationOrder.next()
    identity = Identity()
  }

  /// Makes a layer whose name is to follow from the model that it comes into.
  init(
    automatic layer: any Layer, name: String? = nil, className: String? = nil,
    trainable: Bool = true, policy: DTypePolicy = .float32, source: JSON? = nil
  ) {
    self.name = name ?? SnakeCase.name(of: type(of: layer).pythonName)
    self.className = className ?? type(of: layer).className
    self.layer = (layer as? any PolicyCarrier)?.with(policy: policy) ?? layer
    self.trainable = trainable
    self.policy = policy
    self.source = source
    isNameAutomatic = true
    creation = CreationOrder.next()
    identity = Identity()
  }

  package init(
    _ layer: any Layer, name: String, className: String, trainable: Bool, policy: DTypePolicy,
    source: JSON?
  ) {
    self.name = name
    self.className = className
    self.layer = layer
    self.trainable = trainable
    self.policy = policy
    self.source = source
    isNameAutomatic = false
    creation = 0
    identity = Identity()
  }

  private init(_ other: LayerInstance, layer: any Layer, name: String) {
    self.name = name
    self.className = other.className
    self.layer = layer
    self.trainable = other.trainable
    self.policy = other.policy
    self.source = other.source
    isNameAutomatic = false
    creation = 0
    identity = other.identity
  }

  /// The same layer, with the same variables, as it stands in a model that has named it or those inside it.
  func renamed(_ name: String, layer: (any Layer)? = nil) -> LayerInstance {
    LayerInstance(self, layer: layer ?? self.layer, name: name)
  }

  /// The name of the class as Keras prints it.
  public var pythonName: String {
    layer is OpaqueLayer || layer is Operation ? className : type(of: layer).pythonName
  }

  /// The instance's identity.
  public var id: ObjectIdentifier { ObjectIdentifier(identity) }
}
