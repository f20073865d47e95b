public import ArgumentParser
public import Hornbill

/// The options of every command that opens a model file.
struct ModelOptions: ParsableArguments {
  @ArgumentParser.Argument(
    help: "A model file: .h5, .keras (also as a folder), .weights.h5, .weights.json.",
    completion: .file())
  var file: String

  @Option(
    help: "The architecture JSON, for a file that holds weights only.",
    completion: .file(extensions: ["json"]))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Says what a custom activation is, for example '<lambda>=relu'; may be repeated.",
      valueName: "name=activation"))
  var define: [String] = []

  @Flag(name: .shortAndLong, help: "Do not list the upgrades of an old configuration.")
  var quiet = false

  func validate() throws { _ = try definitions() }

  /// The library's options.
  func loadOptions() throws -> LoadOptions {
    LoadOptions(architecture: config, definitions: try definitions())
  }

  private func definitions() throws -> [String: Activation] {
    var definitions: [String: Activation] = [:]
    for definition in define {
      guard let mark = definition.lastIndex(of: "="),
        let activation = Activation(named: String(definition[definition.index(after: mark)...]))
      else {
        throw ValidationError(
          "--define takes NAME=ACTIVATION with an activation of Keras, such as '<lambda>=relu', not '\(definition)'."
        )
      }
      definitions[String(definition[..<mark])] = activation
    }
    return definitions
  }

  /// Opens the model and lists its upgrades on stderr.
  func model() throws -> Model {
    let model = try Model(contentsOf: file, options: try loadOptions())
    if !quiet {
      for upgrade in model.upgrades { Console.message("hornbill: upgraded \(upgrade)") }
    }
    return model
  }
}

extension Engine: ExpressibleByArgument {}
