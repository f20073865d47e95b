import HornbillCore

extension StepMaker {
  func resample(_ resampling: Resampling, _ axis: Int) -> Step {
    let (x, y) = (self.x, self.y)
    let kernel = ResamplingKernel(
      resampling, extent: x.shape[axis], inner: x.shape[(axis + 1)...].reduce(1, *))
    let outer = x.shape[..<axis].reduce(1, *)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      kernel(x.pointer(run), y.pointer(run), outer: outer)
    }
  }
}
