/* The hub's settings as one table. For hub/settings*.c only. */
#pragma once

#include "hub/settings.h"

#include <stddef.h>

/* X(kind, name, member, least, most, default, unit, help). A share's range is 0..1. A choice's unit holds its words:
 * the first one sets its member to false, the second to true. */
#define SETTING_LIST(X)                                                                                                \
    X(LISTEN, listen, listen, 0, SETTINGS_LISTEN_SIZE, "tcp://*:7420", "",                                             \
      "endpoint to serve at: tcp://ADDRESS:PORT; ADDRESS * is every address, PORT 0 lets the system choose")           \
    X(DOOR, enroll_listen, enroll_listen, 0, SETTINGS_LISTEN_SIZE, "", "",                                             \
      "second endpoint, at which agents enrol with one-time tokens: tcp://ADDRESS:PORT; empty = none")                 \
    X(NUMBER, enroll_per_minute, enroll_per_minute, 1, 100000, "30", "connections",                                    \
      "enrolment connections that one address may open in a minute; more are cut")                                     \
    X(ZONE, time_zone, time_zone, 0, 64, "Asia/Shanghai", "",                                                          \
      "time zone of the network (IANA name): months begin and due days end by it")                                     \
    X(NUMBER, due_day, due_day, 1, 28, "10", "day", "day of the next month after which a submission is late")          \
    X(SHARE, benchmark_share, benchmark, 0, 1, "0.10", "",                                                             \
      "least share of the denominator that the stores of a benchmark hold together")                                   \
    X(NUMBER, benchmark_least_stores, benchmark.least_stores, 1, 1000, "3", "stores",                                  \
      "least number of stores that a benchmark is made of")                                                            \
    X(NUMBER, benchmark_least_eligible, benchmark.least_eligible, 1, 1000, "5", "stores",                              \
      "least number of eligible stores for which there is a benchmark")                                                \
    X(SWITCH, disclosure, disclosure, 0, 1, "on", "",                                                                  \
      "what dealers are shown of others comes from releases, rounded, and never tells one owner's figures; off: they " \
      "see "                                                                                                           \
      "live averages and benchmarks in full")                                                                          \
    X(DAYS, release_days, release_days, 1, 28, "11,16,21", "day",                                                      \
      "days of the next month on which a month is released to dealers; empty = only by order and at closing")          \
    X(BYTES, map_bytes, map_bytes, 1048576, 70368744177664, "64 GiB", "bytes",                                         \
      "largest size of the store; space is taken only as it fills; may be raised at any start")                        \
    X(BYTES, month_cache_bytes, month_cache_bytes, 1048576, 1099511627776, "512 MiB", "bytes",                         \
      "memory for the months that are kept ready to compute with; months of the past and releases may take half of "   \
      "it "                                                                                                            \
      "each on top")                                                                                                   \
    X(CHOICE, verify_at_start, verify_first, 0, 1, "beside", "beside or first",                                        \
      "when each record of the store is read through: beside serving, which stops where one is damaged, or first, "    \
      "which serves later (each page is checked before serving either way)")                                           \
    X(NUMBER, query_workers, query_workers, 1, 64, "2", "threads", "threads that compute answers")                     \
    X(NUMBER, commit_queue, commit_queue, 1, 1000000, "4096", "submissions",                                           \
      "submissions that wait to be stored; above it the hub answers busy")                                             \
    X(NUMBER, commit_group, commit_group, 1, 65536, "1024", "submissions",                                             \
      "most submissions that are stored in one transaction")                                                           \
    X(NUMBER, query_queue, query_queue, 1, 1000000, "1024", "requests",                                                \
      "requests that wait for a worker; above it the hub answers busy")                                                \
    X(NUMBER, requests_per_key, requests_per_key, 1, 65536, "256", "requests",                                         \
      "unanswered requests of one key; above it the hub answers busy")                                                 \
    X(NUMBER, io_threads, io_threads, 1, 64, "2", "threads",                                                           \
      "threads that read, write and cipher; more than cores gain nothing")                                             \
    X(NUMBER, newcomers, newcomers, 16, 65535, "512", "connections",                                                   \
      "connections whose handshake is under way at a time; those that come on top of it wait to be accepted")          \
    X(NUMBER, handshake_ms, handshake_ms, 100, 600000, "5000", "milliseconds",                                         \
      "time that a connection has for its handshake")                                                                  \
    X(NUMBER, heartbeat_ms, heartbeat_ms, 100, 600000, "10000", "milliseconds",                                        \
      "time between two signs of life; a connection is given up after three")                                          \
    X(NUMBER, backlog, backlog, 16, 65535, "1024", "connections",                                                      \
      "connections that wait to be accepted (net.core.somaxconn bounds it too); others are not heard, and try "        \
      "again by themselves; in a longer queue all would wait longer than their agents do")

typedef enum {
    SETTING_LISTEN,
    SETTING_DOOR,
    SETTING_ZONE,
    SETTING_NUMBER,
    SETTING_SHARE,
    SETTING_SWITCH,
    SETTING_CHOICE,
    SETTING_DAYS,
    SETTING_BYTES
} setting_kind_t;

typedef struct {
    setting_kind_t kind;
    const char *name;
    size_t offset;
    uint64_t least, most;
    const char *initial, *unit, *help;
} setting_t;

enum {
#define SETTING_COUNT_ONE(kind, name, ...) SETTING_INDEX_##name,
    SETTING_LIST(SETTING_COUNT_ONE)
#undef SETTING_COUNT_ONE
        SETTING_COUNT
};
extern const setting_t setting_table[SETTING_COUNT];

/* A place in the file. */
typedef struct {
    uint32_t line, column;
} setting_place_t;

/* SETTING_COUNT where there is none of that name. */
size_t setting_find(const char *name);

/* Checks the text and takes its value. STATUS_INVALID with a fault at `place`. */
status_t setting_apply(const setting_t *setting, const char *text, setting_place_t place, settings_t *settings,
                       faults_t *faults) NODISCARD;
