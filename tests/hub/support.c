#include "support.h"

#include "core/catalog.h"
#include "core/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEALERS = 40, MONTHS = 3, TOKENS = 30 };

store_t *store_at(const directory_t *directory, size_t map_bytes)
{
    char why[500] = "";
    store_t *store = NULL;
    store_options_t options = {.map_bytes = map_bytes};
    const char *path = path_in(directory, "store");
    if (access(path, F_OK) != 0)
        cr_assert_eq(store_create(path, &options, why, sizeof why), STATUS_OK, "%s", why);
    cr_assert_eq(store_open(path, &options, &store, why, sizeof why), STATUS_OK, "%s", why);
    return store;
}

packed_facts_t some_facts(int64_t value)
{
    static int64_t values[3];
    static const uint8_t PRESENCE[] = {0x13};
    values[0] = value;
    values[1] = value * 7919;
    values[2] = -value;
    return (packed_facts_t){{PRESENCE, sizeof PRESENCE}, values, 3};
}

static uint64_t builtin_digest(void)
{
    static uint64_t digest;
    if (digest)
        return digest;
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    OK(catalog_load(catalog_builtin(), &catalog, &faults));
    return digest = catalog->digest;
}

stored_revision_t revision_of(const char *dealer, period_t period, uint32_t number, int64_t value)
{
    return (stored_revision_t){.dealer = dealer,
                               .period = period,
                               .revision = number,
                               .submission_id = {(uint8_t)value, (uint8_t)number},
                               .time_ms = 1000 + (uint64_t)value,
                               .role = ROLE_DEALER,
                               .why = "",
                               .catalog_digest = builtin_digest(),
                               .facts = some_facts(value)};
}

uint64_t put_one(store_t *store, const char *dealer, period_t period, uint32_t number, int64_t value)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    uint64_t sequence = 0;
    stored_revision_t revision = revision_of(dealer, period, number, value);
    OK(store_begin_write(store, &txn));
    status_t put = store_put_revision(txn, &revision, &sequence);
    cr_assert_eq(put, STATUS_OK, "%s", status_name(put));
    put = store_commit(&txn);
    cr_assert_eq(put, STATUS_OK, "%s", status_name(put));
    return sequence;
}

int64_t current_value(store_t *store, const char *dealer, period_t period)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    stored_revision_t revision;
    OK(store_begin_read(store, &txn));
    status_t status = store_get_current(txn, dealer, period, true, arena, &revision);
    if (status == STATUS_NOT_FOUND)
        return -1;
    OK(status);
    cr_assert_str_eq(revision.dealer, dealer);
    cr_assert_eq(revision.period, period);
    return revision.facts.values[0];
}

/* ---- a filled store */

static const char *dealer_name(int dealer, char out[16])
{
    snprintf(out, 16, "D%04d", dealer * 7);
    return out;
}

static int64_t value_of(int dealer, int month, uint32_t revision)
{
    return dealer * 1000 + month * 10 + revision;
}

static void answer_id(int dealer, int month, uint8_t out[SUBMISSION_ID_SIZE])
{
    memset(out, 0, SUBMISSION_ID_SIZE);
    out[0] = (uint8_t)(dealer * 37);
    out[1] = (uint8_t)dealer;
    out[15] = (uint8_t)month;
}

static void key_bytes(int number, uint8_t out[KEY_SIZE])
{
    memset(out, number * 5 + 1, KEY_SIZE);
}

static const network_region_line_t REGIONS[] = {{"east", "", "East", 0}, {"harbour", "east", "Harbour", 0}};
static const network_dealer_line_t DEALER_LINES[] = {{"D0007", "Seven", "", 0}};
static const network_membership_line_t MEMBERSHIPS[] = {{"D0007", "harbour", JUNE, 0}};
static const network_lines_t NETWORK = {REGIONS, 2, DEALER_LINES, 1, MEMBERSHIPS, 1, NULL, 0};

static void put_month(store_txn_t *txn, int dealer, int month)
{
    char name[16];
    uint8_t id[SUBMISSION_ID_SIZE];
    uint64_t sequence;
    dealer_name(dealer, name);
    uint32_t revisions = dealer % 4 == 0 ? 2 : 1;
    for (uint32_t number = 1; number <= revisions; number++) {
        stored_revision_t revision = revision_of(name, JUNE + month, number, value_of(dealer, month, number));
        OK(store_put_revision(txn, &revision, &sequence));
    }
    answer_id(dealer, month, id);
    stored_answer_t answer = {
        .period = JUNE + month, .outcome = OUTCOME_ACCEPTED, .revision = revisions, .sequence = sequence, .time_ms = 5};
    OK(store_put_answer(txn, name, id, &answer));
}

static void put_token(store_txn_t *txn, int number)
{
    char name[16];
    const char *dealers[] = {dealer_name(number, name)};
    stored_token_t token = {.entry = {.digest = {(uint8_t)(number * 7)},
                                      .dealers = dealers,
                                      .dealer_count = 1,
                                      .made_ms = (uint64_t)number,
                                      .expires_ms = (uint64_t)number + 1000}};
    OK(store_put_token(txn, &token));
}

