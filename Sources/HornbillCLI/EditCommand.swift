import ArgumentParser
import Hornbill

/// `hornbill edit`.
struct EditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Changes names, weights and flags in a model file.",
    discussion: """
      The edits are made in the order given, and the result is written in the container of FILE; everything that no edit \
      names is carried over as it is, layers that Hornbill does not know included. OUTPUT may be FILE itself, with --force.

      A PATH is one that 'hornbill inspect' prints, or one made of layer names, such as encoder/dense/vars/0. In a \
      PATTERN, * stands for any text (slashes too), ? for one character, [ab] for one of several. A path or pattern \
      that is that of nothing is an error.

      --weights-from pairs layers by their place, as Keras does, and everything must fit. --by-name pairs layers of the \
      same name and leaves others alone; --skip-mismatch also leaves alone what does not fit. A --map is a JSON object \
      of old and new names, or lines of an old name, a tab and a new one: names of layers, or paths of single weights, \
      in the other file and in FILE. The report lists every weight as matched, skipped, missing, extra or misshapen.

      Exit status: 1 the file is written, but with a part of the other weights, as --by-name or --skip-mismatch allow; \
      64 a name, path or pattern is that of nothing, or taken; 65 an array or the other weights do not fit, and nothing \
      is written. Others are those of 'hornbill --help'.

      Examples:
        hornbill edit model.h5 -o out.h5 --rename dense_3=logits --strip optimizer
        hornbill edit model.keras -o out.keras --cast '*=float16' --trainable 'encoder/*=false'
        hornbill edit model.keras -o model.keras --force --set layers/dense/vars/1=bias.npy
        hornbill edit model.h5 -o out.h5 --weights-from old.h5 --by-name --map names.tsv --json
      """)

  @ArgumentParser.Argument(
    help: "A model file: .h5, .keras (also as a folder), .weights.h5, .weights.json, .json.",
    completion: .file())
  var file: String

  @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "Gives a layer or weight another name, everywhere in the file; may be repeated, as all edits may.",
      valueName: "old=new"))
  var rename: [String] = []

  @Option(
    help: ArgumentHelp(
      "Replaces a weight by an array of the same shape and type.", valueName: "path=array.npy"))
  var set: [String] = []

  @Option(
    help: ArgumentHelp(
      "Removes a weight, an asset, or all weights of a layer or group.", valueName: "path"))
  var delete: [String] = []

  @Option(
    help: ArgumentHelp(
      "Stores weights as float16, bfloat16, float32 or float64.", valueName: "pattern=type"))
  var cast: [String] = []

  @Option(
    help: ArgumentHelp(
      "Says whether layers, and those inside them, are trained: true or false.",
      valueName: "pattern=flag"))
  var trainable: [String] = []

  @Option(
    help: ArgumentHelp("Removes a part: optimizer or training-config.", valueName: "part"))
  var strip: [String] = []

  @Option(help: "Takes the weights of another file.", completion: .file())
  var weightsFrom: [String] = []

  @Flag(help: "With --weights-from: pairs layers by name.")
  var byName = false

  @Flag(help: "With --weights-from: leaves weights alone that do not fit.")
  var skipMismatch = false

  @Option(
    help: "With --weights-from: a file of old and new names; implies --by-name.",
    completion: .file())
  var map: String?

  @Flag(help: "Overwrites the output.")
  var force = false

  @Flag(help: "Prints what was done as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Do not list what was done.")
  var quiet = false

  func validate() throws {
    let edits = try edits(rules: LoadRules())
    guard !edits.isEmpty else {
      throw ValidationError("There is nothing to do; give --rename, --set or another edit.")
    }
    if weightsFrom.isEmpty, byName || skipMismatch || map != nil {
      throw ValidationError("--by-name, --skip-mismatch and --map go with --weights-from.")
    }
  }

  func run() throws {
    try reporting {
      if !force { try Files.checkFree(output) }
      var editor = try ModelEditor(contentsOf: file)
      try checkEnding(editor.archive.format)
      let names = try map.map { path throws(ArchiveError) in try NameMap(contentsOf: path) }
      let rules = LoadRules(
        byName: byName, skipMismatch: skipMismatch, map: names ?? NameMap())
      for edit in try edits(rules: rules) {
        do throws(EditError) {
          try editor.apply(edit)
        } catch {
          if let report = error.loadReport { try show(refused: report) }
          throw Failure(error)
        }
      }
      let omissions = try editor.write(to: output, overwriting: force)
      try show(editor, omissions)
      if editor.report.isPartial { throw ExitCode(ExitStatus.differs.rawValue) }
    }
  }

  private func show(_ editor: ModelEditor, _ omissions: [Omission]) throws {
    if !quiet {
      Console.progress(editor.report.text)
      for omission in omissions { Console.message("left out \(omission)") }
    }
    if json {
      let object = JSONObject([
        ("schema", .integer(1)), ("file", .string(file)), ("output", .string(output)),
        ("format", .string(editor.archive.format.rawValue)), ("written", .bool(true)),
        ("edits", editor.report.json),
        ("omitted", .array(omissions.map { .string($0.description) })),
      ])
      try Console.line(JSON.object(object).text(style: .pretty(2)))
    }
  }

  private func show(refused report: LoadReport) throws {
    if !quiet { Console.progress(report.text) }
    if json {
      let object = JSONObject([
        ("schema", .integer(1)), ("file", .string(file)), ("output", .string(output)),
        ("written", .bool(false)), ("load", report.json),
      ])
      try Console.line(JSON.object(object).text(style: .pretty(2)))
    }
  }

  /// Refuses an output whose name says that it is another container than it will be.
  private func checkEnding(_ format: ArchiveFormat) throws(Failure) {
    let endings: [(String, [ArchiveFormat])] = [
      (".weights.json", [.shardedWeights]), (".json", [.architecture]),
      (".weights.h5", [.weightsHDF5, .legacyWeights]),
      (".h5", [.legacyModel, .legacyWeights, .weightsHDF5]),
      (".hdf5", [.legacyModel, .legacyWeights, .weightsHDF5]),
      (".keras", [.keras, .kerasDirectory]),
    ]
    if let (ending, formats) = endings.first(where: { output.hasSuffix($0.0) }),
      !formats.contains(format)
    {
      throw Failure(
        .usage,
        "\(output): the file stays \(format), which \(ending) is not; 'hornbill convert' changes the container"
      )
    }
  }
}

