#include "hub/gate.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define HANDSHAKE_BYTES 4096 /* more than a client has to send for one: some 600 */

/* Who floods has always something unread. */
static bool is_past_handshake(int fd, uint64_t unread)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_bytes_received > unread + HANDSHAKE_BYTES;
}

bool gate_has_unread(int fd)
{
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 && !is_past_handshake(fd, (uint64_t)bytes);
}

void gate_init(gate_t *gate, size_t most, size_t most_held, uint64_t longest_ms)
{
    *gate = (gate_t){.most = most, .most_held = most_held, .longest_ms = longest_ms, .has_unread = gate_has_unread};
}

void gate_fini(gate_t *gate)
{
    free(gate->newcomers);
    free(gate->is_held);
    *gate = (gate_t){0};
}

static bool reserve(gate_t *gate, size_t fd)
{
    if (fd >= gate->held_room) {
        size_t room = (fd + 1) * 2;
        bool *is_held = realloc(gate->is_held, room * sizeof *is_held);
        if (!is_held)
            return false;
        memset(is_held + gate->held_room, 0, (room - gate->held_room) * sizeof *is_held);
        gate->is_held = is_held;
        gate->held_room = room;
    }
    if (gate->count == gate->room) {
        size_t room = gate->room ? gate->room * 2 : 64;
        gate_newcomer_t *newcomers = realloc(gate->newcomers, room * sizeof *newcomers);
        if (!newcomers)
            return false;
        gate->newcomers = newcomers;
        gate->room = room;
    }
    return true;
}

void gate_accepted(gate_t *gate, int fd, monotonic_time_t now)
{
    gate_ended(gate, fd); /* its end was not heard of */
    if (fd < 0 || !reserve(gate, (size_t)fd))
        return;
    gate->is_held[fd] = true;
    gate->held++;
    gate->newcomers[gate->count++] = (gate_newcomer_t){fd, now};
}

void gate_ended(gate_t *gate, int fd)
{
    if (fd < 0 || (size_t)fd >= gate->held_room || !gate->is_held[fd])
        return;
    gate->is_held[fd] = false;
    gate->held--;
    for (size_t i = 0; i < gate->count; i++)
        if (gate->newcomers[i].fd == fd) {
            memmove(&gate->newcomers[i], &gate->newcomers[i + 1], (--gate->count - i) * sizeof *gate->newcomers);
            return;
        }
}

static bool is_new(const gate_t *gate, const gate_newcomer_t *newcomer, monotonic_time_t now)
{
    uint64_t age = now.ms - newcomer->accepted.ms;
    return age < GATE_NEW_MS || (age < gate->longest_ms && gate->has_unread(newcomer->fd));
}

void gate_look(gate_t *gate, monotonic_time_t now)
{
    size_t count = 0;
    for (size_t i = 0; i < gate->count; i++)
        if (is_new(gate, &gate->newcomers[i], now))
            gate->newcomers[count++] = gate->newcomers[i];
    gate->count = count;
}

bool gate_may_open(const gate_t *gate, bool is_open)
{
    size_t part = is_open ? 4 : 3;
    return gate->count < (gate->most * part + 3) / 4 && gate->held < gate->most_held;
}
