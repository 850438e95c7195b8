/* A crowd of dealers, each of whom connects, submits a month, has its receipt and is gone: yardstick-bench-stampede.
 *
 *   run ENDPOINT HUB_KEY DEALERS AT_ONCE MONTH LIMIT_S   so many dealers of the generated network, AT_ONCE trying at a
 *       time; ends when all have their receipts, or when LIMIT_S seconds have brought nobody one. One line of JSON.
 *   check HUB_DIRECTORY DEALERS MONTH                    whether the store (no hub serves it) holds each one's month,
 *       once, as it was submitted. One line of JSON.
 *   floor N                                              a server's arithmetic in N handshakes: microseconds each.
 *
 * Each dealer is one descriptor of this thread, with the waits of our agent: client/socket.c for a lost connection,
 * `yardstick-agent run` for an errand that failed. Addresses 127.0.1.1 and on are theirs, as one has ports for 28,000
 * connections only. */
#include "tests/bench/curve_client.h"
#include "tests/bench/network.h"

#include "client/socket.h"
#include "dealer-agent/errand.h"
#include "hub/store.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define VERSION          1 /* of the generated facts: nobody's is missing */
#define TICK_MS          10
#define ADDRESSES        64
#define CONNECT_MS       5000 /* ZMQ_CONNECT_TIMEOUT, ZMQ_RECONNECT_IVL and _IVL_MAX of client/socket.c */
#define RECONNECT_MS     200
#define RECONNECT_MAX_MS 5000
#define HANDSHAKE_MS     15000 /* the rest: client/socket.c, client/connection.c, client/session.c */
#define HANGING_MS       3000
#define REFUSALS_MAX     2
#define PAUSE_MS         100
#define PAUSE_MAX_MS     5000
#define BUSY_PAUSE_MS    50

typedef enum { RESTING, CONNECTING, SHAKING, ASKING, DONE } phase_t;

/* One that tries. */
typedef struct {
    phase_t phase;
    uint32_t dealer;
    int fd;
    int64_t begun_ms;  /* its first try */
    int64_t errand_ms; /* of this errand */
    int64_t since_ms;  /* of this phase */
    int64_t until_ms;  /* RESTING: when it ends; ASKING: when it asks again, 0 = it has asked */
    unsigned reconnects, losses, refusals, failures, busy;
    curve_t curve;
} player_t;

typedef struct {
    curve_identity_t identity;
    uint8_t *request;
    size_t request_size;
    uint32_t latency_ms;
    bool is_spent; /* the transient key has been used */
    bool has_receipt;
} dealer_data_t;

typedef struct {
    sample_t sample;
    uint32_t dealers, month;
    dealer_data_t *all;
    player_t *players;
    uint32_t player_count, next, done;
    struct sockaddr_in hub;
    uint8_t hub_key[32];
    int epoll;
    int64_t now_ms;
    uint64_t connects, unconnected, losses, closed_handshakes, refused_errands, late_errands, busy, doubles;
} stampede_t;

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench-stampede: %s failed (%s)\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

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

/* ---- one player ---- */

static int64_t now_ms(void)
{
    return monotonic_now().ms;
}

static void hang_up(player_t *player)
{
    if (player->fd >= 0)
        close(player->fd);
    player->fd = -1;
}

static void enter(stampede_t *stampede, player_t *player, phase_t phase)
{
    player->phase = phase;
    player->since_ms = stampede->now_ms;
}

static void rest(stampede_t *stampede, player_t *player, int64_t pause_ms)
{
    hang_up(player);
    enter(stampede, player, RESTING);
    player->until_ms = stampede->now_ms + pause_ms;
}

/* What libzmq does by itself where TCP does not connect. */
static void rest_unconnected(stampede_t *stampede, player_t *player)
{
    int64_t pause = (int64_t)RECONNECT_MS << (player->reconnects < 5 ? player->reconnects : 5);
    player->reconnects++;
    player->refusals = 0;
    stampede->unconnected++;
    rest(stampede, player, (pause < RECONNECT_MAX_MS ? pause : RECONNECT_MAX_MS) + arc4random_uniform(RECONNECT_MS));
}

