import Foundation
import HornbillCore

/// The recorded results in `fixtures/ops`.
enum Fixture {
  static let elementwise = Result { try load("elementwise.json") }
  static let cases = Result { try load("cases.json") }

  private static func load(_ name: String) throws -> JSON {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appending(path: "fixtures/ops/\(name)")
    return try JSON(parsing: [UInt8](Data(contentsOf: file)))
  }
}

/// Why a fixture cannot be used.
struct FixtureError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension JSON {
  /// A list of numbers; truth values count as 0 and 1.
  func numbers() throws -> [Double] {
    guard let array else { throw FixtureError("not a list of numbers") }
    return try array.map { element in
      guard let number = element.number ?? element.bool.map({ $0 ? 1 : 0 }) else {
        throw FixtureError("not a number: \(element)")
      }
      return number
    }
  }

  /// A list of integers by bit pattern, nil where the list has null.
  func integers() throws -> [Int64?] {
    guard let array else { throw FixtureError("not a list of integers") }
    return try array.map { element in
      switch element {
      case .null: nil
      case .bool(let value): value ? 1 : 0
      case .integer(let value): value
      default: throw FixtureError("not an integer: \(element)")
      }
    }
  }

  /// The value of a key that must be there.
  func member(_ key: String) throws -> JSON {
    guard let value = self[key] else { throw FixtureError("no member \(key)") }
    return value
  }

  /// A recorded tensor.
  func tensor() throws -> Tensor {
    let shape = try member("shape").numbers().map { Int($0) }
    guard let name = try member("dtype").string, let dtype = DType(rawValue: name) else {
      throw FixtureError("a tensor of unknown type")
    }
    let values = try member("values")
    if dtype.isFloatingPoint { return .numbers(shape, try values.numbers(), dtype: dtype) }
    return Tensor(
      shape: shape, integers: try values.integers().compactMap { $0 }, dtype: dtype)
  }
}
