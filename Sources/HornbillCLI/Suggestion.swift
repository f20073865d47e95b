/// What a user may have meant by a word that is no command.
struct Suggestion {
  /// The end of the message, for example `did you mean 'summary'?`.
  let text: String

  /// Finds a command that is at most two edits away; a file suggests its summary.
  init(for word: String, commands: [String]) {
    if Files.exists(word) {
      text = "did you mean 'hornbill summary \(word)'?"
      return
    }
    let nearest = commands.map { (name: $0, distance: Self.distance(word, $0)) }
      .min { $0.distance < $1.distance }
    if let nearest, nearest.distance <= 2 {
      text = "did you mean '\(nearest.name)'?"
    } else {
      text = "expected \(commands.joined(separator: ", "))"
    }
  }

  /// The Levenshtein distance of two words, in characters.
  static func distance(_ first: String, _ second: String) -> Int {
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
