public import HornbillCore

/// At which end of a sequence elements are added or dropped.
public enum SequenceEnd: Sendable {
  /// Before the first element.
  case pre
  /// After the last element.
  case post
}

/// Brings sequences to one length, as `keras.utils.pad_sequences` does.
///
/// - Parameters:
///   - sequences: lists of token ids, of any length.
///   - maxlen: the length to reach; that of the longest sequence when absent.
///   - padding: where `value` is added to short sequences.
///   - truncating: where elements are dropped from long ones.
///   - value: the id of the padding token.
/// - Returns: an `int32` tensor of shape `(sequences.count, maxlen)`.
///
/// Source: Keras 3, `keras/src/utils/sequence_utils.py`.
public func padSequences(
  _ sequences: [[Int]], maxlen: Int? = nil, padding: SequenceEnd = .pre,
  truncating: SequenceEnd = .pre, value: Int = 0
) -> Tensor {
  let length = max(maxlen ?? sequences.map(\.count).max() ?? 0, 0)
  var tokens: [Int64] = []
  for sequence in sequences {
    let kept = Array(truncating == .pre ? sequence.suffix(length) : sequence.prefix(length))
    let fill = [Int](repeating: value, count: length - kept.count)
    let row: [Int] = padding == .pre ? fill + kept : kept + fill
    tokens += row.map { DType.int32.wrapped(Int64($0)) }
  }
  return Tensor(shape: [sequences.count, length], integers: tokens, dtype: .int32)
}
