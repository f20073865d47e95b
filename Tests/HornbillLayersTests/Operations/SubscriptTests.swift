import HornbillCore
import HornbillLayers
import Testing

/// Keys of Python's indexing.
@Suite struct SubscriptTests {
  /// `range(*slice(start, stop, step).indices(extent))` of Python: its first element and length.
  static let ranges: [(Int?, Int?, Int, Int, Int, Int)] = [
    (nil, nil, 1, 5, 0, 5), (1, 3, 1, 5, 1, 2), (-2, nil, 1, 5, 3, 2), (nil, -1, 1, 5, 0, 4),
    (0, 100, 2, 5, 0, 3), (nil, nil, -1, 5, 4, 5), (3, 0, -1, 5, 3, 3), (nil, nil, -2, 5, 4, 3),
    (-1, -4, -1, 5, 4, 3), (10, nil, -1, 5, 4, 5), (4, 2, 1, 5, 4, 0), (-100, 2, 1, 5, 0, 2),
    (2, -100, -1, 5, 2, 3), (nil, nil, 1, 0, 0, 0), (nil, nil, -1, 0, -1, 0),
    (Int.min, Int.max, 1, 5, 0, 5), (nil, nil, Int.min, 5, 4, 1), (nil, nil, Int.max, 5, 0, 1),
  ]

  @Test(arguments: ranges)
  func range(_ start: Int?, _ stop: Int?, _ step: Int, _ extent: Int, _ first: Int, _ count: Int) {
    let found = Subscript.range(start, stop, step, of: extent)
    #expect(found.count == count)
    if count > 0 { #expect(found.start == first) }
  }

  @Test func shapes() throws {
    let x: Shape = [nil, 4, 6]
    func shape(_ items: Subscript.Item...) throws -> Shape {
      try Subscript(items).shape(of: x)
    }
    let all = Subscript.Item.slice(start: nil, stop: nil, step: 1)
    #expect(try shape(all, .index(0)) == [nil, 6])
    #expect(try shape(.ellipsis, .index(-1)) == [nil, 4])
    #expect(try shape(all, .newAxis) == [nil, 1, 4, 6])
    #expect(try shape(.ellipsis, .newAxis) == [nil, 4, 6, 1])
    #expect(try shape(.index(7)) == [4, 6])
    #expect(try shape(.slice(start: 0, stop: 2, step: 1)) == [nil, 4, 6])
    #expect(
      try shape(all, .slice(start: 1, stop: nil, step: 2), .slice(start: nil, stop: -1, step: 1))
        == [nil, 2, 5])
  }

  @Test func keysThatDoNotFit() {
    #expect(throws: LayerError.self) { try Subscript([.ellipsis, .ellipsis]) }
    #expect(throws: LayerError.self) { try Subscript([.slice(start: nil, stop: nil, step: 0)]) }
    #expect(throws: LayerError.self) { try Subscript([.index(4)]).shape(of: [4]) }
    #expect(throws: LayerError.self) { try Subscript([.index(-5)]).shape(of: [4]) }
    #expect(throws: LayerError.self) { try Subscript([.index(0), .index(0)]).shape(of: [4]) }
  }

  @Test func aKeyOfTensorsIsRefused() throws {
    let error = try #require(throws: LayerError.self) {
      try Subscript(Argument<Flow>.list([.list([.integer(0), .integer(1)])]))
    }
    #expect(error.code == .unsupported)
  }
}
