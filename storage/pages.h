/* LMDB's data file as bytes. LMDB trusts its file: a truncated one ends the process (SIGBUS), a damaged meta page
 * silently brings back the state before the last commit, a damaged page lists records that are not there, and a damaged
 * list of free pages has live ones written over. So the file is read here without LMDB, before it is opened. */
#pragma once

#include "core/span.h"
#include "core/status.h"

#include <stdbool.h>

/* What must hold of a file beyond LMDB's own format. */
typedef struct {
    /* A record that every transaction writes, in a table of one page, and which names that transaction: else a lost
     * meta page would not show. */
    const char *head_table, *head_key;
    status_t (*read_head)(span_t value, uint64_t *out_txn);
    /* The file is made as long as the pages that it counts, so that a shorter one was cut. Where not, only pages that
     * are in use must be there: one that was taken at the end and given back in one transaction is counted and never
     * written. */
    bool is_extended;
    void (*tick)(void *context); /* called now and then, NULL = none: a sign that the work goes on */
    void *context;
} pages_rules_t;

/* Magic, versions, sizes, and that each of the two snapshots in DIRECTORY/data.mdb holds the head of its own
 * transaction. Safe only while no environment is open in this process. STATUS_DAMAGED (NEWER_FORMAT from read_head)
 * with `out_why`, STATUS_IO, STATUS_NO_MEMORY. */
status_t pages_check_file(const char *directory, const pages_rules_t *rules, char *out_why, size_t why_size) NODISCARD;

/* The same, then each page that the newest snapshot reaches, and its free list. For a process that keeps that snapshot
 * from changing: that no one writes, or a reader's transaction. */
status_t pages_check_all(const char *directory, const pages_rules_t *rules, char *out_why, size_t why_size) NODISCARD;
