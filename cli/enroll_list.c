/* `yardstick enroll list`. */
#include "cli/enroll.h"

#include "cli/commands.h"
#include "client/render_grid.h"
#include "core/limits.h"
#include "core/scratch.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define KEY_TEXT_SIZE 41

/* ---- all tokens */

static status_t fetch_page(session_t *session, const uint8_t *after, answer_t *out)
{
    request_t request = {.kind = REQUEST_LIST_TOKENS, .list_tokens.has_after = after};
    if (after)
        memcpy(request.list_tokens.after, after, DIGEST_SIZE);
    return session_ask(session, "enroll", &request, RESPONSE_TOKENS, out);
}

/* A copy that outlives the answer. */
static status_t copy_token(arena_t *arena, const token_entry_t *token, token_entry_t *out)
{
    *out = *token;
    out->dealers = arena_array(arena, token->dealer_count, sizeof *out->dealers);
    for (size_t i = 0; out->dealers && i < token->dealer_count; i++)
        if (!(out->dealers[i] = arena_strdup(arena, token->dealers[i])))
            return STATUS_NO_MEMORY;
    return out->dealers ? STATUS_OK : STATUS_NO_MEMORY;
}

typedef struct {
    token_entry_t *items; /* on the heap */
    size_t count;
} collected_t;

static status_t add_page(collected_t *collected, arena_t *arena, const token_entries_t *page)
{
    token_entry_t *items = realloc(collected->items, (collected->count + page->count + 1) * sizeof *items);
    if (!items)
        return STATUS_NO_MEMORY;
    collected->items = items;
    for (size_t i = 0; i < page->count; i++)
        TRY(copy_token(arena, &page->items[i], &items[collected->count++]));
    return STATUS_OK;
}

static status_t fetch_all(session_t *session, arena_t *arena, collected_t *collected, uint32_t *out_port)
{
    uint8_t after[DIGEST_SIZE];
    for (bool more = true, is_first = true; more; is_first = false) {
        CLEANUP(answer_fini) answer_t answer = {0};
        TRY(fetch_page(session, is_first ? NULL : after, &answer));
        const token_page_t *page = &answer.response->tokens;
        TRY(add_page(collected, arena, &page->list));
        *out_port = page->port;
        more = page->more && page->list.count;
        if (more)
            memcpy(after, page->list.items[page->list.count - 1].digest, DIGEST_SIZE);
    }
    return STATUS_OK;
}

status_t enroll_fetch(session_t *session, arena_t *arena, token_entries_t *out, uint32_t *out_port)
{
    collected_t collected = {0};
    status_t status = fetch_all(session, arena, &collected, out_port);
    if (status == STATUS_OK) {
        size_t size = collected.count * sizeof *collected.items;
        out->items = (const token_entry_t *)(const void *)arena_memdup(arena, collected.items, size);
        out->count = collected.count;
        status = out->items ? STATUS_OK : STATUS_NO_MEMORY;
    }
    free(collected.items);
    return status;
}

status_t enroll_ask_time(session_t *session, uint64_t *out)
{
    CLEANUP(answer_fini) answer_t answer = {0};
    request_t request = {.kind = REQUEST_DESCRIBE};
    TRY(session_ask(session, "enroll", &request, RESPONSE_DESCRIPTION, &answer));
    *out = answer.response->description.time_ms;
    return STATUS_OK;
}

/* ---- list */

const char *const token_state_names[TOKEN_STATE_COUNT] = {TRANSLATED("unused"), TRANSLATED("used"),
                                                          TRANSLATED("expired"), TRANSLATED("revoked")};

token_state_t token_state(const token_entry_t *token, uint64_t now_ms)
{
    if (token->used_ms)
        return TOKEN_USED;
    if (token->revoked_ms)
        return TOKEN_REVOKED;
    return token->expires_ms <= now_ms ? TOKEN_EXPIRED : TOKEN_UNUSED;
}

bool enroll_names(const token_entry_t *token, const char *dealer)
{
    for (size_t i = 0; i < token->dealer_count; i++)
        if (strcmp(token->dealers[i], dealer) == 0)
            return true;
    return false;
}

/* In the order in which they were made; those of one moment by their stores. */
static int compare_tokens(const void *left, const void *right)
{
    const token_entry_t *one = left, *other = right;
    if (one->made_ms != other->made_ms)
        return one->made_ms < other->made_ms ? -1 : 1;
    int order = one->dealer_count && other->dealer_count ? strcmp(one->dealers[0], other->dealers[0]) : 0;
    return order ? order : memcmp(one->digest, other->digest, DIGEST_SIZE);
}

static char *join_dealers(const token_entry_t *token)
{
    char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return NULL;
    for (size_t i = 0; i < token->dealer_count; i++)
        fprintf(memory, "%s%s", i ? " " : "", token->dealers[i]);
    fclose(memory);
    return text;
}

typedef struct {
    char made[ENROLL_TIME_SIZE], expires[ENROLL_TIME_SIZE], used[ENROLL_TIME_SIZE], revoked[ENROLL_TIME_SIZE];
    char made_by[KEY_TEXT_SIZE], used_by[KEY_TEXT_SIZE];
} texts_t;

static texts_t texts_of(const token_entry_t *token)
{
    texts_t texts = {.used_by = ""};
    enroll_time_text(token->made_ms, texts.made);
    enroll_time_text(token->expires_ms, texts.expires);
    enroll_time_text(token->used_ms, texts.used);
    enroll_time_text(token->revoked_ms, texts.revoked);
    zmq_z85_encode(texts.made_by, token->made_by, KEY_SIZE);
    if (token->used_ms)
        zmq_z85_encode(texts.used_by, token->used_by, KEY_SIZE);
    return texts;
}

