import HornbillCore

/// Policies by the paths of layers.
///
/// A key is a path, or a pattern in which `.` stands for any character and `.*` for any text.
///
/// Source: Keras 3, `keras/src/dtype_policies/dtype_policy_map.py`.
struct DTypePolicyMap {
  private let policies: JSONObject

  init(_ policies: JSONObject) {
    self.policies = policies
  }

  /// The policy of a path; `nil` when no key fits.
  ///
  /// - Throws: ``LayerError`` when several patterns fit, or one is more than a pattern of that kind.
  func policy(of path: String) throws(LayerError) -> JSON? {
    for (key, value) in policies.pairs where key == path || key.hasSuffix("/" + path) {
      return value
    }
    var found: [(key: String, value: JSON)] = []
    for (key, value) in policies.pairs where try DTypePolicyMap.matches(path, key) {
      found.append((key, value))
    }
    guard found.count <= 1 else {
      throw LayerError(
        .configuration,
        "dtype: the keys \"\(found[0].key.prefix(40))\" and \"\(found[1].key.prefix(40))\" both fit \"\(path.prefix(40))\""
      )
    }
    return found.first?.value
  }

  private static func matches(_ path: String, _ pattern: String) throws(LayerError) -> Bool {
    guard !pattern.contains(where: { "^$+?()[]{}|\\".contains($0) }) else {
      throw LayerError(
        .unsupported, "dtype: the pattern \"\(pattern.prefix(40))\" is not supported")
    }
    let path = Array(path)
    var pieces: [(character: Character, repeats: Bool)] = []
    for character in pattern {
      if character == "*", !pieces.isEmpty {
        pieces[pieces.count - 1].repeats = true
      } else {
        pieces.append((character, false))
      }
    }
    var reached = Set([0])
    for piece in pieces {
      var next: Set<Int> = []
      for start in reached {
        func fits(_ index: Int) -> Bool {
          index < path.count && (piece.character == "." || piece.character == path[index])
        }
        if piece.repeats {
          var end = start
          next.insert(end)
          while fits(end) {
            end += 1
            next.insert(end)
          }
        } else if fits(start) {
          next.insert(start + 1)
        }
      }
      reached = next
    }
    return reached.contains(path.count)
  }
}
