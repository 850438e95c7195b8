#include "dealer-agent/enroll.h"

#include "client/socket.h"
#include "client/token.h"
#include "core/limits.h"
#include "dealer-agent/stores.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_S         60   /* a hub that has had enough of this address takes more of it a minute later */
#define PATIENCE_MS       3000 /* without a connection, until a person is told that it is being tried */
#define BUSY_PAUSE_MS     200
#define BUSY_PAUSE_MAX_MS 5000
#define REQUEST_ID        1 /* of the one request, however often it is sent */

typedef struct {
    session_t *session;
    const token_t *token;
    home_t home;
    char endpoint[HOME_ENDPOINT_SIZE];
    socket_t socket;
    unsigned timeout_s;
    monotonic_t begun, deadline, send_at;
    bool is_sent, is_noted;
    unsigned refusals; /* times that the hub put it off */
    unsigned closings; /* connections that were cut, or closed in their handshake */
    answer_t answer;   /* the final one, where there is one */
} enrolment_t;

/* ---- the command line */

/* "-": the token comes on standard input, where no other user of the machine sees it in a list of processes. */
static bool comes_on_input(const session_t *session)
{
    return strcmp(invocation_value(session->invocation, "token"), "-") == 0;
}

static status_t read_token(session_t *session, token_t *out)
{
    const char *why, *text = invocation_value(session->invocation, "token");
    char line[TOKEN_TEXT_SIZE + 2] = "";
    if (comes_on_input(session)) {
        if (!fgets(line, sizeof line, stdin))
            return session_misuse(session, "--token -: nothing came on standard input; give the token there");
        text = line;
    }
    status_t status = token_read(text, out, &why);
    explicit_bzero(line, sizeof line);
    return status == STATUS_OK ? STATUS_OK : session_misuse(session, "--token: %s", session_text(session, why));
}

status_t enroll_check(session_t *session)
{
    CLEANUP(token_fini) token_t token = {0};
    return comes_on_input(session) ? STATUS_OK : read_token(session, &token);
}

/* Where the home's hub is, and where the token is used: its port at the hub's host, unless told otherwise. */
static void choose_endpoints(enrolment_t *enrolment, char out_hub[HOME_ENDPOINT_SIZE])
{
    const invocation_t *invocation = enrolment->session->invocation;
    const char *hub = invocation_value(invocation, "hub"), *at = invocation_value(invocation, "enroll-at");
    CLEANUP(token_fini) token_t token = *enrolment->token;
    if (hub)
        snprintf(token.endpoint, sizeof token.endpoint, "%s", hub);
    memcpy(out_hub, token.endpoint, HOME_ENDPOINT_SIZE);
    if (at)
        snprintf(enrolment->endpoint, HOME_ENDPOINT_SIZE, "%s", at);
    else
        token_enrolment_endpoint(&token, enrolment->endpoint);
}

/* ---- the home */

static status_t open_home(enrolment_t *enrolment, const char *hub)
{
    session_t *session = enrolment->session;
    home_t *home = &enrolment->home;
    CLEANUP(faults_fini) faults_t faults = {0};
    if (!*session->home_path)
        return session_misuse(session, "no home is named; give --home DIR or set YARDSTICK_HOME");
    status_t status = home_open(session->home_path, home, &faults);
    if (status == STATUS_NOT_FOUND)
        return home_create(session->home_path, hub, enrolment->token->hub_key, NULL, home, &session->faults);
    for (size_t i = 0; i < faults.count; i++)
        faults_add(&session->faults, 0, 0, "%s", faults.items[i].message);
    TRY(status);
    if (strcmp(home->hub_key, enrolment->token->hub_key) != 0)
        return session_fail(session, STATUS_CONFLICT,
                            "%s is the home of an agent of another hub; name another directory with --home",
                            home->directory);
    if (strcmp(home->endpoint, hub) != 0)
        fprintf(
            stderr,
            session_text(session,
                         "%s: note: the home that is there says that its hub is at %s, and is left so; not at %s\n"),
            session->invocation->program->name, home->endpoint, hub);
    return STATUS_OK;
}

