/* The floor of `./run bench ingest`: what libzmq, CURVE and LMDB take by themselves. A ROUTER that appends each message
 * as one record in the order of arrival, commits what has come together as one synced transaction, and then answers
 * each with its first bytes. None of our code; any key may come in.
 *
 * usage: yardstick-ingest-floor EMPTY_DIRECTORY WAIT_US
 * Prints "ready ENDPOINT PUBLIC_KEY" and serves until its standard input ends; then "records=N groups=N cpu_s=S". */
#include <errno.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define GROUP_MAX    1024
#define ROUTE_SIZE   255
#define ANSWER_BYTES 16
#define MAP_BYTES    (UINT64_C(16) << 30)
#define IO_THREADS   2 /* as many as the hub has unless told otherwise */

typedef struct {
    uint8_t route[ROUTE_SIZE], answer[ANSWER_BYTES];
    size_t route_size, answer_size;
} sender_t;

typedef struct {
    MDB_env *env;
    MDB_dbi table;
    void *router;
    uint64_t records, groups;
    long wait_us;
    sender_t senders[GROUP_MAX];
} floor_t;

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "ingest floor: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void set_int(void *socket, int option, int value)
{
    must(zmq_setsockopt(socket, option, &value, sizeof value) == 0, "an option");
}

static void open_store(floor_t *floor, const char *directory)
{
    MDB_txn *txn;
    must(!mdb_env_create(&floor->env) && !mdb_env_set_mapsize(floor->env, MAP_BYTES) &&
             !mdb_env_open(floor->env, directory, 0, 0600) && !mdb_txn_begin(floor->env, NULL, 0, &txn) &&
             !mdb_dbi_open(txn, NULL, 0, &floor->table) && !mdb_txn_commit(txn),
         "LMDB");
}

static void open_router(floor_t *floor, void *context)
{
    char public_key[41], secret_key[41], endpoint[100];
    size_t size = sizeof endpoint;
    floor->router = zmq_socket(context, ZMQ_ROUTER);
    must(floor->router && zmq_curve_keypair(public_key, secret_key) == 0, "a socket");
    set_int(floor->router, ZMQ_CURVE_SERVER, 1);
    set_int(floor->router, ZMQ_BACKLOG, 4096);
    must(zmq_setsockopt(floor->router, ZMQ_CURVE_SECRETKEY, secret_key, sizeof secret_key) == 0 &&
             zmq_bind(floor->router, "tcp://127.0.0.1:*") == 0 &&
             zmq_getsockopt(floor->router, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0,
         "binding");
    printf("ready %s %s\n", endpoint, public_key);
    fflush(stdout);
}

static void append(floor_t *floor, MDB_txn *txn, zmq_msg_t *message)
{
    uint8_t key[8];
    uint64_t number = ++floor->records;
    for (int i = 7; i >= 0; i--, number >>= 8)
        key[i] = (uint8_t)number;
    MDB_val name = {sizeof key, key}, value = {zmq_msg_size(message), zmq_msg_data(message)};
    must(!mdb_put(txn, floor->table, &name, &value, MDB_APPEND), "a record");
}

/* One message into the transaction; false where none waits. */
static bool take(floor_t *floor, MDB_txn *txn, sender_t *sender)
{
    zmq_msg_t message;
    int size = zmq_recv(floor->router, sender->route, ROUTE_SIZE, ZMQ_DONTWAIT);
    if (size < 0)
        return false;
    sender->route_size = (size_t)size;
    zmq_msg_init(&message);
    must(zmq_msg_recv(&message, floor->router, 0) >= 0, "a message");
    sender->answer_size = zmq_msg_size(&message) < ANSWER_BYTES ? zmq_msg_size(&message) : ANSWER_BYTES;
    memcpy(sender->answer, zmq_msg_data(&message), sender->answer_size);
    append(floor, txn, &message);
    zmq_msg_close(&message);
    return true;
}

static void serve_group(floor_t *floor, size_t last)
{
    MDB_txn *txn;
    size_t count = 0;
    if (last > 1 && floor->wait_us)
        usleep((useconds_t)floor->wait_us);
    must(!mdb_txn_begin(floor->env, NULL, 0, &txn), "a transaction");
    while (count < GROUP_MAX && take(floor, txn, &floor->senders[count]))
        count++;
    must(!mdb_txn_commit(txn), "a commit");
    floor->groups++;
    for (size_t i = 0; i < count; i++) {
        const sender_t *sender = &floor->senders[i];
        zmq_send(floor->router, sender->route, sender->route_size, ZMQ_SNDMORE);
        zmq_send(floor->router, sender->answer, sender->answer_size, 0);
    }
}

static void serve(floor_t *floor)
{
    char byte;
    uint64_t before = 0, last = 0;
    zmq_pollitem_t items[] = {{floor->router, 0, ZMQ_POLLIN, 0}, {NULL, STDIN_FILENO, ZMQ_POLLIN, 0}};
    while (zmq_poll(items, 2, -1) >= 0) {
        if (items[0].revents) {
            serve_group(floor, last);
            last = floor->records - before;
            before = floor->records;
        }
        if (items[1].revents && read(STDIN_FILENO, &byte, 1) <= 0)
            break;
    }
}

int main(int argc, char **argv)
{
    static floor_t floor;
    struct rusage usage;
    const int none = 0;
    must(argc == 3, "usage: yardstick-ingest-floor EMPTY_DIRECTORY WAIT_US");
    floor.wait_us = strtol(argv[2], NULL, 10);
    void *context = zmq_ctx_new();
    must(context && zmq_ctx_set(context, ZMQ_IO_THREADS, IO_THREADS) == 0, "libzmq");
    open_store(&floor, argv[1]);
    open_router(&floor, context);
    serve(&floor);
    getrusage(RUSAGE_SELF, &usage);
    printf("records=%llu groups=%llu cpu_s=%.3f\n", (unsigned long long)floor.records, (unsigned long long)floor.groups,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
    zmq_setsockopt(floor.router, ZMQ_LINGER, &none, sizeof none);
    zmq_close(floor.router);
    zmq_ctx_term(context);
    mdb_env_close(floor.env);
    return EXIT_SUCCESS;
}
