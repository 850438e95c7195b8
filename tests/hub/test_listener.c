/* Holding libzmq's listener, with libzmq. */
#include "hub/listener.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#define SOON_MS  200
#define LATER_MS 10000

typedef struct {
    void *zmq, *router, *monitor;
    uint16_t port;
    int fd;
} bound_t;

/* The value of the next event of that kind; -1 where there is none in time. */
static int await_event(void *monitor, uint16_t wanted, int limit_ms)
{
    struct {
        uint16_t event;
        int32_t value;
    } __attribute__((packed)) told;
    char endpoint[300];
    zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &limit_ms, sizeof limit_ms);
    while (zmq_recv(monitor, &told, sizeof told, 0) == (int)sizeof told) {
        (void)!zmq_recv(monitor, endpoint, sizeof endpoint, 0);
        if (told.event == wanted)
            return told.value;
    }
    return -1;
}

static void open_bound(bound_t *bound)
{
    char endpoint[300];
    size_t size = sizeof endpoint;
    bound->zmq = zmq_ctx_new();
    bound->router = zmq_socket(bound->zmq, ZMQ_ROUTER);
    bound->monitor = zmq_socket(bound->zmq, ZMQ_PAIR);
    cr_assert(zmq_socket_monitor(bound->router, "inproc://told", ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED) == 0 &&
              zmq_connect(bound->monitor, "inproc://told") == 0 && zmq_bind(bound->router, "tcp://127.0.0.1:*") == 0 &&
              zmq_getsockopt(bound->router, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    bound->port = (uint16_t)strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
    bound->fd = await_event(bound->monitor, ZMQ_EVENT_LISTENING, LATER_MS);
    cr_assert_geq(bound->fd, 0);
}

static void close_bound(bound_t *bound)
{
    zmq_socket_monitor(bound->router, NULL, 0);
    zmq_close(bound->monitor);
    zmq_close(bound->router);
    zmq_ctx_term(bound->zmq);
}

static int dial(const bound_t *bound)
{
    struct sockaddr_in hub = {
        .sin_family = AF_INET, .sin_port = htons(bound->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&hub, sizeof hub), 0);
    return fd;
}

Test(listener, a_held_one_accepts_nobody_and_then_all_who_waited, .timeout = 60)
{
    bound_t bound;
    listener_t listener = {0};
    int waiting[3];
    open_bound(&bound);
    cr_assert(listener_find(&listener, bound.fd));
    cr_assert(listener_hold(&listener, true));
    cr_assert_not(listener_hold(&listener, true), "it is held already");
    for (int i = 0; i < 3; i++)
        waiting[i] = dial(&bound);
    cr_assert_eq(await_event(bound.monitor, ZMQ_EVENT_ACCEPTED, SOON_MS), -1);
    cr_assert(listener_hold(&listener, false));
    for (int i = 0; i < 3; i++)
        cr_assert_geq(await_event(bound.monitor, ZMQ_EVENT_ACCEPTED, LATER_MS), 0);
    for (int i = 0; i < 3; i++)
        close(waiting[i]);
    close_bound(&bound);
}

Test(listener, what_no_epoll_watches_cannot_be_held, .timeout = 60)
{
    listener_t listener = {0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_not(listener_hold(&listener, true), "nothing was found yet");
    cr_assert_not(listener_find(&listener, fd));
    cr_assert_not(listener_hold(&listener, true));
    close(fd);
}
