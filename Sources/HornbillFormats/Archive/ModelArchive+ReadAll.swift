import HornbillCore

extension ModelArchive {
  /// Reads every weight, as a model that needs them all does.
  ///
  /// - Returns: the bytes that they take in the file's types.
  package func readAllWeights() throws(ArchiveError) -> Int {
    var bytes = 0
    var held: [Tensor] = []
    for weight in weights.all {
      held.append(try weight.read())
      bytes += weight.byteCount
    }
    return withExtendedLifetime(held) { bytes }
  }
}
