#include "tests/bench/stampede_player.h"

#include "dealer-agent/errand.h"
#include "proto/codec.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES        64
#define CONNECT_MS       5000 /* ZMQ_CONNECT_TIMEOUT, ZMQ_RECONNECT_IVL and _IVL_MAX of client/socket.c */
#define RECONNECT_MS     200
#define RECONNECT_MAX_MS 5000
#define HANDSHAKE_MS     15000 /* the rest: client/socket.c, client/connection.c, client/session.c */
#define HANGING_MS       3000
#define REFUSALS_MAX     2
#define PAUSE_MS         100
#define PAUSE_MAX_MS     5000
#define BUSY_PAUSE_MS    50

void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "bench-stampede: %s failed (%s)\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void hang_up(player_t *player)
{
    if (player->fd >= 0)
        close(player->fd);
    player->fd = -1;
}

static void enter(stampede_t *stampede, player_t *player, phase_t phase)
{
    player->phase = phase;
    player->since_ms = stampede->now_ms;
}

static void rest(stampede_t *stampede, player_t *player, int64_t pause_ms)
{
    hang_up(player);
    enter(stampede, player, RESTING);
    player->until_ms = stampede->now_ms + pause_ms;
}

/* What libzmq does by itself where TCP does not connect. */
static void rest_unconnected(stampede_t *stampede, player_t *player)
{
    int64_t pause = (int64_t)RECONNECT_MS << (player->reconnects < 5 ? player->reconnects : 5);
    player->reconnects++;
    player->refusals = 0;
    stampede->unconnected++;
    rest(stampede, player, (pause < RECONNECT_MAX_MS ? pause : RECONNECT_MAX_MS) + arc4random_uniform(RECONNECT_MS));
}

/* client/socket.c: lose. */
static void rest_lost(stampede_t *stampede, player_t *player)
{
    int64_t pause = (int64_t)PAUSE_MS << (player->losses < 6 ? player->losses : 6);
    pause = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
    player->losses++;
    stampede->losses++;
    rest(stampede, player, pause / 2 + arc4random_uniform((uint32_t)pause));
}

/* The errand ends without a receipt; the daemon sends another one later. */
static void fail_errand(stampede_t *stampede, player_t *player)
{
    player->failures++;
    player->losses = player->refusals = player->reconnects = player->busy = 0;
    rest(stampede, player, errand_backoff_ms(player->failures, arc4random()));
    player->errand_ms = player->until_ms;
}

static void meet_closed_handshake(stampede_t *stampede, player_t *player)
{
    int64_t after = stampede->now_ms - player->since_ms;
    stampede->closed_handshakes++;
    if (after < HANGING_MS)
        player->refusals++;
    else if (after < HANDSHAKE_MS - 500)
        player->refusals = REFUSALS_MAX;
    if (player->refusals < REFUSALS_MAX) {
        rest_lost(stampede, player);
        return;
    }
    stampede->refused_errands++;
    fail_errand(stampede, player);
}

static void meet_closed(stampede_t *stampede, player_t *player)
{
    if (player->phase == CONNECTING)
        rest_unconnected(stampede, player);
    else if (player->phase == SHAKING)
        meet_closed_handshake(stampede, player);
    else
        rest_lost(stampede, player);
}

/* Each from an address of its own group, at a port that the system chooses when it connects. */
static bool bind_source(int fd, uint32_t dealer)
{
    int one = 1;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101 + dealer % ADDRESSES)};
    return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
           bind(fd, (struct sockaddr *)&own, sizeof own) == 0;
}

static void dial(stampede_t *stampede, player_t *player)
{
    player->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(player->fd >= 0 && bind_source(player->fd, player->dealer), "opening a socket");
    stampede->connects++;
    enter(stampede, player, CONNECTING);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLIN, .data.ptr = player};
    must(epoll_ctl(stampede->epoll, EPOLL_CTL_ADD, player->fd, &event) == 0, "epoll");
    if (connect(player->fd, (struct sockaddr *)&stampede->hub, sizeof stampede->hub) != 0 && errno != EINPROGRESS)
        rest_unconnected(stampede, player);
}

static bool is_written(const player_t *player, const curve_output_t *out)
{
    /* A few hundred bytes into an empty socket: all or nothing. */
    return !out->size || send(player->fd, out->bytes, out->size, MSG_NOSIGNAL) == (ssize_t)out->size;
}

static void meet_connected(stampede_t *stampede, player_t *player)
{
    int error = 0;
    socklen_t size = sizeof error;
    curve_output_t out = {.size = 0};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = player};
    if (getsockopt(player->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error) {
        rest_unconnected(stampede, player);
        return;
    }
    epoll_ctl(stampede->epoll, EPOLL_CTL_MOD, player->fd, &event);
    player->reconnects = 0;
    enter(stampede, player, SHAKING);
    stampede->all[player->dealer].is_spent = true;
    curve_start(&player->curve, &out);
    if (!is_written(player, &out))
        meet_closed(stampede, player);
}

