/* The files around the outbox's tables: its directory, FORMAT, the writers' lock, the bell. */
#pragma once

#include "core/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define OUTBOX_DIRECTORY "outbox" /* in the home */

/* HOME/outbox, or a file in it where `name` is not NULL. False where the path is too long. */
bool outbox_path(const char *home_directory, const char *name, char out[PATH_MAX]);

#define OUTBOX_LOCK_WAIT_MS 10000 /* for another process's transaction, or its check of the file */

/* Takes the writers' lock, waiting for whoever holds it no longer than OUTBOX_LOCK_WAIT_MS. STATUS_BUSY, STATUS_IO with
 * errno. */
status_t outbox_lock(int file) NODISCARD;

/* Makes the directory where it is missing and takes the writers' lock as outbox_lock does. *out_lock is the caller's to
 * close, which gives the lock back, also on failure; it is left alone where nothing was opened. */
status_t outbox_enter(const char *directory, int *out_lock, char *out_why, size_t why_size) NODISCARD;

/* Gives the lock back, the descriptor stays open. */
void outbox_leave(int lock);

/* Under the lock: *out_is_new = there is no outbox yet (no FORMAT); then what an unfinished making left is moved
 * away, the bell is made, and the room for LMDB's lock file is taken. STATUS_NEWER_FORMAT, STATUS_DAMAGED. */
status_t outbox_prepare(const char *directory, bool *out_is_new, char *out_why, size_t why_size) NODISCARD;

/* Under the lock: a new outbox is whole. Writes FORMAT; all of it, and its name in the home, is synced. */
status_t outbox_finish(const char *directory, char *out_why, size_t why_size) NODISCARD;

/* Opens the bell for writing and closes it; that it cannot be rung is no fault: what waits goes along with the next
 * delivery. */
void outbox_ring(const char *directory);
