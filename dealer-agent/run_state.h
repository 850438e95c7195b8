/* What the daemon tells of itself to other processes: HOME/run.txt, replaced whenever it changes, and HOME/run.lock,
 * which it holds. */
#pragma once

#include "core/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUN_LOCK_FILE      "run.lock"
#define RUN_STATE_FILE     "run.txt"
#define RUN_STATE_FILES    20 /* of the inbox that are named; the others are counted */
#define RUN_STATE_IGNORED  5  /* likewise, of what is never taken */
#define RUN_STATE_WHY_SIZE 80

typedef struct {
    char name[NAME_MAX + 1]; /* any bytes but NUL */
    char why[RUN_STATE_WHY_SIZE];
} run_state_file_t;

typedef struct {
    bool is_running;     /* a daemon holds the home now; what follows is what it, or the last one, wrote */
    char desk[PATH_MAX]; /* "" where no daemon ever ran */
    int64_t pid;
    uint64_t started_ms;          /* wall clock */
    char last_name[NAME_MAX + 1]; /* the file that was taken last; "" = none since the start */
    char last_outcome[RUN_STATE_WHY_SIZE];
    uint64_t last_ms;
    size_t waiting;    /* files in the inbox */
    size_t file_count; /* of them named */
    run_state_file_t files[RUN_STATE_FILES];
    size_t ignored;       /* entries of the inbox that are never taken */
    size_t ignored_count; /* of them named */
    run_state_file_t ignored_files[RUN_STATE_IGNORED];
} run_state_t;

/* Reads both; a home in which no daemon ever ran has an empty state. STATUS_IO where run.txt cannot be read. Some 12
 * KB: not for a small stack. */
status_t run_state_read(const char *home_directory, run_state_t *out) NODISCARD;

/* Whether both say the same. */
bool run_state_equal(const run_state_t *a, const run_state_t *b);

/* Writes run.txt: beside it, then moved into place; where there is no room for that, over what is there. Not synced: it
 * is true only as long as the daemon lives. STATUS_IO with errno. */
status_t run_state_write(const char *home_directory, const run_state_t *state) NODISCARD;

/* Takes HOME/run.lock for this process; *out = its descriptor, to be kept open. STATUS_CONFLICT where another holds it,
 * *out_pid then says which (0: it did not say); STATUS_IO with errno. */
status_t run_state_lock(const char *home_directory, int *out, int64_t *out_pid) NODISCARD;
