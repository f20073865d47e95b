import HornbillCore
import Testing

@testable import Hornbill

/// The figures of one compared tensor.
@Suite struct ComparisonTests {
  private func compare(
    _ found: Tensor, with expected: Tensor, truth: Tensor? = nil
  ) -> Comparison {
    Comparison(
      name: "out_0", isLayer: false, call: nil, found: found, expected: expected, truth: truth,
      isSequence: false, tolerance: { _ in Tolerance(absolute: 1e-3, relative: 0) })
  }

  private func tensor(_ values: [Double], _ dtype: DType) -> Tensor {
    Tensor(shape: [values.count], values).converted(to: dtype)
  }

  @Test("a distance is counted in units of the recorded type")
  func unitsInTheLastPlace() {
    let steps: [(DType, Double)] = [
      (.float16, 0x1p-10), (.bfloat16, 0x1p-7), (.float32, 0x1p-23), (.float64, 0x1p-52),
    ]
    for (dtype, step) in steps {
      let comparison = compare(tensor([1, 1 + 3 * step], dtype), with: tensor([1, 1], dtype))
      #expect(comparison.ulps.last == 3, "\(dtype)")
    }
  }

  @Test("below the normal numbers the unit stays the same")
  func subnormal() {
    let step = 0x1p-24
    let comparison = compare(tensor([5 * step], .float16), with: tensor([step], .float16))
    #expect(comparison.ulps.last == 4)
  }

  @Test("integers beyond 2^53 are compared to the last digit")
  func wideIntegers() {
    let large = Int64(1) << 60
    let expected = Tensor(shape: [2], integers: [large, large + 1], dtype: .int64)
    let found = Tensor(shape: [2], integers: [large, large], dtype: .int64)
    #expect(compare(expected, with: expected).agrees)
    #expect(compare(found, with: expected).outside == 1)
  }

  @Test("NaN where the truth is a number is no small error")
  func notANumber() {
    let truth = tensor([1, 2], .float64)
    let comparison = compare(
      tensor([1, .nan], .float32), with: tensor([1, 2.25], .float32), truth: truth)
    #expect(comparison.truth?.nearer == "Keras")
    #expect(comparison.truth?.ours == .infinity)
    let both = compare(
      tensor([1, .nan], .float32), with: tensor([1, .nan], .float32),
      truth: tensor([1, .nan], .float64))
    #expect(both.truth?.nearer == "equal")
  }
}