static void ask(stampede_t *stampede, player_t *player)
{
    curve_output_t out = {.size = 0};
    const dealer_data_t *dealer = &stampede->all[player->dealer];
    player->until_ms = 0;
    if (!curve_seal(&player->curve, dealer->request, dealer->request_size, &out) || !is_written(player, &out))
        meet_closed(stampede, player);
}

static void take_receipt(stampede_t *stampede, player_t *player, const uint8_t *bytes, size_t size)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    response_t *response = NULL;
    const char *why = "";
    must(arena && response_decode((span_t){bytes, size}, arena, &response, &why) == STATUS_OK, "reading an answer");
    if (response->status == STATUS_BUSY || response->status == STATUS_STOPPING) {
        int64_t pause = (int64_t)BUSY_PAUSE_MS << (player->busy < 5 ? player->busy : 5);
        stampede->busy++;
        player->busy++;
        player->until_ms = stampede->now_ms + pause / 2 + arc4random_uniform((uint32_t)pause);
        return;
    }
    if (response->status != STATUS_OK || response->kind != RESPONSE_RECEIPT)
        fprintf(stderr, "bench-stampede: refused: %s\n", response->message ? response->message : "");
    must(response->status == STATUS_OK && response->kind == RESPONSE_RECEIPT && response->id == player->dealer + 1,
         "a receipt");
    dealer_data_t *dealer = &stampede->all[player->dealer];
    stampede->doubles += dealer->has_receipt;
    dealer->has_receipt = true;
    dealer->latency_ms = (uint32_t)(stampede->now_ms - player->begun_ms);
    stampede->done++;
    hang_up(player);
    player_begin(stampede, player);
}

static void meet_bytes(stampede_t *stampede, player_t *player)
{
    curve_t *curve = &player->curve;
    curve_output_t out = {.size = 0};
    uint8_t message[CURVE_INPUT_MAX];
    size_t size;
    ssize_t got = recv(player->fd, curve->input + curve->input_size, CURVE_INPUT_MAX - curve->input_size, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        meet_closed(stampede, player);
        return;
    }
    curve->input_size += (size_t)got;
    if (player->phase == SHAKING) {
        const curve_identity_t *identity = &stampede->all[player->dealer].identity;
        curve_phase_t before;
        do {
            before = curve->phase;
            must(curve_step(curve, identity, stampede->hub_key, &out), "the handshake");
        } while (curve->phase != before && curve->phase != CURVE_READY);
        if (!is_written(player, &out)) {
            meet_closed(stampede, player);
            return;
        }
        if (curve->phase != CURVE_READY)
            return;
        player->refusals = player->losses = 0;
        enter(stampede, player, ASKING);
        ask(stampede, player);
    }
    if (player->phase == ASKING && curve_open(curve, message, &size) == CURVE_MESSAGE)
        take_receipt(stampede, player, message, size);
}

void player_begin(stampede_t *stampede, player_t *player)
{
    if (stampede->next == stampede->dealers) {
        player->phase = DONE;
        return;
    }
    *player = (player_t){.dealer = stampede->next++, .fd = -1};
    player->begun_ms = player->errand_ms = stampede->now_ms;
    dial(stampede, player);
}

void player_look_after(stampede_t *stampede, player_t *player)
{
    int64_t now = stampede->now_ms, passed = now - player->since_ms;
    if (player->phase == DONE || (player->phase == RESTING && player->errand_ms > now))
        return;
    if (now - player->errand_ms >= ERRAND_PATIENCE_S * 1000) {
        stampede->late_errands++;
        fail_errand(stampede, player);
    } else if (player->phase == RESTING && now >= player->until_ms) {
        dealer_data_t *dealer = &stampede->all[player->dealer];
        if (dealer->is_spent)
            curve_prepare(&dealer->identity, stampede->hub_key);
        dealer->is_spent = false;
        dial(stampede, player);
    } else if (player->phase == CONNECTING && passed >= CONNECT_MS) {
        rest_unconnected(stampede, player);
    } else if (player->phase == SHAKING && passed >= HANDSHAKE_MS) {
        rest_lost(stampede, player);
    } else if (player->phase == ASKING && player->until_ms && now >= player->until_ms) {
        ask(stampede, player);
    }
}

void player_meet(stampede_t *stampede, player_t *player, uint32_t events)
{
    if (player->fd < 0)
        return;
    if (player->phase == CONNECTING)
        meet_connected(stampede, player);
    else if (events)
        meet_bytes(stampede, player);
}
