/// The meaning of every op, one family to a file.
///
/// Shapes and types are those that `Op.infer(_:)` has accepted; what it cannot see is checked here and throws.
enum Definition {}
