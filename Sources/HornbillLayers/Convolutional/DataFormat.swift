package import HornbillCore

/// Where the channels stand in the shape of a sequence, image or volume.
public enum DataFormat: String, Sendable, Hashable, CaseIterable {
  /// `(batch, spatial…, channels)`.
  case channelsLast = "channels_last"
  /// `(batch, channels, spatial…)`.
  case channelsFirst = "channels_first"

  /// The axis of the channels; negative for the last one.
  package var channelAxis: Int { self == .channelsLast ? -1 : 1 }

  /// The spatial axes of a tensor of that many axes.
  package func spatialAxes(rank: Int) -> [Int] {
    guard rank > 2 else { return [] }
    return self == .channelsLast ? Array(1..<(rank - 1)) : Array(2..<rank)
  }
}

extension LayerConfig {
  /// The field `data_format`; channels last when it is absent or `null`.
  func dataFormat() throws(LayerError) -> DataFormat {
    try choice("data_format", default: DataFormat.channelsLast)
  }
}

extension GraphBuilder {
  /// The tensor with its channels last.
  package mutating func channelsLast(
    _ x: Value, from format: DataFormat
  ) throws(LayerError) -> Value {
    guard format == .channelsFirst, rank(x) > 1 else { return x }
    return try moveAxis(x, from: 1, to: -1)
  }

  /// A tensor with channels last in another format.
  package mutating func channels(
    _ x: Value, to format: DataFormat
  ) throws(LayerError) -> Value {
    guard format == .channelsFirst, rank(x) > 1 else { return x }
    return try moveAxis(x, from: -1, to: 1)
  }
}
