import Testing

@testable import Hornbill

/// Patterns for names and paths.
@Suite struct GlobPatternTests {
  @Test(arguments: [
    ("dense", "dense", true), ("dense", "dense_1", false), ("dense", "a/dense", false),
    ("dense*", "dense_1", true), ("*dense", "a/dense", true), ("*", "", true), ("*", "a/b/c", true),
    ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-c-b", false), ("**", "ab", true), ("?", "", false),
    ("?", "a", true), ("?", "ab", false), ("conv[12]", "conv2", true), ("conv[12]", "conv3", false),
    ("conv[!12]", "conv3", true), ("conv[!12]", "conv1", false), ("v[0-9]", "v7", true),
    ("v[0-9]", "va", false), ("v[-9]", "v-", true), ("[]]", "]", true), ("a[", "a[", true),
    ("a[b", "a[b", true), ("", "", true), ("", "a", false), ("é?", "éü", true),
  ])
  func matches(pattern: String, text: String, isMatch: Bool) {
    #expect(GlobPattern(pattern).matches(text) == isMatch)
  }

  @Test(arguments: [
    ("optimizer/vars/*", "optimizer/vars/", false), ("*", "", false), ("a?b", "a", false),
    ("plain", "plain", true), ("a[1]", "a", false),
  ])
  func literals(pattern: String, prefix: String, isLiteral: Bool) {
    let glob = GlobPattern(pattern)
    #expect(glob.literalPrefix == prefix)
    #expect(glob.isLiteral == isLiteral)
  }

  @Test func manyStarsTakeNoLongerThanTheProduct() {
    let pattern = GlobPattern(String(repeating: "a*", count: 200) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 4000)))
  }
}
