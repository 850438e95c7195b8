/* What submitting and asking costs, beside what was measured in the same run: `./run bench`. Three rounds, interleaved;
 * prints the median of each case with its least and most, and its ratio to the floor.
 *
 * The floor of submitting is one small LMDB record a transaction, synced, without any of our code. The floor of asking
 * is `describe`, which the hub answers without touching a month. (Larger networks, peers and profiles: a later issue.)
 */
#include "client/connection.h"
#include "core/limits.h"

#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS      3
#define SINGLE      300
#define PIPELINED   6000
#define QUERIES     500
#define DEALERS     10 /* members of the network in every month of the golden set */
#define RECORD_SIZE 150

typedef struct {
    connection_t *connection;
    catalog_t *catalog;
    uint64_t filed; /* makes each submission differ from the one before */
} bench_t;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(EXIT_FAILURE);
}

/* ---- the cases: each returns operations a second ---- */

static double commit_alone(const char *directory)
{
    MDB_env *env;
    MDB_dbi table;
    MDB_txn *txn;
    must(!mdb_env_create(&env) && !mdb_env_set_mapsize(env, 64u << 20) && !mdb_env_open(env, directory, 0, 0600),
         "LMDB");
    must(!mdb_txn_begin(env, NULL, 0, &txn) && !mdb_dbi_open(txn, NULL, 0, &table) && !mdb_txn_commit(txn), "LMDB");
    uint8_t record[RECORD_SIZE], key[16];
    double begun = now();
    for (int i = 0; i < SINGLE; i++) {
        randombytes_buf(key, sizeof key);
        randombytes_buf(record, sizeof record);
        MDB_val name = {sizeof key, key}, value = {sizeof record, record};
        must(!mdb_txn_begin(env, NULL, 0, &txn) && !mdb_put(txn, table, &name, &value, 0) && !mdb_txn_commit(txn),
             "LMDB commit");
    }
    double rate = SINGLE / (now() - begun);
    mdb_env_close(env);
    return rate;
}

static status_t make_submission(void *context, size_t index, arena_t *arena, request_t *out)
{
    bench_t *bench = context;
    int64_t facts[CATALOG_FACTS_MAX];
    uint64_t number = bench->filed + index;
    for (size_t i = 0; i < bench->catalog->fact_count; i++)
        facts[i] = (int64_t)(number % 1000 + 10 * i);
    out->kind = REQUEST_SUBMIT;
    submission_t *submission = &out->submission;
    crypto_generichash(submission->id, sizeof submission->id, (const uint8_t *)&number, sizeof number, NULL, 0);
    submission->dealer = arena_printf(arena, "D%04u", (unsigned)(number % DEALERS) + 1);
    submission->period = period_make(2024, 1) + (period_t)(number / DEALERS % 24);
    submission->catalog_digest = bench->catalog->digest;
    submission->group_receipt = true;
    return packed_facts_pack(facts, bench->catalog->fact_count, arena, &submission->facts);
}

static status_t take_receipt(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)context, (void)index, (void)arena;
    if (response->status != STATUS_OK)
        fprintf(stderr, "bench: a submission was refused: %s\n", response->message);
    return response->status;
}

static double submit(bench_t *bench, size_t count, size_t window)
{
    faults_t faults = {0};
    exchange_t exchange = {count, window, bench, make_submission, take_receipt};
    double begun = now();
    must(connection_exchange(bench->connection, &exchange, &faults) == STATUS_OK, "submitting");
    bench->filed += count;
    return (double)count / (now() - begun);
}

static double ask(bench_t *bench, const request_t *request)
{
    double begun = now();
    for (int i = 0; i < QUERIES; i++) {
        faults_t faults = {0};
        CLEANUP(answer_fini) answer_t answer = {0};
        must(connection_request(bench->connection, request, &answer, &faults) == STATUS_OK &&
                 answer.response->status == STATUS_OK,
             "asking");
    }
    return QUERIES / (now() - begun);
}

/* ---- the table ---- */

enum { FLOOR_COMMIT, SUBMIT_ALONE, SUBMIT_PIPELINED, FLOOR_ASK, COMPARE, TREND, CASE_COUNT };
static const char *const CASE_NAMES[CASE_COUNT] = {
    [FLOOR_COMMIT] = "LMDB, one record a synced commit (floor)",
    [SUBMIT_ALONE] = "submissions acknowledged, one at a time",
    [SUBMIT_PIPELINED] = "submissions acknowledged, 64 unanswered",
    [FLOOR_ASK] = "describe, round trips (floor)",
    [COMPARE] = "compare of a store, round trips",
    [TREND] = "trend of a store, round trips",
};

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_table(double rates[CASE_COUNT][ROUNDS])
{
    printf("%-44s %10s %10s %10s %8s\n", "a second, of 3 rounds", "median", "least", "most", "x floor");
    for (int i = 0; i < CASE_COUNT; i++) {
        qsort(rates[i], ROUNDS, sizeof rates[i][0], compare_doubles);
        double floor = rates[i < FLOOR_ASK ? FLOOR_COMMIT : FLOOR_ASK][ROUNDS / 2];
        printf("%-44s %10.0f %10.0f %10.0f %8.2f\n", CASE_NAMES[i], rates[i][ROUNDS / 2], rates[i][0],
               rates[i][ROUNDS - 1], rates[i][ROUNDS / 2] / floor);
    }
}

int main(int argc, char **argv)
{
    must(argc == 4 && sodium_init() >= 0, "usage: yardstick-bench HOME ENDPOINT EMPTY_DIRECTORY:");
    home_t home;
    faults_t faults = {0};
    bench_t bench = {0};
    must(home_open(argv[1], &home, &faults) == STATUS_OK, "opening the home");
    must(connection_open(&home, argv[2], 10, &bench.connection, &faults) == STATUS_OK, "connecting");
    must(catalog_load(catalog_builtin(), &bench.catalog, &faults) == STATUS_OK, "loading the catalog");
    const request_t describe = {.kind = REQUEST_DESCRIBE};
    const request_t compare = {.kind = REQUEST_COMPARE,
                               .compare = {.dealer = "D0001", .period = period_make(2024, 6), .region = ""}};
    const request_t trend = {.kind = REQUEST_TREND, .trend = {.dealer = "D0001", .year = 2024}};
    double rates[CASE_COUNT][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        rates[FLOOR_COMMIT][round] = commit_alone(argv[3]);
        rates[SUBMIT_ALONE][round] = submit(&bench, SINGLE, 1);
        rates[SUBMIT_PIPELINED][round] = submit(&bench, PIPELINED, 0);
        rates[FLOOR_ASK][round] = ask(&bench, &describe);
        rates[COMPARE][round] = ask(&bench, &compare);
        rates[TREND][round] = ask(&bench, &trend);
    }
    print_table(rates);
    connection_close(&bench.connection);
    catalog_destroy(&bench.catalog);
    return EXIT_SUCCESS;
}
