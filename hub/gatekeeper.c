#include "hub/gatekeeper.h"

#include "hub/gate.h"
#include "hub/listener.h"
#include "hub/log.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <zmq.h>

#define MONITOR          "inproc://front"
#define TURN_MS          5  /* events are taken together: less than a connection lasts */
#define TICK_MS          20 /* between two looks while there are new connections */
#define IDLE_MS          1000
#define DESCRIPTORS_KEPT 256 /* for the store, libzmq's own and the other endpoint */
#define CROWD            256 /* connections gone after which memory is worth giving back */
#define QUIET_MS         1000
#define REPORT_MS        60000

struct gatekeeper {
    pthread_t thread;
    void *front, *monitor;
    gate_t gate;
    listener_t listener;
    bool is_open, is_stopping;
    size_t most_held_lately; /* since memory was last given back */
    monotonic_time_t last_accepted, reported;
    uint64_t closings;
};

/* Number and value in one frame, the endpoint in a second. False where nothing has come. */
static bool next_event(gatekeeper_t *keeper, int flags, uint16_t *out_event, int32_t *out_value)
{
    struct {
        uint16_t event;
        int32_t value;
    } __attribute__((packed)) told;
    char endpoint[300];
    if (zmq_recv(keeper->monitor, &told, sizeof told, flags) != (int)sizeof told)
        return false;
    (void)!zmq_recv(keeper->monitor, endpoint, sizeof endpoint, 0);
    *out_event = told.event;
    *out_value = told.value;
    return true;
}

static void take_event(gatekeeper_t *keeper, uint16_t event, int32_t value)
{
    if (event == ZMQ_EVENT_ACCEPTED) {
        keeper->last_accepted = clock_monotonic();
        gate_accepted(&keeper->gate, value, keeper->last_accepted);
        if (keeper->gate.held > keeper->most_held_lately)
            keeper->most_held_lately = keeper->gate.held;
    } else if (event == ZMQ_EVENT_DISCONNECTED) {
        gate_ended(&keeper->gate, value);
    } else if (event == ZMQ_EVENT_LISTENING) {
        if (!listener_find(&keeper->listener, value))
            log_event(LOG_WARNING, "gate", "reason=\"the listener cannot be held; a crowd is taken in at once\"");
    } else if (event == ZMQ_EVENT_MONITOR_STOPPED) {
        keeper->is_stopping = true;
    }
}

static void take_events(gatekeeper_t *keeper)
{
    const struct timespec turn = {0, TURN_MS * 1000000};
    uint16_t event;
    int32_t value;
    int wait_ms = keeper->gate.count || !keeper->is_open ? TICK_MS : IDLE_MS;
    zmq_setsockopt(keeper->monitor, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
    if (!next_event(keeper, 0, &event, &value)) {
        keeper->is_stopping = zmq_errno() == ETERM;
        return;
    }
    take_event(keeper, event, value);
    nanosleep(&turn, NULL);
    while (next_event(keeper, ZMQ_DONTWAIT, &event, &value))
        take_event(keeper, event, value);
}

static void move_gate(gatekeeper_t *keeper)
{
    bool may_open = keeper->is_stopping || gate_may_open(&keeper->gate, keeper->is_open);
    if (may_open == keeper->is_open || !listener_hold(&keeper->listener, !may_open))
        return;
    keeper->is_open = may_open;
    keeper->closings += !may_open;
}

/* A line a minute at most, whatever the crowd. */
static void report(gatekeeper_t *keeper)
{
    monotonic_time_t now = clock_monotonic();
    if (!keeper->closings || (keeper->reported.ms && now.ms - keeper->reported.ms < REPORT_MS))
        return;
    log_event(LOG_INFO, "crowd", "closings=%llu connections=%zu new=%zu", (unsigned long long)keeper->closings,
              keeper->gate.held, keeper->gate.count);
    keeper->closings = 0;
    keeper->reported = now;
}

/* The C library keeps what a crowd has used, in pieces between what is in use. */
static void give_back_memory(gatekeeper_t *keeper)
{
    size_t gone = keeper->most_held_lately - keeper->gate.held;
    bool is_quiet = clock_monotonic().ms - keeper->last_accepted.ms >= QUIET_MS;
    if (gone < CROWD || gone < keeper->most_held_lately / 2 || !is_quiet)
        return;
    malloc_trim(0);
    keeper->most_held_lately = keeper->gate.held;
}

static void *run(void *argument)
{
    gatekeeper_t *keeper = argument;
    pthread_setname_np(pthread_self(), "gate");
    while (!keeper->is_stopping) {
        take_events(keeper);
        gate_look(&keeper->gate, clock_monotonic());
        move_gate(keeper);
        give_back_memory(keeper);
        report(keeper);
    }
    return NULL;
}

static size_t most_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT : limit.rlim_cur / 2;
}

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

/* Its queue has no end: an I/O thread must not wait for us while it knows of handshakes to do, and what it tells is
 * less than what it keeps of the connection. */
static bool open_monitor(gatekeeper_t *keeper, void *zmq)
{
    const int events = ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_MONITOR_STOPPED;
    keeper->monitor = zmq_socket(zmq, ZMQ_PAIR);
    return keeper->monitor && set_int(keeper->monitor, ZMQ_LINGER, 0) && set_int(keeper->monitor, ZMQ_RCVHWM, 0) &&
           zmq_socket_monitor(keeper->front, MONITOR, events) == 0 && zmq_connect(keeper->monitor, MONITOR) == 0;
}

static void destroy(gatekeeper_t **keeper)
{
    if ((*keeper)->monitor)
        zmq_close((*keeper)->monitor);
    gate_fini(&(*keeper)->gate);
    free(*keeper);
    *keeper = NULL;
}

gatekeeper_t *gatekeeper_start(void *zmq, void *front, const settings_t *settings)
{
    gatekeeper_t *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return NULL;
    keeper->front = front;
    keeper->is_open = true;
    gate_init(&keeper->gate, settings->newcomers, most_connections(), settings->handshake_ms);
    if (!open_monitor(keeper, zmq) || pthread_create(&keeper->thread, NULL, run, keeper) != 0) {
        zmq_socket_monitor(front, NULL, 0);
        destroy(&keeper);
    }
    return keeper;
}

void gatekeeper_stop(gatekeeper_t **keeper)
{
    if (!keeper || !*keeper)
        return;
    zmq_socket_monitor((*keeper)->front, NULL, 0);
    pthread_join((*keeper)->thread, NULL);
    destroy(keeper);
}
