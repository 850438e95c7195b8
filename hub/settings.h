/* The hub's settings: one table (hub/settings.c: name, type, least, most, default, unit, help) from which the reader of the YAML file (libcyaml), its checks and
 * `yardstick-hub run --help` are made. Read in main, passed down as this struct. */
#pragma once

#include "core/faults.h"
#include "core/tables.h"

typedef struct {
    char time_zone[64];             /* IANA name; Asia/Shanghai */
    uint32_t due_day;               /* day of the next month after which a submission is late; 10 */
    benchmark_rule_t benchmark;     /* benchmark_share (decimal, 0.10), benchmark_least_stores, benchmark_least_eligible */
    uint64_t map_bytes;             /* 64 GiB */
    uint64_t month_cache_bytes;     /* 512 MiB */
    uint32_t query_workers;         /* 2 */
    uint32_t commit_queue;          /* submissions waiting for the writer, above it busy; 4096 */
    uint32_t commit_group;          /* most submissions of one transaction; 1024 */
    uint32_t query_queue;           /* 1024 */
    uint32_t requests_per_key;      /* unanswered requests of one key, above it busy; 256 */
    uint32_t handshake_ms, heartbeat_ms, backlog;
} settings_t;

void settings_defaults(settings_t *out);

/* Reads a YAML file over the defaults. STATUS_INVALID with every fault (unknown name, wrong type, out of range, with its line); STATUS_IO where it cannot be read. */
status_t settings_read(const char *path, settings_t *settings, faults_t *faults) NODISCARD;

/* The table as help text: name, default, range, unit, what it does. */
void settings_print_help(void *file);
