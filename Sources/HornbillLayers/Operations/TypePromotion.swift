package import HornbillCore

/// What is known of an operand's element type before it meets other operands.
package enum OperandType: Sendable, Hashable {
  /// A number of Python without a fraction, which takes a partner's type.
  case pythonInteger
  /// A number of Python with a fraction, which takes a partner's floating-point type.
  case pythonNumber
  /// The type of a tensor or of an array.
  case dtype(DType)
}

/// The common type of operands of several types.
///
/// The types form a lattice: `bool`, Python's `int`, the integers by width (a signed type holds the unsigned types of
/// fewer bits), Python's `float`, the two half types, `float32`, `float64`. The result is the least upper bound.
///
/// Source: Keras 3, `keras/src/backend/common/dtypes.py`, `result_type`.
package enum TypePromotion {
  private static let successors: [OperandType: [OperandType]] = [
    .dtype(.bool): [.pythonInteger],
    .pythonInteger: [.dtype(.uint8), .dtype(.int8)],
    .dtype(.uint8): [.dtype(.uint16), .dtype(.int16)],
    .dtype(.uint16): [.dtype(.uint32), .dtype(.int32)],
    .dtype(.uint32): [.dtype(.uint64), .dtype(.int64)],
    .dtype(.uint64): [.pythonNumber],
    .dtype(.int8): [.dtype(.int16)],
    .dtype(.int16): [.dtype(.int32)],
    .dtype(.int32): [.dtype(.int64)],
    .dtype(.int64): [.pythonNumber],
    .pythonNumber: [.dtype(.bfloat16), .dtype(.float16)],
    .dtype(.bfloat16): [.dtype(.float32)],
    .dtype(.float16): [.dtype(.float32)],
    .dtype(.float32): [.dtype(.float64)],
  ]

  /// Every type that can hold each type, itself included.
  private static let uppers: [OperandType: Set<OperandType>] = {
    var result: [OperandType: Set<OperandType>] = [:]
    func upper(_ type: OperandType) -> Set<OperandType> {
      if let known = result[type] { return known }
      var set: Set<OperandType> = [type]
      for next in successors[type] ?? [] { set.formUnion(upper(next)) }
      result[type] = set
      return set
    }
    for type in successors.keys { _ = upper(type) }
    return result
  }()

  /// The common type of operands; `float32` and `int32` where numbers of Python stand alone.
  ///
  /// - Throws: ``LayerError`` with the code `shape` for text among other types, and for no operands.
  package static func dtype(_ types: [OperandType]) throws(LayerError) -> DType {
    let distinct = Set(types)
    if distinct == [.dtype(.string)] { return .string }
    guard !distinct.contains(.dtype(.string)), let first = distinct.first else {
      throw LayerError(.shape, "text and numbers have no common type")
    }
    var common = uppers[first] ?? []
    for type in distinct { common.formIntersection(uppers[type] ?? []) }
    switch common.first(where: { uppers[$0] == common }) {
    case .dtype(let dtype): return dtype
    case .pythonInteger: return .int32
    case .pythonNumber, nil: return .float32
    }
  }

  /// The common type of tensors.
  ///
  /// - Throws: ``LayerError`` with the code `shape` for text among other types.
  package static func dtype(_ types: DType...) throws(LayerError) -> DType {
    try dtype(types.map(OperandType.dtype))
  }

  /// The floating-point type of a function with real results: the operand's, or `float32` for integers and `bool`.
  package static func floating(_ type: DType) -> DType {
    type.isFloatingPoint ? type : .float32
  }
}