static const char *or_dash(const char *text)
{
    return *text ? text : "—";
}

static status_t print_table(const session_t *session, const token_entries_t *tokens, uint64_t now_ms)
{
    const render_t render = session_render(session);
    static const char *const HEADS[][LANGUAGE_COUNT] = {{"门店", "Stores"},
                                                        {"状态", "State"},
                                                        {"有效至", "Good until"},
                                                        {"使用时间", "Used"},
                                                        {"使用的密钥", "By key"}};
    grid_t *grid = grid_create(5);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < 5; i++) {
        grid_left(grid, i);
        grid_cell(grid, STYLE_HEAD, HEADS[i][render.language]);
    }
    for (size_t i = 0; i < tokens->count; i++) {
        CLEANUP(scratch_free) char *dealers = join_dealers(&tokens->items[i]);
        texts_t texts = texts_of(&tokens->items[i]);
        token_state_t state = token_state(&tokens->items[i], now_ms);
        grid_cell(grid, STYLE_PLAIN, dealers ? dealers : "");
        grid_cell(grid,
                  state == TOKEN_UNUSED ? STYLE_PLAIN
                  : state == TOKEN_USED ? STYLE_GOOD
                                        : STYLE_BAD,
                  session_text(session, token_state_names[state]));
        grid_cell(grid, STYLE_PLAIN, texts.expires);
        grid_cell(grid, STYLE_PLAIN, or_dash(texts.used));
        grid_cell(grid, STYLE_PLAIN, or_dash(texts.used_by));
    }
    status_t status = grid_print(grid, render.out, render.colour);
    grid_destroy(&grid);
    return status;
}

static status_t print_csv(const render_t *render, const token_entries_t *tokens, uint64_t now_ms)
{
    fputs("dealers,state,made,made_by,expires,used,used_by,revoked\n", render->out);
    for (size_t i = 0; i < tokens->count; i++) {
        CLEANUP(scratch_free) char *dealers = join_dealers(&tokens->items[i]);
        texts_t texts = texts_of(&tokens->items[i]);
        if (!dealers)
            return STATUS_NO_MEMORY;
        /* No text holds a quote, and codes no comma; keys may hold what a spreadsheet takes for a formula. */
        fprintf(render->out, "%s,%s,%s,\"%s\",%s,%s,\"%s\",%s\n", dealers,
                token_state_names[token_state(&tokens->items[i], now_ms)], texts.made, texts.made_by, texts.expires,
                texts.used, texts.used_by, texts.revoked);
    }
    return STATUS_OK;
}

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static json_t *json_of(const token_entry_t *token, uint64_t now_ms)
{
    texts_t texts = texts_of(token);
    json_t *dealers = json_array();
    for (size_t i = 0; i < token->dealer_count; i++)
        json_array_append_new(dealers, json_string(token->dealers[i]));
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "dealers", dealers, "state",
                     token_state_names[token_state(token, now_ms)], "made", texts.made, "made_by", texts.made_by,
                     "expires", texts.expires, "used", text_or_null(texts.used), "used_by", text_or_null(texts.used_by),
                     "revoked", text_or_null(texts.revoked));
}

static status_t print_json(const render_t *render, const token_entries_t *tokens, uint32_t port, uint64_t now_ms)
{
    json_t *list = json_array(), *whole;
    bool is_whole = list;
    for (size_t i = 0; i < tokens->count; i++)
        is_whole = json_array_append_new(list, json_of(&tokens->items[i], now_ms)) == 0 && is_whole;
    whole = json_pack("{s:i, s:o}", "port", (int)port, "tokens", list);
    is_whole = whole && json_dumpf(whole, render->out, 0) == 0 && fputc('\n', render->out) != EOF && is_whole;
    json_decref(whole);
    return is_whole ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Whether the command line asks for it: by its state, by a store of it. */
static bool is_asked_for(const invocation_t *invocation, const token_entry_t *token, uint64_t now_ms)
{
    const char *state = invocation_value(invocation, "state");
    if (state && strcmp(token_state_names[token_state(token, now_ms)], state) != 0)
        return false;
    bool is_named = invocation->argument_count == 0;
    for (size_t i = 0; i < invocation->argument_count && !is_named; i++)
        is_named = enroll_names(token, invocation->arguments[i]);
    return is_named;
}

/* Keeps those, in the order in which they were made. */
static void choose(const invocation_t *invocation, token_entries_t *tokens, uint64_t now_ms)
{
    token_entry_t *items = (token_entry_t *)(void *)tokens->items; /* of our arena */
    size_t count = 0;
    for (size_t i = 0; i < tokens->count; i++)
        if (is_asked_for(invocation, &items[i], now_ms))
            items[count++] = items[i];
    tokens->count = count;
    qsort(items, count, sizeof *items, compare_tokens);
}

status_t check_codes(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    for (size_t i = 0; i < invocation->argument_count; i++)
        if (!text_is_code(invocation->arguments[i]))
            return session_misuse(session, "'%.80s' is no dealer's code", invocation->arguments[i]);
    return STATUS_OK;
}

status_t run_enroll_list(session_t *session)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    token_entries_t tokens = {0};
    uint32_t port = 0;
    uint64_t now_ms;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(enroll_fetch(session, arena, &tokens, &port));
    TRY(enroll_ask_time(session, &now_ms));
    choose(session->invocation, &tokens, now_ms);
    render_t render = session_render(session);
    if (render.format == FORMAT_JSON)
        return print_json(&render, &tokens, port, now_ms);
    return render.format == FORMAT_CSV ? print_csv(&render, &tokens, now_ms) : print_table(session, &tokens, now_ms);
}
