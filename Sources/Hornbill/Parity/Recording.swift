package import HornbillCore
package import HornbillFormats

/// Inputs and outputs of a model that were recorded with Keras: an `.npz` in the layout that `fixtures/record.py` writes.
///
/// `in_0`, … are the inputs and `out_0`, … the outputs of the first call, `call1_in_0`, `call1_out_0`, … those of the next ones on
/// the same model; `ref64_0`, … are the outputs in double precision; `layer:MODEL__LAYER` are activations of the first call.
package struct Recording: Sendable {
  /// One call.
  package struct Call: Sendable, Hashable {
    /// The number of the call, from 0.
    package let number: Int

    /// What stands before the names of the call's arrays.
    package var prefix: String { number == 0 ? "" : "call\(number)_" }
  }

  /// The file.
  package let path: String
  /// The calls in order.
  package let calls: [Call]
  private let archive: NpzArchive

  /// Opens a recording; arrays are read when they are asked for.
  package init(contentsOf path: String) throws(ArchiveError) {
    archive = try NpzArchive(path: path)
    self.path = path
    let numbers = Set(archive.entries.compactMap { Recording.callNumber($0.name) })
    var count = 1
    while numbers.contains(count) { count += 1 }
    calls = (0..<count).map(Call.init)
  }

  /// N of a name `callN_…`.
  private static func callNumber(_ name: String) -> Int? {
    guard name.hasPrefix("call"), let end = name.firstIndex(of: "_") else { return nil }
    return Int(name[..<end].dropFirst(4))
  }

  /// The arrays of calls that do not follow on the former ones, such as `call2_in_0` where there is no first.
  package var namesOfFurtherCalls: [String] {
    names.filter { Recording.callNumber($0).map { $0 >= calls.count } ?? false }
  }

  /// The names of all arrays.
  package var names: [String] { archive.entries.map(\.name) }

  /// Reads an array; `nil` when there is none of the name.
  package func tensor(_ name: String) throws(ArchiveError) -> Tensor? {
    guard let entry = archive[name] else { return nil }
    return try archive.read(entry)
  }

  /// The inputs of a call: `in_0`, …, or arrays under the names of the model's inputs.
  ///
  /// - Throws: ``ModelError`` when an input is missing.
  package func inputs(_ call: Call, of model: Model) throws(ModelError) -> [Tensor] {
    let names = model.inputNames
    let count = max(names.count, 1)
    var result: [Tensor] = []
    for index in 0..<count {
      var keys = ["\(call.prefix)in_\(index)"]
      if index < names.count { keys.append(call.prefix + names[index]) }
      if let tensor = try first(of: keys) {
        result.append(tensor)
      } else if names.isEmpty {
        break
      } else {
        throw ModelError(
          .input, file: path,
          "input \(index) of \(count) is missing: there is no array \"\(keys[0])\"")
      }
    }
    let extra = "\(call.prefix)in_\(result.count)"
    if archive[extra] != nil, !names.isEmpty {
      throw ModelError(
        .input, file: path,
        "holds an array \"\(extra)\", but the model takes \(count) inputs")
    }
    guard !result.isEmpty else {
      throw ModelError(
        .input, file: path, "holds no inputs: there is no array \"\(call.prefix)in_0\"")
    }
    return result
  }

  private func first(of keys: [String]) throws(ModelError) -> Tensor? {
    for key in keys {
      do {
        if let tensor = try tensor(key) { return tensor }
      } catch {
        throw ModelError(error)
      }
    }
    return nil
  }

  /// Writes arrays as an `.npz`, whole or not at all.
  package static func write(
    _ arrays: [(name: String, tensor: Tensor)], to path: String, overwriting: Bool
  ) throws(ArchiveError) {
    try Npz.write(arrays, to: path, overwriting: overwriting)
  }
}

extension Model {
  /// The names of the model's inputs, flattened; empty when it does not state them.
  package var inputNames: [String] {
    if let functional = root.layer as? Functional {
      return functional.inputs.tensors.map { functional.entries[$0.entry].instance.name }
    }
    guard let sequential = root.layer as? Sequential else { return [] }
    if let input = sequential.inputLayer { return [input.name] }
    if let first = sequential.layers.first { return [first.name + "_input"] }
    return []
  }
}
