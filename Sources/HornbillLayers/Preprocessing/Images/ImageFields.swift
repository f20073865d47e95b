import HornbillCore

/// The fields that every image layer of Keras 3 has.
///
/// Source: Keras 3, `keras/src/layers/preprocessing/image_preprocessing/base_image_preprocessing_layer.py`, `get_config`.
package struct ImageFields: Sendable, Hashable {
  /// Where the channels stand.
  package let dataFormat: DataFormat
  /// How bounding boxes beside the images are written, such as `xyxy`.
  package let boundingBoxFormat: String?

  init(dataFormat: DataFormat = .channelsLast) {
    self.dataFormat = dataFormat
    boundingBoxFormat = nil
  }

  init(config: LayerConfig) throws(LayerError) {
    dataFormat = try config.dataFormat()
    boundingBoxFormat = config["bounding_box_format"]?.string
  }

  func encode(to config: inout ConfigEncoder) {
    config.set("data_format", dataFormat)
    if let boundingBoxFormat { config.set("bounding_box_format", boundingBoxFormat) }
  }
}
