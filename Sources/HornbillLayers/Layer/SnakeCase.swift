/// Keras's rule for names in snake case.
///
/// Source: Keras 3, `keras/src/utils/naming.py`, `to_snake_case`.
package enum SnakeCase {
  /// The snake-case form of a class name, for example `conv2d_transpose` of `Conv2DTranspose`.
  package static func name(of className: String) -> String {
    let characters = Array(className.unicodeScalars.filter(isWord))
    var result = String.UnicodeScalarView()
    for (index, character) in characters.enumerated() {
      if index > 0, isUpper(character) {
        let next = index + 1 < characters.count ? characters[index + 1] : nil
        if isLower(characters[index - 1]) || next.map(isLower) == true { result.append("_") }
      }
      result.append(character)
    }
    return String(result).lowercased()
  }

  private static func isUpper(_ c: Unicode.Scalar) -> Bool { ("A"..."Z").contains(c) }

  private static func isLower(_ c: Unicode.Scalar) -> Bool { ("a"..."z").contains(c) }

  private static func isWord(_ c: Unicode.Scalar) -> Bool {
    c == "_" || c.properties.isAlphabetic || c.properties.numericType != nil
  }
}
