import HornbillCore
import HornbillHDF5

/// The element type of a dataset in Keras's terms.
struct StoredType: CustomStringConvertible {
  /// The type of tensors; `nil` when they have none like it.
  let dtype: DType?
  let description: String

  init(of dataset: HDF5.Dataset) throws(HDF5.Error) {
    let type = dataset.type
    if case .opaque(let size, _) = type.form {
      var name: String?
      if try dataset.hasAttribute("dtype") {
        name = try dataset.attribute("dtype").readString()
      }
      // Legacy files of Keras 3 lack the attribute; bfloat16 is the only opaque type of two bytes that
      // Keras writes.
      if name == nil, size == 2 { name = "bfloat16" }
      dtype = name == "bfloat16" && size == 2 ? .bfloat16 : nil
      description = name ?? "\(type)"
      return
    }
    dtype = StoredType.dtype(type)
    description = "\(type)"
  }

  private static func dtype(_ type: HDF5.DataType) -> DType? {
    switch type.form {
    case .integer(let format): integer(size: format.size, isSigned: format.isSigned)
    case .enumeration(let format, _):
      type.isBoolean ? .bool : integer(size: format.size, isSigned: format.isSigned)
    case .floatingPoint(let format, _):
      switch format {
      case .float16: .float16
      case .bfloat16: .bfloat16
      case .float32: .float32
      case .float64: .float64
      default: nil
      }
    case .string: .string
    default: nil
    }
  }

  private static func integer(size: Int, isSigned: Bool) -> DType? {
    switch (size, isSigned) {
    case (1, true): .int8
    case (2, true): .int16
    case (4, true): .int32
    case (8, true): .int64
    case (1, false): .uint8
    case (2, false): .uint16
    case (4, false): .uint32
    case (8, false): .uint64
    default: nil
    }
  }
}