/* client/socket.c: lose. */
static void rest_lost(stampede_t *stampede, player_t *player)
{
    int64_t pause = (int64_t)PAUSE_MS << (player->losses < 6 ? player->losses : 6);
    pause = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
    player->losses++;
    stampede->losses++;
    rest(stampede, player, pause / 2 + arc4random_uniform((uint32_t)pause));
}

/* The errand ends without a receipt; the daemon sends another one later. */
static void fail_errand(stampede_t *stampede, player_t *player)
{
    player->failures++;
    player->losses = player->refusals = player->reconnects = player->busy = 0;
    rest(stampede, player, errand_backoff_ms(player->failures, arc4random()));
    player->errand_ms = player->until_ms;
}

static void meet_closed_handshake(stampede_t *stampede, player_t *player)
{
    int64_t after = stampede->now_ms - player->since_ms;
    stampede->closed_handshakes++;
    if (after < HANGING_MS)
        player->refusals++;
    else if (after < HANDSHAKE_MS - 500)
        player->refusals = REFUSALS_MAX;
    if (player->refusals < REFUSALS_MAX) {
        rest_lost(stampede, player);
        return;
    }
    stampede->refused_errands++;
    fail_errand(stampede, player);
}

static void meet_closed(stampede_t *stampede, player_t *player)
{
    if (player->phase == CONNECTING)
        rest_unconnected(stampede, player);
    else if (player->phase == SHAKING)
        meet_closed_handshake(stampede, player);
    else
        rest_lost(stampede, player);
}

/* Each from an address of its own group, at a port that the system chooses when it connects. */
static bool bind_source(int fd, uint32_t dealer)
{
    int one = 1;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101 + dealer % ADDRESSES)};
    return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
           bind(fd, (struct sockaddr *)&own, sizeof own) == 0;
}

static void dial(stampede_t *stampede, player_t *player)
{
    player->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(player->fd >= 0 && bind_source(player->fd, player->dealer), "opening a socket");
    stampede->connects++;
    enter(stampede, player, CONNECTING);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLIN, .data.ptr = player};
    must(epoll_ctl(stampede->epoll, EPOLL_CTL_ADD, player->fd, &event) == 0, "epoll");
    if (connect(player->fd, (struct sockaddr *)&stampede->hub, sizeof stampede->hub) != 0 && errno != EINPROGRESS)
        rest_unconnected(stampede, player);
}

static bool is_written(const player_t *player, const curve_output_t *out)
{
    /* A few hundred bytes into an empty socket: all or nothing. */
    return !out->size || send(player->fd, out->bytes, out->size, MSG_NOSIGNAL) == (ssize_t)out->size;
}

static void meet_connected(stampede_t *stampede, player_t *player)
{
    int error = 0;
    socklen_t size = sizeof error;
    curve_output_t out = {.size = 0};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = player};
    if (getsockopt(player->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error) {
        rest_unconnected(stampede, player);
        return;
    }
    epoll_ctl(stampede->epoll, EPOLL_CTL_MOD, player->fd, &event);
    player->reconnects = 0;
    enter(stampede, player, SHAKING);
    stampede->all[player->dealer].is_spent = true;
    curve_start(&player->curve, &out);
    if (!is_written(player, &out))
        meet_closed(stampede, player);
}

static void ask(stampede_t *stampede, player_t *player)
{
    curve_output_t out = {.size = 0};
    const dealer_data_t *dealer = &stampede->all[player->dealer];
    player->until_ms = 0;
    if (!curve_seal(&player->curve, dealer->request, dealer->request_size, &out) || !is_written(player, &out))
        meet_closed(stampede, player);
}

static void begin_next(stampede_t *stampede, player_t *player);

