import HornbillCore

/// The functions of TensorFlow that a model of Keras 2 may hold, by their public names without `tf.`.
package enum TensorFlowFunctions {
  private static let rules: [String: Operation.Rule] = {
    var rules: [String: Operation.Rule] = [:]
    for table in [
      ElementwiseFunctions.rules, ReductionFunctions.rules, ShapeFunctions.rules,
      IndexFunctions.rules, MatrixFunctions.rules, WindowFunctions.rules, LossFunctions.rules,
      ImageFunctions.rules,
    ] {
      rules.merge(table) { first, _ in first }
    }
    return rules
  }()

  /// The names under which another function is known too.
  private static let aliases: [String: String] = [
    "check_numerics": "debugging.check_numerics", "linalg.norm": "norm",
    "linalg.l2_normalize": "l2_normalize", "linalg.tensordot": "tensordot",
    "linalg.einsum": "einsum", "linalg.matmul": "matmul", "div_no_nan": "divide_no_nan",
    "mul": "multiply", "sub": "subtract", "trace": "linalg.trace",
    "matrix_inverse": "linalg.inv", "matrix_determinant": "linalg.det",
    "matrix_solve": "linalg.solve", "matrix_transpose": "linalg.matrix_transpose",
    "matrix_diag": "linalg.diag", "matrix_diag_part": "linalg.diag_part",
    "matrix_set_diag": "linalg.set_diag", "matrix_band_part": "linalg.band_part",
    "linalg.transpose": "linalg.matrix_transpose", "cross": "linalg.cross", "det": "linalg.det",
    "inv": "linalg.inv", "solve": "linalg.solve", "diag": "linalg.diag",
    "diag_part": "linalg.diag_part", "set_diag": "linalg.set_diag",
    "band_part": "linalg.band_part", "cholesky": "linalg.cholesky", "reverse_v2": "reverse",
    "where_v2": "where", "matvec": "linalg.matvec", "normalize": "linalg.normalize",
    "adjoint": "linalg.adjoint", "image.extract_patches": "extract_patches",
    "image.extract_image_patches": "extract_patches", "extract_image_patches": "extract_patches",
    "arg_max": "argmax", "arg_min": "argmin", "depthwise_conv2d_native": "depthwise_conv2d",
    "image.resize_v2": "image.resize", "add_v2": "add", "concat_v2": "concat",
    "keras.backend.relu": "relu", "keras.backend.sigmoid": "sigmoid",
    "keras.activations.relu": "relu",
  ]

  /// The modules that name the same functions as the top one does.
  private static let modules = ["math.", "nn.", "linalg.", "compat.v1.", "compat.v2."]

  /// The name in the tables of a public name: without the modules that are but another path to the function.
  package static func plainName(_ function: String) -> String {
    var name = function
    if name.hasPrefix("tf.") { name.removeFirst(3) }
    while true {
      if let alias = aliases[name] { return alias }
      if rules[name] != nil { return name }
      guard let module = modules.first(where: name.hasPrefix) else { return name }
      name.removeFirst(module.count)
    }
  }

  /// What a function does; `nil` for one that is not supported.
  package static func rule(_ function: String) -> Operation.Rule? {
    rules[plainName(function)]
  }
}
