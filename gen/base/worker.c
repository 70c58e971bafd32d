#include "base/worker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static pthread_t thread;
static bool is_there; /* the main thread's own */

/* With the mutex. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void (*waiting)(void *); /* NULL: none */
static void *its_context;
static bool is_ending;

static void *work(void *unused) {
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (!waiting && !is_ending)
            pthread_cond_wait(&changed, &mutex);
        if (!waiting)
            break;
        pthread_mutex_unlock(&mutex);
        waiting(its_context);
        pthread_mutex_lock(&mutex);
        waiting = NULL;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&mutex);
    return unused;
}

void worker_wait(void) {
    if (!is_there)
        return;
    pthread_mutex_lock(&mutex);
    while (waiting)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

void worker_do(void (*job)(void *context), void *context) {
    worker_wait();
    if (!is_there)
        is_there = pthread_create(&thread, NULL, work, NULL) == 0;
    if (!is_there) {
        job(context);
        return;
    }
    pthread_mutex_lock(&mutex);
    waiting = job;
    its_context = context;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

void worker_end(void) {
    if (!is_there)
        return;
    worker_wait();
    pthread_mutex_lock(&mutex);
    is_ending = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    is_there = is_ending = false;
}
