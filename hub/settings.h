/* The hub's settings: one table (hub/settings.c: name, type, least, most, default, unit, help) from which the reader of
 * the YAML file (libcyaml), its checks, `yardstick-hub run --help` and the sample file are made. Read in main, passed
 * down as this struct. */
#pragma once

#include "core/faults.h"
#include "core/tables.h"

#define SETTINGS_LISTEN_SIZE      300 /* with NUL */

#define SETTINGS_RELEASE_DAYS_MAX 5 /* of a month: headquarters keeps some of RELEASES_MAX for its orders */

typedef struct {
    uint32_t days[SETTINGS_RELEASE_DAYS_MAX]; /* ascending */
    uint32_t count;
} release_days_t;

typedef struct {
    char listen[SETTINGS_LISTEN_SIZE]; /* tcp://ADDRESS:PORT to serve at; ADDRESS may be *, PORT 0 lets the system
                                          choose */
    char enroll_listen[SETTINGS_LISTEN_SIZE]; /* the same for enrolment; "" = none */
    uint32_t enroll_per_minute;               /* its connections of one address and minute; 30 */
    char time_zone[64];                       /* IANA name; Asia/Shanghai */
    uint32_t due_day;                         /* day of the next month after which a submission is late; 10 */
    benchmark_rule_t benchmark;  /* benchmark_share (decimal, 0.10), benchmark_least_stores, benchmark_least_eligible */
    bool disclosure;             /* on: dealers see of others what a release shows them (SPEC 4) */
    release_days_t release_days; /* of the next month, on which a month is released: 11, 16, 21 */
    uint64_t map_bytes;          /* 64 GiB */
    uint64_t month_cache_bytes;  /* 512 MiB */
    bool verify_first;           /* verify_at_start: first; else beside serving */
    uint32_t query_workers;      /* 2 */
    uint32_t commit_queue;       /* submissions waiting for the writer, above it busy; 4096 */
    uint32_t commit_group;       /* most submissions of one transaction; 1024 */
    uint32_t query_queue;        /* 1024 */
    uint32_t requests_per_key;   /* unanswered requests of one key, above it busy; 256 */
    uint32_t io_threads;         /* 2 */
    uint32_t newcomers;          /* handshakes under way; above it no more connections are accepted; 512 */
    uint32_t handshake_ms, heartbeat_ms, backlog;
} settings_t;

void settings_defaults(settings_t *out);

/* Reads a YAML file over what `settings` holds, which changes only on success. STATUS_INVALID with every fault (unknown
 * name, wrong type, out of range, with its line); STATUS_IO where it cannot be read. Faults name the path. */
status_t settings_read(const char *path, settings_t *settings, faults_t *faults) NODISCARD;

/* Takes one value as it would stand in the file; for a command line's option. STATUS_INVALID with a fault. */
status_t settings_set(settings_t *settings, const char *name, const char *text, faults_t *faults) NODISCARD;

/* The table as help text: name, default, range, unit, what it does. `file`: a FILE. */
void settings_print_help(void *file);

/* A settings file with every setting at its default, `listen` as given (NULL = its default). `only_listen`: the others
 * are commented out. */
void settings_print_sample(void *file, const char *listen, bool only_listen);
