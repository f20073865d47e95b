package import HornbillCore

/// Brings a layer's configuration from the spelling of any Keras into that of Keras 3.
package enum ConfigDialect {
  /// The configuration in Keras 3's spelling; every change is noted in the context.
  package static func upgraded(
    _ config: JSONObject, className: String, name: String, in context: DecodingContext
  ) -> JSONObject {
    config
  }
}
