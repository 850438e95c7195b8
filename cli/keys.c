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

static status_t take_dealers(session_t *session, const char *value, char *buffer, const char **dealers,
                             size_t *out_count)
{
    size_t count = options_split_codes(value, buffer, dealers, KEY_DEALERS_MAX);
    if (count > KEY_DEALERS_MAX)
        return session_misuse(session, "--dealer names %zu stores; a key holds at most %d", count, KEY_DEALERS_MAX);
    for (size_t i = 0; i < count; i++)
        if (!text_is_code(dealers[i]))
            return session_misuse(session, "--dealer: '%.80s' is no dealer's code", dealers[i]);
    *out_count = count;
    return STATUS_OK;
}

status_t run_keys_admit(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    const char *dealers = invocation_value(invocation, "dealer"), *region = invocation_value(invocation, "region");
    role_t role = role_of(invocation_value(invocation, "role"));
    TRY(check_admission(session, role, dealers, region));
    request_t request = {.kind = REQUEST_ADMIT_KEY, .admit = {.role = role, .region = region ? region : ""}};
    TRY(take_key(session, request.admit.public_key));
    char buffer[OPTION_TEXT_MAX + 1];
    const char *codes[KEY_DEALERS_MAX];
    request.admit.dealers = codes;
    if (dealers)
        TRY(take_dealers(session, dealers, buffer, codes, &request.admit.dealer_count));
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "keys admit", &request, RESPONSE_NONE, &answer));
    printf("admitted as %s%s%s\n", role_names[role], dealers || region ? " of " : "",
           dealers  ? dealers
           : region ? region
                    : "");
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

status_t run_keys_revoke(session_t *session)
{
    request_t request = {.kind = REQUEST_REVOKE_KEY};
    TRY(take_key(session, request.revoke));
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "keys revoke", &request, RESPONSE_NONE, &answer));
    printf("revoked; its connections are cut\n");
    return STATUS_OK;
}
