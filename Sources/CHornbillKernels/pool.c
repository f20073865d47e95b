#include "CHornbillKernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/// How often a thread looks for work, or for the end of it, before it sleeps: for some tens of
/// microseconds, so that the steps of one run find their threads awake and a pool without work costs
/// nothing.
#define LOOKS 1024
/// The looks after which other processes get the core, should they want it.
#define LOOKS_PER_YIELD 64

struct hb_pool {
  /// The number of the work in the upper half, in the lower one the parts that nobody has taken.
  _Alignas(64) atomic_uint_fast64_t open;
  /// The parts that are not done.
  _Alignas(64) atomic_int unfinished;
  /// Nonzero while the caller sleeps until all are done.
  atomic_int caller_sleeps;
  /// The threads that sleep until there is work.
  _Alignas(64) atomic_int sleepers;
  atomic_int ending;
  /// The work; it stays as it is while a part of it is not done.
  void (*body)(void*, int);
  void* context;
  int parts;
  atomic_flag taken;
  pthread_mutex_t lock;
  pthread_cond_t start, done;
  int count;
  pthread_t threads[];
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Waits a little; zero when the thread has waited long enough.
static int look_again(int* looks) {
  if (++*looks > LOOKS) return 0;
  if (*looks % LOOKS_PER_YIELD == 0)
    sched_yield();
  else
    relax();
  return 1;
}

/// Whether any part can be taken.
static int is_open(hb_pool* pool) { return (uint32_t)atomic_load(&pool->open) != 0; }

/// Takes a part and works on it; zero when none is left.
static int work_on_one(hb_pool* pool) {
  uint_fast64_t open = atomic_load_explicit(&pool->open, memory_order_acquire);
  do {
    if ((uint32_t)open == 0) return 0;
    // Whoever takes a part of this work finds it unchanged: it is not over before the part is done.
  } while (!atomic_compare_exchange_weak(&pool->open, &open, open - 1));
  pool->body(pool->context, pool->parts - (int)(uint32_t)open);
  if (atomic_fetch_sub(&pool->unfinished, 1) == 1 && atomic_load(&pool->caller_sleeps)) {
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
  }
  return 1;
}

static void* worker(void* argument) {
  hb_pool* pool = argument;
  while (!atomic_load(&pool->ending)) {
    int looks = 0;
    while (!is_open(pool) && look_again(&looks)) continue;
    while (work_on_one(pool)) looks = 0;
    if (looks <= LOOKS) continue;
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!is_open(pool) && !atomic_load(&pool->ending))
      pthread_cond_wait(&pool->start, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
  }
  return NULL;
}

hb_pool* hb_pool_create(int threads) {
  if (threads < 2) return NULL;
  size_t size = sizeof(hb_pool) + (size_t)(threads - 1) * sizeof(pthread_t);
  hb_pool* pool = aligned_alloc(64, (size + 63) / 64 * 64);
  if (!pool) return NULL;
  *pool = (hb_pool){.taken = ATOMIC_FLAG_INIT};
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->start, NULL);
  pthread_cond_init(&pool->done, NULL);
  while (pool->count < threads - 1 &&
         !pthread_create(&pool->threads[pool->count], NULL, worker, pool))
    pool->count++;
  return pool;
}

/// Waits until every part is done.
static void wait_for_all(hb_pool* pool) {
  int looks = 0;
  while (atomic_load(&pool->unfinished) > 0)
    if (!look_again(&looks)) {
      pthread_mutex_lock(&pool->lock);
      atomic_store(&pool->caller_sleeps, 1);
      while (atomic_load(&pool->unfinished) > 0) pthread_cond_wait(&pool->done, &pool->lock);
      atomic_store(&pool->caller_sleeps, 0);
      pthread_mutex_unlock(&pool->lock);
    }
}

void hb_pool_run(hb_pool* pool, int parts, void (*body)(void*, int), void* context) {
  if (!pool || parts < 2 || atomic_flag_test_and_set_explicit(&pool->taken, memory_order_acquire)) {
    for (int part = 0; part < parts; part++) body(context, part);
    return;
  }
  pool->body = body;
  pool->context = context;
  pool->parts = parts;
  atomic_store(&pool->unfinished, parts);
  uint_fast64_t number = (atomic_load(&pool->open) >> 32) + 1;
  atomic_store(&pool->open, number << 32 | (uint32_t)parts);
  if (atomic_load(&pool->sleepers) > 0) {
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
  }
  while (work_on_one(pool)) continue;
  wait_for_all(pool);
  atomic_flag_clear_explicit(&pool->taken, memory_order_release);
}

void hb_pool_destroy(hb_pool* pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  atomic_store(&pool->ending, 1);
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->count; i++) pthread_join(pool->threads[i], NULL);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->start);
  pthread_cond_destroy(&pool->done);
  free(pool);
}
