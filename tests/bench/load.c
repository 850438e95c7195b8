/* Agents that file as fast as they are answered: `./run bench ingest`.
 *
 * usage: yardstick-bench-load prepare HUB_DIRECTORY AGENTS
 *          fills the store of a hub that does not run: a network of LOAD_STORES stores for each agent, and their keys
 *        yardstick-bench-load run ENDPOINT SERVER_KEY AGENTS WINDOW EACH FIRST THREADS
 *          connects AGENTS clients, each a key and a CURVE connection of its own that is kept, and has each file its
 *          submissions number FIRST to before FIRST + EACH, at most WINDOW unanswered at a time. The first of each is
 *          answered before the clock starts. Prints key=value lines; fails on an answer that is no receipt.
 *
 * All submissions are encoded beforehand, and a client wakes for its own socket alone, so that what is measured is the
 * server as far as two programs on the same cores allow. */
#include "client/home.h"
#include "core/catalog.h"
#include "core/limits.h"
#include "hub/store.h"
#include "proto/codec.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define LOAD_STORES   100 /* of one agent: at most KEY_DEALERS_MAX */
#define LOAD_MONTHS   24
#define THREADS_MAX   8
#define TAG_ID        0x08 /* Response.request_id, the first field */
#define TAG_STATUS    0x12 /* Response.status: empty where it is OK */
#define READY_AT_ONCE 256
#define STUCK_MS      20000

typedef struct {
    void *socket;
    uint8_t *bytes;  /* of all its requests */
    size_t *ends;    /* where each ends */
    double *sent_at; /* of each; then what it took */
    uint32_t index, sent, answered, goal;
} agent_t;

typedef struct {
    pthread_t thread;
    agent_t *agents;
    uint32_t count, window;
    int poll;
} driver_t;

static const catalog_t *catalog;
static uint32_t each;

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "load: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint32_t number_of(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

/* ---- who they are and what they file ---- */

static void make_keys(uint32_t agent, uint8_t public_key[32], uint8_t secret_key[32])
{
    const uint64_t name[] = {UINT64_C(0x59617264), agent};
    crypto_generichash(secret_key, 32, (const uint8_t *)name, sizeof name, NULL, 0);
    crypto_scalarmult_base(public_key, secret_key);
}

static const char *dealer_of(uint32_t agent, uint32_t store, arena_t *arena)
{
    return arena_printf(arena, "L%07u", agent * LOAD_STORES + store);
}

/* Submission number `number` of an agent: store by store, month by month, and then all of them corrected. */
static void encode(uint32_t agent, uint32_t number, buffer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    const uint64_t name[] = {agent, number};
    int64_t facts[CATALOG_FACTS_MAX];
    for (size_t i = 0; i < catalog->fact_count; i++)
        facts[i] = (int64_t)((agent + number) % 1000 + 100 * i);
    request_t request = {.id = number + 1, .kind = REQUEST_SUBMIT};
    submission_t *submission = &request.submission;
    crypto_generichash(submission->id, sizeof submission->id, (const uint8_t *)name, sizeof name, NULL, 0);
    submission->dealer = dealer_of(agent, number % LOAD_STORES, arena);
    submission->period = period_make(2024, 1) + (period_t)(number / LOAD_STORES % LOAD_MONTHS);
    submission->catalog_digest = catalog->digest;
    submission->group_receipt = true; /* as agents ask for it */
    must(packed_facts_pack(facts, catalog->fact_count, arena, &submission->facts) == STATUS_OK &&
             request_encode(&request, out) == STATUS_OK,
         "encoding");
}

static void encode_all(agent_t *agent, uint32_t first)
{
    size_t size = 0, room = 0;
    agent->ends = calloc(each, sizeof *agent->ends);
    agent->sent_at = calloc(each, sizeof *agent->sent_at);
    must(agent->ends && agent->sent_at, "memory");
    for (uint32_t i = 0; i < each; i++) {
        CLEANUP(buffer_fini) buffer_t bytes = {0};
        encode(agent->index, first + i, &bytes);
        if (size + bytes.size > room) {
            room = (size + bytes.size) * 2;
            agent->bytes = realloc(agent->bytes, room);
            must(agent->bytes, "memory");
        }
        memcpy(agent->bytes + size, bytes.data, bytes.size);
        agent->ends[i] = size += bytes.size;
    }
}

/* ---- prepare ---- */

