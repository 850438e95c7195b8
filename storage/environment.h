/* LMDB's environments and codes, as the hub's store and the agent's outbox use them. For the one part of each program
 * that keeps data in LMDB: it brings <lmdb.h> along. */
#pragma once

#include "core/status.h"

#include <lmdb.h>

/* LMDB's and the system's codes -> status_t; the only place that does so. */
status_t environment_status(int code);

/* Opens DIRECTORY/data.mdb with MDB_NOTLS and `flags`. `map_bytes` is made whole pages; `tables`: the most that are
 * named; `max_readers` 0: as many as LMDB has room for by itself (126). *out changes only on success. */
status_t environment_open(const char *directory, size_t map_bytes, unsigned tables, unsigned max_readers,
                          unsigned flags, MDB_env **out) NODISCARD;
/* Commits, and nulls *txn whether it worked or not. STATUS_STORE_FULL also where a nearly full disk took a write only
 * in part, of which LMDB says EIO. */
status_t environment_commit(MDB_txn **txn) NODISCARD;

/* These accept NULL behind the pointer, and leave it there. */
void environment_close(MDB_env **env);
void environment_close_cursor(MDB_cursor **cursor);
