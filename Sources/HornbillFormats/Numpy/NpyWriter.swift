package import HornbillCore

extension Npy {
  /// The bytes of a tensor as an `.npy` file, handed over piece by piece.
  ///
  /// NumPy alone has no bfloat16, so such a tensor is written as `<f4`, which holds its values exactly.
  static func encode(
    _ tensor: Tensor, _ write: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    func put(_ bytes: [UInt8]) throws(ArchiveError) {
      try bytes.withUnsafeBytes { bytes in
        Result { () throws(ArchiveError) in try write(bytes) }
      }.get()
    }
    if case .text(let values) = tensor.storage {
      let width = max(1, values.map { $0.unicodeScalars.count }.max() ?? 1)
      try put(header(descriptor: "<U\(width)", shape: tensor.shape))
      for value in values {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * width)
        for scalar in value.unicodeScalars { bytes.append(littleEndian: scalar.value) }
        bytes += repeatElement(0, count: 4 * width - bytes.count)
        try put(bytes)
      }
      return
    }
    let stored =
      tensor.dtype == .bfloat16
      ? Tensor(shape: tensor.shape, dtype: .float32, storage: tensor.storage) : tensor
    try put(header(descriptor: descriptor(stored.dtype), shape: stored.shape))
    try WeightElements.forEachPiece(of: stored, write)
  }

  /// The bytes of a tensor as a whole `.npy` file.
  package static func encode(_ tensor: Tensor) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(ArchiveError) {
      try encode(tensor) { (piece) throws(ArchiveError) in bytes += piece }
    } catch {
      preconditionFailure("appending to an array does not fail")
    }
    return bytes
  }

  /// NumPy's short name of a numeric type; that of bfloat16 is the one of `ml_dtypes`, which only it can read.
  static func descriptor(_ dtype: DType) -> String {
    if dtype == .bfloat16 { return "<V2" }
    let kind =
      if dtype == .bool {
        "b"
      } else if dtype.isFloatingPoint {
        "f"
      } else {
        dtype.isUnsignedInteger ? "u" : "i"
      }
    return (dtype.byteCount == 1 ? "|" : "<") + kind + String(dtype.byteCount)
  }

  /// The bytes before an array's elements.
  static func header(descriptor: String, shape: [Int]) -> [UInt8] {
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(extents)), }"
    // Data begin at a multiple of 64; the version follows from whether the length fits 16 bits.
    let isShort = text.utf8.count + 10 + 64 <= 0xFFFF
    let start = isShort ? 10 : 12
    let length = (start + text.utf8.count + 1 + 63) / 64 * 64 - start
    var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, isShort ? 1 : 2, 0]
    if isShort {
      bytes.append(littleEndian: UInt16(length))
    } else {
      bytes.append(littleEndian: UInt32(length))
    }
    bytes += text.utf8
    bytes += repeatElement(0x20, count: length - text.utf8.count - 1)
    bytes.append(0x0A)
    return bytes
  }
}
