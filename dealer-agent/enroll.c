#include "dealer-agent/enroll.h"

#include "client/socket.h"
#include "client/token.h"
#include "core/limits.h"
#include "dealer-agent/stores.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_S         60   /* without anybody at the hub's endpoint */
#define PATIENCE_S        900  /* once there is: where many enrol at once, it puts off those who are too many */
#define QUIET_MS          3000 /* without a connection, until a person is told that it is being tried */
#define BUSY_PAUSE_MS     200
#define BUSY_PAUSE_MAX_MS 5000
#define REQUEST_ID        1 /* of the one request, however often it is sent */

typedef struct {
    session_t *session;
    const token_t *token;
    home_t home;
    bool moves; /* the home's hub is at `hub` from now on, once that has admitted its key */
    char hub[HOME_ENDPOINT_SIZE];
    char endpoint[HOME_ENDPOINT_SIZE]; /* where enrolments are taken */
    socket_t socket;
    unsigned timeout_s;
    monotonic_t begun, send_at;
    bool is_sent;
    unsigned noted;    /* which trouble was told last, from 1 */
    unsigned refusals; /* times that the hub put it off */
    unsigned closings; /* connections that were cut, or closed in their handshake */
    answer_t answer;   /* the final one, where there is one */
} enrolment_t;

/* ---- the token */

/* From a terminal: up to a whole token, or an empty line behind something. */
static void read_by_hand(const session_t *session, char out[TOKEN_INPUT_SIZE])
{
    CLEANUP(token_fini) token_t token = {0};
    const char *why;
    size_t length = 0, size = 1;
    session_note(session, "paste the token, then press Enter twice");
    while (size && fgets(out + length, (int)(TOKEN_INPUT_SIZE - length), stdin)) {
        size = length && out[length] == '\n' ? 0 : strlen(out + length);
        length += size;
        if (token_read(out, &token, &why) == STATUS_OK)
            return;
    }
}

/* From here on a list of processes no longer shows it. */
static void hide(const char *argument)
{
    memset((char *)(uintptr_t)argument, '*', strlen(argument));
}

/* "-": the token comes on standard input, where no other user of the machine sees it. */
static status_t read_token(session_t *session, token_t *out)
{
    const char *why, *text = invocation_value(session->invocation, "token");
    char input[TOKEN_INPUT_SIZE] = "";
    bool comes_on_input = strcmp(text, "-") == 0;
    if (comes_on_input && isatty(STDIN_FILENO))
        read_by_hand(session, input);
    else if (comes_on_input)
        (void)!fread(input, 1, sizeof input - 1, stdin);
    status_t status = token_read(comes_on_input ? input : text, out, &why);
    if (comes_on_input && !*input)
        why = TRANSLATED("nothing came on standard input; give it there");
    explicit_bzero(input, sizeof input);
    if (!comes_on_input)
        hide(text);
    if (status == STATUS_OK)
        return STATUS_OK;
    return session_misuse(session, "--token: %s", session_text(session, why));
}

/* Where the home's hub is, and where the token is used: its port at the hub's host, unless told otherwise. */
static void choose_endpoints(enrolment_t *enrolment)
{
    const invocation_t *invocation = enrolment->session->invocation;
    const char *hub = invocation_value(invocation, "hub"), *at = invocation_value(invocation, "enroll-at");
    CLEANUP(token_fini) token_t token = *enrolment->token;
    if (hub)
        snprintf(token.endpoint, sizeof token.endpoint, "%s", hub);
    memcpy(enrolment->hub, token.endpoint, HOME_ENDPOINT_SIZE);
    if (at)
        snprintf(enrolment->endpoint, HOME_ENDPOINT_SIZE, "%s", at);
    else
        token_enrolment_endpoint(&token, enrolment->endpoint);
}

/* ---- the home */

/* Whether a hub has admitted it, which names its stores then. */
static bool was_admitted(const home_t *home)
{
    CLEANUP(stores_fini) stores_t stores = {0};
    return stores_recall(home->directory, &stores) == STATUS_OK && stores.count > 0;
}

/* One that was admitted may have been given another endpoint by hand, which only --hub overrides. */
static void choose_move(enrolment_t *enrolment)
{
    const home_t *home = &enrolment->home;
    bool is_other = strcmp(home->endpoint, enrolment->hub) != 0;
    enrolment->moves = is_other && (!was_admitted(home) || invocation_value(enrolment->session->invocation, "hub"));
    if (is_other && !enrolment->moves)
        session_note(enrolment->session,
                     "the home that is there says that its hub is at %s, and is left so; where it is at %s, give --hub",
                     home->endpoint, enrolment->hub);
}

