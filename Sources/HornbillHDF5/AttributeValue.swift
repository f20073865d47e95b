extension HDF5 {
  /// A value for an attribute, with the type and the shape in which it is stored.
  public struct AttributeValue: Hashable, Sendable {
    enum Content: Hashable, Sendable {
      case none
      case strings([String])
      case texts([[UInt8]])
      case integers([Int64])
      case doubles([Double])
      case bytes([UInt8])
    }
    let content: Content
    let type: DataType
    /// Nil for a value without elements, as h5py's `Empty`.
    let shape: [Int]?

    /// Makes one text.
    public static func string(
      _ text: String, as format: StringFormat = .variableLength
    ) -> AttributeValue {
      AttributeValue(content: .strings([text]), type: .string(format), shape: [])
    }

    /// Makes an array of texts; of one dimension unless a shape is given.
    public static func strings(
      _ texts: [String], as format: StringFormat = .variableLength, shape: [Int]? = nil
    ) -> AttributeValue {
      AttributeValue(
        content: .strings(texts), type: .string(format), shape: shape ?? [texts.count])
    }

    /// Makes an array of texts from their bytes, which need not keep to the character set.
    ///
    /// h5py stores Python's `bytes` as ASCII, whatever is in them.
    ///
    /// - Parameters:
    ///   - texts: The bytes of each text.
    ///   - format: How the texts are stored.
    ///   - shape: The sizes of the dimensions, empty for one text; one dimension unless it is given.
    public static func strings(
      bytes texts: [[UInt8]], as format: StringFormat = .variableLength(.ascii),
      shape: [Int]? = nil
    ) -> AttributeValue {
      AttributeValue(
        content: .texts(texts), type: .string(format), shape: shape ?? [texts.count])
    }

    /// Makes one whole number.
    public static func integer(_ number: Int64, as type: DataType = .int64) -> AttributeValue {
      AttributeValue(content: .integers([number]), type: type, shape: [])
    }

    /// Makes an array of whole numbers; of one dimension unless a shape is given.
    public static func integers(
      _ numbers: [Int64], as type: DataType = .int64, shape: [Int]? = nil
    ) -> AttributeValue {
      AttributeValue(content: .integers(numbers), type: type, shape: shape ?? [numbers.count])
    }

    /// Makes one floating-point number.
    public static func double(_ number: Double, as type: DataType = .float64) -> AttributeValue {
      AttributeValue(content: .doubles([number]), type: type, shape: [])
    }

    /// Makes an array of floating-point numbers; of one dimension unless a shape is given.
    public static func doubles(
      _ numbers: [Double], as type: DataType = .float64, shape: [Int]? = nil
    ) -> AttributeValue {
      AttributeValue(content: .doubles(numbers), type: type, shape: shape ?? [numbers.count])
    }

    /// Makes one truth value, as h5py stores it.
    public static func boolean(_ value: Bool) -> AttributeValue {
      .integer(value ? 1 : 0, as: .boolean)
    }

    /// Makes a value without elements.
    public static func null(_ type: DataType) -> AttributeValue {
      AttributeValue(content: .none, type: type, shape: nil)
    }

    /// Makes a value from the bytes of its elements, in the order and format of `type`.
    public static func raw(
      _ bytes: [UInt8], type: DataType, shape: [Int]
    ) -> AttributeValue {
      AttributeValue(content: .bytes(bytes), type: type, shape: shape)
    }

    /// The count of elements that the content has; nil for bytes, which tell no count.
    var elementCount: Int? {
      switch content {
      case .none: 0
      case .strings(let texts): texts.count
      case .texts(let texts): texts.count
      case .integers(let numbers): numbers.count
      case .doubles(let numbers): numbers.count
      case .bytes: nil
      }
    }
  }
}
