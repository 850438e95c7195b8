/* A crowd of dealers, each of whom connects, submits a month, has its receipt and is gone: yardstick-bench-stampede.
 *
 *   run ENDPOINT HUB_KEY DEALERS AT_ONCE MONTH LIMIT_S   so many dealers of the generated network, AT_ONCE trying at a
 *       time; ends when all have their receipts, or when LIMIT_S seconds have brought nobody one. One line of JSON.
 *   check HUB_DIRECTORY DEALERS MONTH                    whether the store (no hub serves it) holds each one's month,
 *       once, as it was submitted. One line of JSON.
 *   floor N                                              a server's arithmetic in N handshakes: microseconds each.
 *
 * STAMPEDE_TRACE in the environment: every two seconds a line on standard error, what all of them are at.
 *
 * Each dealer is one descriptor of this thread, with the waits of our agent: client/socket.c for a lost connection,
 * `yardstick-agent run` for an errand that failed. Addresses 127.0.1.1 and on are theirs, as one has ports for 28,000
 * connections only. */
#include "tests/bench/stampede_player.h"

#include "client/socket.h"
#include "hub/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <zmq.h>

#define VERSION 1 /* of the generated facts: nobody's is missing */
#define TICK_MS 10

/* ---- what can be made before ---- */

static void make_request(stampede_t *stampede, uint32_t dealer)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    int64_t facts[CATALOG_FACTS_MAX];
    char code[SAMPLE_CODE_SIZE];
    request_t request = {.kind = REQUEST_SUBMIT, .id = dealer + 1};
    submission_t *submission = &request.submission;
    buffer_t frame = {0};
    sample_dealer(dealer, code);
    sample_submission_id(dealer, stampede->month, VERSION, submission->id);
    submission->dealer = code;
    submission->period = SAMPLE_FIRST + (period_t)stampede->month;
    submission->catalog_digest = stampede->sample.catalog->digest;
    must(arena && sample_facts(&stampede->sample, dealer, stampede->month, VERSION, facts) &&
             packed_facts_pack(facts, stampede->sample.catalog->fact_count, arena, &submission->facts) == STATUS_OK &&
             request_encode(&request, &frame) == STATUS_OK,
         "making a submission");
    stampede->all[dealer].request = frame.data;
    stampede->all[dealer].request_size = frame.size;
}

static void make_dealers(stampede_t *stampede)
{
    stampede->all = calloc(stampede->dealers, sizeof *stampede->all);
    must(stampede->all, "memory for the dealers");
    for (uint32_t i = 0; i < stampede->dealers; i++) {
        curve_identity_t *identity = &stampede->all[i].identity;
        sample_keys(SAMPLE_DEALER, i, identity->public_key, identity->secret_key);
        curve_prepare(identity, stampede->hub_key);
        make_request(stampede, i);
    }
}
/* ---- all of them ---- */

static int64_t now_ms(void)
{
    return monotonic_now().ms;
}

static void trace(const stampede_t *stampede)
{
    static int64_t last;
    unsigned phases[DONE + 1] = {0};
    if (stampede->now_ms - last < 2000)
        return;
    last = stampede->now_ms;
    for (uint32_t i = 0; i < stampede->player_count; i++)
        phases[stampede->players[i].phase]++;
    fprintf(
        stderr,
        "%lld done %u resting %u connecting %u shaking %u asking %u; connects %llu unconnected %llu lost %llu closed "
        "%llu refused %llu late %llu\n",
        (long long)last, stampede->done, phases[RESTING], phases[CONNECTING], phases[SHAKING], phases[ASKING],
        (unsigned long long)stampede->connects, (unsigned long long)stampede->unconnected,
        (unsigned long long)stampede->losses, (unsigned long long)stampede->closed_handshakes,
        (unsigned long long)stampede->refused_errands, (unsigned long long)stampede->late_errands);
}

static void play(stampede_t *stampede, int64_t limit_ms)
{
    struct epoll_event events[256];
    int64_t looked = 0, progress = stampede->now_ms;
    uint32_t done = 0;
    for (uint32_t i = 0; i < stampede->player_count; i++)
        player_begin(stampede, &stampede->players[i]);
    while (stampede->done < stampede->dealers && stampede->now_ms - progress < limit_ms) {
        int count = epoll_wait(stampede->epoll, events, 256, TICK_MS);
        stampede->now_ms = now_ms();
        for (int i = 0; i < count; i++)
            player_meet(stampede, events[i].data.ptr, events[i].events);
        for (uint32_t i = 0; stampede->now_ms - looked >= TICK_MS && i < stampede->player_count; i++)
            player_look_after(stampede, &stampede->players[i]);
        looked = stampede->now_ms - looked >= TICK_MS ? stampede->now_ms : looked;
        if (getenv("STAMPEDE_TRACE"))
            trace(stampede);
        progress = stampede->done > done ? stampede->now_ms : progress;
        done = stampede->done;
    }
}

