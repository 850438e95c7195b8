#include "cli/enroll_known.h"

#include <stdlib.h>
#include <string.h>

static int compare_mentions(const void *left, const void *right)
{
    const enroll_mention_t *one = left, *other = right;
    int order = strcmp(one->dealer, other->dealer);
    return order ? order : (one->since_ms > other->since_ms) - (one->since_ms < other->since_ms);
}

static void mention(enroll_mentions_t *mentions, const char *const *dealers, size_t count, uint64_t since_ms,
                    size_t index)
{
    for (size_t i = 0; i < count; i++)
        mentions->items[mentions->count++] = (enroll_mention_t){dealers[i], since_ms, index};
}

static status_t mention_keys(enroll_known_t *known, size_t key_count, arena_t *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < key_count; i++)
        count += known->keys[i].dealer_count;
    known->of_keys.items = arena_array(arena, count, sizeof *known->of_keys.items);
    if (!known->of_keys.items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < key_count; i++) {
        const key_entry_t *key = &known->keys[i];
        if (key->role == ROLE_DEALER && !key->revoked)
            mention(&known->of_keys, key->dealers, key->dealer_count, key->admitted_ms, i);
    }
    qsort(known->of_keys.items, known->of_keys.count, sizeof *known->of_keys.items, compare_mentions);
    return STATUS_OK;
}

static status_t mention_tokens(enroll_known_t *known, arena_t *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < known->tokens.count; i++)
        count += known->tokens.items[i].dealer_count;
    known->of_tokens.items = arena_array(arena, count, sizeof *known->of_tokens.items);
    if (!known->of_tokens.items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < known->tokens.count; i++) {
        const token_entry_t *token = &known->tokens.items[i];
        mention(&known->of_tokens, token->dealers, token->dealer_count, token->made_ms, i);
    }
    qsort(known->of_tokens.items, known->of_tokens.count, sizeof *known->of_tokens.items, compare_mentions);
    return STATUS_OK;
}

void enroll_known_fini(enroll_known_t *known)
{
    answer_fini(&known->keys_answer);
}

static status_t ask_keys(session_t *session, enroll_known_t *known, arena_t *arena)
{
    request_t request = {.kind = REQUEST_LIST_KEYS};
    TRY(session_ask(session, "enroll", &request, RESPONSE_KEYS, &known->keys_answer));
    known->keys = known->keys_answer.response->keys.items;
    return mention_keys(known, known->keys_answer.response->keys.count, arena);
}

status_t enroll_know(session_t *session, arena_t *arena, enroll_known_t *out)
{
    TRY(enroll_fetch(session, arena, &out->tokens, &out->port));
    TRY(enroll_ask_time(session, &out->now_ms));
    TRY(ask_keys(session, out, arena));
    return mention_tokens(out, arena);
}

/* The newest mention of the dealer. */
static const enroll_mention_t *find(const enroll_mentions_t *mentions, const char *dealer)
{
    size_t low = 0, high = mentions->count;
    while (low < high) { /* behind the last that is not greater */
        size_t middle = low + (high - low) / 2;
        if (strcmp(mentions->items[middle].dealer, dealer) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low && strcmp(mentions->items[low - 1].dealer, dealer) == 0 ? &mentions->items[low - 1] : NULL;
}

const key_entry_t *enroll_key_of(const enroll_known_t *known, const char *dealer)
{
    const enroll_mention_t *found = find(&known->of_keys, dealer);
    return found ? &known->keys[found->index] : NULL;
}

const token_entry_t *enroll_token_of(const enroll_known_t *known, const char *dealer)
{
    const enroll_mention_t *found = find(&known->of_tokens, dealer);
    return found ? &known->tokens.items[found->index] : NULL;
}
