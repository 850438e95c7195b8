/* The desk: the folder in which a dealership's people put their files and find what became of them.
 *   inbox/     files to be taken; WAITING.txt where some stay there (dealer-agent/run_waiting.h)
 *   accepted/  those taken, each with its report
 *   rejected/  those refused, each with its report
 *   results/   what the hub answers
 * Beside them what they are for (dealer-agent/guide.h). A daemon holds the desk's own directory (flock). */
#pragma once

#include "client/session.h"

#include <limits.h>
#include <stddef.h>

typedef enum { DESK_INBOX, DESK_ACCEPTED, DESK_REJECTED, DESK_RESULTS, DESK_FOLDER_COUNT } desk_folder_t;

/* "inbox" … */
extern const char *const desk_folder_names[DESK_FOLDER_COUNT];

/* The desk's path: `option` where given (not NULL), else HOME/desk. False where it is too long, with room for its
 * folders' names. */
bool desk_path(const char *home_directory, const char *option, char out[PATH_MAX]);

/* Of a command with --desk, before anything else: wrong usage where that path is too long. */
status_t desk_check(session_t *session) NODISCARD;

/* The desk of such a command; wrong usage where its path is too long. */
status_t desk_choose(session_t *session, char out[PATH_MAX]) NODISCARD;

/* Makes the desk, with its parents, and its folders where missing. STATUS_IO with a fault that says which and why. */
status_t desk_make(const char *desk, faults_t *faults) NODISCARD;

/* The same with one of its folders only. */
status_t desk_make_folder(const char *desk, desk_folder_t folder, faults_t *faults) NODISCARD;

/* The path of a folder of the desk. */
void desk_folder_path(const char *desk, desk_folder_t folder, char out[PATH_MAX]);

/* A name for `name` that is free in a folder (an open directory), where "NAME SUFFIX" is free too: itself, else with
 * " (2)" and so on before its ending; cut where it were too long. False when there is none. */
bool desk_free_name(int folder, const char *name, const char *suffix, char out[NAME_MAX + 1]);

/* Moves a file from one folder (open directories) to a name in another that nothing has; from one file system to
 * another it is copied, then removed. Both folders are synced. STATUS_CONFLICT where the name is taken;
 * STATUS_STORE_FULL where there is no room, STATUS_IO with errno: nothing has moved then. */
status_t desk_move(int from, const char *name, int to, const char *new_name) NODISCARD;

/* Writes a file in a folder (an open directory), synced, over one of that name. STATUS_STORE_FULL, STATUS_IO with
 * errno: then there is none. */
status_t desk_write(int folder, const char *name, const void *bytes, size_t size) NODISCARD;

/* The same beside its place, then moved there: those who read it see the old one or the new one. */
status_t desk_replace(int folder, const char *name, const void *bytes, size_t size) NODISCARD;

/* Holds HOME/`name` (flock), waiting for whoever holds it no longer than `wait_ms`; *out = its descriptor, to be kept
 * open. STATUS_BUSY, STATUS_IO with errno. */
status_t desk_lock(const char *home_directory, const char *name, int wait_ms, int *out) NODISCARD;

/* Holds the home's filing (HOME/take.lock): from reading what was filed last till its successor is in the outbox, so
 * that no two of `take`, `submit` and `withdraw` build on the same filing and one undoes the other. Waits 10 s at most;
 * *out as above. STATUS_BUSY, STATUS_IO, each with a fault. */
status_t desk_lock_filing(const char *home_directory, int *out, faults_t *faults) NODISCARD;

/* close() for CLEANUP; accepts -1 and leaves it behind. */
void desk_close(int *descriptor);

/* STATUS_STORE_FULL for an errno that says that there is no room, else STATUS_IO. */
status_t desk_status_of(int reason);