static void put_network(store_txn_t *txn, uint32_t agents, arena_t *arena)
{
    size_t count = (size_t)agents * LOAD_STORES;
    network_region_line_t region = {.code = "r00", .parent = "", .name = "r00"};
    network_dealer_line_t *dealers = arena_array(arena, count, sizeof *dealers);
    network_membership_line_t *memberships = arena_array(arena, count, sizeof *memberships);
    must(dealers && memberships, "memory");
    for (size_t i = 0; i < count; i++) {
        const char *code = dealer_of((uint32_t)(i / LOAD_STORES), (uint32_t)(i % LOAD_STORES), arena);
        dealers[i] = (network_dealer_line_t){.code = code, .name = code, .owner = ""};
        memberships[i] = (network_membership_line_t){.dealer = code, .region = "r00", .from = period_make(2020, 1)};
    }
    network_lines_t lines = {.regions = &region,
                             .region_count = 1,
                             .dealers = dealers,
                             .dealer_count = count,
                             .memberships = memberships,
                             .membership_count = count};
    must(store_put_network(txn, &lines, 1) == STATUS_OK, "the network");
}

static void put_key(store_txn_t *txn, uint32_t agent)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    uint8_t secret_key[32];
    const char *dealers[LOAD_STORES];
    for (uint32_t store = 0; store < LOAD_STORES; store++)
        dealers[store] = dealer_of(agent, store, arena);
    stored_key_t key = {
        .entry = {
            .role = ROLE_DEALER, .dealers = dealers, .dealer_count = LOAD_STORES, .region = "", .admitted_ms = 1}};
    make_keys(agent, key.entry.public_key, secret_key);
    must(store_put_key(txn, key.entry.public_key, &key) == STATUS_OK, "a key");
}

static void prepare(const char *directory, uint32_t agents)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create((size_t)1 << 30);
    const store_options_t options = {.map_bytes = (size_t)64 << 30, .max_readers = 16};
    store_t *store = NULL;
    store_txn_t *txn = NULL;
    char why[400] = "";
    must(store_open(directory, &options, &store, why, sizeof why) == STATUS_OK, why);
    must(store_begin_write(store, &txn) == STATUS_OK, "a transaction");
    put_network(txn, agents, arena);
    for (uint32_t agent = 0; agent < agents; agent++)
        put_key(txn, agent);
    must(store_commit(&txn) == STATUS_OK, "the commit");
    store_close(&store);
}

/* ---- run ---- */

static void set_int(void *socket, int option, int value)
{
    must(zmq_setsockopt(socket, option, &value, sizeof value) == 0, "an option");
}

static void connect_agent(agent_t *agent, void *context, const char *endpoint, const char *server_key)
{
    char public_text[HOME_KEY_SIZE], secret_text[HOME_KEY_SIZE];
    uint8_t public_key[32], secret_key[32];
    make_keys(agent->index, public_key, secret_key);
    home_format_key(public_key, public_text);
    home_format_key(secret_key, secret_text);
    agent->socket = zmq_socket(context, ZMQ_DEALER);
    must(agent->socket, "a socket");
    set_int(agent->socket, ZMQ_LINGER, 0);
    must(zmq_setsockopt(agent->socket, ZMQ_CURVE_SERVERKEY, server_key, HOME_KEY_SIZE) == 0 &&
             zmq_setsockopt(agent->socket, ZMQ_CURVE_PUBLICKEY, public_text, HOME_KEY_SIZE) == 0 &&
             zmq_setsockopt(agent->socket, ZMQ_CURVE_SECRETKEY, secret_text, HOME_KEY_SIZE) == 0 &&
             zmq_connect(agent->socket, endpoint) == 0,
         "connecting");
}

static void send_next(agent_t *agent)
{
    uint32_t number = agent->sent++;
    size_t begin = number ? agent->ends[number - 1] : 0;
    agent->sent_at[number] = now();
    must(zmq_send_const(agent->socket, agent->bytes + begin, agent->ends[number] - begin, ZMQ_DONTWAIT) >= 0,
         "sending");
}

/* An answer begins with its request's number; behind it the status. */
static void take_answer(agent_t *agent, uint32_t first, const uint8_t *bytes, size_t size)
{
    uint64_t id = 0;
    size_t at = 1;
    for (unsigned shift = 0; at < size && shift < 35; shift += 7) {
        id |= (uint64_t)(bytes[at] & 0x7f) << shift;
        if (!(bytes[at++] & 0x80))
            break;
    }
    must(size > at + 1 && bytes[0] == TAG_ID && (bytes[at] != TAG_STATUS || bytes[at + 1] == 0) && id > first &&
             id <= (uint64_t)first + each,
         "a submission (the answer is no receipt)");
    double *sent_at = &agent->sent_at[id - first - 1];
    *sent_at = now() - *sent_at;
    agent->answered++;
}

static uint32_t first_number;

static bool is_done(const agent_t *agent)
{
    return agent->answered >= agent->goal;
}

/* Ends with a look that found nothing, so that the socket's descriptor tells of what comes next. */
static void serve_agent(agent_t *agent, uint32_t window)
{
    uint8_t bytes[65536];
    int size;
    do {
        while (agent->sent < agent->goal && agent->sent - agent->answered < window)
            send_next(agent);
        size = zmq_recv(agent->socket, bytes, sizeof bytes, ZMQ_DONTWAIT);
        if (size >= 0)
            take_answer(agent, first_number, bytes, (size_t)size);
    } while (size >= 0);
}

