import HornbillCore

extension StepMaker {
  func text(_ function: TextFunction) -> Step {
    let (x, y) = (self.x, self.y)
    let isUnsigned = x.type.dtype == .uint64
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let (from, to): (UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>) =
        (x.pointer(run), y.pointer(run))
      for i in 0..<y.count {
        let result =
          if function == .decimal {
            isUnsigned ? String(UInt64(bitPattern: from[i])) : String(from[i])
          } else {
            function(run.texts[from[i]])
          }
        to[i] = run.texts.number(result)
      }
    }
  }

  func tokens(_ tokenizer: Tokenizer, width: Int) -> Step {
    let (x, y) = (self.x, self.y)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let (from, to): (UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>) =
        (x.pointer(run), y.pointer(run))
      let nothing = run.texts.number("")
      for i in 0..<x.count {
        let tokens = tokenizer.tokens(run.texts[from[i]])
        for place in 0..<width {
          to[i * width + place] =
            place < tokens.count ? run.texts.number(tokens[place]) : nothing
        }
      }
    }
  }

  func tokenCount(_ tokenizer: Tokenizer) -> Step {
    let (x, y) = (self.x, self.y)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let (from, to): (UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>) =
        (x.pointer(run), y.pointer(run))
      for i in 0..<x.count { to[i] = Int64(tokenizer.tokenCount(run.texts[from[i]])) }
    }
  }

  /// Text is looked up by its number.
  ///
  /// Fixed keys are put into a table once.
  func lookup(required: Bool) -> Step {
    let (x, keys, y) = (inputs[0], inputs[1], outputs[0])
    let isText = x.type.dtype == .string
    let fixedTable = keys.block.map {
      StepMaker.table(($0.base + keys.offset).assumingMemoryBound(to: Int64.self), keys.count)
    }
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let (from, to): (UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>) =
        (x.pointer(run), y.pointer(run))
      let table = fixedTable ?? StepMaker.table(keys.pointer(run), keys.count)
      for i in 0..<x.count {
        let position = table[from[i]]
        if position == nil, required {
          let shown = isText ? "\"\(run.texts[from[i]].escapedForDisplay)\"" : "\(from[i])"
          throw ExecutionError(
            "\(shown) is not in the vocabulary, which has no place for what it does not hold")
        }
        to[i] = position ?? -1
      }
    }
  }

  private static func table(
    _ keys: UnsafeMutablePointer<Int64>, _ count: Int
  ) -> [Int64: Int64] {
    Dictionary((0..<count).map { (keys[$0], Int64($0)) }) { first, _ in first }
  }

  func hash(_ function: HashFunction, bins: Int) -> Step {
    let (inputs, y) = (self.inputs, self.y)
    return { (run: RunContext) throws(ExecutionError) -> Void in
      let to: UnsafeMutablePointer<Int64> = y.pointer(run)
      for i in 0..<y.count {
        var hash = HashFunction.crossedSeed
        for x in inputs {
          let element = x.pointer(run, as: Int64.self)[i]
          let own =
            x.type.dtype == .string
            ? function(run.texts[element]) : UInt64(bitPattern: element)
          hash = function == .crossed ? Fingerprint64.joined(hash, own) : own
        }
        to[i] = Int64(hash % UInt64(bins))
      }
    }
  }
}