static status_t open_home(enrolment_t *enrolment)
{
    session_t *session = enrolment->session;
    home_t *home = &enrolment->home;
    CLEANUP(faults_fini) faults_t faults = {.translate = session->faults.translate};
    if (!*session->home_path)
        return session_misuse(session, "no home is named; give --home DIR or set YARDSTICK_HOME");
    status_t status = home_open(session->home_path, home, &faults);
    if (status == STATUS_NOT_FOUND)
        return home_create(session->home_path, enrolment->hub, enrolment->token->hub_key, NULL, home, &session->faults);
    for (size_t i = 0; i < faults.count; i++)
        faults_add(&session->faults, 0, 0, "%s", faults.items[i].message);
    TRY(status);
    if (strcmp(home->hub_key, enrolment->token->hub_key) != 0)
        return session_fail(session, STATUS_CONFLICT,
                            "%s is the home of an agent of another hub; name another directory with --home",
                            home->directory);
    choose_move(enrolment);
    return STATUS_OK;
}

/* What the answer says for good. */
static status_t keep(enrolment_t *enrolment, const enrolled_t *enrolled)
{
    session_t *session = enrolment->session;
    session->home = enrolment->home;
    TRY(session_pin(session, enrolled->has_signing_key ? enrolled->signing_key : NULL));
    stores_keep(session->home.directory, enrolled->dealers, enrolled->dealer_count);
    if (!enrolment->moves || home_move(&session->home, enrolment->hub) == STATUS_OK)
        return STATUS_OK;
    return session_fail(session, STATUS_IO, "%s/home.txt cannot be written: %s", session->home.directory,
                        session_text(session, strerror(errno)));
}

/* ---- the exchange */

static status_t send_request(enrolment_t *enrolment)
{
    CLEANUP(buffer_fini) buffer_t frame = {0};
    request_t request = {.id = REQUEST_ID, .kind = REQUEST_ENROLL};
    memcpy(request.enroll, enrolment->token->secret, TOKEN_SECRET_SIZE);
    TRY(request_encode(&request, &frame));
    status_t status = socket_send(&enrolment->socket, (span_t){frame.data, frame.size});
    explicit_bzero(&request, sizeof request);
    explicit_bzero(frame.data, frame.size);
    enrolment->is_sent = status == STATUS_OK;
    return status == STATUS_BUSY ? STATUS_OK : status;
}

static void put_off(enrolment_t *enrolment)
{
    int64_t pause = (int64_t)BUSY_PAUSE_MS << (enrolment->refusals < 5 ? enrolment->refusals : 5);
    if (pause > BUSY_PAUSE_MAX_MS)
        pause = BUSY_PAUSE_MAX_MS;
    enrolment->refusals++;
    enrolment->is_sent = false;
    enrolment->send_at.ms = monotonic_now().ms + pause / 2 + arc4random_uniform((uint32_t)pause);
}

/* A final answer is kept; one that asks to come again is not. */
static status_t take_answer(enrolment_t *enrolment, span_t frame)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    response_t *response = NULL;
    const char *why = "";
    if (!arena)
        return STATUS_NO_MEMORY;
    if (response_decode(frame, arena, &response, &why) != STATUS_OK)
        return session_fail(enrolment->session, STATUS_MALFORMED,
                            "the hub's answer cannot be read (%s); its version may be another", why);
    if (response->id != REQUEST_ID)
        return STATUS_OK;
    if (response->status == STATUS_BUSY || response->status == STATUS_STORE_FULL ||
        response->status == STATUS_STOPPING) {
        put_off(enrolment);
        return STATUS_OK;
    }
    enrolment->answer = (answer_t){arena, response};
    arena = NULL;
    return STATUS_OK;
}

static status_t receive(enrolment_t *enrolment)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    status_t status = STATUS_OK;
    if (socket_receive(&enrolment->socket, &message))
        status = take_answer(enrolment, (span_t){zmq_msg_data(&message), zmq_msg_size(&message)});
    zmq_msg_close(&message);
    return status;
}

/* Whether a hub is there that may take it later. */
static bool is_put_off(const enrolment_t *enrolment)
{
    return (enrolment->refusals || enrolment->closings) && !enrolment->socket.speaks_other;
}

/* How long it is tried from the beginning on: the longer where the hub only has too many at once. */
static unsigned seconds_given(const enrolment_t *enrolment)
{
    if (enrolment->timeout_s)
        return enrolment->timeout_s;
    return is_put_off(enrolment) ? PATIENCE_S : TIMEOUT_S;
}

/* Says while it goes on what it waits for: each of these once, in this order. */
static void note_trouble(enrolment_t *enrolment)
{
    unsigned trouble = enrolment->refusals ? 3 : enrolment->closings ? 2 : 1, seconds = seconds_given(enrolment);
    if (trouble <= enrolment->noted)
        return;
    enrolment->noted = trouble;
    if (trouble == 1)
        session_note(enrolment->session, "%s is not reached yet; trying for %u s", enrolment->endpoint, seconds);
    else if (trouble == 2)
        session_note(
            enrolment->session,
            "%s closed the connection: too many enrol at once or from this address, or it is another hub than the "
            "token's; it is asked again by itself, for %u s at most",
            enrolment->endpoint, seconds);
    else
        session_note(enrolment->session, "%s is busy; it is asked again by itself, for %u s at most",
                     enrolment->endpoint, seconds);
}

