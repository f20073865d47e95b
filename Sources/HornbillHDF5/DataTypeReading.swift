import CHDF5

extension HDF5.DataType {
  /// How deep types may be nested in each other.
  private static let maximumDepth = 16

  /// Describes an open type.
  ///
  /// - Precondition: the library is entered.
  init(
    reading id: hid_t, context: FileContext, object: String, depth: Int = 0
  ) throws(HDF5.Error) {
    let reader = TypeReader(id: id, context: context, object: object, depth: depth)
    guard depth < Self.maximumDepth else {
      throw context.error(
        .unsupportedType, at: object, "the type is nested \(depth) deep; \(depth) is too much")
    }
    self.init(try reader.form())
  }
}

/// Describes one open type.
private struct TypeReader {
  let id: hid_t
  let context: FileContext
  let object: String
  let depth: Int

  func form() throws(HDF5.Error) -> HDF5.DataType.Form {
    let kind = H5Tget_class(id)
    let size = H5Tget_size(id)
    guard kind.rawValue >= 0, size > 0 else { throw failure("describing the data type") }
    switch kind {
    case H5T_INTEGER: return .integer(try integer(size))
    case H5T_FLOAT: return try floatingPoint(size)
    case H5T_STRING: return .string(try string(size))
    case H5T_BITFIELD: return .bitfield(try integer(size))
    case H5T_OPAQUE: return .opaque(size: size, tag: takeText(H5Tget_tag(id)))
    case H5T_ENUM: return try enumeration(size)
    case H5T_COMPOUND: return .compound(size: size, try fields())
    case H5T_ARRAY: return try array()
    case H5T_VLEN: return .sequence(try element())
    case H5T_REFERENCE:
      return .reference(size: size, isRegion: H5Tequal(id, chdf5_type_region_reference()) > 0)
    default: return .time(size: size)
    }
  }

  private func integer(_ size: Int) throws(HDF5.Error) -> HDF5.IntegerFormat {
    let offset = try check(H5Tget_offset(id))
    let sign = H5Tget_class(id) == H5T_INTEGER ? H5Tget_sign(id) : H5T_SGN_NONE
    return HDF5.IntegerFormat(
      size: size, isSigned: sign == H5T_SGN_2, order: try order(), bitOffset: Int(offset),
      precision: H5Tget_precision(id))
  }

  private func floatingPoint(_ size: Int) throws(HDF5.Error) -> HDF5.DataType.Form {
    var sign = 0
    var exponent = 0
    var exponentSize = 0
    var mantissa = 0
    var mantissaSize = 0
    _ = try check(
      H5Tget_fields(id, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize))
    let format = HDF5.FloatFormat(
      size: size, signPosition: sign, exponentPosition: exponent, exponentSize: exponentSize,
      mantissaPosition: mantissa, mantissaSize: mantissaSize,
      bias: Int(truncatingIfNeeded: H5Tget_ebias(id)),
      hasImpliedBit: H5Tget_norm(id) == H5T_NORM_IMPLIED)
    return .floatingPoint(format, try order())
  }

  private func order() throws(HDF5.Error) -> HDF5.ByteOrder {
    switch H5Tget_order(id) {
    case H5T_ORDER_LE, H5T_ORDER_NONE: return .little
    case H5T_ORDER_BE: return .big
    case H5T_ORDER_ERROR: throw failure("describing the data type")
    default:
      throw context.error(
        .unsupportedType, at: object, "its bytes are in VAX or mixed order; convert the file")
    }
  }

  private func string(_ size: Int) throws(HDF5.Error) -> HDF5.StringFormat {
    let isVariable = try check(H5Tis_variable_str(id)) > 0
    let padding: HDF5.StringFormat.Padding
    switch H5Tget_strpad(id) {
    case H5T_STR_NULLTERM: padding = .nullTerminated
    case H5T_STR_NULLPAD: padding = .nullPadded
    case H5T_STR_SPACEPAD: padding = .spacePadded
    default: throw failure("describing the string type")
    }
    return HDF5.StringFormat(
      length: isVariable ? .variable : .fixed(size), padding: padding,
      characterSet: H5Tget_cset(id) == H5T_CSET_UTF8 ? .utf8 : .ascii)
  }

  private func enumeration(_ size: Int) throws(HDF5.Error) -> HDF5.DataType.Form {
    let base = try adopt(H5Tget_super(id))
    let reader = TypeReader(id: base.id, context: context, object: object, depth: depth + 1)
    guard H5Tget_class(base.id) == H5T_INTEGER else {
      throw context.error(.unsupportedType, at: object, "an enumeration of what is not an integer")
    }
    let format = try reader.integer(size)
    guard format.isDecodable else {
      throw context.error(
        .unsupportedType, at: object, "an enumeration of integers of \(size) bytes")
    }
    var members: [HDF5.EnumerationMember] = []
    for index in 0..<UInt32(try check(H5Tget_nmembers(id))) {
      var value = [UInt8](repeating: 0, count: max(size, 8))
      _ = try check(H5Tget_member_value(id, index, &value))
      let number = value.withUnsafeBytes { format.decodeSigned($0, at: 0) }
      members.append(
        HDF5.EnumerationMember(name: takeText(H5Tget_member_name(id, index)), value: number))
    }
    return .enumeration(format, members)
  }

  private func fields() throws(HDF5.Error) -> [HDF5.Field] {
    var fields: [HDF5.Field] = []
    for index in 0..<UInt32(try check(H5Tget_nmembers(id))) {
      let type = try adopt(H5Tget_member_type(id, index))
      fields.append(
        HDF5.Field(
          name: takeText(H5Tget_member_name(id, index)),
          offset: H5Tget_member_offset(id, index),
          type: try HDF5.DataType(
            reading: type.id, context: context, object: object, depth: depth + 1)))
    }
    return fields
  }

  private func array() throws(HDF5.Error) -> HDF5.DataType.Form {
    let rank = Int(try check(H5Tget_array_ndims(id)))
    var dimensions = [hsize_t](repeating: 0, count: max(rank, 1))
    _ = try check(H5Tget_array_dims2(id, &dimensions))
    var shape: [Int] = []
    for dimension in dimensions.prefix(rank) {
      guard let count = Int(exactly: dimension) else {
        throw context.error(.sizeLimit, at: object, "an array type with \(dimension) elements")
      }
      shape.append(count)
    }
    return .array(shape: shape, try element())
  }

  private func element() throws(HDF5.Error) -> HDF5.DataType {
    let base = try adopt(H5Tget_super(id))
    return try HDF5.DataType(
      reading: base.id, context: context, object: object, depth: depth + 1)
  }

  private func takeText(_ text: UnsafeMutablePointer<CChar>?) -> String {
    guard let text else { return "" }
    defer { _ = H5free_memory(text) }
    return String(cString: text)
  }

  private func check<Result: SignedInteger>(_ result: Result) throws(HDF5.Error) -> Result {
    try context.check(result, "describing the data type", at: object)
  }

  private func adopt(_ type: hid_t) throws(HDF5.Error) -> Handle {
    try context.adopt(type, "describing the data type", at: object)
  }

  private func failure(_ action: String) -> HDF5.Error { context.failure(action, at: object) }
}
