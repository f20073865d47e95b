package import HornbillCore

extension LayerError {
  /// Makes sure that an argument of a layer made in Swift is above 0.
  package static func check(positive value: Int, _ argument: String) throws(LayerError) {
    guard value > 0 else {
      throw LayerError(
        .configuration, "\(argument): expected an integer above 0, found \(value)")
    }
  }

  /// Makes sure that all of an argument's numbers are above 0.
  package static func check(positive values: [Int], _ argument: String) throws(LayerError) {
    guard values.allSatisfy({ $0 > 0 }) else {
      throw LayerError(
        .configuration, "\(argument): expected integers above 0, found \(values)")
    }
  }

  /// Makes sure that an argument lists something.
  package static func check(present values: [Int], _ argument: String) throws(LayerError) {
    guard !values.isEmpty else {
      throw LayerError(.configuration, "\(argument): expected integers, found none")
    }
  }

  /// Makes sure that an argument is a share.
  package static func check(share value: Double, _ argument: String) throws(LayerError) {
    guard (0...1).contains(value) else {
      throw LayerError(
        .configuration, "\(argument): expected a number from 0 to 1, found \(value)")
    }
  }
}
