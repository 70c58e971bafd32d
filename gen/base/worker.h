/*
 * One more thread, made when it is first needed and kept: a thread that waits is woken on a
 * processor that is idle, while Linux may leave a new one behind its maker until that one pauses.
 * The main thread gives it jobs and ends it; others may wait.
 */
#ifndef WORKER_H
#define WORKER_H

/* Begins a job in that thread, when the one before is done; where no thread can be made, does it
 * here and now. context must live until worker_wait(). */
void worker_do(void (*job)(void *context), void *context);
/* Until the job is done; none is done. */
void worker_wait(void);
/* The same, and ends the thread. */
void worker_end(void);

#endif
