#include "hub/guard.h"

#include <netinet/in.h>
#include <string.h>

#define MINUTE_MS       UINT64_C(60000)
#define IPV6_NETWORK    8 /* bytes of it: whoever has one address of it has them all */
#define IPV4_IN_IPV6_AT 12

const char *const guard_verdict_names[] = {"taken", "full", "address_full", "too_often"};

bool guard_address_of(const struct sockaddr_storage *peer, guard_address_t *out)
{
    guard_address_t address = {{[10] = 0xFF, [11] = 0xFF}};
    if (peer->ss_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)(const void *)peer;
        memcpy(address.bytes + IPV4_IN_IPV6_AT, &ipv4->sin_addr, sizeof ipv4->sin_addr);
    } else if (peer->ss_family == AF_INET6) {
        const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
        memset(&address, 0, sizeof address);
        memcpy(address.bytes, ipv6, IN6_IS_ADDR_V4MAPPED(ipv6) ? sizeof *ipv6 : IPV6_NETWORK);
    } else {
        return false;
    }
    *out = address;
    return true;
}

static bool is_address(const guard_address_t *left, const guard_address_t *right)
{
    return memcmp(left, right, sizeof *left) == 0;
}

static bool is_over(const guard_minute_t *minute, monotonic_time_t now)
{
    return now.ms - minute->began.ms >= MINUTE_MS;
}

/* The address's place: the one that it has, else a free one, else that of the address whose minute began first. */
static guard_minute_t *find_minute(guard_t *guard, const guard_address_t *address)
{
    guard_minute_t *place = &guard->minutes[0];
    for (size_t i = 0; i < ENROLL_ADDRESSES_MAX; i++) {
        guard_minute_t *minute = &guard->minutes[i];
        if (minute->count && is_address(&minute->address, address))
            return minute;
        if (place->count && (!minute->count || minute->began.ms < place->began.ms))
            place = minute;
    }
    place->count = 0;
    return place;
}

/* The address's minute; a new one where the last is over. */
static guard_minute_t *minute_of(guard_t *guard, const guard_address_t *address, monotonic_time_t now)
{
    guard_minute_t *minute = find_minute(guard, address);
    if (!minute->count || is_over(minute, now))
        *minute = (guard_minute_t){*address, now, 0};
    return minute;
}

static size_t count_of(const guard_t *guard, const guard_address_t *address)
{
    size_t count = 0;
    for (size_t i = 0; i < guard->count; i++)
        count += is_address(&guard->connections[i].address, address);
    return count;
}

guard_verdict_t guard_take(guard_t *guard, int fd, const struct sockaddr_storage *peer, monotonic_time_t now)
{
    guard_connection_t connection = {.fd = fd, .peer = *peer, .until = {now.ms + ENROLL_SECONDS_MAX * 1000}};
    guard_release(guard, fd); /* its end was not heard of */
    if (!guard_address_of(peer, &connection.address))
        return GUARD_FULL;
    if (guard->count == ENROLL_CONNECTIONS_MAX)
        return GUARD_FULL;
    if (count_of(guard, &connection.address) >= ENROLL_OF_ADDRESS_MAX)
        return GUARD_OF_ADDRESS;
    guard_minute_t *minute = minute_of(guard, &connection.address, now);
    if (minute->count >= guard->per_minute)
        return GUARD_OFTEN;
    minute->count++;
    guard->connections[guard->count++] = connection;
    return GUARD_TAKEN;
}

guard_connection_t *guard_find(guard_t *guard, int fd)
{
    for (size_t i = 0; i < guard->count; i++)
        if (guard->connections[i].fd == fd)
            return &guard->connections[i];
    return NULL;
}

void guard_release(guard_t *guard, int fd)
{
    guard_connection_t *connection = guard_find(guard, fd);
    if (connection)
        *connection = guard->connections[--guard->count];
}
