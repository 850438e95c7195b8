/* Enrolment tokens (proto/README.md, section 8): made, revoked, and used once to admit a key. */
#include "hub/administration_internal.h"
#include "hub/log.h"

#include "core/limits.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define DAY_MS UINT64_C(86400000)

/* ---- making */

/* Where a fault lies: the token's number in the request. */
static void add_fault(change_t *change, size_t index, const char *format, ...) PRINTF(3, 4);
static void add_fault(change_t *change, size_t index, const char *format, ...)
{
    char text[480];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    faults_add(&change->faults, (uint32_t)index + 1, 0, "%s", text);
}

static bool stands_before(const token_entry_t *token, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(token->dealers[i], token->dealers[at]) == 0)
            return true;
    return false;
}

/* Store number `at` of the token by itself; its index, or INDEX_NONE with a fault. */
static uint32_t check_store(change_t *change, const token_entry_t *token, size_t at, size_t index)
{
    const network_t *network = change->world->network;
    const char *code = token->dealers[at];
    uint32_t dealer = network_find_dealer(network, code);
    if (dealer == INDEX_NONE)
        add_fault(change, index, "the network has no dealer %s", code);
    else if (network_has_left(network, dealer, clock_period(change->now)))
        add_fault(change, index, "%s is not, or no longer, a member of the network", code);
    else if (stands_before(token, at))
        add_fault(change, index, "%s stands twice", code);
    else
        return dealer;
    return INDEX_NONE;
}

static void check_stores(change_t *change, const token_entry_t *token, size_t index)
{
    const dealer_t *dealers = change->world->network->dealers, *first = NULL;
    if (token->dealer_count == 0)
        add_fault(change, index, "a token names 1 to %d stores", KEY_DEALERS_MAX);
    for (size_t i = 0; i < token->dealer_count; i++) {
        uint32_t found = check_store(change, token, i, index);
        if (found == INDEX_NONE)
            continue;
        const dealer_t *dealer = &dealers[found];
        if (!first)
            first = dealer;
        else if (strcmp(first->owner, dealer->owner) != 0)
            add_fault(change, index, "%s belongs to %s, and %s to %s; a token is for the stores of one owner",
                      first->code, first->owner, dealer->code, dealer->owner);
    }
}

static void check_expiry(change_t *change, const token_entry_t *token, size_t index)
{
    uint64_t now = change->now.ms;
    if (token->expires_ms <= now)
        add_fault(change, index, "a token expires in the future");
    else if (token->expires_ms - now > TOKEN_DAYS_MAX * DAY_MS)
        add_fault(change, index, "a token expires within %d days", TOKEN_DAYS_MAX);
}

static bool is_same(const token_entry_t *left, const token_entry_t *right)
{
    bool same = left->dealer_count == right->dealer_count && left->expires_ms == right->expires_ms;
    for (size_t i = 0; same && i < left->dealer_count; i++)
        same = strcmp(left->dealers[i], right->dealers[i]) == 0;
    return same;
}

