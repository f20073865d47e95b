import HornbillHDF5
import Testing

@Suite struct StringTests {
  private let root: HDF5.Group

  init() throws { root = try HDF5.File(reading: fixture("strings.h5"), policy: .strict).root }

  @Test(arguments: [
    ("terminated", HDF5.StringFormat.Padding.nullTerminated), ("padded", .nullPadded),
    ("spaced", .spacePadded),
  ])
  func fixedStringsOfEveryPadding(name: String, padding: HDF5.StringFormat.Padding) throws {
    for (set, text) in [(HDF5.StringFormat.CharacterSet.ascii, "abc"), (.utf8, "né")] {
      let attribute = try root.attribute("\(name)_\(set.rawValue)")
      let format = HDF5.StringFormat.fixed(6, padding: padding, characterSet: set)
      #expect(attribute.type.stringFormat == format)
      #expect(try attribute.readStrings() == [text, "x"])
      let dataset = try root.dataset(at: "data_\(name)_\(set.rawValue)")
      #expect(dataset.type.stringFormat == format)
      #expect(try dataset.readStrings() == [text, "x"])
    }
  }

  @Test func stringsOfVariableLength() throws {
    #expect(try root.attribute("variable_utf8").readString() == "grüße")
    #expect(try root.attribute("variable_ascii").readStrings() == ["a", "", "ccc"])
    #expect(try root.attribute("names").readStrings() == ["dense_1", "dense_12"])
    #expect(try root.dataset(at: "words").readStrings() == ["one", "two", "three"])
  }

  @Test func emptyAttributes() throws {
    let numbers = try root.attribute("empty_array")
    #expect(numbers.shape == [0])
    #expect(try numbers.readStrings() == [])
    #expect(try numbers.readDoubles() == [])
    #expect(try root.attribute("empty_strings").readStrings() == [])
    let null = try root.attribute("null")
    #expect(null.shape == nil)
    #expect(try null.readStrings() == [])
    #expect(failure { () throws(HDF5.Error) in try null.readString() }?.code == .wrongKind)
  }

  @Test func numberAttributes() throws {
    let scalar = try root.attribute("scalar")
    #expect(scalar.shape == [])
    #expect(try scalar.readIntegers() == [-7])
    let matrix = try root.attribute("matrix")
    #expect(matrix.shape == [2, 3])
    #expect(try matrix.readIntegers() == [0, 1, 2, 3, 4, 5])
    #expect(try matrix.readDoubles() == [0, 1, 2, 3, 4, 5])
    #expect(try matrix.readBytes().prefix(8) == [0, 0, 0, 0, 0, 0, 0, 1])
    #expect(try root.attribute("truth").type.isBoolean)
    #expect(try root.attribute("truth").readIntegers() == [1])
  }

  @Test func whatIsNotUTF8IsNamed() throws {
    let attribute = try root.attribute("invalid")
    let error = failure { () throws(HDF5.Error) in try attribute.readString() }
    #expect(error?.code == .invalidText)
    #expect(error?.object == "/@invalid")
    #expect(try attribute.readStringBytes() == [[0x61, 0xFF]])
  }

  @Test func whatIsNoStringIsNamed() throws {
    let scalar = try root.attribute("scalar")
    #expect(failure { () throws(HDF5.Error) in try scalar.readString() }?.code == .wrongKind)
    let text = try root.attribute("variable_utf8")
    #expect(failure { () throws(HDF5.Error) in try text.readIntegers() }?.code == .wrongKind)
    #expect(failure { () throws(HDF5.Error) in try text.readBytes() }?.code == .unsupportedType)
    let error = failure { () throws(HDF5.Error) in try root.attribute("absent") }
    #expect(error?.code == .notFound)
    #expect(try !root.hasAttribute("absent"))
    #expect(try root.attributeNames().contains("matrix"))
  }
}
