/* Who may hold a connection to the enrolment endpoint, where anybody may knock: few at a time, few from one address,
 * few new ones a minute from one address, each for a few seconds (core/limits.h). Pure: connections are numbers here,
 * and the time is given. One thread. */
#pragma once

#include "hub/clock.h"

#include "core/limits.h"

#include <stddef.h>
#include <sys/socket.h>

/* What counts as one address: of IPv4 all of it, of IPv6 the network (the first 64 bits). */
typedef struct {
    uint8_t bytes[16];
} guard_address_t;

/* False for anything but an IPv4 or IPv6 address. */
bool guard_address_of(const struct sockaddr_storage *peer, guard_address_t *out);

typedef struct {
    int fd;
    struct sockaddr_storage peer; /* who it was accepted from; tells whether the descriptor is still that connection */
    guard_address_t address;
    monotonic_time_t until; /* when it is cut */
    unsigned messages;
} guard_connection_t;

/* One address's minute. */
typedef struct {
    guard_address_t address;
    monotonic_time_t began;
    uint32_t count; /* 0: a free place */
} guard_minute_t;

typedef struct {
    uint32_t per_minute;
    guard_connection_t connections[ENROLL_CONNECTIONS_MAX];
    size_t count;
    guard_minute_t minutes[ENROLL_ADDRESSES_MAX];
} guard_t;

typedef enum {
    GUARD_TAKEN,
    GUARD_FULL,       /* as many connections as are held at a time */
    GUARD_OF_ADDRESS, /* as many from this address */
    GUARD_OFTEN       /* as many in this minute from this address */
} guard_verdict_t;
extern const char *const guard_verdict_names[];

/* A new connection: taken, or to be cut. Only those that are taken are counted for their address's minute, so that
 * stores behind one address who come at once, and come again, do not use it up for each other. */
guard_verdict_t guard_take(guard_t *guard, int fd, const struct sockaddr_storage *peer, monotonic_time_t now);

/* The connection of that descriptor; NULL where none is held. */
guard_connection_t *guard_find(guard_t *guard, int fd);

/* It has ended; no effect where it is not held. */
void guard_release(guard_t *guard, int fd);