static int by_size(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void print_result(const stampede_t *stampede, double seconds, double cpu)
{
    uint32_t *latencies = calloc(stampede->dealers, sizeof *latencies), count = 0;
    must(latencies, "memory");
    for (uint32_t i = 0; i < stampede->dealers; i++)
        if (stampede->all[i].has_receipt)
            latencies[count++] = stampede->all[i].latency_ms;
    qsort(latencies, count, sizeof *latencies, by_size);
    printf("{\"seconds\": %.3f, \"receipts\": %u, \"stuck\": %u, \"twice\": %llu, \"connects\": %llu, \"unconnected\": "
           "%llu, \"lost_connections\": %llu, \"closed_handshakes\": %llu, \"refused_errands\": %llu, "
           "\"late_errands\": %llu, \"busy\": %llu, \"client_cpu\": %.3f, \"median_ms\": %u, \"p99_ms\": %u, "
           "\"max_ms\": %u}\n",
           seconds, count, stampede->dealers - count, (unsigned long long)stampede->doubles,
           (unsigned long long)stampede->connects, (unsigned long long)stampede->unconnected,
           (unsigned long long)stampede->losses, (unsigned long long)stampede->closed_handshakes,
           (unsigned long long)stampede->refused_errands, (unsigned long long)stampede->late_errands,
           (unsigned long long)stampede->busy, cpu, count ? latencies[count / 2] : 0,
           count ? latencies[count - 1 - count / 100] : 0, count ? latencies[count - 1] : 0);
    free(latencies);
}

static void raise_descriptors(uint32_t needed)
{
    struct rlimit limit;
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "asking for the limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= needed + 16, "having enough descriptors");
}

static int run(char **argv)
{
    static stampede_t stampede;
    const char *port = strrchr(argv[0], ':');
    stampede.dealers = (uint32_t)strtoul(argv[2], NULL, 10);
    stampede.player_count = (uint32_t)strtoul(argv[3], NULL, 10);
    stampede.month = (uint32_t)strtoul(argv[4], NULL, 10);
    must(port && zmq_z85_decode(stampede.hub_key, argv[1]) && stampede.dealers && stampede.player_count &&
             sample_init(stampede.dealers, &stampede.sample) == STATUS_OK,
         "reading the arguments");
    stampede.hub = (struct sockaddr_in){.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    raise_descriptors(stampede.player_count);
    stampede.epoll = epoll_create1(EPOLL_CLOEXEC);
    stampede.players = calloc(stampede.player_count, sizeof *stampede.players);
    must(stampede.epoll >= 0 && stampede.players, "memory for those who try");
    make_dealers(&stampede);
    double cpu = cpu_seconds();
    int64_t begun = stampede.now_ms = now_ms();
    play(&stampede, (int64_t)strtol(argv[5], NULL, 10) * 1000);
    print_result(&stampede, (double)(stampede.now_ms - begun) / 1000, cpu_seconds() - cpu);
    return EXIT_SUCCESS;
}

/* ---- what the store holds ---- */

typedef struct {
    const stampede_t *stampede;
    bool *is_there;
    uint64_t others, again;
} census_t;

static status_t count_month(void *context, const stored_revision_t *revision)
{
    census_t *census = context;
    uint8_t id[SUBMISSION_ID_SIZE];
    uint32_t dealer = (uint32_t)strtoul(revision->dealer + 1, NULL, 10);
    if (dealer >= census->stampede->dealers)
        return STATUS_OK;
    sample_submission_id(dealer, census->stampede->month, VERSION, id);
    if (memcmp(id, revision->submission_id, sizeof id) != 0)
        census->others++;
    census->again += revision->revision != 1;
    census->is_there[dealer] = true;
    return STATUS_OK;
}

static int check(char **argv)
{
    stampede_t stampede = {.dealers = (uint32_t)strtoul(argv[1], NULL, 10),
                           .month = (uint32_t)strtoul(argv[2], NULL, 10)};
    CLEANUP(store_close) store_t *store = NULL;
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const store_options_t options = {.map_bytes = 64ul << 30};
    char why[500] = "";
    census_t census = {.stampede = &stampede, .is_there = calloc(stampede.dealers, 1)};
    must(census.is_there && sodium_init() >= 0, "memory");
    must(store_open(argv[0], &options, &store, why, sizeof why) == STATUS_OK, why);
    must(store_begin_read(store, &txn) == STATUS_OK &&
             store_scan_month(txn, SAMPLE_FIRST + (period_t)stampede.month, count_month, &census) == STATUS_OK,
         "reading the month");
    uint32_t missing = 0;
    for (uint32_t i = 0; census.is_there && i < stampede.dealers; i++)
        missing += !census.is_there[i];
    printf("{\"missing\": %u, \"others\": %llu, \"again\": %llu}\n", missing, (unsigned long long)census.others,
           (unsigned long long)census.again);
    free(census.is_there);
    return EXIT_SUCCESS;
}

/* ---- the floor ---- */

static int measure_floor(char **argv)
{
    curve_identity_t client;
    uint8_t public_key[32], secret_key[32];
    unsigned long count = strtoul(argv[0], NULL, 10);
    volatile uint8_t sink = 0;
    must(sodium_init() >= 0 && count, "reading the arguments");
    crypto_box_keypair(public_key, secret_key);
    crypto_box_keypair(client.public_key, client.secret_key);
    curve_prepare(&client, public_key);
    double begun = cpu_seconds();
    for (unsigned long i = 0; i < count; i++)
        sink = (uint8_t)(sink ^ curve_server_arithmetic(secret_key, public_key, &client));
    printf("{\"microseconds\": %.2f}\n", (cpu_seconds() - begun) * 1e6 / (double)count);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 8 && strcmp(argv[1], "run") == 0)
        return run(argv + 2);
    if (argc == 5 && strcmp(argv[1], "check") == 0)
        return check(argv + 2);
    if (argc == 3 && strcmp(argv[1], "floor") == 0)
        return measure_floor(argv + 2);
    fputs("usage: yardstick-bench-stampede run ENDPOINT HUB_KEY DEALERS AT_ONCE MONTH LIMIT_S\n"
          "       yardstick-bench-stampede check HUB_DIRECTORY DEALERS MONTH\n"
          "       yardstick-bench-stampede floor N\n",
          stderr);
    return 2;
}
