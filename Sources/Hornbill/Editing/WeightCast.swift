import HornbillCore
import HornbillFormats

/// Stores floating-point numbers in another type, each rounded once, to nearest with ties to even.
enum WeightCast {
  /// The weight in another type; it is converted when it is written.
  static func cast(_ weight: DraftWeight, to dtype: DType) -> DraftWeight {
    DraftWeight(name: weight.name, shape: weight.shape, dtype: dtype) {
      () throws(ArchiveError) in
      convert(try weight.read(), to: dtype)
    }
  }

  /// How many finite numbers of a weight the type cannot hold.
  static func overflows(_ weight: DraftWeight, _ dtype: DType) throws(EditError) -> Int {
    guard let own = weight.dtype, range(own) > range(dtype) else { return 0 }
    let tensor: Tensor
    do throws(ArchiveError) {
      tensor = try weight.read()
    } catch {
      throw EditError(error)
    }
    return zip(tensor.doubles ?? [], convert(tensor, to: dtype).doubles ?? []).count {
      $0.isFinite && !$1.isFinite
    }
  }

  private static func range(_ dtype: DType) -> Int {
    switch dtype {
    case .float16: 16
    // The largest numbers of float32 round to infinity in bfloat16.
    case .bfloat16: 126
    case .float32: 127
    default: 1023
    }
  }

  /// The numbers in another floating-point type.
  static func convert(_ tensor: Tensor, to dtype: DType) -> Tensor {
    guard case .double(let values) = tensor.storage, dtype == .float16 || dtype == .bfloat16 else {
      return tensor.converted(to: dtype)
    }
    // By way of float32 a number would be rounded twice, unless the first rounding is to odd.
    return Tensor(shape: tensor.shape, values.map(roundedToOdd)).converted(to: dtype)
  }

  /// The number as `Float`; one that is not exact has an odd last bit, so that a later rounding to fewer bits is right.
  private static func roundedToOdd(_ number: Double) -> Float {
    let nearest = Float(number)
    guard number.isFinite, Double(nearest) != number else { return nearest }
    let isBeyond = abs(Double(nearest)) > abs(number)
    let inward = isBeyond ? Float(bitPattern: nearest.bitPattern - 1) : nearest
    return Float(bitPattern: inward.bitPattern | 1)
  }
}
