import HornbillHDF5

// Writes a small file to the path that is given, reads it back and prints what it holds.
//
//     swift run HDF5Tour tour.h5

/// Creates a file with a group, two datasets and an attribute of each common kind.
func write(_ path: String) throws(HDF5.Error) {
  let file = try HDF5.File(creating: path, overwriting: true)
  let layer = try file.root.createGroup(at: "layers/dense")
  try layer.setAttribute("class", .string("Dense"))
  let names = ["kernel", "bias"]
  try layer.setAttribute("weights", .strings(names, as: .fitting(names)))
  try layer.setAttribute("trainable", .boolean(true))

  let kernel = try layer.createDataset(
    at: "kernel", type: .float32, shape: [4, 3],
    storage: .chunked([2, 3], filters: [.shuffle, .deflate(level: 4), .fletcher32]))
  try kernel.write((0..<12).map { Float($0) / 4 })
  try layer.createDataset(at: "bias", type: .float16, shape: [3]).write([0.5, -1, 65504 as Float])
  try file.root.createSoftLink(at: "first", target: "/layers/dense")
  try file.close()
}

/// Prints every object, and a block of one dataset.
func read(_ path: String) throws(HDF5.Error) {
  let file = try HDF5.File(reading: path, policy: .strict)
  try file.root.walk { entry throws(HDF5.Error) in
    let indent = String(repeating: "  ", count: entry.depth - 1)
    guard entry.object == .dataset else {
      print("\(indent)\(entry.path)  \(entry.object?.rawValue ?? entry.link.summary)")
      return .descend
    }
    let dataset = try file.root.dataset(at: entry.path)
    print("\(indent)\(entry.path)  \(dataset.type) \(dataset.shape), \(dataset.storage.name)")
    return .descend
  }
  let layer = try file.root.group(at: "layers/dense")
  for name in try layer.attributeNames() {
    print("\(name): \(try layer.attribute(name).type)")
  }
  let rows: [Float] = try layer.dataset(at: "kernel")
    .readHyperslab(start: [1, 0], count: [2, 3])
  print("rows 1 and 2 of the kernel: \(rows)")
  let bias: [Double] = try layer.dataset(at: "bias").read()
  print("bias: \(bias)")

  // The strict policy follows no soft links, and says so.
  do throws(HDF5.Error) {
    _ = try file.root.group(at: "first")
  } catch {
    print("refused (\(error.code)): \(error.object ?? "") \(error.detail)")
  }
}

if CommandLine.arguments.count == 2 {
  try write(CommandLine.arguments[1])
  try read(CommandLine.arguments[1])
} else {
  print("usage: HDF5Tour FILE")
}
