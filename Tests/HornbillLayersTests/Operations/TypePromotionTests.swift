import HornbillCore
import HornbillLayers
import Testing

/// The common types of operands, as Keras documents them.
@Suite struct TypePromotionTests {
  static let cases: [([OperandType], DType)] = [
    ([.dtype(.float32), .dtype(.float32)], .float32),
    ([.dtype(.bool), .dtype(.int8)], .int8),
    ([.dtype(.bool), .dtype(.bool)], .bool),
    ([.dtype(.uint8), .dtype(.int8)], .int16),
    ([.dtype(.int32), .dtype(.uint8)], .int32),
    ([.dtype(.uint32), .dtype(.int32)], .int64),
    ([.dtype(.uint16), .dtype(.int16)], .int32),
    ([.dtype(.int64), .dtype(.float16)], .float16),
    ([.dtype(.float16), .dtype(.bfloat16)], .float32),
    ([.dtype(.float32), .dtype(.float64)], .float64),
    ([.dtype(.int8), .pythonInteger], .int8),
    ([.dtype(.bool), .pythonInteger], .int32),
    ([.dtype(.uint8), .pythonNumber], .float32),
    ([.dtype(.bfloat16), .pythonNumber], .bfloat16),
    ([.pythonInteger, .pythonNumber], .float32),
    ([.dtype(.int64), .dtype(.uint64)], .float32),
    ([.dtype(.string)], .string),
  ]

  @Test(arguments: cases)
  func commonType(types: [OperandType], expected: DType) throws {
    #expect(try TypePromotion.dtype(types) == expected)
    #expect(try TypePromotion.dtype(types.reversed()) == expected)
  }

  @Test func textAndNumbersHaveNone() {
    #expect(throws: LayerError.self) { try TypePromotion.dtype([.dtype(.string), .pythonInteger]) }
    #expect(throws: LayerError.self) { try TypePromotion.dtype([OperandType]()) }
  }

  /// A number with a point makes an integer tensor a float, one without does not.
  @Test func numbersKeepTheirKind() throws {
    var graph = GraphBuilder()
    let x = Argument.tensor(Flow(graph.input(ValueType(shape: [2], dtype: .int64))))
    #expect(try graph.promoted([x, .integer(2)]).map { graph.dtype($0) } == [.int64, .int64])
    #expect(try graph.promoted([x, .number(2)]).map { graph.dtype($0) } == [.float32, .float32])
    #expect(
      try graph.promoted([x, .integer(2)], isStrong: true).map { graph.dtype($0) } == [
        .int64, .int64,
      ])
    let half = Argument.tensor(Flow(graph.input(ValueType(shape: [2], dtype: .float16))))
    #expect(
      try graph.promoted([half, .number(2)]).map { graph.dtype($0) } == [.float16, .float16])
    #expect(
      try graph.promoted([half, .number(2)], isStrong: true).map { graph.dtype($0) } == [
        .float32, .float32,
      ])
  }

  @Test func listsAreArrays() throws {
    typealias Literal = Argument<Flow>
    let whole = Literal.list([
      .list([.integer(1), .integer(2)]), .list([.integer(3), .integer(4)]),
    ])
    #expect(
      Tensor(literal: whole) == Tensor(shape: [2, 2], integers: [1, 2, 3, 4], dtype: .int32))
    let mixed = Literal.list([.integer(1), .number(2.5)])
    #expect(Tensor(literal: mixed) == Tensor(shape: [2], [1, 2.5] as [Float]))
    let wide = Literal.list([.integer(1 << 40)])
    #expect(Tensor(literal: wide)?.dtype == .int64)
    #expect(Tensor(literal: Literal.list([.list([.integer(1)]), .integer(2)])) == nil)
    #expect(Tensor(literal: Literal.list([.string("a")])) == nil)
  }
}
