/// Finds what a user may have meant by a name that is not there.
package enum NearestName {
  /// A complaint with a suggestion: the nearest name, or the first few there are.
  package static func message(_ complaint: String, _ name: String, among names: [String]) -> String
  {
    guard !names.isEmpty else { return complaint }
    if let nearest = find(name, among: names) {
      return "\(complaint); did you mean '\(nearest)'?"
    }
    let some = names.prefix(5).joined(separator: ", ")
    return "\(complaint); there are \(some)"
      + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }

  /// The name that needs the fewest edits, at most a third of its letters; before that, the only path with the same last part.
  package static func find(_ word: String, among names: [String]) -> String? {
    let last = word.split(separator: "/").last ?? ""
    let endings = Set(names).filter { $0.hasSuffix("/" + last) }
    if endings.count == 1 { return endings.first }
    let limit = max(2, word.count / 3)
    let near = names.filter { abs($0.count - word.count) <= limit }
      .map { (name: $0, distance: distance(word, $0)) }
      .min { $0.distance < $1.distance }
    guard let near, near.distance <= limit else { return nil }
    return near.name
  }

  /// The Levenshtein distance of two words, in characters.
  package static func distance(_ first: String, _ second: String) -> Int {
    let letters = Array(second)
    var row = Array(0...letters.count)
    for (line, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, other) in letters.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[letters.count]
  }
}
