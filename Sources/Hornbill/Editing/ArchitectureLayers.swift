import HornbillCore
import HornbillLayers

/// The layers of an architecture with their places, found by its structure alone, so that unknown classes do not matter.
struct ArchitectureLayers {
  /// How a layer stands in what is around it.
  enum Standing: Hashable {
    /// It is the model.
    case root
    /// It is in the list of layers of a model.
    case listed
    /// It is an argument of another layer.
    case wrapped
  }

  /// A layer.
  struct Layer {
    /// The names from the model's layers down to this one, for example `encoder/dense`; the name alone for the model.
    let path: String
    let name: String
    let className: String
    let standing: Standing
    /// Where the layer's object stands in the architecture.
    let location: [JSONStep]
    /// Where the object around it stands: the model that lists it, or the layer that wraps it.
    let owner: [JSONStep]
    /// The class of the layer that wraps it.
    let ownerClass: String
    /// The place of its variables in a file by object path; `nil` for operations, which have none.
    let objectPath: String?
    /// The names of the layers around it, from the outside, and its own.
    let names: [String]
  }

  /// The model first, then the layers in order, each followed by those inside it.
  private(set) var all: [Layer] = []
  private let architecture: JSON

  /// Finds the layers of a serialised model.
  init(_ architecture: JSON) {
    self.architecture = architecture
    let className = architecture["class_name"]?.string ?? "Model"
    let name = architecture["config"]?["name"]?.string ?? SnakeCase.name(of: className)
    all.append(
      Layer(
        path: name, name: name, className: className, standing: .root, location: [], owner: [],
        ownerClass: "", objectPath: "", names: []))
    visit(at: [], objectPath: "", names: [], depth: 0)
  }

  private static let wrappedKeys = ["layer", "backward_layer", "cell"]
  private static let depthLimit = 64

  private mutating func visit(
    at location: [JSONStep], objectPath: String, names: [String], depth: Int
  ) {
    guard depth < ArchitectureLayers.depthLimit, let object = architecture[location],
      let config = object["config"]
    else { return }
    let className = object["class_name"]?.string ?? ""
    let inner = location + [.key("config")]
    let prefix = objectPath.isEmpty ? "" : objectPath + "/"
    func add(_ step: [JSONStep], _ standing: Standing, _ place: String?) {
      guard let value = architecture[inner + step], let name = ArchitectureLayers.name(of: value)
      else { return }
      let path = names + [name]
      all.append(
        Layer(
          path: path.joined(separator: "/"), name: name,
          className: value["class_name"]?.string ?? "", standing: standing, location: inner + step,
          owner: location, ownerClass: className, objectPath: place.map { prefix + $0 },
          names: path))
      guard let place else { return }
      visit(at: inner + step, objectPath: prefix + place, names: path, depth: depth + 1)
    }
    var counts: [String: Int] = [:]
    func unique(_ folder: String, _ value: JSON) -> String {
      let base = SnakeCase.name(of: value["class_name"]?.string ?? "")
      let count = counts["\(folder)/\(base)", default: 0]
      counts["\(folder)/\(base)"] = count + 1
      return "\(folder)/\(base)" + (count == 0 ? "" : "_\(count)")
    }
    let list = config.array ?? config["layers"]?.array ?? []
    let step: [JSONStep] = config.array == nil ? [.key("layers")] : []
    for (index, value) in list.enumerated() where value["class_name"]?.string != nil {
      // Operations of keras.ops are no layers, so they do not count.
      let isOperation = value["module"]?.string?.hasPrefix("keras.src.ops") == true
      add(step + [.index(index)], .listed, isOperation ? nil : unique("layers", value))
    }
    for key in ArchitectureLayers.wrappedKeys where config[key]?["class_name"]?.string != nil {
      let attribute = key == "layer" && className == "Bidirectional" ? "forward_layer" : key
      add([.key(key)], .wrapped, attribute)
    }
    for (index, value) in (config["cells"]?.array ?? []).enumerated() {
      add([.key("cells"), .index(index)], .wrapped, unique("cells", value))
    }
  }

  /// The name that references to a layer use.
  private static func name(of object: JSON) -> String? {
    if let name = object["name"]?.string ?? object["config"]?["name"]?.string { return name }
    // A Sequential of Keras 1 has no name of its own.
    return object["class_name"]?.string.map(SnakeCase.name)
  }

  /// The layers of a path, or of a bare name.
  func layers(named name: String) -> [Layer] {
    let exact = all.filter { $0.path == name && $0.standing != .root }
    if !exact.isEmpty { return exact }
    let bare = all.filter { $0.name == name && $0.standing != .root }
    if !bare.isEmpty { return bare }
    return all.filter { $0.standing == .root && $0.name == name }
  }

  /// The layers inside a layer, at any depth.
  func layers(inside layer: Layer) -> [Layer] {
    all.filter {
      $0.location.count > layer.location.count && $0.location.starts(with: layer.location)
    }
  }
}
