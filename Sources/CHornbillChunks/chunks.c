#include "CHornbillChunks.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { maximum_rank = 32, maximum_threads = 16 };

/// What the threads share.
typedef struct work {
  const hb_chunk_block *block;
  const hb_stored_chunk *chunks;
  size_t count;
  size_t chunk_bytes;
  atomic_size_t next;
  atomic_int failed;
} work;

/// Where the part of a chunk that overlaps the block lies in both.
typedef struct overlap {
  /// The bytes that follow each other in both.
  size_t run;
  /// The dimensions over which runs are repeated.
  int outer;
  size_t extent[maximum_rank];
  /// The bytes from one place of a dimension to the next.
  size_t chunk_step[maximum_rank], block_step[maximum_rank];
  size_t chunk_offset, block_offset;
} overlap;

static overlap find_overlap(const hb_chunk_block *block, const size_t *origin) {
  overlap result;
  size_t chunk_step = block->element_size, block_step = block->element_size;
  result.chunk_offset = result.block_offset = 0;
  for (int axis = block->rank - 1; axis >= 0; axis--) {
    size_t chunk_end = origin[axis] + block->chunk[axis];
    size_t block_end = block->start[axis] + block->count[axis];
    size_t low = origin[axis] > block->start[axis] ? origin[axis] : block->start[axis];
    size_t high = chunk_end < block_end ? chunk_end : block_end;
    result.extent[axis] = high > low ? high - low : 0;
    result.chunk_step[axis] = chunk_step;
    result.block_step[axis] = block_step;
    result.chunk_offset += (low - origin[axis]) * chunk_step;
    result.block_offset += (low - block->start[axis]) * block_step;
    chunk_step *= block->chunk[axis];
    block_step *= block->count[axis];
  }
  int axis = block->rank - 1;
  result.run = result.extent[axis] * block->element_size;
  while (axis > 0 && result.extent[axis] == block->chunk[axis] &&
         result.extent[axis] == block->count[axis]) {
    axis--;
    result.run *= result.extent[axis];
  }
  result.outer = axis;
  return result;
}

