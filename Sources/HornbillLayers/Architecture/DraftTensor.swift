import HornbillCore

/// Names a tensor of a functional model that is being written: one output of one call of one of its entries.
struct DraftKey: Sendable, Hashable {
  let entry: Int
  let node: Int
  let tensor: Int
}

/// A tensor of a functional model that is being written.
struct DraftTensor: Sendable {
  /// Which tensor it is.
  let key: DraftKey
  /// What is known of it.
  var spec: TensorSpec
  /// The numbers, when they come from shapes; such a tensor stands in no call.
  var folded: FoldedNumbers?
  /// What the tensor always is, when it depends on no input; such a tensor stands in no call.
  var constant: Tensor?
  /// The mask that Keras 3 attaches when it reads the model.
  var attachedMask: DraftMask?
  /// The mask that the Keras of the original attaches.
  var meantMask: MaskTerm?
  /// What is known of a mask that a nested model attaches while it runs.
  var innerMask = InnerMask.none

  /// Whether the tensor is one of the model that is written.
  var isInModel: Bool { folded == nil && constant == nil }
  /// Whether a layer may find a mask at the tensor.
  var mayHaveMask: Bool { attachedMask != nil || meantMask != nil || innerMask != .none }
  /// Whether both Kerases attach the same mask in the model that is written.
  var hasOneMask: Bool { attachedMask?.term.flat == meantMask?.flat && innerMask != .differing }
}

/// A mask that comes out of a nested model and so is no tensor of the model around it.
enum InnerMask: Int, Comparable {
  /// There is none.
  case none
  /// Both Kerases attach the same.
  case same
  /// The two Kerases attach different ones.
  case differing

  static func < (a: InnerMask, b: InnerMask) -> Bool { a.rawValue < b.rawValue }
}

/// What a mask says, by which two masks are compared.
indirect enum MaskTerm: Sendable, Hashable {
  /// A tensor of the model that was given as a mask.
  case tensor(DraftKey)
  /// The elements that differ from a value.
  case differing(DraftKey, value: Double)
  /// The steps of which a feature differs from a value.
  case stepsDiffering(DraftKey, value: Double)
  /// The elements that all masks keep.
  case every([MaskTerm])
  /// The elements that any mask keeps.
  case any([MaskTerm])
  /// Masks of tensors that are joined along an axis.
  case joined([MaskTerm?], of: [DraftKey], axis: Int, isEvery: Bool)

  /// The term with unions of unions, and intersections of intersections, as one list.
  var flat: MaskTerm {
    switch self {
    case .tensor, .differing, .stepsDiffering: return self
    case .every(let terms):
      return .every(
        terms.map(\.flat).flatMap { term in
          if case .every(let inner) = term { inner } else { [term] }
        })
    case .any(let terms):
      return .any(
        terms.map(\.flat).flatMap { term in
          if case .any(let inner) = term { inner } else { [term] }
        })
    case .joined(let terms, let keys, let axis, let isEvery):
      return .joined(terms.map { $0?.flat }, of: keys, axis: axis, isEvery: isEvery)
    }
  }
}

/// A mask that Keras 3 will compute by itself.
struct DraftMask: Sendable {
  /// What it says.
  let term: MaskTerm
  /// The operation that Keras makes for it, which stands in the order of the model but not in the file.
  let key: DraftKey
}
