import HornbillCore

/// What an equation says of the shapes of ``EinsumDense``.
///
/// Source: Keras 3, `keras/src/layers/core/einsum_dense.py`, `_analyze_einsum_string`.
struct EinsumDenseShapes {
  let equation: String
  let input: Einsum.Term
  let kernel: [Character]
  let output: Einsum.Term

  struct Resolved {
    var kernel: [Int]
    var bias: [Int]?
    var output: Shape
    /// The output with the input's extents where it leaves them open.
    var filled: Shape
  }

  /// Parses an equation `[X],[Y]->[Z]`, `...[X],[Y]->...[Z]` or `[X]...,[Y]->[Z]...`.
  init(_ equation: String) throws(LayerError) {
    let einsum = try Einsum(equation)
    guard einsum.operands.count == 2, let result = einsum.result,
      !einsum.operands[1].hasEllipsis,
      einsum.operands[0].hasEllipsis == result.hasEllipsis,
      !result.hasEllipsis
        || (einsum.operands[0].before.isEmpty && result.before.isEmpty)
        || (einsum.operands[0].after.isEmpty && result.after.isEmpty)
    else {
      throw LayerError(
        .configuration,
        "EinsumDense.equation: expected \"[X],[Y]->[Z]\", \"...[X],[Y]->...[Z]\" or \"[X]...,[Y]->[Z]...\", found \"\(equation.prefix(80))\""
      )
    }
    self.equation = equation
    input = einsum.operands[0]
    kernel = einsum.operands[1].before
    output = result
  }

  /// The shapes for an input, the stated part of the output, and the letters of the bias.
  ///
  /// - Parameter isChecked: whether the input's extents have to be the stated ones of the output.
  func resolved(
    input shape: Shape, output stated: [Int?], biasAxes: String?, isChecked: Bool = true
  ) throws(LayerError) -> Resolved {
    let inputLetters = input.before + input.after
    let outputLetters = output.before + output.after
    let covered = shape.rank - inputLetters.count
    guard covered >= 0, covered == 0 || input.hasEllipsis, shape.rank > 0 else {
      throw LayerError(.shape, "an input of shape \(shape) does not fit \"\(equation)\"")
    }
    let isLeft = input.hasEllipsis && input.before.isEmpty
    var full: [Int?] = [shape[0]] + stated
    if isLeft {
      if covered > 1 { full.insert(contentsOf: shape.dimensions[1..<covered], at: 1) }
    } else {
      full += shape.dimensions[(shape.rank - covered)...]
    }
    let offset = isLeft ? covered : 0
    guard full.count == outputLetters.count + covered else {
      throw LayerError(
        .shape,
        "output_shape \(Shape(stated)) does not fit \"\(equation)\" and the input's shape \(shape)")
    }
    var inputExtents: [Character: Int?] = [:]
    for (index, letter) in inputLetters.enumerated() {
      inputExtents[letter] = shape[index + offset]
    }
    var outputExtents: [Character: Int?] = [:]
    for (index, letter) in outputLetters.enumerated() {
      outputExtents[letter] = full[index + offset]
    }
    for letter in inputLetters where isChecked {
      if let wanted = outputExtents[letter] ?? nil, let found = inputExtents[letter] ?? nil,
        wanted != found
      {
        throw LayerError(
          .shape,
          "\"\(equation)\": the extent of \(letter) is \(found) in the input and \(wanted) in the output"
        )
      }
    }
    var filled = full
    for (index, letter) in outputLetters.enumerated() where full[index + offset] == nil {
      filled[index + offset] = inputExtents[letter] ?? nil
    }
    return Resolved(
      kernel: try kernelExtents(inputExtents, outputExtents),
      bias: try bias(
        axes: biasAxes, letters: outputLetters, extents: outputExtents,
        trailing: isLeft ? 0 : covered),
      output: Shape(full), filled: Shape(filled))
  }

  private func kernelExtents(
    _ inputs: [Character: Int?], _ outputs: [Character: Int?]
  ) throws(LayerError) -> [Int] {
    var result: [Int] = []
    for letter in kernel {
      guard let extent = (outputs[letter] ?? inputs[letter]) ?? nil else {
        throw LayerError(
          .shape, "\"\(equation)\": the kernel's extent of \(letter) must be known")
      }
      result.append(extent)
    }
    return result
  }

  private func bias(
    axes: String?, letters: [Character], extents: [Character: Int?], trailing: Int
  ) throws(LayerError) -> [Int]? {
    guard let axes else { return nil }
    var first = letters.count
    for letter in axes {
      guard let position = letters.firstIndex(of: letter) else {
        throw LayerError(
          .configuration,
          "EinsumDense.bias_axes: \"\(axes)\" names \(letter), which is not in the result of \"\(equation)\""
        )
      }
      first = min(first, position)
    }
    var result: [Int] = []
    for letter in letters[first...] {
      guard axes.contains(letter) else {
        result.append(1)
        continue
      }
      guard let extent = extents[letter] ?? nil else {
        throw LayerError(.shape, "\"\(equation)\": the bias's extent of \(letter) must be known")
      }
      result.append(extent)
    }
    return result + [Int](repeating: 1, count: trailing)
  }
}