static void place(const hb_chunk_block *block, const overlap *part, const unsigned char *chunk) {
  size_t at[maximum_rank] = {0};
  const unsigned char *from = chunk + part->chunk_offset;
  unsigned char *to = block->elements + part->block_offset;
  for (;;) {
    memcpy(to, from, part->run);
    int axis = part->outer - 1;
    for (; axis >= 0; axis--) {
      from += part->chunk_step[axis];
      to += part->block_step[axis];
      if (++at[axis] < part->extent[axis]) break;
      from -= part->chunk_step[axis] * at[axis];
      to -= part->block_step[axis] * at[axis];
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/// Puts the bytes of each element beside each other again.
static void unshuffle(const unsigned char *restrict from, unsigned char *restrict to, size_t bytes,
                      size_t size) {
  size_t count = bytes / size;
  if (size == 4) {
    const unsigned char *a = from, *b = from + count, *c = b + count, *d = c + count;
    for (size_t i = 0; i < count; i++) {
      to[4 * i] = a[i];
      to[4 * i + 1] = b[i];
      to[4 * i + 2] = c[i];
      to[4 * i + 3] = d[i];
    }
  } else if (size == 2) {
    const unsigned char *a = from, *b = from + count;
    for (size_t i = 0; i < count; i++) {
      to[2 * i] = a[i];
      to[2 * i + 1] = b[i];
    }
  } else {
    // In pieces that stay in the nearest cache while each of their bytes is visited.
    const size_t piece = 1024;
    for (size_t start = 0; start < count; start += piece) {
      size_t end = count - start < piece ? count : start + piece;
      for (size_t byte = 0; byte < size; byte++)
        for (size_t i = start; i < end; i++) to[i * size + byte] = from[byte * count + i];
    }
  }
}

/// What one thread works with.
typedef struct tools {
  z_stream inflater;
  int has_inflater;
  unsigned char *inflated, *plain;
} tools;

/// Memory of a chunk's size, taken once it is needed.
static unsigned char *scratch(unsigned char **memory, size_t size) {
  if (*memory == NULL) *memory = malloc(size);
  return *memory;
}

static int inflate_exactly(tools *own, const hb_stored_chunk *chunk, unsigned char *to, size_t size) {
  int status = own->has_inflater ? inflateReset(&own->inflater) : inflateInit(&own->inflater);
  if (status != Z_OK) return -1;
  own->has_inflater = 1;
  own->inflater.next_in = (Bytef *)(uintptr_t)chunk->bytes;
  own->inflater.avail_in = (uInt)chunk->size;
  own->inflater.next_out = to;
  own->inflater.avail_out = (uInt)size;
  if (inflate(&own->inflater, Z_FINISH) != Z_STREAM_END) return -1;
  return own->inflater.avail_out == 0 ? 0 : -1;
}

static int decode(const work *shared, tools *own, const hb_stored_chunk *chunk) {
  const hb_chunk_block *block = shared->block;
  const size_t size = shared->chunk_bytes;
  overlap part = find_overlap(block, chunk->origin);
  if (part.run == 0) return 0;
  for (int axis = 0; axis < part.outer; axis++)
    if (part.extent[axis] == 0) return 0;
  // A chunk that fills one run of the block needs no other place.
  unsigned char *direct = part.run == size ? block->elements + part.block_offset : NULL;
  const unsigned char *bytes = chunk->bytes;
  if (chunk->is_deflated) {
    unsigned char *to = chunk->is_shuffled ? scratch(&own->inflated, size)
                        : direct           ? direct
                                           : scratch(&own->plain, size);
    if (to == NULL || inflate_exactly(own, chunk, to, size) != 0) return -1;
    bytes = to;
  } else if (chunk->size != size) {
    return -1;
  }
  if (chunk->is_shuffled) {
    unsigned char *to = direct ? direct : scratch(&own->plain, size);
    if (to == NULL) return -1;
    unshuffle(bytes, to, size, block->element_size);
    bytes = to;
  }
  if (bytes != direct) place(block, &part, bytes);
  return 0;
}

static void *run(void *argument) {
  work *shared = argument;
  tools own;
  memset(&own, 0, sizeof own);
  while (!atomic_load(&shared->failed)) {
    size_t index = atomic_fetch_add(&shared->next, 1);
    if (index >= shared->count) break;
    if (decode(shared, &own, &shared->chunks[index]) != 0) atomic_store(&shared->failed, 1);
  }
  if (own.has_inflater) inflateEnd(&own.inflater);
  free(own.inflated);
  free(own.plain);
  return NULL;
}

int hb_chunks_decode(const hb_chunk_block *block, const hb_stored_chunk *chunks, size_t count,
                     int threads) {
  if (block->rank < 1 || block->rank > maximum_rank || block->element_size == 0) return -1;
  size_t size = block->element_size;
  for (int axis = 0; axis < block->rank; axis++) {
    if (__builtin_mul_overflow(size, block->chunk[axis], &size)) return -1;
  }
  if (size == 0 || size > UINT32_MAX) return -1;
  for (size_t i = 0; i < count; i++) {
    if (chunks[i].size > UINT32_MAX) return -1;
  }
  work shared = {.block = block, .chunks = chunks, .count = count, .chunk_bytes = size};
  atomic_init(&shared.next, 0);
  atomic_init(&shared.failed, 0);
  if ((size_t)threads > count) threads = (int)count;
  if (threads > maximum_threads) threads = maximum_threads;
  pthread_t helpers[maximum_threads];
  int started = 0;
  // Signals are for the threads of the program.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  while (started < threads - 1 && pthread_create(&helpers[started], NULL, run, &shared) == 0)
    started++;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  run(&shared);
  for (int i = 0; i < started; i++) pthread_join(helpers[i], NULL);
  return atomic_load(&shared.failed) ? -1 : 0;
}
