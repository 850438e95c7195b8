/* Who may hold a connection to the enrolment endpoint: each cap, and one past it. */
#include "hub/guard.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static guard_t *guard_of(uint32_t per_minute)
{
    static guard_t guard; /* Criterion runs each test in a process of its own */
    guard.per_minute = per_minute;
    return &guard;
}

static struct sockaddr_storage ipv4(uint32_t address, uint16_t port)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)&peer;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    in->sin_addr.s_addr = htonl(address);
    return peer;
}

static struct sockaddr_storage ipv6(const char *text)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)&peer;
    in->sin6_family = AF_INET6;
    cr_assert_eq(inet_pton(AF_INET6, text, &in->sin6_addr), 1);
    return peer;
}

static guard_verdict_t take(guard_t *guard, int fd, uint32_t address, uint64_t now_ms)
{
    struct sockaddr_storage peer = ipv4(address, (uint16_t)(1000 + fd));
    return guard_take(guard, fd, &peer, (monotonic_time_t){now_ms});
}

Test(guard, a_minute_takes_so_many_of_an_address_and_the_next_one_again)
{
    guard_t *guard = guard_of(3);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(take(guard, i, 1, 1000), GUARD_TAKEN);
        guard_release(guard, i);
    }
    cr_assert_eq(take(guard, 4, 1, 1000), GUARD_OFTEN);
    cr_assert_eq(take(guard, 4, 2, 1000), GUARD_TAKEN, "another address has its own");
    cr_assert_eq(take(guard, 5, 1, 60999), GUARD_OFTEN);
    cr_assert_eq(take(guard, 5, 1, 61000), GUARD_TAKEN);
}

Test(guard, what_is_cut_for_another_reason_uses_up_nothing)
{
    guard_t *guard = guard_of(ENROLL_OF_ADDRESS_MAX + 1);
    for (int i = 0; i < ENROLL_OF_ADDRESS_MAX; i++)
        cr_assert_eq(take(guard, i, 1, 0), GUARD_TAKEN);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(take(guard, 100, 1, 0), GUARD_OF_ADDRESS);
    guard_release(guard, 0);
    cr_assert_eq(take(guard, 100, 1, 0), GUARD_TAKEN);
    guard_release(guard, 1);
    cr_assert_eq(take(guard, 101, 1, 0), GUARD_OFTEN);
}

Test(guard, few_are_held_from_one_address)
{
    guard_t *guard = guard_of(1000);
    for (int i = 0; i < ENROLL_OF_ADDRESS_MAX; i++)
        cr_assert_eq(take(guard, i, 1, 0), GUARD_TAKEN);
    cr_assert_eq(take(guard, 100, 1, 0), GUARD_OF_ADDRESS);
    cr_assert_null(guard_find(guard, 100));
    guard_release(guard, 0);
    cr_assert_eq(take(guard, 100, 1, 0), GUARD_TAKEN);
    cr_assert_eq(guard_find(guard, 100)->fd, 100);
}

Test(guard, few_are_held_at_all)
{
    guard_t *guard = guard_of(1000);
    for (int i = 0; i < ENROLL_CONNECTIONS_MAX; i++)
        cr_assert_eq(take(guard, i, 1 + (uint32_t)i / ENROLL_OF_ADDRESS_MAX, 0), GUARD_TAKEN);
    cr_assert_eq(take(guard, 1000, 99, 0), GUARD_FULL);
    guard_release(guard, 7);
    cr_assert_null(guard_find(guard, 7));
    cr_assert_eq(guard->count, ENROLL_CONNECTIONS_MAX - 1);
    cr_assert_eq(take(guard, 1000, 99, 0), GUARD_TAKEN);
}

Test(guard, a_connection_lasts_so_long)
{
    guard_t *guard = guard_of(1000);
    cr_assert_eq(take(guard, 1, 1, 5000), GUARD_TAKEN);
    cr_assert_eq(guard_find(guard, 1)->until.ms, 5000 + ENROLL_SECONDS_MAX * 1000);
}

Test(guard, a_descriptor_that_comes_again_is_the_newer_connection)
{
    guard_t *guard = guard_of(1000);
    cr_assert_eq(take(guard, 1, 1, 0), GUARD_TAKEN);
    cr_assert_eq(take(guard, 1, 2, 500), GUARD_TAKEN);
    cr_assert_eq(guard->count, 1);
    cr_assert_eq(guard_find(guard, 1)->until.ms, 500 + ENROLL_SECONDS_MAX * 1000);
}

Test(guard, more_addresses_than_are_counted_forget_the_oldest)
{
    guard_t *guard = guard_of(1);
    for (uint32_t i = 0; i < ENROLL_ADDRESSES_MAX; i++) {
        cr_assert_eq(take(guard, 1, i, 1000 + i), GUARD_TAKEN);
        guard_release(guard, 1);
    }
    cr_assert_eq(take(guard, 1, 0, 5000), GUARD_OFTEN, "at the cap all are known");
    cr_assert_eq(take(guard, 1, ENROLL_ADDRESSES_MAX, 5000), GUARD_TAKEN);
    guard_release(guard, 1);
    cr_assert_eq(take(guard, 1, 1, 5000), GUARD_OFTEN, "the second one is still known");
    cr_assert_eq(take(guard, 1, 0, 5000), GUARD_TAKEN, "the first one is forgotten");
}

static guard_address_t address_of(struct sockaddr_storage peer)
{
    guard_address_t address;
    cr_assert(guard_address_of(&peer, &address));
    return address;
}

static void expect_same(guard_address_t left, guard_address_t right, bool same)
{
    cr_assert_eq(memcmp(&left, &right, sizeof left) == 0, same);
}

Test(guard, an_address_is_one_of_ipv4_or_a_network_of_ipv6)
{
    expect_same(address_of(ipv4(0x7F000001, 1)), address_of(ipv4(0x7F000001, 2)), true);
    expect_same(address_of(ipv4(0x7F000001, 1)), address_of(ipv4(0x7F000002, 1)), false);
    expect_same(address_of(ipv4(0x7F000001, 1)), address_of(ipv6("::ffff:127.0.0.1")), true);
    expect_same(address_of(ipv6("::ffff:127.0.0.2")), address_of(ipv6("::ffff:127.0.0.1")), false);
    expect_same(address_of(ipv6("2001:db8:1:2::1")), address_of(ipv6("2001:db8:1:2:ffff::9")), true);
    expect_same(address_of(ipv6("2001:db8:1:2::1")), address_of(ipv6("2001:db8:1:3::1")), false);
    struct sockaddr_storage none = {.ss_family = AF_UNIX};
    guard_address_t address;
    cr_assert(!guard_address_of(&none, &address));
}