/* What the answer says for good. */
static status_t enroll_keep(session_t *session, const home_t *home, const enrolled_t *enrolled)
{
    session->home = *home;
    TRY(session_pin(session, enrolled->has_signing_key ? enrolled->signing_key : NULL));
    stores_keep(home->directory, enrolled->dealers, enrolled->dealer_count);
    return STATUS_OK;
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

/* Says once, while it goes on, what it waits for. */
static void note_trouble(enrolment_t *enrolment)
{
    const session_t *session = enrolment->session;
    const char *what = enrolment->closings ? TRANSLATED("closed the connection") : TRANSLATED("is not reached yet");
    if (!enrolment->is_noted)
        fprintf(stderr, session_text(session, "%s: note: %s %s; trying for %u s\n"), session->invocation->program->name,
                enrolment->endpoint, session_text(session, what), enrolment->timeout_s);
    enrolment->is_noted = true;
}

static status_t add_timed_out(const enrolment_t *enrolment)
{
    const socket_t *socket = &enrolment->socket;
    const char *why = TRANSLATED("nothing answers there; check that the hub takes enrolments, and the way to it");
    if (enrolment->refusals)
        why = TRANSLATED("it is busy, or its store is full; try again later");
    else if (socket->is_ready)
        why = TRANSLATED("it did not answer; try again");
    else if (socket->speaks_other)
        why = TRANSLATED("something else than a hub answers there");
    else if (enrolment->closings || socket->has_connected)
        why = TRANSLATED("it closes the connection: too many enrol from this address or at once, so try again in a "
                         "minute; or it is another hub than the token's");
    return session_fail(enrolment->session, STATUS_TIMED_OUT, "not enrolled at %s in %u s: %s", enrolment->endpoint,
                        enrolment->timeout_s, session_text(enrolment->session, why));
}

/* One turn: send where it is due, wait, receive, look at the connection. A lost one comes back after a pause
 * (client/socket.c), and the request is sent again. */
static status_t turn(enrolment_t *enrolment)
{
    socket_t *socket = &enrolment->socket;
    int64_t now = monotonic_now().ms, wait = enrolment->deadline.ms - now, send_in = enrolment->send_at.ms - now;
    if (wait <= 0)
        return add_timed_out(enrolment);
    if (!enrolment->is_sent && send_in <= 0)
        TRY(send_request(enrolment));
    bool to_send = !enrolment->is_sent && send_in <= 0;
    if (!enrolment->is_sent && send_in > 0 && send_in < wait)
        wait = send_in;
    if (!enrolment->is_noted && wait > PATIENCE_MS)
        wait = PATIENCE_MS;
    TRY(socket_wait(socket, to_send, wait, &enrolment->session->faults));
    TRY(receive(enrolment));
    bool is_lost = socket_check(socket) != STATUS_OK;
    if (is_lost) {
        enrolment->is_sent = false;
        enrolment->closings++;
    }
    if (!enrolment->answer.response && (is_lost || (!socket->is_ready && now - enrolment->begun.ms > PATIENCE_MS)))
        note_trouble(enrolment);
    return STATUS_OK;
}

static status_t exchange(enrolment_t *enrolment)
{
    const char *seconds = invocation_value(enrolment->session->invocation, "timeout");
    enrolment->timeout_s = seconds ? (unsigned)strtoul(seconds, NULL, 10) : TIMEOUT_S;
    enrolment->begun = monotonic_now();
    enrolment->deadline.ms = enrolment->begun.ms + (int64_t)enrolment->timeout_s * 1000;
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
    TRY(enroll_keep(enrolment->session, &enrolment->home, enrolled));
    fputs(session_text(session, "enrolled for"), stdout);
    for (size_t i = 0; i < enrolled->dealer_count; i++)
        printf("%s %s", i ? "," : "", enrolled->dealers[i]);
    printf(session_text(session, "; the key is in %s\n"), enrolment->home.directory);
    return STATUS_OK;
}

static void enrolment_fini(enrolment_t *enrolment)
{
    answer_fini(&enrolment->answer);
    home_fini(&enrolment->home);
}

status_t enroll_run(session_t *session)
{
    char hub[HOME_ENDPOINT_SIZE];
    CLEANUP(token_fini) token_t token = {0};
    CLEANUP(enrolment_fini) enrolment_t enrolment = {.session = session, .token = &token};
    TRY(read_token(session, &token));
    choose_endpoints(&enrolment, hub);
    TRY(open_home(&enrolment, hub));
    TRY(exchange(&enrolment));
    return finish(&enrolment);
}
