import HornbillHDF5
import Testing

@Suite struct NumberTests {
  private let root: HDF5.Group

  init() throws { root = try HDF5.File(reading: fixture("numbers.h5"), policy: .strict).root }

  @Test(arguments: [8, 16, 32, 64], ["le", "be"])
  func wholeNumbersOfEveryWidth(bits: Int, order: String) throws {
    let low = bits == 64 ? Int64.min : -(1 << (bits - 1))
    let high = bits == 64 ? UInt64.max : 1 << UInt64(bits) - 1
    let signed = try root.dataset(at: "int\(bits)_\(order)")
    #expect(try signed.read() == [low, -1, 0, 1, -(low + 1)])
    let unsigned = try root.dataset(at: "uint\(bits)_\(order)")
    #expect(try unsigned.read() == [UInt64(0), 1, high])
    #expect(try unsigned.read() == [0, 1, Double(high)])
    #expect(try unsigned.read() == [0, 1, Float(high)])
    #expect(signed.type.isSigned && !unsigned.type.isSigned)
    #expect(signed.type.size == bits / 8)
    if bits > 8 { #expect(signed.type.byteOrder?.rawValue.first == order.first) }
  }

  @Test(arguments: [16, 32, 64], ["le", "be"])
  func floatsOfEveryWidth(bits: Int, order: String) throws {
    let dataset = try root.dataset(at: "float\(bits)_\(order)")
    let expected: [Float] = [0, -0.0, 1.5, -2.25, .infinity, -.infinity, .nan]
    let singles: [Float] = try dataset.read()
    #expect(Array(singles.prefix(6)) == Array(expected.prefix(6)))
    #expect(singles[1].sign == .minus)
    #expect(singles[6].isNaN)
    let doubles: [Double] = try dataset.read()
    #expect(doubles.prefix(6).map { Float($0) } == Array(expected.prefix(6)))
    #expect(doubles[6].isNaN)
    #expect(
      failure { () throws(HDF5.Error) in try dataset.read(as: Int32.self) }?.code == .wrongKind)
  }

  @Test func everyHalfPrecisionNumber() throws {
    let dataset = try root.dataset(at: "half_all")
    #expect(dataset.type.isHalf)
    let numbers: [Float] = try dataset.read()
    #expect(numbers.count == 65536)
    for (bits, number) in numbers.enumerated() {
      let magnitude = bits & 0x7FFF
      let exponent = magnitude >> 10
      let fraction = Double(magnitude & 0x3FF)
      let expected: Double
      switch exponent {
      case 31: expected = fraction == 0 ? .infinity : .nan
      case 0: expected = fraction * 0x1p-24
      default:
        expected = (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
      }
      let signed = bits & 0x8000 == 0 ? expected : -expected
      #expect(Double(number) == signed || (number.isNaN && expected.isNaN), "\(bits)")
      #expect((number.sign == .minus) == (bits & 0x8000 != 0), "\(bits)")
    }
  }

  @Test(arguments: ["bfloat16_opaque", "bfloat16_fields", "bfloat16_fields_be"])
  func bothFormsOfBFloat16(name: String) throws {
    let dataset = try root.dataset(at: name)
    #expect(try dataset.isBFloat16())
    #expect(try dataset.read() == [Float(0), 1, -2.25, .infinity, 0x1p-133])
    #expect(try dataset.read() == [0, 1, -2.25, Double.infinity, 0x1p-133])
  }

  @Test func opaqueBytesWithoutAttributeAreNoNumbers() throws {
    let dataset = try root.dataset(at: "opaque_only")
    #expect(try !dataset.isBFloat16())
    #expect(dataset.type.opaqueTag == "")
    #expect(
      failure { () throws(HDF5.Error) in try dataset.read(as: Float.self) }?.code == .wrongKind)
    #expect(try dataset.readBytes().prefix(4) == [0, 0, 0x80, 0x3F])
  }

  @Test func uncommonNumbers() throws {
    #expect(try root.dataset(at: "float8_e4m3").read() == [1, -3, 0x1p-9 as Double])
    #expect(try root.dataset(at: "long_double").read() == [1.5, -3, 0 as Double])
    #expect(try root.dataset(at: "int24").read() == [-1, -8_388_607 as Int32])
  }

  @Test func enumerationsAndTruthValues() throws {
    let truth = try root.dataset(at: "boolean")
    #expect(truth.type.isBoolean)
    #expect(try truth.read() == [UInt8(1), 0, 1])
    let colors = try root.dataset(at: "colors")
    #expect(!colors.type.isBoolean)
    #expect(colors.type.members.contains(HDF5.EnumerationMember(name: "BLUE", value: -3)))
    #expect(try colors.read() == [2, -3, 1 as Int64])
  }

  @Test func shapesWithoutDimensions() throws {
    let scalar = try root.dataset(at: "scalar")
    #expect(scalar.shape == [] && scalar.count == 1 && !scalar.isNull)
    #expect(try scalar.read() == [Float(0.5)])
    #expect(try scalar.readHyperslab(start: [], count: []) == [Float(0.5)])
    let null = try root.dataset(at: "null")
    #expect(null.isNull && null.count == 0)
    #expect(try null.read(as: Float.self) == [])
    let zero = try root.dataset(at: "zero")
    #expect(zero.shape == [0, 3] && zero.count == 0)
    #expect(try zero.read(as: Float.self) == [])
  }

  @Test func compoundElementsAreReadAsBytes() throws {
    let dataset = try root.dataset(at: "complex")
    guard case .compound(size: 8, let fields) = dataset.type.form else {
      Issue.record("\(dataset.type)")
      return
    }
    #expect(fields.map(\.name) == ["r", "i"])
    #expect(fields.map(\.type) == [.float32, .float32])
    #expect(try dataset.readBytes().count == 8)
    #expect(
      failure { () throws(HDF5.Error) in try dataset.read(as: Float.self) }?.code == .wrongKind)
  }

  @Test func numbersThatDoNotFitAreNamed() throws {
    let dataset = try root.dataset(at: "int32_be")
    let error = failure { () throws(HDF5.Error) in try dataset.read(as: Int16.self) }
    #expect(error?.code == .outOfRange)
    #expect(error?.object == "/int32_be")
    let unsigned = try root.dataset(at: "uint64_le")
    #expect(
      failure { () throws(HDF5.Error) in try unsigned.read(as: Int64.self) }?.code == .outOfRange)
  }

  @Test func aSmallBufferIsRefused() throws {
    let dataset = try root.dataset(at: "int32_le")
    var memory = [UInt8](repeating: 0, count: 19)
    let error = memory.withUnsafeMutableBytes { buffer in
      failure { () throws(HDF5.Error) in try dataset.read(into: buffer, as: .int32) }
    }
    #expect(error?.code == .invalidArgument)
  }
}
