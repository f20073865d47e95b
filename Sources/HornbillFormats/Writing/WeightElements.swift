import HornbillCore
import HornbillHDF5

/// The elements of a weight as they lie in an HDF5 file.
struct WeightElements {
  /// The stored type.
  let type: HDF5.DataType
  /// The texts, when the elements are texts.
  let texts: [String]?
  private let weight: DraftWeight
  private let path: String

  /// Describes the elements; only texts are read.
  ///
  /// An array that comes from a file keeps the type that it has there.
  ///
  /// - Parameter path: the file that is written, for errors.
  init(_ weight: DraftWeight, path: String) throws(ArchiveError) {
    self.weight = weight
    self.path = path
    var texts: [String]?
    if case .stored(let stored) = weight.source {
      let dataset = try stored.file.dataset(of: stored)
      type = dataset.type
      if type.stringFormat?.isVariableLength == true {
        texts = try stored.file.attempt { () throws(HDF5.Error) in try dataset.readStrings() }
      }
    } else {
      guard let dtype = weight.dtype else {
        throw ArchiveError(
          .unsupported, path: path, object: weight.name, "its elements have no type")
      }
      type = WeightElements.type(dtype)
      if dtype == .string { texts = try weight.checked(path: path).text ?? [] }
      guard let count = Shape.elementCount(weight.shape),
        !count.multipliedReportingOverflow(by: max(dtype.byteCount, 1)).overflow
      else {
        throw ArchiveError(
          .limit, path: path, object: weight.name,
          "its shape \(Shape(weight.shape)) has more elements than can be counted")
      }
    }
    self.texts = texts
  }

  /// The type that h5py gives to an array of NumPy's type; bfloat16 is opaque.
  static func type(_ dtype: DType) -> HDF5.DataType {
    switch dtype {
    case .bool: .boolean
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .float16: .float16
    case .bfloat16: .bfloat16Opaque
    case .float32: .float32
    case .float64: .float64
    case .string: .string(.variableLength)
    }
  }

  /// Hands over the bytes of all elements, in order, a few at a time.
  func forEachPiece(
    _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    if case .stored(let stored) = weight.source {
      try stored.file.forEachPiece(of: stored, body)
      return
    }
    try WeightElements.forEachPiece(of: weight.checked(path: path), body)
  }

  /// Hands over the elements of a tensor, lowest byte first, a few at a time; nothing for text.
  static func forEachPiece(
    of tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    #if _endian(little)
    if [.float32, .float64, .int64, .uint64].contains(tensor.dtype) {
      try tensor.withStorageBytes { (bytes) throws(ArchiveError) in
        let step = 1 << 22
        for start in stride(from: 0, to: bytes.count, by: step) {
          try body(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + step, bytes.count)]))
        }
      }
      return
    }
    #endif
    let storage = tensor.storage
    let step = 1 << 16
    for start in stride(from: 0, to: tensor.count, by: step) {
      let range = start..<min(start + step, tensor.count)
      let bytes = ElementBytes.bytes(of: storage, range, as: tensor.dtype)
      try bytes.withUnsafeBytes { bytes in
        Result { () throws(ArchiveError) in try body(bytes) }
      }.get()
    }
  }
}

extension DraftWeight {
  /// The numbers, which must be what the draft says of them.
  func checked(path: String) throws(ArchiveError) -> Tensor {
    let tensor = try read()
    guard tensor.shape == shape, tensor.dtype == dtype else {
      let expected = "\(dtype.map { "\($0)" } ?? "numbers") of shape \(Shape(shape))"
      throw ArchiveError(
        .malformed, path: path, object: name,
        "expected \(expected), found \(tensor.dtype) of shape \(Shape(tensor.shape))")
    }
    return tensor
  }

  /// Hands over the bytes of all numbers, lowest byte first, in order, a few at a time; nothing for text.
  ///
  /// - Parameter path: the file that is written, for errors.
  func forEachPiece(
    path: String, _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    if case .stored(let stored) = source, let dtype, dtype != .string,
      try stored.file.dataset(of: stored).type == WeightElements.type(dtype)
    {
      try stored.file.forEachPiece(of: stored, body)
    } else {
      try WeightElements.forEachPiece(of: checked(path: path), body)
    }
  }
}
