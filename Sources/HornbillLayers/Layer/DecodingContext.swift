public import HornbillCore

/// What one decoding of a model shares: the registry, the generation of Keras, what the user supplied, and the upgrades
/// made on the way.
public final class DecodingContext {
  /// The known layers.
  public let registry: LayerRegistry
  /// What the generation of Keras that wrote the file does in its own way.
  public let rules: SemanticRules
  /// Activation functions for names that Keras does not know, as the user defined them.
  public let definitions: [String: Activation]
  /// The upgrades made so far, in order, each once.
  package private(set) var upgrades: [ConfigUpgrade] = []
  private var noted: Set<ConfigUpgrade> = []
  private var names = NameScope()
  private var depth = 0

  /// The deepest nesting of layers within layers that is decoded.
  package static let depthLimit = 64

  /// Makes a context.
  package init(
    registry: LayerRegistry = .standard, rules: SemanticRules,
    definitions: [String: Activation] = [:]
  ) {
    self.registry = registry
    self.rules = rules
    self.definitions = definitions
  }

  package func note(_ upgrade: ConfigUpgrade) {
    if noted.insert(upgrade).inserted { upgrades.append(upgrade) }
  }

  /// Decodes a layer object: `class_name`, `config`, and what else a file puts beside them.
  ///
  /// - Throws: ``LayerError`` for a configuration that its class cannot take. A class that is not known becomes an
  ///   opaque layer, which can be listed but not run.
  public func decode(_ object: JSON) throws(LayerError) -> LayerInstance {
    depth += 1
    defer { depth -= 1 }
    guard depth <= DecodingContext.depthLimit else {
      throw LayerError(
        .configuration, "layers are nested deeper than \(DecodingContext.depthLimit)")
    }
    return try registry.decode(object, in: self)
  }

  /// Keras's automatic name for a class: its snake-case form, then with a counter.
  package func automaticName(_ className: String) -> String {
    names.next(SnakeCase.name(of: className))
  }
}

/// One change that brought an old or foreign configuration into the spelling of Keras 3.
public struct ConfigUpgrade: Sendable, Hashable, CustomStringConvertible {
  /// The layer's name.
  public let layer: String
  /// The layer's class.
  public let className: String
  /// What was changed, for example `dropped time_major=false`.
  public let change: String

  /// Makes an upgrade.
  public init(layer: String, className: String, change: String) {
    self.layer = layer
    self.className = className
    self.change = change
  }

  /// One line.
  public var description: String { "\(layer) (\(className)): \(change)" }
}
