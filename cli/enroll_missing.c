/* `yardstick enroll missing`: whom to remind. */
#include "cli/commands.h"
#include "cli/enroll_known.h"
#include "client/render_grid.h"

#include <jansson.h>

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

/* "none" where no token was made. */
static const char *state_name(const missings_t *missings, const token_entry_t *token)
{
    return token ? token_state_names[token_state(token, missings->now_ms)] : "none";
}

static const char *state_word(const missings_t *missings, const token_entry_t *token, language_t language)
{
    static const char *const NONE[LANGUAGE_COUNT] = {"无", "none"};
    return token ? token_state_words[token_state(token, missings->now_ms)][language] : NONE[language];
}

static status_t print_table(const render_t *render, const missings_t *missings)
{
    static const char *const HEADS[][LANGUAGE_COUNT] = {{"门店", "Store"}, {"令牌", "Token"}, {"有效至", "Good until"}};
    grid_t *grid = grid_create(3);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < 3; i++) {
        grid_left(grid, i);
        grid_cell(grid, STYLE_HEAD, HEADS[i][render->language]);
    }
    for (size_t i = 0; i < missings->count; i++) {
        const missing_t *missing = &missings->items[i];
        char until[ENROLL_TIME_SIZE] = "—";
        if (missing->token)
            enroll_time_text(missing->token->expires_ms, until);
        grid_cell(grid, STYLE_PLAIN, missing->dealer);
        grid_cell(grid, STYLE_PLAIN, state_word(missings, missing->token, render->language));
        grid_cell(grid, STYLE_PLAIN, until);
    }
    status_t status = grid_print(grid, render->out, render->colour);
    grid_destroy(&grid);
    return status;
}

static status_t print_csv(const render_t *render, const missings_t *missings)
{
    fputs("dealer,state,expires\n", render->out);
    for (size_t i = 0; i < missings->count; i++) {
        const missing_t *missing = &missings->items[i];
        char until[ENROLL_TIME_SIZE] = "";
        if (missing->token)
            enroll_time_text(missing->token->expires_ms, until);
        fprintf(render->out, "%s,%s,%s\n", missing->dealer, state_name(missings, missing->token), until);
    }
    return STATUS_OK;
}

static status_t print_json(const render_t *render, const missings_t *missings)
{
    json_t *list = json_array();
    bool is_whole = list;
    for (size_t i = 0; i < missings->count; i++) {
        const missing_t *missing = &missings->items[i];
        char until[ENROLL_TIME_SIZE] = "";
        if (missing->token)
            enroll_time_text(missing->token->expires_ms, until);
        json_t *line = json_pack("{s:s, s:s, s:s*}", "dealer", missing->dealer, "state",
                                 state_name(missings, missing->token), "expires", *until ? until : NULL);
        is_whole = json_array_append_new(list, line) == 0 && is_whole;
    }
    is_whole = is_whole && json_dumpf(list, render->out, 0) == 0 && fputc('\n', render->out) != EOF;
    json_decref(list);
    return is_whole ? STATUS_OK : STATUS_NO_MEMORY;
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
    render_t render = session_render(session);
    if (render.format == FORMAT_JSON)
        return print_json(&render, &missings);
    return render.format == FORMAT_CSV ? print_csv(&render, &missings) : print_table(&render, &missings);
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