/* Whether the digest is stored already, as a request that is sent again after a lost answer finds it. */
static status_t find_before(change_t *change, const token_entry_t *token, size_t index, bool *out)
{
    stored_token_t known = {0};
    status_t status = store_get_token(change->txn, token->digest, change->arena, &known);
    *out = status == STATUS_OK;
    if (*out && !is_same(token, &known.entry))
        add_fault(change, index, "this token was made before, for other stores or another time; make another one");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static status_t make_one(change_t *change, const token_entry_t *asked, size_t index, size_t *made)
{
    bool is_there = false;
    TRY(find_before(change, asked, index, &is_there));
    if (is_there)
        return STATUS_OK;
    check_stores(change, asked, index);
    check_expiry(change, asked, index);
    if (!faults_empty(&change->faults))
        return STATUS_OK; /* goes on to the next one's faults; nothing is put */
    stored_token_t token = {.entry = *asked};
    token.entry.made_ms = change->now.ms;
    token.entry.used_ms = token.entry.revoked_ms = 0;
    memcpy(token.entry.made_by, change->job->principal->key, KEY_SIZE);
    ++*made;
    return store_put_token(change->txn, &token);
}

static void log_tokens(const change_t *change, const char *event, size_t count)
{
    char by[41];
    zmq_z85_encode(by, change->job->principal->key, KEY_SIZE);
    log_event(LOG_INFO, event, "count=%zu by=\"%s\"", count, by);
}

status_t tokens_make(change_t *change)
{
    const token_entries_t *asked = &change->job->request->make_tokens;
    size_t made = 0;
    for (size_t i = 0; i < asked->count; i++)
        TRY(make_one(change, &asked->items[i], i, &made));
    size_t faults = change->faults.count + change->faults.dropped;
    if (faults)
        return refuse(&change->refusal, STATUS_INVALID, "", "faults in the tokens: %zu; none was made", faults);
    TRY(store_commit(&change->txn));
    if (made)
        log_tokens(change, "tokens", made);
    return STATUS_OK;
}

/* ---- revoking */

static status_t revoke_one(change_t *change, const uint8_t digest[DIGEST_SIZE], size_t *revoked)
{
    char key[41];
    stored_token_t token = {0};
    status_t status = store_get_token(change->txn, digest, change->arena, &token);
    if (status == STATUS_NOT_FOUND)
        return refuse(&change->refusal, STATUS_UNKNOWN, "digests", "one of the tokens was never made here");
    TRY(status);
    if (token.entry.used_ms) {
        zmq_z85_encode(key, token.entry.used_by, KEY_SIZE);
        return refuse(&change->refusal, STATUS_CONFLICT, "digests",
                      "the token of %s was used; revoke the key that it admitted instead: %s", token.entry.dealers[0],
                      key);
    }
    if (token.entry.revoked_ms)
        return STATUS_OK;
    token.entry.revoked_ms = change->now.ms;
    memcpy(token.revoked_by, change->job->principal->key, KEY_SIZE);
    ++*revoked;
    return store_put_token(change->txn, &token);
}

status_t tokens_revoke(change_t *change)
{
    const digests_t *asked = &change->job->request->revoke_tokens;
    size_t revoked = 0;
    for (size_t i = 0; i < asked->count; i++)
        TRY(revoke_one(change, asked->items[i], &revoked));
    TRY(store_commit(&change->txn));
    if (revoked)
        log_tokens(change, "tokens_revoked", revoked);
    return STATUS_OK;
}

/* ---- using one */

static status_t check_unused(change_t *change, const token_entry_t *token)
{
    char date[CLOCK_TEXT_SIZE];
    if (token->used_ms)
        return refuse(&change->refusal, STATUS_CONFLICT, "secret",
                      "this token was used on %s by another key, and is good for one; ask headquarters for a new one",
                      clock_format(token->used_ms, date));
    if (token->revoked_ms)
        return refuse(&change->refusal, STATUS_NOT_ALLOWED, "secret",
                      "this token was revoked on %s; ask headquarters for a new one",
                      clock_format(token->revoked_ms, date));
    if (change->now.ms >= token->expires_ms)
        return refuse(&change->refusal, STATUS_NOT_ALLOWED, "secret",
                      "this token expired on %s; ask headquarters for a new one",
                      clock_format(token->expires_ms, date));
    return STATUS_OK;
}

/* A key that was stolen must not go on letting agents in through what it made. */
static status_t check_maker(change_t *change, const token_entry_t *token)
{
    char date[CLOCK_TEXT_SIZE];
    stored_key_t maker = {0};
    status_t status = store_get_key(change->txn, token->made_by, change->arena, &maker);
    if (status == STATUS_OK && maker.entry.revoked)
        return refuse(&change->refusal, STATUS_NOT_ALLOWED, "secret",
                      "the key that made this token was revoked on %s; ask headquarters for a new token",
                      clock_format(maker.entry.revoked_ms, date));
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The network may have changed since the token was made. */
static status_t check_network(change_t *change, const token_entry_t *token)
{
    const network_t *network = change->world->network;
    const dealer_t *first = NULL;
    for (size_t i = 0; i < token->dealer_count; i++) {
        uint32_t index = network_find_dealer(network, token->dealers[i]);
        if (index == INDEX_NONE || network_has_left(network, index, clock_period(change->now)))
            return refuse(&change->refusal, STATUS_CONFLICT, token->dealers[i],
                          "%s has left the network since this token was made; ask headquarters for a new one",
                          token->dealers[i]);
        const dealer_t *dealer = &network->dealers[index];
        first = first ? first : dealer;
        if (strcmp(first->owner, dealer->owner) != 0)
            return refuse(&change->refusal, STATUS_CONFLICT, token->dealers[i],
                          "%s and %s belong to two owners since this token was made; ask headquarters for new ones",
                          first->code, dealer->code);
    }
    return STATUS_OK;
}

static void log_enrolment(const change_t *change, const token_entry_t *token)
{
    char key[41], by[41], dealers[400] = "";
    size_t size = 0;
    for (size_t i = 0; i < token->dealer_count && size < sizeof dealers; i++)
        size += (size_t)snprintf(dealers + size, sizeof dealers - size, "%s%s", i ? "," : "", token->dealers[i]);
    zmq_z85_encode(key, token->used_by, KEY_SIZE);
    zmq_z85_encode(by, token->made_by, KEY_SIZE);
    log_event(LOG_INFO, "enrolled", "key=\"%s\" by=\"%s\" stores=%zu dealers=\"%s\" from=\"%s\"", key, by,
              token->dealer_count, dealers, change->job->enrols_from);
}

static status_t refuse_rights(change_t *change)
{
    return refuse(&change->refusal, STATUS_CONFLICT, "public_key",
                  "this key is already admitted with other rights; ask headquarters for a token that names all "
                  "its stores, or enrol with a new home");
}

/* A key that has some of the token's stores gets the others too: its owner has one more. One that has them all, and
 * others, keeps them. */
static status_t use(change_t *change, stored_token_t *token, const key_entry_t *asked, enrolled_t *out)
{
    stored_key_t known;
    key_entry_t key = *asked;
    key_standing_t standing;
    TRY(check_unused(change, &token->entry));
    TRY(check_maker(change, &token->entry));
    TRY(check_network(change, &token->entry));
    TRY(change_find_key(change, asked, &standing, &known));
    if (standing == KEY_OTHERWISE)
        return refuse_rights(change);
    bool is_new = standing == KEY_UNKNOWN || standing == KEY_LESS;
    if (is_new)
        TRY(change_put_key(change, asked, token->entry.made_by, &key));
    token->entry.used_ms = change->now.ms;
    memcpy(token->entry.used_by, asked->public_key, KEY_SIZE);
    TRY(store_put_token(change->txn, token));
    TRY(store_commit(&change->txn));
    if (is_new)
        TRY(change_publish_key(change, &key));
    log_enrolment(change, &token->entry);
    const key_entry_t *held = is_new ? asked : &known.entry;
    *out = (enrolled_t){.dealers = held->dealers, .dealer_count = held->dealer_count};
    return STATUS_OK;
}

/* The key that used the token asks again: its answer was lost. It is answered as the first time. */
static status_t repeat(change_t *change, const key_entry_t *asked, enrolled_t *out)
{
    stored_key_t known;
    key_standing_t standing;
    TRY(change_find_key(change, asked, &standing, &known));
    if (standing != KEY_SAME && standing != KEY_MORE)
        return refuse_rights(change);
    *out = (enrolled_t){.dealers = known.entry.dealers, .dealer_count = known.entry.dealer_count};
    return STATUS_OK;
}

status_t tokens_enroll(change_t *change)
{
    uint8_t digest[DIGEST_SIZE];
    stored_token_t token = {0};
    crypto_generichash(digest, sizeof digest, change->job->request->enroll, TOKEN_SECRET_SIZE, NULL, 0);
    status_t status = store_get_token(change->txn, digest, change->arena, &token);
    if (status == STATUS_NOT_FOUND)
        return refuse(&change->refusal, STATUS_UNKNOWN, "secret",
                      "this hub never made such a token; check it, or ask headquarters for a new one");
    TRY(status);
    key_entry_t asked = {
        .role = ROLE_DEALER, .dealers = token.entry.dealers, .dealer_count = token.entry.dealer_count, .region = ""};
    memcpy(asked.public_key, change->job->enrols_key, KEY_SIZE);
    bool is_again = token.entry.used_ms && memcmp(token.entry.used_by, asked.public_key, KEY_SIZE) == 0;
    enrolled_t *enrolled = &change->response.enrolled;
    TRY(is_again ? repeat(change, &asked, enrolled) : use(change, &token, &asked, enrolled));
    change->response.kind = RESPONSE_ENROLLED;
    enrolled->has_signing_key = true;
    memcpy(enrolled->signing_key, change->hub->signing.public_key, SIGNING_KEY_SIZE);
    return STATUS_OK;
}
