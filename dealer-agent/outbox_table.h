/* The outbox's tables: a thin layer over LMDB that knows keys, framed values and counts, and nothing of their meaning.
 * outbox_table.c is the only file of the agent that sees LMDB's header (storage/environment.h).
 *
 * Tables (named databases; keys big-endian, so that byte order is sort order):
 *   meta      name                                -> "head": format, numbers; "notes": Notes, "witness": Witness
 *                                                  (proto/outbox.proto)
 *   filings   number u64                          -> Filing
 *   waiting   number u64                          -> nothing: it waits
 *   receipts  number u64                          -> Receipt: it is delivered
 *   aside     number u64                          -> Aside
 *   months    dealer, 0, period u32, number u64   -> nothing: those that are not aside, so that the last is the newest
 *                                                  (of what was filed again, the first)
 * A filing's number stands in exactly one of waiting, receipts and aside. Values are framed (storage/frame.h). */
#pragma once

#include "core/limits.h"
#include "core/period.h"
#include "storage/frame.h"

#include <stdbool.h>

#define OUTBOX_FORMAT 1

#define OUTBOX_TABLE_LIST(X)                                                                                           \
    X(META, "meta")                                                                                                    \
    X(FILINGS, "filings")                                                                                              \
    X(WAITING, "waiting")                                                                                              \
    X(RECEIPTS, "receipts")                                                                                            \
    X(ASIDE, "aside")                                                                                                  \
    X(MONTHS, "months")

typedef enum {
#define OUTBOX_TABLE_ENUM(id, name) OUTBOX_TABLE_##id,
    OUTBOX_TABLE_LIST(OUTBOX_TABLE_ENUM)
#undef OUTBOX_TABLE_ENUM
        OUTBOX_TABLE_COUNT
} outbox_table_t;

/* What the rest must agree with; written in each transaction. */
typedef struct {
    uint32_t format;
    uint64_t epoch;  /* LMDB's number of the transaction that wrote it: a rolled-back meta page shows */
    uint64_t number; /* of the newest filing that was ever added */
} outbox_head_t;
#define OUTBOX_HEAD_KEY  "head"
#define OUTBOX_HEAD_SIZE (4 + 8 + 8)

typedef struct {
    uint8_t bytes[CODE_LENGTH_MAX + 1 + 4 + 8];
    size_t size;
} outbox_key_t;

outbox_key_t outbox_key_of_number(uint64_t number);
outbox_key_t outbox_key_of_name(const char *name);
/* `dealer` is a code (text_is_code). */
outbox_key_t outbox_key_of_month(const char *dealer, period_t period, uint64_t number);
/* The number at the end of a key of numbers or months. */
uint64_t outbox_key_number(const outbox_key_t *key);

typedef struct outbox_tables outbox_tables_t;

/* Reads data.mdb without LMDB, every page of it: STATUS_DAMAGED or STATUS_NEWER_FORMAT with `out_why`. The caller holds
 * the lock, so that no one writes, and has no tables open. */
status_t outbox_tables_check(const char *directory, char *out_why, size_t why_size) NODISCARD;

/* Opens data.mdb in a directory, with all tables and the head made where `is_new`. `lock`: a descriptor whose flock is
 * held while a transaction writes; the caller's. The caller holds the lock, and has checked the file where it is not
 * new. */
status_t outbox_tables_open(const char *directory, size_t map_bytes, int lock, bool is_new,
                            outbox_tables_t **out) NODISCARD;
void outbox_tables_close(outbox_tables_t **tables);

typedef struct outbox_txn outbox_txn_t;

/* One at a time. Writing waits for other processes that write; STATUS_BUSY where one goes on for too long
 * (outbox_lock). */
status_t outbox_txn_begin(outbox_tables_t *tables, bool writes, outbox_txn_t **out) NODISCARD;
/* Nulls *txn whether it worked or not; refuses after a failure of one of the functions below. */
status_t outbox_txn_commit(outbox_txn_t **txn) NODISCARD;
void outbox_txn_abort(outbox_txn_t **txn);

/* The head as the transaction sees it; what a writer changes (number) is stored with the commit. */
outbox_head_t *outbox_txn_head(outbox_txn_t *txn);

/* One record; what *out borrows lives as long as the transaction, in a writing one until its next change. */
status_t outbox_txn_get(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, span_t *out) NODISCARD;
/* Puts a record, replacing one of that key. */
status_t outbox_txn_put(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, span_t payload) NODISCARD;
/* STATUS_NOT_FOUND where there is none. */
status_t outbox_txn_delete(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key) NODISCARD;
/* How many records a table holds. */
status_t outbox_txn_count(outbox_txn_t *txn, outbox_table_t table, uint64_t *out) NODISCARD;
/* The first key at or behind `key`, or the last one at or before it. STATUS_NOT_FOUND where there is none. */
status_t outbox_txn_next(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, outbox_key_t *out) NODISCARD;
status_t outbox_txn_last(outbox_txn_t *txn, outbox_table_t table, const outbox_key_t *key, outbox_key_t *out) NODISCARD;
