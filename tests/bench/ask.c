/* A client of `./run bench query` that times what it asks of a hub over its socket, as `client/connection.h` has it.
 * `yardstick-bench-ask HOME ENDPOINT DEALERS` takes a line on standard input and answers with a line of JSON,
 * {"us": [microseconds, …]}, a round trip each:
 *   COUNT describe
 *   COUNT compare DEALER PERIOD | COUNT trend DEALER YEAR | COUNT rank ROW SCOPE PERIOD | COUNT benchmark PERIOD
 *   COUNT submit              a newer month of some store, the newest month of the generated network
 *   COUNT file RATE           the same, pipelined, at most RATE a second (0: as fast as it goes); {"seconds": …} of all
 * PERIOD is YYYYMM. An answer that refuses ends the program. */
#include "tests/bench/network.h"

#include "client/connection.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NEWEST    11 /* month of the sample */
#define LINE_SIZE 200
#define PATIENCE  60
#define WINDOW    64

typedef struct {
    connection_t *connection;
    sample_t sample;
    uint32_t filed;
    double begun, interval; /* of a paced exchange: seconds */
} asker_t;

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench-ask: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static const char *word(void)
{
    const char *next = strtok(NULL, " \n");
    must(next, "reading a word");
    return next;
}

/* ---- submissions ---- */

static status_t make_submission(const asker_t *asker, uint32_t number, arena_t *arena, request_t *out)
{
    const sample_t *sample = &asker->sample;
    int64_t facts[CATALOG_FACTS_MAX];
    uint32_t dealer = (uint32_t)(number * UINT64_C(7919) % sample->dealers), version = number + 1;
    char code[SAMPLE_CODE_SIZE];
    sample_dealer(dealer, code);
    sample_facts(sample, dealer, NEWEST, version, facts);
    *out = (request_t){.kind = REQUEST_SUBMIT};
    submission_t *submission = &out->submission;
    randombytes_buf(submission->id, sizeof submission->id);
    submission->dealer = arena_strdup(arena, code);
    submission->period = SAMPLE_FIRST + NEWEST;
    submission->catalog_digest = sample->catalog->digest;
    return packed_facts_pack(facts, sample->catalog->fact_count, arena, &submission->facts);
}

static status_t make_paced(void *context, size_t index, arena_t *arena, request_t *out)
{
    const asker_t *asker = context;
    double wait = asker->begun + asker->interval * (double)index - now();
    if (wait > 0) {
        struct timespec pause = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
        nanosleep(&pause, NULL);
    }
    return make_submission(asker, asker->filed + (uint32_t)index, arena, out);
}

static status_t take_receipt(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)context, (void)index, (void)arena;
    return response->status;
}

static void file(asker_t *asker, size_t count, unsigned rate)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    const exchange_t exchange = {count, WINDOW, asker, make_paced, take_receipt};
    asker->interval = rate ? 1.0 / rate : 0;
    asker->begun = now();
    must(connection_exchange(asker->connection, &exchange, &faults) == STATUS_OK, "filing");
    asker->filed += (uint32_t)count;
    printf("{\"seconds\": %.6f}\n", now() - asker->begun);
}

/* ---- questions ---- */

static period_t period_word(void)
{
    return period_from_number((uint32_t)strtoul(word(), NULL, 10));
}

static request_t read_question(const char *kind)
{
    request_t request = {.kind = REQUEST_DESCRIBE};
    if (strcmp(kind, "compare") == 0) {
        request.kind = REQUEST_COMPARE;
        request.compare.dealer = word();
        request.compare.period = period_word();
        request.compare.region = "";
    } else if (strcmp(kind, "trend") == 0) {
        request.kind = REQUEST_TREND;
        request.trend.dealer = word();
        request.trend.year = (int)strtol(word(), NULL, 10);
    } else if (strcmp(kind, "rank") == 0) {
        request.kind = REQUEST_RANK;
        request.rank.row = word();
        request.rank.scope = word();
        request.rank.period = period_word();
    } else if (strcmp(kind, "benchmark") == 0) {
        request.kind = REQUEST_BENCHMARK;
        request.benchmark.period = period_word();
        request.benchmark.table = "";
    } else {
        must(strcmp(kind, "describe") == 0, kind);
    }
    return request;
}

static double round_trip(const asker_t *asker, const request_t *request)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(answer_fini) answer_t answer = {0};
    double begun = now();
    must(connection_request(asker->connection, request, &answer, &faults) == STATUS_OK, "asking");
    double took = now() - begun;
    must(answer.response->status == STATUS_OK, answer.response->message);
    return took;
}

static void ask(asker_t *asker, size_t count, const char *kind)
{
    bool submits = strcmp(kind, "submit") == 0;
    request_t request = submits ? (request_t){0} : read_question(kind);
    fputs("{\"us\": [", stdout);
    for (size_t i = 0; i < count; i++) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
        if (submits)
            must(arena && make_submission(asker, asker->filed++, arena, &request) == STATUS_OK, "a submission");
        printf("%s%.1f", i ? ", " : "", round_trip(asker, &request) * 1e6);
    }
    fputs("]}\n", stdout);
}

int main(int argc, char **argv)
{
    CLEANUP(home_fini) home_t home = {0};
    CLEANUP(faults_fini) faults_t faults = {0};
    asker_t asker = {0};
    char line[LINE_SIZE];
    if (argc != 4) {
        fputs("usage: yardstick-bench-ask HOME ENDPOINT DEALERS\n", stderr);
        return 2;
    }
    must(sample_init((uint32_t)strtoul(argv[3], NULL, 10), &asker.sample) == STATUS_OK, "making the network");
    must(home_open(argv[1], &home, &faults) == STATUS_OK, "opening the home");
    must(connection_open(&home, argv[2], PATIENCE, &asker.connection, &faults) == STATUS_OK, "connecting");
    asker.filed = randombytes_uniform(1u << 30); /* two askers file differently */
    while (fgets(line, sizeof line, stdin)) {
        size_t count = strtoul(strtok(line, " \n"), NULL, 10);
        const char *kind = word();
        if (strcmp(kind, "file") == 0)
            file(&asker, count, (unsigned)strtoul(word(), NULL, 10));
        else
            ask(&asker, count, kind);
        fflush(stdout);
    }
    connection_close(&asker.connection);
    sample_fini(&asker.sample);
    return EXIT_SUCCESS;
}
