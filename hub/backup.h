/* Backups of a hub's data directory (SPEC 6, `yardstick-hub backup`). A backup is a data directory: `yardstick-hub run`
 * serves it. It holds the store, the settings (hub.yaml) and the hub's key pairs (hub.key), never the home of
 * headquarters. */
#pragma once

#include "core/faults.h"
#include "hub/store.h"

typedef struct {
    const char *directory;   /* whether a hub serves it or not */
    const char *destination; /* must not exist; the directory in which it is to be must */
    bool without_keys;       /* leave hub.key out: a file says so, and verify passes without */
} backup_plan_t;

/* Makes the backup in DESTINATION.partial (mode 0700, its files 0600), verifies and syncs it, and only then gives it
 * its name. Whatever fails, a fault says what, where and what to do, and what was made is removed. What a killed backup
 * to the same destination left is removed first. The newest committed state is in it, and nothing newer or half done.
 *
 * For a program's only thread: while it runs, SIGINT, SIGTERM and SIGHUP remove what was made and then end the process.
 * Once the backup has its name they stay blocked: the program says that it is made, and ends by itself. SIGXFSZ is
 * ignored from then on. */
status_t backup_make(const backup_plan_t *plan, store_counts_t *out_counts, faults_t *faults) NODISCARD;