static void *drive(void *argument)
{
    driver_t *driver = argument;
    struct epoll_event events[READY_AT_ONCE];
    uint32_t left = driver->count;
    for (uint32_t i = 0; i < driver->count; i++) {
        serve_agent(&driver->agents[i], driver->window);
        left -= is_done(&driver->agents[i]);
    }
    while (left) {
        int ready = epoll_wait(driver->poll, events, READY_AT_ONCE, STUCK_MS);
        must(ready > 0, "waiting for answers");
        for (int i = 0; i < ready; i++) {
            agent_t *agent = events[i].data.ptr;
            bool was_done = is_done(agent);
            serve_agent(agent, driver->window);
            left -= !was_done && is_done(agent);
        }
    }
    return NULL;
}

static void watch(driver_t *driver)
{
    driver->poll = epoll_create1(0);
    for (uint32_t i = 0; i < driver->count; i++) {
        int fd;
        size_t size = sizeof fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &driver->agents[i]};
        must(zmq_getsockopt(driver->agents[i].socket, ZMQ_FD, &fd, &size) == 0 &&
                 epoll_ctl(driver->poll, EPOLL_CTL_ADD, fd, &event) == 0,
             "watching a socket");
    }
}

static double drive_all(driver_t *drivers, uint32_t threads, agent_t *agents, uint32_t count, uint32_t goal)
{
    for (uint32_t i = 0; i < count; i++)
        agents[i].goal = goal;
    double begun = now();
    for (uint32_t i = 0; i < threads; i++)
        must(pthread_create(&drivers[i].thread, NULL, drive, &drivers[i]) == 0, "a thread");
    for (uint32_t i = 0; i < threads; i++)
        pthread_join(drivers[i].thread, NULL);
    return now() - begun;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* Without the first of each, which the clock does not know. */
static void report(const agent_t *agents, uint32_t count, double seconds, double cpu)
{
    size_t total = (size_t)count * (each - 1);
    double *all = calloc(total, sizeof *all);
    must(all && total, "memory");
    for (uint32_t i = 0; i < count; i++)
        memcpy(all + (size_t)i * (each - 1), agents[i].sent_at + 1, (each - 1) * sizeof *all);
    qsort(all, total, sizeof *all, compare_doubles);
    printf("acked=%zu\nseconds=%.6f\nrate=%.1f\nmedian_us=%.1f\np99_us=%.1f\nmost_us=%.1f\nclient_cpu_us=%.2f\n", total,
           seconds, (double)total / seconds, all[total / 2] * 1e6, all[total * 99 / 100] * 1e6, all[total - 1] * 1e6,
           cpu * 1e6 / (double)total);
    free(all);
}

static void run(char **argv)
{
    uint32_t count = number_of(argv[2]), window = number_of(argv[3]), threads = number_of(argv[6]);
    driver_t drivers[THREADS_MAX] = {0};
    each = number_of(argv[4]) + 1;
    first_number = number_of(argv[5]);
    must(count && window && threads && threads <= THREADS_MAX && threads <= count, "reading the arguments");
    agent_t *agents = calloc(count, sizeof *agents);
    void *context = zmq_ctx_new();
    must(agents && context && zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 100000) == 0, "memory");
    for (uint32_t i = 0; i < count; i++) {
        agents[i].index = i;
        encode_all(&agents[i], first_number);
        connect_agent(&agents[i], context, argv[0], argv[1]);
    }
    for (uint32_t i = 0; i < threads; i++) {
        uint32_t begin = count * i / threads, end = count * (i + 1) / threads;
        drivers[i] = (driver_t){.agents = agents + begin, .count = end - begin, .window = window};
        watch(&drivers[i]);
    }
    drive_all(drivers, threads, agents, count, 1);
    printf("connected=%u\n", count); /* for who measures the server's processor time */
    fflush(stdout);
    double cpu = cpu_seconds(), seconds = drive_all(drivers, threads, agents, count, each);
    report(agents, count, seconds, cpu_seconds() - cpu);
    fflush(stdout);
    _exit(EXIT_SUCCESS); /* the memory and the connections end with the process */
}

int main(int argc, char **argv)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    catalog_t *builtin = NULL;
    struct rlimit limit;
    must(sodium_init() >= 0 && catalog_load(catalog_builtin(), &builtin, &faults) == STATUS_OK, "starting");
    catalog = builtin;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (argc == 4 && strcmp(argv[1], "prepare") == 0)
        prepare(argv[2], number_of(argv[3]));
    else if (argc == 9 && strcmp(argv[1], "run") == 0)
        run(argv + 2);
    else
        must(false, "reading the arguments: see the head of load.c");
    catalog_destroy(&builtin);
    return EXIT_SUCCESS;
}
