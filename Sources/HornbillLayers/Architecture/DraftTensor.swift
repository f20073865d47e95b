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
  /// The mask that Keras 3 attaches when it reads the model.
  var attachedMask: DraftMask?
  /// The mask that the Keras of the original attaches.
  var meantMask: MaskTerm?
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
}

/// A mask that Keras 3 will compute by itself.
struct DraftMask: Sendable {
  /// What it says.
  let term: MaskTerm
  /// The operation that Keras makes for it, which stands in the order of the model but not in the file.
  let key: DraftKey
}
