import HornbillCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The mel scale of HTK, and triangular bands on it.
///
/// Source: Keras 3, `keras/src/layers/preprocessing/mel_spectrogram.py`, `linear_to_mel_weight_matrix`.
enum MelScale {
  static func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }

  /// The weights `(bins, bands)` with which the bins of a spectrum make up the bands; the bin of frequency 0 has none.
  static func weights(
    bins: Int, bands: Int, samplingRate: Double, from low: Double, to high: Double
  ) throws(LayerError) -> Tensor {
    let count = try Extent.tableCount([bins, bands])
    let (first, last) = (mel(low), mel(high))
    let edges = (0...(bands + 1)).map {
      first + (last - first) * Double($0) / Double(bands + 1)
    }
    var weights = [Double](repeating: 0, count: count)
    for bin in 1..<max(bins, 1) {
      let place = mel(samplingRate / 2 * Double(bin) / Double(bins - 1))
      for band in 0..<bands {
        let (lower, centre, upper) = (edges[band], edges[band + 1], edges[band + 2])
        let slope = min((place - lower) / (centre - lower), (upper - place) / (upper - centre))
        weights[bin * bands + band] = max(0, slope)
      }
    }
    return Tensor(shape: [bins, bands], weights)
  }
}
