package import HornbillCore

/// Brings a layer's configuration from the spelling of any Keras into that of Keras 3.
///
/// The rules go by the fields that are there, not by the version that a file states: a file may state none, and
/// no field means two things in one class. Only what an absent field means is taken from the generation.
///
/// Sources: `get_config` of each class in Keras 1.2.2 and 2.15, and the conversion tables of Keras 2.0's `legacy/interfaces.py`.
package enum ConfigDialect {
  /// The configuration in Keras 3's spelling; every change is noted in the context.
  ///
  /// - Throws: ``LayerError`` with the code `configuration` or `unsupported` for a value that has no counterpart.
  package static func upgraded(
    _ config: JSONObject, className: String, name: String, in context: DecodingContext
  ) throws(LayerError) -> LayerUpgrade {
    var upgrade = LayerUpgrade(config, className: className, name: name, in: context)
    CommonDialect.upgrade(&upgrade)
    try Keras1Dialect.upgrade(&upgrade)
    try Keras2Dialect.upgrade(&upgrade)
    CommonDialect.noteForeignInitializers(upgrade)
    ParameterDialect.upgrade(&upgrade)
    return upgrade
  }
}