static void take_receipt(stampede_t *stampede, player_t *player, const uint8_t *bytes, size_t size)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    response_t *response = NULL;
    const char *why = "";
    must(arena && response_decode((span_t){bytes, size}, arena, &response, &why) == STATUS_OK, "reading an answer");
    if (response->status == STATUS_BUSY || response->status == STATUS_STOPPING) {
        int64_t pause = (int64_t)BUSY_PAUSE_MS << (player->busy < 5 ? player->busy : 5);
        stampede->busy++;
        player->busy++;
        player->until_ms = stampede->now_ms + pause / 2 + arc4random_uniform((uint32_t)pause);
        return;
    }
    if (response->status != STATUS_OK || response->kind != RESPONSE_RECEIPT)
        fprintf(stderr, "bench-stampede: refused: %s\n", response->message ? response->message : "");
    must(response->status == STATUS_OK && response->kind == RESPONSE_RECEIPT && response->id == player->dealer + 1,
         "a receipt");
    dealer_data_t *dealer = &stampede->all[player->dealer];
    stampede->doubles += dealer->has_receipt;
    dealer->has_receipt = true;
    dealer->latency_ms = (uint32_t)(stampede->now_ms - player->begun_ms);
    stampede->done++;
    hang_up(player);
    begin_next(stampede, player);
}

static void meet_bytes(stampede_t *stampede, player_t *player)
{
    curve_t *curve = &player->curve;
    curve_output_t out = {.size = 0};
    uint8_t message[CURVE_INPUT_MAX];
    size_t size;
    ssize_t got = recv(player->fd, curve->input + curve->input_size, CURVE_INPUT_MAX - curve->input_size, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        meet_closed(stampede, player);
        return;
    }
    curve->input_size += (size_t)got;
    if (player->phase == SHAKING) {
        const curve_identity_t *identity = &stampede->all[player->dealer].identity;
        curve_phase_t before;
        do {
            before = curve->phase;
            must(curve_step(curve, identity, stampede->hub_key, &out), "the handshake");
        } while (curve->phase != before && curve->phase != CURVE_READY);
        if (!is_written(player, &out)) {
            meet_closed(stampede, player);
            return;
        }
        if (curve->phase != CURVE_READY)
            return;
        player->refusals = player->losses = 0;
        enter(stampede, player, ASKING);
        ask(stampede, player);
    }
    if (player->phase == ASKING && curve_open(curve, message, &size) == CURVE_MESSAGE)
        take_receipt(stampede, player, message, size);
}

static void begin_next(stampede_t *stampede, player_t *player)
{
    if (stampede->next == stampede->dealers) {
        player->phase = DONE;
        return;
    }
    *player = (player_t){.dealer = stampede->next++, .fd = -1};
    player->begun_ms = player->errand_ms = stampede->now_ms;
    dial(stampede, player);
}

/* Whatever its time has come for. */
static void look_after(stampede_t *stampede, player_t *player)
{
    int64_t now = stampede->now_ms, passed = now - player->since_ms;
    if (player->phase == DONE || (player->phase == RESTING && player->errand_ms > now))
        return;
    if (now - player->errand_ms >= ERRAND_PATIENCE_S * 1000) {
        stampede->late_errands++;
        fail_errand(stampede, player);
    } else if (player->phase == RESTING && now >= player->until_ms) {
        dealer_data_t *dealer = &stampede->all[player->dealer];
        if (dealer->is_spent)
            curve_prepare(&dealer->identity, stampede->hub_key);
        dealer->is_spent = false;
        dial(stampede, player);
    } else if (player->phase == CONNECTING && passed >= CONNECT_MS) {
        rest_unconnected(stampede, player);
    } else if (player->phase == SHAKING && passed >= HANDSHAKE_MS) {
        rest_lost(stampede, player);
    } else if (player->phase == ASKING && player->until_ms && now >= player->until_ms) {
        ask(stampede, player);
    }
}

/* ---- all of them ---- */

static void meet(stampede_t *stampede, player_t *player, uint32_t events)
{
    if (player->fd < 0)
        return;
    if (player->phase == CONNECTING)
        meet_connected(stampede, player);
    else if (events)
        meet_bytes(stampede, player);
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
        begin_next(stampede, &stampede->players[i]);
    while (stampede->done < stampede->dealers && stampede->now_ms - progress < limit_ms) {
        int count = epoll_wait(stampede->epoll, events, 256, TICK_MS);
        stampede->now_ms = now_ms();
        for (int i = 0; i < count; i++)
            meet(stampede, events[i].data.ptr, events[i].events);
        for (uint32_t i = 0; stampede->now_ms - looked >= TICK_MS && i < stampede->player_count; i++)
            look_after(stampede, &stampede->players[i]);
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
    for (uint32_t i = 0; i < stampede.dealers; i++)
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
