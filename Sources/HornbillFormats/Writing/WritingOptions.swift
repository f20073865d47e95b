/// How a file is written where its format leaves a choice.
package struct WritingOptions: Sendable, Hashable {
  /// The size that a file of ``ArchiveFormat/shardedWeights`` may have, in units of 1024³ bytes, as the argument
  /// `max_shard_size` of Keras's `save_weights` counts.
  package var maximumShardSize: Double

  /// Makes options.
  package init(maximumShardSize: Double = 5) {
    self.maximumShardSize = maximumShardSize
  }
}
