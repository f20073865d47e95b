import HornbillCore
import HornbillLayers
import Testing

/// The spellings of a layer's types.
@Suite struct DTypePolicyTests {
  @Test func names() {
    #expect(DTypePolicy(name: "float16") == DTypePolicy(variable: .float16, compute: .float16))
    #expect(
      DTypePolicy(name: "mixed_bfloat16") == DTypePolicy(variable: .float32, compute: .bfloat16))
    #expect(
      DTypePolicy(name: "int8_from_mixed_bfloat16")
        == DTypePolicy(variable: .float32, compute: .bfloat16, quantization: "int8"))
    #expect(DTypePolicy(name: "int8_from_nothing") == nil)
  }

  private static let map = #"""
    {"class_name": "DTypePolicyMap", "config": {
      "default_policy": {"class_name": "DTypePolicy", "config": {"name": "float16"}},
      "policy_map": {
        "exact": {"class_name": "DTypePolicy", "config": {"name": "float64"}},
        "block_.*": {"class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}},
        "block_1x*": {"class_name": "DTypePolicy", "config": {"name": "float32"}}}}}
    """#

  @Test(arguments: [
    ("exact", DType.float64), ("outer/exact", .float16), ("block_2", .bfloat16),
    ("other", .float16),
    ("exactly", .float16),
  ])
  func mapsChooseByPath(path: String, compute: DType) throws {
    let policy = try DTypePolicy(config: JSON(parsing: Self.map), path: path)
    #expect(policy.compute == compute)
  }

  @Test func twoPatternsAreRefused() throws {
    let map = try JSON(parsing: Self.map)
    let error = #expect(throws: LayerError.self) {
      try DTypePolicy(config: map, path: "block_1")
    }
    #expect(error?.detail.contains("block_.*") == true)
  }

  @Test func otherPatternsAreRefused() throws {
    let map = try JSON(
      parsing: #"{"class_name": "DTypePolicyMap", "config": {"policy_map": {"(a|b)+": "float16"}}}"#
    )
    let error = #expect(throws: LayerError.self) { try DTypePolicy(config: map, path: "c") }
    #expect(error?.code == .unsupported)
    #expect(error?.detail.contains("(a|b)+") == true)
  }
}
