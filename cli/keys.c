#include "cli/commands.h"
#include "core/limits.h"

#include <string.h>
#include <zmq.h>

static status_t take_key(session_t *session, uint8_t out[KEY_SIZE])
{
    const char *text = session->invocation->arguments[0];
    if (!home_is_key(text))
        return session_misuse(session, "%.80s is no public key; it has 40 characters, and `init` prints it", text);
    return zmq_z85_decode(out, text) ? STATUS_OK : STATUS_INVALID;
}

static role_t role_of(const char *name)
{
    for (role_t role = ROLE_NONE + 1; role < ROLE_COUNT; role++)
        if (!strcmp(role_names[role], name))
            return role;
    return ROLE_NONE;
}

/* What goes with a role, and nothing else: a dealer's key has stores, a manager's a region. */
static status_t check_admission(session_t *session, role_t role, const char *dealers, const char *region)
{
    if (role == ROLE_DEALER && !dealers)
        return session_misuse(session, "keys admit --role dealer needs --dealer CODE[,CODE…]");
    if (role == ROLE_MANAGER && !region)
        return session_misuse(session, "keys admit --role manager needs --region CODE");
    if (role != ROLE_DEALER && dealers)
        return session_misuse(session, "keys admit: --dealer goes with --role dealer only");
    if (role != ROLE_MANAGER && region)
        return session_misuse(session, "keys admit: --region goes with --role manager only");
    return STATUS_OK;
}

/* The stores of a dealer's key; their text is in `buffer`. */
typedef struct {
    char buffer[OPTION_TEXT_MAX + 1];
    const char *codes[KEY_DEALERS_MAX];
} key_stores_t;

static status_t take_stores(session_t *session, const char *value, key_stores_t *stores, size_t *out_count)
{
    size_t count = options_split_codes(value, stores->buffer, stores->codes, KEY_DEALERS_MAX);
    if (count > KEY_DEALERS_MAX)
        return session_misuse(session, "--dealer names %zu stores; a key holds at most %d", count, KEY_DEALERS_MAX);
    for (size_t i = 0; i < count; i++)
        if (!text_is_code(stores->codes[i]))
            return session_misuse(session, "--dealer: '%.80s' is no dealer's code", stores->codes[i]);
    *out_count = count;
    return STATUS_OK;
}

static status_t make_admission(session_t *session, key_stores_t *stores, request_t *out)
{
    const invocation_t *invocation = session->invocation;
    const char *dealers = invocation_value(invocation, "dealer"), *region = invocation_value(invocation, "region");
    role_t role = role_of(invocation_value(invocation, "role"));
    TRY(check_admission(session, role, dealers, region));
    request_t request = {.kind = REQUEST_ADMIT_KEY, .admit = {.role = role, .region = region ? region : ""}};
    TRY(take_key(session, request.admit.public_key));
    request.admit.dealers = stores->codes;
    if (dealers)
        TRY(take_stores(session, dealers, stores, &request.admit.dealer_count));
    *out = request;
    return STATUS_OK;
}

status_t check_keys_admit(session_t *session)
{
    key_stores_t stores;
    request_t request;
    return make_admission(session, &stores, &request);
}

status_t run_keys_admit(session_t *session)
{
    key_stores_t stores;
    request_t request;
    TRY(make_admission(session, &stores, &request));
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "keys admit", &request, RESPONSE_NONE, &answer));
    const char *of = invocation_value(session->invocation, "dealer");
    if (!of)
        of = invocation_value(session->invocation, "region");
    printf("admitted as %s%s%s\n", role_names[request.admit.role], of ? " of " : "", of ? of : "");
    return STATUS_OK;
}

status_t run_keys_list(session_t *session)
{
    request_t request = {.kind = REQUEST_LIST_KEYS};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "keys list", &request, RESPONSE_KEYS, &answer));
    render_t render = session_render(session);
    return render_keys(&render, answer.response->keys.items, answer.response->keys.count);
}

status_t check_keys_revoke(session_t *session)
{
    uint8_t key[KEY_SIZE];
    return take_key(session, key);
}

status_t run_keys_revoke(session_t *session)
{
    request_t request = {.kind = REQUEST_REVOKE_KEY};
    TRY(take_key(session, request.revoke));
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "keys revoke", &request, RESPONSE_NONE, &answer));
    printf("revoked; its connections are cut\n");
    return STATUS_OK;
}
