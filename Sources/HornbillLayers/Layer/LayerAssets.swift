package import HornbillCore

/// The files that an archive keeps for its layers, such as vocabularies.
package struct LayerAssets: Sendable {
  /// Reads the file of that name that belongs to a layer; `nil` when there is none.
  package typealias Reader =
    @Sendable (_ layer: ObjectIdentifier, _ name: String) throws(LayerError) -> [UInt8]?

  private let reader: Reader

  /// Makes assets that are read when a layer asks for them.
  package init(reader: @escaping Reader) {
    self.reader = reader
  }

  /// No files.
  package static let none = LayerAssets { (_, _) throws(LayerError) in nil }

  package func read(_ name: String, of layer: LayerInstance) throws(LayerError) -> [UInt8]? {
    try reader(layer.id, name)
  }
}
