extension LayerRegistry {
  /// Every layer of Keras that Hornbill runs.
  public static let standard = LayerRegistry(builtIn)

  /// The built-in layers, sorted by class name.
  package static let builtIn: [any Layer.Type] = [
    Dense.self,
    Functional.self,
    InputLayer.self,
    Sequential.self,
  ]
}
