import HornbillCore

extension ModelArchive {
  /// Reads every weight and looks at every page of memory that they take, as a model that needs them all does.
  ///
  /// - Parameter opened: is told when the weights are there, some of them mapped and not looked at.
  /// - Returns: the bytes that they take in the file's types.
  package func readAllWeights(opened: () -> Void = {}) throws(ArchiveError) -> Int {
    var bytes = 0
    var held: [Tensor] = []
    for weight in weights.all {
      held.append(try weight.read())
      bytes += weight.byteCount
    }
    opened()
    let page = 4096
    var sum = 0
    for tensor in held {
      tensor.withStorageBytes { elements in
        for place in stride(from: 0, to: elements.count, by: page) { sum &+= Int(elements[place]) }
      }
    }
    // The sum is used, so that nobody leaves the loop out.
    return sum == .min ? 0 : bytes
  }
}
