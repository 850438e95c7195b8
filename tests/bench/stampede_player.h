/* One of the crowd: a dealer's connection and its waits, which are those of our agent: client/socket.c for a lost
 * connection, `yardstick-agent run` for an errand that failed. Played by one thread, each on one descriptor. */
#pragma once

#include "tests/bench/curve_client.h"
#include "tests/bench/network.h"

#include <netinet/in.h>

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

/* Ends the program with a word where it is not done. */
void must(bool done, const char *what);

/* The next dealer who has not begun takes the place, and dials; DONE where there is none. */
void player_begin(stampede_t *stampede, player_t *player);

/* Its descriptor can be read, or written while it connects. */
void player_meet(stampede_t *stampede, player_t *player, uint32_t events);

/* Does whatever its time has come for. */
void player_look_after(stampede_t *stampede, player_t *player);
