extension HDF5 {
  /// The type of the elements of a dataset or an attribute, as the file stores them.
  public struct DataType: Hashable, Sendable {
    /// The class of the type, with what describes it.
    public let form: Form

    /// The classes of types.
    public indirect enum Form: Hashable, Sendable {
      /// A whole number.
      case integer(IntegerFormat)
      /// A floating-point number.
      case floatingPoint(FloatFormat, ByteOrder)
      /// A text.
      case string(StringFormat)
      /// Bytes that only the writing program understands.
      case opaque(size: Int, tag: String)
      /// A whole number whose values have names.
      case enumeration(IntegerFormat, [EnumerationMember])
      /// Bits without a sign.
      case bitfield(IntegerFormat)
      /// Named fields.
      case compound(size: Int, [Field])
      /// An array of a fixed shape in each element.
      case array(shape: [Int], DataType)
      /// A sequence of a length of its own in each element.
      case sequence(DataType)
      /// A reference to an object, or to a part of a dataset.
      case reference(size: Int, isRegion: Bool)
      /// A point in time; HDF5 itself no longer supports it.
      case time(size: Int)
    }

    /// Makes a type of a form.
    public init(_ form: Form) { self.form = form }
  }

  /// The bits of a whole number.
  public struct IntegerFormat: Hashable, Sendable {
    /// The size in bytes.
    public let size: Int
    /// Whether the number may be negative, in two's complement.
    public let isSigned: Bool
    /// The order of the bytes.
    public let order: ByteOrder
    /// The lowest bit that counts.
    public let bitOffset: Int
    /// The count of bits that count.
    public let precision: Int

    /// Makes a format in which all bits of `size` bytes count.
    public init(size: Int, isSigned: Bool, order: ByteOrder = .little) {
      self.init(
        size: size, isSigned: isSigned, order: order, bitOffset: 0,
        precision: size.multipliedReportingOverflow(by: 8).partialValue)
    }

    init(size: Int, isSigned: Bool, order: ByteOrder, bitOffset: Int, precision: Int) {
      self.size = size
      self.isSigned = isSigned
      self.order = order
      self.bitOffset = bitOffset
      self.precision = precision
    }

    /// Whether numbers of this format can be decoded: at most eight bytes, with bits inside them.
    var isDecodable: Bool {
      (1...8).contains(size) && bitOffset >= 0 && (1...64).contains(precision)
        && bitOffset <= size * 8 - precision
    }
  }

  /// The form in which a text is stored.
  public struct StringFormat: Hashable, Sendable {
    /// Where a text ends.
    public enum Length: Hashable, Sendable {
      /// Each text has its own length.
      case variable
      /// Each text takes this many bytes, padding included.
      case fixed(Int)
    }
    /// What fills the rest of a text of fixed length.
    public enum Padding: String, Hashable, Sendable {
      /// A NUL ends the text; one byte is kept for it.
      case nullTerminated
      /// NULs fill the rest.
      case nullPadded
      /// Spaces fill the rest.
      case spacePadded
    }
    /// What the bytes mean.
    public enum CharacterSet: String, Hashable, Sendable {
      /// One byte to a character, below 128.
      case ascii
      /// UTF-8.
      case utf8
    }

    /// Where a text ends.
    public let length: Length
    /// What fills the rest of a text of fixed length.
    public let padding: Padding
    /// What the bytes mean.
    public let characterSet: CharacterSet

    /// Makes a format.
    public init(length: Length, padding: Padding, characterSet: CharacterSet) {
      self.length = length
      self.padding = padding
      self.characterSet = characterSet
    }

    /// Texts of any length, in UTF-8: what h5py writes for a Python string.
    public static let variableLength = variableLength(.utf8)

    /// Texts of any length.
    public static func variableLength(_ characterSet: CharacterSet) -> StringFormat {
      StringFormat(length: .variable, padding: .nullTerminated, characterSet: characterSet)
    }

    /// Texts that take `size` bytes each.
    public static func fixed(
      _ size: Int, padding: Padding = .nullPadded, characterSet: CharacterSet = .ascii
    ) -> StringFormat {
      StringFormat(length: .fixed(size), padding: padding, characterSet: characterSet)
    }

    /// Whether each text has its own length.
    public var isVariableLength: Bool { length == .variable }
  }

  /// A named value of an enumeration.
  public struct EnumerationMember: Hashable, Sendable {
    /// The member's name.
    public let name: String
    /// The number that stands for it.
    public let value: Int64

    /// Makes a member.
    public init(name: String, value: Int64) {
      self.name = name
      self.value = value
    }
  }

  /// A field of a compound type.
  public struct Field: Hashable, Sendable {
    /// The field's name.
    public let name: String
    /// Where the field begins in the element, in bytes.
    public let offset: Int
    /// The field's type.
    public let type: DataType

    /// Makes a field.
    public init(name: String, offset: Int, type: DataType) {
      self.name = name
      self.offset = offset
      self.type = type
    }
  }
}
