import CHDF5

extension HDF5.DataType {
  /// Makes the type in the library.
  ///
  /// - Precondition: the library is entered.
  func make(context: FileContext, object: String) throws(HDF5.Error) -> Handle {
    try TypeMaker(context: context, object: object).make(self)
  }
}

/// Makes types of the library.
private struct TypeMaker {
  let context: FileContext
  let object: String

  func make(_ type: HDF5.DataType) throws(HDF5.Error) -> Handle {
    switch type.form {
    case .integer(let format): return try integer(format, base: chdf5_type_int8())
    case .bitfield(let format): return try integer(format, base: chdf5_type_bitfield8())
    case .floatingPoint(let format, let order): return try floatingPoint(format, order)
    case .string(let format): return try format.makeType(context: context, object: object)
    case .opaque(let size, let tag): return try opaque(size, tag)
    case .enumeration(let format, let members): return try enumeration(format, members)
    case .compound(let size, let fields): return try compound(size, fields)
    case .array(let shape, let element): return try array(shape, element)
    case .sequence(let element):
      let base = try make(element)
      return try adopt(H5Tvlen_create(base.id))
    case .reference(_, let isRegion):
      return try adopt(
        H5Tcopy(isRegion ? chdf5_type_region_reference() : chdf5_type_object_reference()))
    case .time: throw unsupported(type)
    }
  }

  private func integer(_ format: HDF5.IntegerFormat, base: hid_t) throws(HDF5.Error) -> Handle {
    guard format.isDecodable else { throw unsupported(HDF5.DataType(.integer(format))) }
    let type = try adopt(H5Tcopy(base))
    try check(H5Tset_size(type.id, format.size))
    try check(H5Tset_precision(type.id, format.precision))
    try check(H5Tset_offset(type.id, format.bitOffset))
    try check(H5Tset_order(type.id, format.order.libraryOrder))
    if H5Tget_class(type.id) == H5T_INTEGER {
      try check(H5Tset_sign(type.id, format.isSigned ? H5T_SGN_2 : H5T_SGN_NONE))
    }
    return type
  }

  private func floatingPoint(
    _ format: HDF5.FloatFormat, _ order: HDF5.ByteOrder
  ) throws(HDF5.Error) -> Handle {
    let type: Handle
    switch format {
    case .float64: type = try adopt(H5Tcopy(chdf5_type_float64()))
    case .float32: type = try adopt(H5Tcopy(chdf5_type_float32()))
    case .float16, .bfloat16:
      type = try adopt(H5Tcopy(chdf5_type_float32()))
      // The fields must fit before the type shrinks around them.
      try check(
        H5Tset_fields(
          type.id, format.signPosition, format.exponentPosition, format.exponentSize,
          format.mantissaPosition, format.mantissaSize))
      try check(H5Tset_size(type.id, format.size))
      try check(H5Tset_ebias(type.id, format.bias))
    default: throw unsupported(HDF5.DataType(.floatingPoint(format, order)))
    }
    try check(H5Tset_order(type.id, order.libraryOrder))
    return type
  }

  private func opaque(_ size: Int, _ tag: String) throws(HDF5.Error) -> Handle {
    guard size > 0 else {
      throw context.error(.invalidArgument, at: object, "an opaque type of \(size) bytes")
    }
    try context.requireName(tag, "the tag", at: object)
    let type = try adopt(H5Tcreate(H5T_OPAQUE, size))
    if !tag.isEmpty { try check(H5Tset_tag(type.id, tag)) }
    return type
  }

  private func enumeration(
    _ format: HDF5.IntegerFormat, _ members: [HDF5.EnumerationMember]
  ) throws(HDF5.Error) -> Handle {
    let base = try integer(format, base: chdf5_type_int8())
    let type = try adopt(H5Tenum_create(base.id))
    for member in members {
      try context.requireName(member.name, "the member's name", at: object)
      var value = [UInt8](repeating: 0, count: 8)
      value.withUnsafeMutableBytes {
        format.store(UInt64(bitPattern: member.value), $0, at: 0)
      }
      try check(H5Tenum_insert(type.id, member.name, value))
    }
    return type
  }

  private func compound(_ size: Int, _ fields: [HDF5.Field]) throws(HDF5.Error) -> Handle {
    guard size > 0 else {
      throw context.error(.invalidArgument, at: object, "a compound type of \(size) bytes")
    }
    let type = try adopt(H5Tcreate(H5T_COMPOUND, size))
    for field in fields {
      try context.requireName(field.name, "the field's name", at: object)
      let element = try make(field.type)
      try check(H5Tinsert(type.id, field.name, field.offset, element.id))
    }
    return type
  }

  private func array(_ shape: [Int], _ element: HDF5.DataType) throws(HDF5.Error) -> Handle {
    var dimensions: [hsize_t] = []
    for size in shape {
      guard let dimension = hsize_t(exactly: size) else {
        throw context.error(.invalidArgument, at: object, "an array type of shape \(shape)")
      }
      dimensions.append(dimension)
    }
    let base = try make(element)
    return try adopt(H5Tarray_create2(base.id, UInt32(dimensions.count), dimensions))
  }

  private func check(_ status: herr_t) throws(HDF5.Error) {
    try context.check(status, "making the data type", at: object)
  }

  private func adopt(_ id: hid_t) throws(HDF5.Error) -> Handle {
    try context.adopt(id, "making the data type", at: object)
  }

  private func unsupported(_ type: HDF5.DataType) -> HDF5.Error {
    context.error(.unsupportedType, at: object, "elements of \(type) cannot be created")
  }
}

extension HDF5.ByteOrder {
  /// The order in the library's terms.
  fileprivate var libraryOrder: H5T_order_t { self == .little ? H5T_ORDER_LE : H5T_ORDER_BE }
}
