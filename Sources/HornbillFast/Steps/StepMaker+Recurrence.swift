import HornbillCore

extension StepMaker {
  mutating func recurrent(
    _ cell: RecurrentCell, _ spec: RecurrentSpec
  ) throws(ExecutionError) -> Step {
    if x.kind == .float, let step = try floatRecurrent(cell, spec) { return step }
    try alignInputs()
    return switch x.kind {
    case .float: try recurrent(cell, spec, of: Float.self)
    case .double: try recurrent(cell, spec, of: Double.self)
    case .integer: throw ExecutionError("a recurrent layer over \(x.type.dtype) is not possible")
    }
  }

  private mutating func recurrent<T: FloatElement>(
    _ cell: RecurrentCell, _ spec: RecurrentSpec, of _: T.Type
  ) throws(ExecutionError) -> Step {
    let (inputs, outputs) = (self.inputs, self.outputs)
    let states = cell == .lstm ? 2 : 1
    let kernel = RecurrentKernel(
      cell: cell, spec: spec, batch: x.shape[0], time: x.shape[1], features: x.shape[2],
      units: inputs[2].shape[0])
    let room = Operand(
      type: ValueType(shape: [kernel.scratchCount], dtype: x.type.dtype),
      count: kernel.scratchCount, block: nil,
      offset: try scratch(bytes: try checkedProduct(kernel.scratchCount, x.kind.byteCount)))
    let bias = spec.hasBias ? inputs[3 + states] : nil
    let mask = spec.hasMask ? inputs[inputs.count - 1] : nil
    return { (run: RunContext) throws(ExecutionError) -> Void in
      kernel(
        RecurrentArguments<T>(
          x: UnsafePointer(inputs[0].pointer(run)), kernel: UnsafePointer(inputs[1].pointer(run)),
          recurrent: UnsafePointer(inputs[2].pointer(run)),
          hidden: UnsafePointer(inputs[3].pointer(run)),
          cell: states == 2 ? UnsafePointer(inputs[4].pointer(run)) : nil,
          bias: bias.map { UnsafePointer($0.pointer(run)) },
          mask: mask.map { UnsafePointer($0.pointer(run)) },
          sequence: outputs[0].pointer(run), finalHidden: outputs[1].pointer(run),
          finalCell: states == 2 ? outputs[2].pointer(run) : nil, scratch: room.pointer(run)))
    }
  }
}
