/* How many new connections are taken in at a time: the mark, one past it, and who is not counted. */
#include "hub/gate.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST       16
#define LONGEST_MS 5000

static bool waits_for_us[1000]; /* by descriptor: what the system would say */

static bool has_unread(int fd)
{
    return waits_for_us[fd];
}

static gate_t *gate_of(size_t most_held)
{
    static gate_t gate; /* Criterion runs each test in a process of its own */
    gate_init(&gate, MOST, most_held, LONGEST_MS);
    gate.has_unread = has_unread;
    return &gate;
}

static monotonic_time_t at(uint64_t ms)
{
    return (monotonic_time_t){ms};
}

static void accept_some(gate_t *gate, int first, int count, uint64_t ms)
{
    for (int i = 0; i < count; i++)
        gate_accepted(gate, first + i, at(ms));
}

Test(gate, it_closes_at_the_mark, .timeout = 10)
{
    gate_t *gate = gate_of(1000);
    accept_some(gate, 10, MOST - 1, 0);
    cr_assert(gate_may_open(gate, true));
    gate_accepted(gate, 100, at(0));
    cr_assert_not(gate_may_open(gate, true));
    gate_fini(gate);
}

Test(gate, it_opens_below_three_quarters, .timeout = 10)
{
    gate_t *gate = gate_of(1000);
    accept_some(gate, 10, MOST, 0);
    for (int left = MOST; left > MOST * 3 / 4; left--) {
        cr_assert_not(gate_may_open(gate, false), "%d are left", left);
        gate_ended(gate, 10 + left - 1);
    }
    cr_assert_not(gate_may_open(gate, false));
    gate_ended(gate, 10);
    cr_assert(gate_may_open(gate, false));
    gate_fini(gate);
}

Test(gate, the_silent_are_not_counted_for_long, .timeout = 10)
{
    gate_t *gate = gate_of(1000);
    accept_some(gate, 10, MOST, 0);
    gate_look(gate, at(GATE_NEW_MS - 1));
    cr_assert_not(gate_may_open(gate, false));
    gate_look(gate, at(GATE_NEW_MS));
    cr_assert(gate_may_open(gate, false));
    cr_assert_eq(gate->held, MOST, "but they are there");
    gate_fini(gate);
}

Test(gate, those_who_wait_for_us_are_counted_as_long_as_a_handshake_may_last, .timeout = 10)
{
    gate_t *gate = gate_of(1000);
    accept_some(gate, 10, MOST, 0);
    for (int i = 0; i < MOST; i++)
        waits_for_us[10 + i] = true;
    gate_look(gate, at(LONGEST_MS - 1));
    cr_assert_not(gate_may_open(gate, true));
    gate_look(gate, at(LONGEST_MS));
    cr_assert(gate_may_open(gate, false));
    gate_fini(gate);
}

Test(gate, it_closes_where_descriptors_end, .timeout = 10)
{
    gate_t *gate = gate_of(40);
    for (int i = 0; i < 40; i++) {
        cr_assert(gate_may_open(gate, true), "%d are held", i);
        gate_accepted(gate, 10 + i, at(0));
        gate_look(gate, at(GATE_NEW_MS));
    }
    cr_assert_not(gate_may_open(gate, true));
    gate_ended(gate, 10);
    cr_assert(gate_may_open(gate, false));
    gate_fini(gate);
}

Test(gate, a_descriptor_that_comes_again_is_one_connection, .timeout = 10)
{
    gate_t *gate = gate_of(1000);
    gate_accepted(gate, 10, at(0));
    gate_accepted(gate, 10, at(100));
    cr_assert_eq(gate->held, 1);
    cr_assert_eq(gate->count, 1);
    gate_look(gate, at(GATE_NEW_MS)); /* the first one's time */
    cr_assert_eq(gate->count, 1);
    gate_ended(gate, 10);
    gate_ended(gate, 10);
    gate_ended(gate, 11);
    gate_ended(gate, -1);
    gate_ended(gate, 100000);
    cr_assert_eq(gate->held, 0);
    cr_assert_eq(gate->count, 0);
    gate_fini(gate);
}

Test(gate, bytes_that_nobody_has_read_are_seen, .timeout = 10)
{
    int pair[2];
    char byte;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_not(gate_has_unread(pair[0]));
    cr_assert_eq(write(pair[1], "x", 1), 1);
    cr_assert(gate_has_unread(pair[0]));
    cr_assert_eq(read(pair[0], &byte, 1), 1);
    cr_assert_not(gate_has_unread(pair[0]));
    close(pair[0]);
    close(pair[1]);
    cr_assert_not(gate_has_unread(pair[0]), "closed");
}

/* A connection over loopback: [0] accepted, [1] connected. */
static void connect_pair(int out[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    out[1] = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(out[1], (struct sockaddr *)&address, sizeof address), 0);
    out[0] = accept(listener, NULL, NULL);
    cr_assert_geq(out[0], 0);
    close(listener);
}

Test(gate, who_goes_on_sending_after_a_handshake_is_not_waited_for, .timeout = 10)
{
    int pair[2];
    static char bytes[8192];
    connect_pair(pair);
    cr_assert_eq(write(pair[1], bytes, sizeof bytes), (ssize_t)sizeof bytes);
    cr_assert_eq(recv(pair[0], bytes, 600, MSG_WAITALL), 600);
    cr_assert(gate_has_unread(pair[0]), "the rest may be of its handshake");
    cr_assert_eq(recv(pair[0], bytes, 7000, MSG_WAITALL), 7000);
    cr_assert_not(gate_has_unread(pair[0]), "more was read than a handshake takes");
    close(pair[0]);
    close(pair[1]);
}
