import Hornbill

/// What a user may have meant by a word that is no command.
struct Suggestion {
  /// The end of the message, for example `did you mean 'summary'?`.
  let text: String

  /// Finds the command that the word is nearest to; a file suggests its summary.
  init(for word: String, commands: [String]) {
    if Files.exists(word) {
      text = "did you mean 'hornbill summary \(word)'?"
      return
    }
    if let nearest = NearestName.find(word, among: commands) {
      text = "did you mean '\(nearest)'?"
    } else {
      text = "expected \(commands.joined(separator: ", "))"
    }
  }
}
