import HornbillHDF5
import HornbillTestSupport
import Testing

/// Weights that are not those of the architecture.
@Suite(.timeLimit(.minutes(5))) struct BadWeightsTests {
  private func expectRefusal(
    _ says: [String], changing body: (HDF5.Group) throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try ScratchFolder()
    let file = try folder.copy(of: "models/notebook_keras2.h5", as: "model.h5", changing: body)
    try expectFailure(
      ["run", file, "--quiet", "-i", Notebook.recording2, "-o", "out.npz"], status: 65,
      says: [file] + says, sourceLocation: sourceLocation)
  }

  private let dense = "model_weights/dense"

  @Test func missingDataset() throws {
    try expectRefusal(["/model_weights/dense/dense/bias:0", "missing"]) { root in
      try root.delete("\(dense)/dense/bias:0")
    }
  }

  @Test func missingWeight() throws {
    try expectRefusal(["dense", "expected 2 arrays", "found 1"]) { root in
      try root.group(at: dense).setAttribute("weight_names", .strings(["dense/kernel:0"]))
    }
  }

  @Test func extraWeight() throws {
    try expectRefusal(["dense", "expected 2 arrays", "found 3"]) { root in
      try root.createDataset(at: "\(dense)/dense/extra:0", type: .float32, shape: [2])
      try root.group(at: dense).setAttribute(
        "weight_names", .strings(["dense/kernel:0", "dense/bias:0", "dense/extra:0"]))
    }
  }

  @Test func misshapenWeight() throws {
    try expectRefusal(["dense", "kernel", "(10, 2)", "(2, 10)"]) { root in
      try root.delete("\(dense)/dense/kernel:0")
      try root.createDataset(at: "\(dense)/dense/kernel:0", type: .float32, shape: [2, 10])
    }
  }

  @Test func missingObjectPath() throws {
    let folder = try ScratchFolder()
    let file = try folder.copy(of: "models/notebook_only.weights.h5", as: "w.h5") { root in
      try root.delete("layers/dense/vars/1")
    }
    try expectFailure(
      ["run", file, "--config", Notebook.architecture, "-i", Notebook.recording3, "-o", "out.npz"],
      status: 65, says: [file, "dense", "bias", "layers/dense/vars/1"])
  }

  @Test func extraObjectPath() throws {
    let folder = try ScratchFolder()
    let file = try folder.copy(of: "models/notebook_only.weights.h5", as: "w.h5") { root in
      try root.createDataset(at: "layers/dense/vars/2", type: .float32, shape: [2])
    }
    try expectFailure(
      ["run", file, "--config", Notebook.architecture, "-i", Notebook.recording3, "-o", "out.npz"],
      status: 65, says: [file, "dense", "layers/dense/vars", "left over: \"2\""])
  }

  @Test func inspectListsThemAllTheSame() throws {
    let folder = try ScratchFolder()
    let file = try folder.copy(of: "models/notebook_only.weights.h5", as: "w.h5") { root in
      try root.delete("layers/dense/vars/1")
    }
    let outcome = try hornbill("inspect", file)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("/layers/dense/vars/0"))
    #expect(!outcome.output.contains("/layers/dense/vars/1"))
  }
}
