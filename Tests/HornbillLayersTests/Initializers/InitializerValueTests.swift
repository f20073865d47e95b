import HornbillCore
import HornbillLayers
import HornbillTestSupport
import Testing

/// One value that Keras made: `fixtures/initializers/values.json`.
struct InitializerCase: CustomTestStringConvertible {
  let initializer: Initializer
  let kind: String
  let shape: [Int]
  let dtype: DType
  let bits: [UInt64]

  var testDescription: String { "\(kind) \(shape) \(dtype)" }

  init(_ json: JSON) throws {
    let object = try #require(json["initializer"])
    initializer = Initializer(json: object)
    kind = try #require(object["class_name"]?.string)
    shape = try #require(json["shape"]?.array).compactMap(\.int)
    dtype = try #require(json["dtype"]?.string.flatMap(DType.init(rawValue:)))
    let digits = Array(try #require(json["bits"]?.string))
    let width = dtype.bitWidth / 4
    bits = try stride(from: 0, to: digits.count, by: width).map { start in
      try #require(UInt64(String(digits[start..<(start + width)]), radix: 16))
    }
  }

  static func all() throws -> [InitializerCase] {
    let root = try Fixture.json("initializers/values.json")
    return try #require(root["cases"]?.array).map { try InitializerCase($0) }
  }
}

@Suite("Values of initializers")
struct InitializerValueTests {
  /// The elements as their bit patterns.
  private func bits(_ tensor: Tensor) -> [UInt64] {
    switch tensor.storage {
    case .float(let values):
      switch tensor.dtype {
      case .float16: values.map { UInt64(Float16($0).bitPattern) }
      case .bfloat16: values.map { UInt64($0.bitPattern >> 16) }
      default: values.map { UInt64($0.bitPattern) }
      }
    case .double(let values): values.map(\.bitPattern)
    case .integer(let values): values.map { UInt64(bitPattern: $0) }
    case .text: []
    }
  }

  /// The place of a number among all numbers of its type, so that a difference is one in units in the last place.
  private func place(_ bits: UInt64, _ dtype: DType) -> Int64 {
    let half = UInt64(1) << UInt64(dtype.bitWidth - 1)
    return bits >= half ? -Int64(bits - half) : Int64(bits)
  }

  @Test("every kind gives Keras's numbers for its seed")
  func goldens() throws {
    let cases = try InitializerCase.all()
    let kinds = Set(cases.map(\.kind))
    #expect(kinds.count == 16)
    for golden in cases {
      let values = try golden.initializer.values(shape: golden.shape, dtype: golden.dtype)
      #expect(values.shape == golden.shape && values.dtype == golden.dtype, "\(golden)")
      let found = bits(values)
      try #require(found.count == golden.bits.count, "\(golden)")
      switch golden.kind {
      case "Orthogonal", "STFT":
        let expected = golden.bits.map { bits in
          golden.dtype == .float64
            ? Double(bitPattern: bits)
            : Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        }
        let numbers = try #require(values.doubles)
        #expect(
          zip(numbers, expected).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(golden)")
      case "RandomNormal", "TruncatedNormal", "GlorotNormal", "HeNormal", "LecunNormal",
        "VarianceScaling":
        #expect(
          zip(found, golden.bits).allSatisfy {
            abs(place($0, golden.dtype) - place($1, golden.dtype)) <= 2
          }, "\(golden)")
      default:
        #expect(found == golden.bits, "\(golden)")
      }
    }
  }

  @Test("without a seed the numbers differ from call to call")
  func withoutSeed() throws {
    let first = try Initializer.glorotUniform().values(shape: [64])
    let second = try Initializer.glorotUniform().values(shape: [64])
    #expect(first != second)
  }

  @Test(
    "what does not fit is an error",
    arguments: [
      (Initializer.identity(), [2], DType.float32), (.orthogonal(), [3], .float32),
      (.array(Tensor(shape: [2], [1, 2] as [Float])), [2, 3], .float32),
      (.randomUniform(), [2], .int32),
      (.glorotUniform(inputAxes: [5], outputAxes: [0]), [2], .float32),
      (.stft(), [3, 2, 4], .float32), (.stft(STFTKernel(window: "tukey")), [4, 1, 3], .float32),
      (.custom(.string("mine")), [2], .float32), (.zeros, [Int.max, Int.max], .float32),
    ])
  func misfits(initializer: Initializer, shape: [Int], dtype: DType) {
    #expect(throws: LayerError.self) { try initializer.values(shape: shape, dtype: dtype) }
  }
}
