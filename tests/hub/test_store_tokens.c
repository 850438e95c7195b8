/* Enrolment tokens in the store: put, found, listed page by page, verified. */
#include "support.h"

#include <stdio.h>
#include <string.h>

enum { TOKENS = 25 };

typedef struct {
    directory_t directory;
    store_t *store;
} fixture_t;

static fixture_t set_up(void)
{
    fixture_t fixture = {.directory = directory_make()};
    fixture.store = store_at(&fixture.directory, MAP_BYTES);
    return fixture;
}

static void tear_down(fixture_t *fixture)
{
    store_close(&fixture->store);
    directory_remove(&fixture->directory);
}

static stored_token_t token_of(int number)
{
    static const char *dealers[] = {"D0001", "D0002"};
    stored_token_t token = {.entry = {.dealers = dealers, .dealer_count = 2, .made_ms = 5, .expires_ms = 10}};
    memset(token.entry.digest, number, DIGEST_SIZE);
    token.entry.made_by[0] = (uint8_t)number;
    return token;
}

static void put(store_t *store, const stored_token_t *token)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(store, &txn));
    OK(store_put_token(txn, token));
    OK(store_commit(&txn));
}

static void fill_with_tokens(store_t *store)
{
    for (int i = TOKENS; i > 0; i--) {
        stored_token_t token = token_of(i * 10);
        put(store, &token);
    }
}

Test(store_tokens, one_comes_back_and_is_replaced)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 16);
    stored_token_t token = token_of(1), back;
    put(fixture.store, &token);
    token.entry.revoked_ms = 77;
    put(fixture.store, &token);
    OK(store_begin_read(fixture.store, &txn));
    OK(store_get_token(txn, token.entry.digest, arena, &back));
    cr_assert_arr_eq(back.entry.digest, token.entry.digest, DIGEST_SIZE);
    cr_assert(back.entry.revoked_ms == 77 && back.entry.expires_ms == 10 && back.entry.dealer_count == 2);
    cr_assert_str_eq(back.entry.dealers[1], "D0002");
    store_counts_t counts;
    OK(store_counts(txn, &counts));
    cr_assert_eq(counts.tokens, 1);
    token = token_of(2);
    cr_assert_eq(store_get_token(txn, token.entry.digest, arena, &back), STATUS_NOT_FOUND);
}

/* All tokens, by pages of `most`. */
static void expect_pages(store_t *store, size_t most)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    uint8_t after[DIGEST_SIZE];
    size_t seen = 0;
    bool more = true;
    OK(store_begin_read(store, &txn));
    while (more) {
        stored_token_t *page;
        size_t count;
        OK(store_list_tokens(txn, seen ? after : NULL, most, arena, &page, &count, &more));
        cr_assert(count <= most && (count == most || !more));
        for (size_t i = 0; i < count; i++)
            cr_assert_eq(page[i].entry.digest[0], 10 * ++seen);
        cr_assert(count > 0);
        memcpy(after, page[count - 1].entry.digest, DIGEST_SIZE);
    }
    cr_assert_eq(seen, TOKENS);
}

Test(store_tokens, they_are_listed_in_order_by_pages_of_any_size)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    fill_with_tokens(fixture.store);
    expect_pages(fixture.store, 1);
    expect_pages(fixture.store, 7);
    expect_pages(fixture.store, TOKENS);
    expect_pages(fixture.store, TOKENS + 1);
}

Test(store_tokens, a_page_may_begin_behind_a_digest_that_is_none)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    stored_token_t *page;
    size_t count;
    bool more;
    fill_with_tokens(fixture.store);
    stored_token_t between = token_of(11), last = token_of(255);
    OK(store_begin_read(fixture.store, &txn));
    OK(store_list_tokens(txn, between.entry.digest, 2, arena, &page, &count, &more));
    cr_assert(count == 2 && more && page[0].entry.digest[0] == 20);
    OK(store_list_tokens(txn, last.entry.digest, 2, arena, &page, &count, &more));
    cr_assert(count == 0 && !more);
}

static void expect_verified(fixture_t *fixture, status_t expected, const char *part)
{
    char why[500] = "";
    store_counts_t counts;
    cr_assert_eq(store_verify(path_in(&fixture->directory, "store"), &counts, why, sizeof why), expected, "%s", why);
    cr_assert(strstr(why, part), "%s", why);
}

static void put_key(store_t *store, role_t role)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const char *dealers[] = {"D0001"};
    stored_key_t key = {.entry = {.role = role, .region = "", .dealers = dealers, .dealer_count = 1}};
    OK(store_begin_write(store, &txn));
    OK(store_put_key(txn, key.entry.public_key, &key)); /* 32 zeros */
    OK(store_commit(&txn));
}

Test(store_tokens, a_used_one_must_name_a_dealer_s_key)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    stored_token_t token = token_of(3);
    token.entry.used_ms = 7; /* by 32 zeros */
    put(fixture.store, &token);
    expect_verified(&fixture, STATUS_DAMAGED, "a token names a dealer's key that does not exist");
    put_key(fixture.store, ROLE_OPERATOR);
    expect_verified(&fixture, STATUS_DAMAGED, "a token names a dealer's key that does not exist");
    put_key(fixture.store, ROLE_DEALER);
    expect_verified(&fixture, STATUS_OK, "");
}

Test(store_tokens, one_that_makes_no_sense_is_damage)
{
    CLEANUP(tear_down) fixture_t fixture = set_up();
    stored_token_t tokens[] = {token_of(1), token_of(1), token_of(1)};
    tokens[0].entry.dealer_count = 0;
    tokens[1].entry.expires_ms = tokens[1].entry.made_ms;
    tokens[2].entry.used_ms = tokens[2].entry.revoked_ms = 6;
    for (size_t i = 0; i < 3; i++) {
        put(fixture.store, &tokens[i]);
        expect_verified(&fixture, STATUS_DAMAGED, "table tokens: record 1 is damaged");
    }
}