extension EditCommand {
  /// The edits in the order of the command line.
  private func edits(rules: LoadRules) throws -> [Edit] {
    var pending = try [
      "--rename": rename.map(renaming), "--set": set.map(setting),
      "--delete": delete.map { Edit.delete($0) }, "--cast": cast.map(casting),
      "--trainable": trainable.map(flagging), "--strip": strip.map(stripping),
      "--weights-from": weightsFrom.map { Edit.loadWeights($0, rules) },
    ]
    var result: [Edit] = []
    for argument in CommandLine.arguments {
      if argument == "--" { break }
      let option = String(argument.prefix { $0 != "=" })
      guard let edit = pending[option]?.first else { continue }
      pending[option]?.removeFirst()
      result.append(edit)
    }
    return result
  }

  private func renaming(_ text: String) throws -> Edit {
    let (old, new) = try halves(text, at: text.firstIndex(of: "="), "--rename takes OLD=NEW")
    return .rename(old, to: new)
  }

  private func setting(_ text: String) throws -> Edit {
    let (path, file) = try halves(
      text, at: text.firstIndex(of: "="), "--set takes PATH=ARRAY.npy")
    return .set(path, file: file)
  }

  private func casting(_ text: String) throws -> Edit {
    let words = "--cast takes PATTERN=TYPE with float16, bfloat16, float32 or float64"
    let (pattern, name) = try halves(text, at: text.lastIndex(of: "="), words)
    guard let dtype = DType(rawValue: name), dtype.isFloatingPoint else {
      throw ValidationError("\(words), not '\(text)'.")
    }
    return .cast(pattern, to: dtype)
  }

  private func flagging(_ text: String) throws -> Edit {
    let words = "--trainable takes PATTERN=true or PATTERN=false"
    let (pattern, name) = try halves(text, at: text.lastIndex(of: "="), words)
    guard let flag = Bool(name) else { throw ValidationError("\(words), not '\(text)'.") }
    return .setTrainable(pattern, flag)
  }

  private func stripping(_ text: String) throws -> Edit {
    guard let part = EditedPart(rawValue: text) else {
      let parts = EditedPart.allCases.map(\.rawValue).joined(separator: " or ")
      throw ValidationError("--strip takes \(parts), not '\(text)'.")
    }
    return .strip(part)
  }

  private func halves(
    _ text: String, at mark: String.Index?, _ words: String
  ) throws -> (String, String) {
    guard let mark, mark != text.startIndex, text.index(after: mark) != text.endIndex else {
      throw ValidationError("\(words), not '\(text)'.")
    }
    return (String(text[..<mark]), String(text[text.index(after: mark)...]))
  }
}