static status_t add_timed_out(const enrolment_t *enrolment)
{
    const socket_t *socket = &enrolment->socket;
    const char *why =
        TRANSLATED("nothing answers there; check the way to it, and ask headquarters whether the hub takes enrolments");
    if (enrolment->refusals)
        why = TRANSLATED("it is busy, or its store is full");
    else if (socket->is_ready)
        why = TRANSLATED("it did not answer");
    else if (socket->speaks_other)
        why = TRANSLATED("something else than a hub answers there");
    else if (enrolment->closings || socket->has_connected)
        why = TRANSLATED("it closes the connection: too many enrol from this address or at once, or it is another hub "
                         "than the token's");
    return session_fail(enrolment->session, STATUS_TIMED_OUT,
                        "not enrolled at %s in %u s: %s; run the same command again later", enrolment->endpoint,
                        seconds_given(enrolment), session_text(enrolment->session, why));
}

/* One turn: send where it is due, wait, receive, look at the connection. A lost one comes back after a pause
 * (client/socket.c), and the request is sent again. */
static status_t turn(enrolment_t *enrolment)
{
    socket_t *socket = &enrolment->socket;
    int64_t now = monotonic_now().ms, send_in = enrolment->send_at.ms - now;
    int64_t wait = enrolment->begun.ms + (int64_t)seconds_given(enrolment) * 1000 - now;
    if (wait <= 0)
        return add_timed_out(enrolment);
    if (!enrolment->is_sent && send_in <= 0)
        TRY(send_request(enrolment));
    bool to_send = !enrolment->is_sent && send_in <= 0;
    if (!enrolment->is_sent && send_in > 0 && send_in < wait)
        wait = send_in;
    if (!enrolment->noted && wait > QUIET_MS)
        wait = QUIET_MS;
    TRY(socket_wait(socket, to_send, wait, &enrolment->session->faults));
    TRY(receive(enrolment));
    bool is_lost = socket_check(socket) != STATUS_OK;
    if (is_lost) {
        enrolment->is_sent = false;
        enrolment->closings++;
    }
    bool is_quiet = !socket->is_ready && now - enrolment->begun.ms > QUIET_MS;
    if (!enrolment->answer.response && (is_lost || is_quiet || enrolment->refusals))
        note_trouble(enrolment);
    return STATUS_OK;
}

static status_t exchange(enrolment_t *enrolment)
{
    const char *seconds = invocation_value(enrolment->session->invocation, "timeout");
    enrolment->timeout_s = seconds ? (unsigned)strtoul(seconds, NULL, 10) : 0;
    enrolment->begun = monotonic_now();
    TRY(socket_init(&enrolment->socket, &enrolment->home, enrolment->endpoint, &enrolment->session->faults));
    status_t status = STATUS_OK;
    while (status == STATUS_OK && !enrolment->answer.response)
        status = turn(enrolment);
    socket_fini(&enrolment->socket);
    return status;
}

/* ---- the command */

static status_t finish(enrolment_t *enrolment)
{
    session_t *session = enrolment->session;
    const response_t *response = enrolment->answer.response;
    if (response->status != STATUS_OK) {
        session_add_refusal(session, "enroll", response);
        return response->status;
    }
    if (response->kind != RESPONSE_ENROLLED)
        return session_fail(session, STATUS_MALFORMED,
                            "the hub answered with something else; its version may be another");
    const enrolled_t *enrolled = &response->enrolled;
    TRY(keep(enrolment, enrolled));
    char stores[KEY_DEALERS_MAX * (CODE_LENGTH_MAX + 2) + 1] = "";
    size_t length = 0;
    for (size_t i = 0; i < enrolled->dealer_count && length < sizeof stores; i++)
        length +=
            (size_t)snprintf(stores + length, sizeof stores - length, "%s%s", i ? ", " : "", enrolled->dealers[i]);
    printf(session_text(session, "enrolled for %s; the key is in %s\n"), stores, enrolment->home.directory);
    return STATUS_OK;
}

static void enrolment_fini(enrolment_t *enrolment)
{
    answer_fini(&enrolment->answer);
    home_fini(&enrolment->home);
}

status_t enroll_run(session_t *session)
{
    CLEANUP(token_fini) token_t token = {0};
    CLEANUP(enrolment_fini) enrolment_t enrolment = {.session = session, .token = &token};
    TRY(read_token(session, &token));
    choose_endpoints(&enrolment);
    TRY(open_home(&enrolment));
    TRY(exchange(&enrolment));
    return finish(&enrolment);
}
