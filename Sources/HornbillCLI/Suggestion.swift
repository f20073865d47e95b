import Hornbill

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
    let nearest = commands.map { (name: $0, distance: NearestName.distance(word, $0)) }
      .min { $0.distance < $1.distance }
    if let nearest, nearest.distance <= 2 {
      text = "did you mean '\(nearest.name)'?"
    } else {
      text = "expected \(commands.joined(separator: ", "))"
    }
  }
}
