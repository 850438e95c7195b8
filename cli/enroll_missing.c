/* `yardstick enroll missing`: whom to remind. */
#include "cli/commands.h"
#include "cli/enroll_known.h"
#include "client/listing.h"

typedef struct {
    const char *dealer;
    const token_entry_t *token; /* the newest; NULL = none was made */
} missing_t;

typedef struct {
    missing_t *items; /* in the order of dealers.csv */
    size_t count;
    uint64_t now_ms;
} missings_t;

/* Members, now or later, without a key. */
static status_t find_missing(const enroll_known_t *known, const network_t *network, arena_t *arena, missings_t *out)
{
    period_t now = enroll_period(known->now_ms);
    *out = (missings_t){arena_array(arena, network->dealer_count, sizeof *out->items), 0, known->now_ms};
    if (!out->items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->dealer_count; i++) {
        const char *dealer = network->dealers[i].code;
        if (!network_has_left(network, i, now) && !enroll_key_of(known, dealer))
            out->items[out->count++] = (missing_t){dealer, enroll_token_of(known, dealer)};
    }
    return STATUS_OK;
}

static json_t *json_of(const missings_t *missings)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < missings->count; i++) {
        const token_entry_t *token = missings->items[i].token;
        const char *state = token ? token_state_names[token_state(token, missings->now_ms)] : TRANSLATED("none");
        json_array_append_new(objects, json_pack("{s:s, s:s, s:o}", "dealer", missings->items[i].dealer, "state", state,
                                                 "expires", listing_time(token ? token->expires_ms : 0)));
    }
    return objects;
}

static status_t print(const session_t *session, const missings_t *missings)
{
    static const listing_column_t COLUMNS[] = {{"dealer", TRANSLATED("Dealer"), LISTING_TEXT},
                                               {"state", TRANSLATED("Token"), LISTING_WORD},
                                               {"expires", TRANSLATED("Good until"), LISTING_TIME}};
    json_t *objects = json_of(missings);
    status_t status = listing_print(session, "missing", objects, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS,
                                    "each store of the network is served by a key");
    json_decref(objects);
    return status;
}

static status_t show(session_t *session, const enroll_known_t *known, arena_t *arena)
{
    CLEANUP(answer_fini) answer_t answer = {0};
    CLEANUP(network_destroy) network_t *network = NULL;
    missings_t missings;
    request_t request = {.kind = REQUEST_SHOW_NETWORK};
    TRY(session_ask(session, "enroll missing", &request, RESPONSE_NETWORK, &answer));
    TRY(network_build(&answer.response->network, &network, &session->faults));
    TRY(find_missing(known, network, arena, &missings));
    return print(session, &missings);
}

status_t run_enroll_missing(session_t *session)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    CLEANUP(enroll_known_fini) enroll_known_t known = {0};
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(enroll_know(session, arena, &known));
    return show(session, &known, arena);
}