void fill(store_t *store)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    OK(store_begin_write(store, &txn));
    OK(store_put_catalog(txn, builtin_digest(), catalog_builtin(), 1));
    OK(store_put_network(txn, &NETWORK, 2));
    for (int i = 0; i < 20; i++) {
        uint8_t public_key[KEY_SIZE];
        stored_key_t key = {.entry = {.role = ROLE_MANAGER, .region = "east", .admitted_ms = (uint64_t)i}};
        key_bytes(i, public_key);
        OK(store_put_key(txn, public_key, &key));
    }
    OK(store_commit(&txn));
    OK(store_begin_write(store, &txn));
    for (int i = 0; i < TOKENS; i++)
        put_token(txn, i);
    OK(store_commit(&txn));
    for (int month = 0; month < MONTHS; month++) {
        OK(store_begin_write(store, &txn));
        for (int dealer = 0; dealer < DEALERS; dealer++)
            put_month(txn, (dealer * 17 + month) % DEALERS, month);
        OK(store_commit(&txn));
    }
    put_one(store, "LAST", JUNE, 1, 4242);
}

static bool month_is_as_filled(store_txn_t *txn, arena_t *arena, int dealer, int month)
{
    char name[16];
    uint8_t id[SUBMISSION_ID_SIZE];
    stored_revision_t revision;
    stored_answer_t answer;
    uint32_t number = dealer % 4 == 0 ? 2 : 1;
    dealer_name(dealer, name);
    answer_id(dealer, month, id);
    if (store_get_current(txn, name, JUNE + month, true, arena, &revision) != STATUS_OK ||
        store_get_answer(txn, name, id, arena, &answer) != STATUS_OK)
        return false;
    return strcmp(revision.dealer, name) == 0 && revision.period == JUNE + month && revision.revision == number &&
           revision.facts.count == 3 && revision.facts.values[0] == value_of(dealer, month, number) &&
           answer.period == JUNE + month && answer.revision == number;
}

static status_t count_visit(void *context, const stored_revision_t *revision)
{
    (void)revision;
    ++*(int *)context;
    return STATUS_OK;
}

static bool months_are_as_filled(store_txn_t *txn, arena_t *arena)
{
    for (int month = 0; month < MONTHS; month++) {
        int count = 0;
        for (int dealer = 0; dealer < DEALERS; dealer++)
            if (!month_is_as_filled(txn, arena, dealer, month))
                return false;
        if (store_scan_month(txn, JUNE + month, count_visit, &count) != STATUS_OK || count != DEALERS + (month == 0))
            return false;
    }
    stored_revision_t last;
    return store_get_current(txn, "LAST", JUNE, true, arena, &last) == STATUS_OK && last.facts.values[0] == 4242;
}

static bool tokens_are_as_filled(store_txn_t *txn, arena_t *arena)
{
    char name[16];
    stored_token_t *tokens;
    size_t count;
    bool more;
    if (store_list_tokens(txn, NULL, TOKENS, arena, &tokens, &count, &more) != STATUS_OK || count != TOKENS || more)
        return false;
    for (int i = 0; i < TOKENS; i++)
        if (tokens[i].entry.digest[0] != i * 7 || tokens[i].entry.made_ms != (uint64_t)i ||
            tokens[i].entry.dealer_count != 1 || strcmp(tokens[i].entry.dealers[0], dealer_name(i, name)) != 0)
            return false;
    return true;
}

static bool rest_is_as_filled(store_txn_t *txn, arena_t *arena)
{
    stored_key_t *keys;
    size_t count;
    span_t yaml;
    network_lines_t lines;
    store_counts_t counts;
    if (store_list_keys(txn, arena, &keys, &count) != STATUS_OK || count != 20 ||
        store_get_catalog(txn, 0, arena, &yaml) != STATUS_OK || yaml.size != catalog_builtin().size ||
        memcmp(yaml.data, catalog_builtin().data, yaml.size) != 0 ||
        store_get_network(txn, 0, arena, &lines) != STATUS_OK || lines.region_count != 2 ||
        strcmp(lines.regions[1].parent, "east") != 0 || store_counts(txn, &counts) != STATUS_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        if (keys[i].entry.admitted_ms != i || strcmp(keys[i].entry.region, "east") != 0)
            return false;
    return counts.dealer_months == DEALERS * MONTHS + 1 && counts.revisions == (DEALERS + DEALERS / 4) * MONTHS + 1 &&
           counts.answers == DEALERS * MONTHS && counts.catalogs == 1 && counts.networks == 1;
}

bool is_as_filled(store_t *store)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(16u << 20);
    return store_begin_read(store, &txn) == STATUS_OK && months_are_as_filled(txn, arena) &&
           tokens_are_as_filled(txn, arena) && rest_is_as_filled(txn, arena);
}
