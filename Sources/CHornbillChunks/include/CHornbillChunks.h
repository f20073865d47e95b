#pragma once

#include <stddef.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// A block of the elements of a dataset that is stored in chunks.
///
/// Extents and places are given for each dimension, the slowest first.
typedef struct hb_chunk_block {
  int rank;
  /// The bytes of one element.
  size_t element_size;
  /// The shape of a chunk.
  const size_t *chunk;
  /// Where the block begins in the dataset.
  const size_t *start;
  /// The shape of the block.
  const size_t *count;
  /// The elements of the block, the last dimension fastest.
  unsigned char *elements;
} hb_chunk_block;

/// A chunk that overlaps a block, as it is stored.
typedef struct hb_stored_chunk {
  /// Where the chunk begins in the dataset.
  const size_t *origin;
  const unsigned char *bytes;
  size_t size;
  /// Which filters have been applied; the shuffle before the compression.
  int is_deflated, is_shuffled;
} hb_stored_chunk;

/// The most dimensions that a block may have.
static inline int hb_chunk_maximum_rank(void) { return 32; }

/// Undoes the filters of chunks and puts their elements into a block, several chunks at a time.
///
/// A chunk may be larger than the part of it that overlaps the block; nothing is written beyond the block.
///
/// Returns 0, or -1 when a chunk is not what the shape says, or there was no memory; the block then holds nothing of
/// use.
int hb_chunks_decode(const hb_chunk_block *block, const hb_stored_chunk *chunks, size_t count,
                     int threads);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
