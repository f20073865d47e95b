#include "CHornbillKernels.h"

#include <pthread.h>
#include <stdlib.h>

struct hb_pool {
  pthread_mutex_t taken;
  pthread_mutex_t lock;
  pthread_cond_t start, done;
  void (*body)(void*, int);
  void* context;
  int parts, next, unfinished;
  int ending;
  int count;
  pthread_t threads[];
};

/// Works on parts until none is left; the lock is held at the call and at the return.
static void work(hb_pool* pool) {
  while (pool->next < pool->parts) {
    int part = pool->next++;
    void (*body)(void*, int) = pool->body;
    void* context = pool->context;
    pthread_mutex_unlock(&pool->lock);
    body(context, part);
    pthread_mutex_lock(&pool->lock);
    if (--pool->unfinished == 0) pthread_cond_signal(&pool->done);
  }
}

static void* worker(void* argument) {
  hb_pool* pool = argument;
  pthread_mutex_lock(&pool->lock);
  while (!pool->ending) {
    work(pool);
    if (!pool->ending) pthread_cond_wait(&pool->start, &pool->lock);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

hb_pool* hb_pool_create(int threads) {
  if (threads < 2) return NULL;
  hb_pool* pool = calloc(1, sizeof *pool + (size_t)(threads - 1) * sizeof(pthread_t));
  if (!pool) return NULL;
  pthread_mutex_init(&pool->taken, NULL);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->start, NULL);
  pthread_cond_init(&pool->done, NULL);
  while (pool->count < threads - 1 &&
         !pthread_create(&pool->threads[pool->count], NULL, worker, pool))
    pool->count++;
  return pool;
}

void hb_pool_run(hb_pool* pool, int parts, void (*body)(void*, int), void* context) {
  if (!pool || parts < 2 || pthread_mutex_trylock(&pool->taken)) {
    for (int part = 0; part < parts; part++) body(context, part);
    return;
  }
  pthread_mutex_lock(&pool->lock);
  pool->body = body;
  pool->context = context;
  pool->parts = pool->unfinished = parts;
  pool->next = 0;
  pthread_cond_broadcast(&pool->start);
  work(pool);
  while (pool->unfinished > 0) pthread_cond_wait(&pool->done, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
  pthread_mutex_unlock(&pool->taken);
}

void hb_pool_destroy(hb_pool* pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  pool->ending = 1;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->count; i++) pthread_join(pool->threads[i], NULL);
  pthread_mutex_destroy(&pool->taken);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->start);
  pthread_cond_destroy(&pool->done);
  free(pool);
}
