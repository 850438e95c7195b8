/* What a file changes: which months become filings, and what each takes over from the newest filing before it. */
#include "dealer-agent/compose.h"
#include "dealer-agent/packing.h"
#include "support.h"

#include "core/limits.h"
#include "proto/codec.h"
#include "proto/receipt_group.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define ABSENT FACT_ABSENT

static directory_t home;
static outbox_t *outbox;
static catalog_t *catalog;
static arena_t *arena;
static faults_t faults;
static const uint8_t OTHER_HUB[KEY_SIZE] = {8};
static char hub_key[41];
static char *SOURCES[] = {"2025.csv"};

static void begin(void)
{
    home = directory_make();
    outbox = outbox_at(&home);
    zmq_z85_encode(hub_key, HUB_KEY, KEY_SIZE);
    arena = arena_create(SIZE_MAX / 4);
    faults_t loading = {0};
    OK(catalog_load(catalog_builtin(), &catalog, &loading));
}

static void end(void)
{
    outbox_close(&outbox);
    arena_destroy(&arena);
    catalog_destroy(&catalog);
    faults_fini(&faults);
    directory_remove(&home);
}

TestSuite(compose, .init = begin, .fini = end);

/* Facts in the catalog's order: visits and prospects as given, the others absent. */
static int64_t *facts_of(int64_t visits, int64_t prospects)
{
    int64_t *facts = arena_array(arena, catalog->fact_count, sizeof *facts);
    for (size_t i = 0; i < catalog->fact_count; i++)
        facts[i] = FACT_ABSENT;
    facts[catalog_find_row(catalog, "showroom_visits")] = visits;
    facts[catalog_find_row(catalog, "new_prospects")] = prospects;
    return facts;
}

static filed_consultant_t *consultants_of(size_t count, int64_t visits)
{
    filed_consultant_t *consultants = arena_array(arena, count, sizeof *consultants);
    for (size_t i = 0; i < count; i++)
        consultants[i] = (filed_consultant_t){arena_printf(arena, "C%03zu", i), facts_of(visits, ABSENT)};
    return consultants;
}

static filed_month_t month_of(period_t period, int64_t visits, int64_t prospects)
{
    return (filed_month_t){.dealer = "D0001",
                           .period = period,
                           .line = (uint32_t)(period - JUNE) + 2,
                           .facts = facts_of(visits, prospects),
                           .has_facts = true};
}

static composition_t compose_with(filed_month_t *months, size_t count, bool all)
{
    facts_set_t set = {.sources = SOURCES, .source_count = 1, .months = months, .count = count};
    composition_t out = {0};
    cr_assert_eq(compose_filings(outbox, &set, catalog, all ? NULL : hub_key, arena, &out, &faults), STATUS_OK, "%s",
                 fault_lines(&faults));
    return out;
}

static composition_t compose(filed_month_t *months, size_t count)
{
    return compose_with(months, count, false);
}

static void file(filed_month_t month)
{
    composition_t composition = compose(&month, 1);
    cr_assert_eq(composition.count, 1);
    OK(outbox_add(outbox, composition.filings, 1));
}

/* A fact of a list; FACT_ABSENT where it is not there. */
static int64_t value_of(const named_fact_t *facts, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].id, id) == 0)
            return facts[i].value;
    return FACT_ABSENT;
}

static int64_t visits_of(const filing_t *filing)
{
    return value_of(filing->facts.facts, filing->facts.count, "showroom_visits");
}

Test(compose, the_first_filing_of_a_month_holds_what_the_file_holds)
{
    filed_month_t months[2] = {month_of(JUNE, 219, 0), month_of(JUNE + 1, 5, ABSENT)};
    months[1].consultants = consultants_of(2, 3);
    months[1].consultant_count = 2;
    months[1].has_consultants = true;
    composition_t composition = compose(months, 2);
    cr_assert_eq(composition.count, 2);
    cr_assert_eq(composition.unchanged_count, 0);
    const filing_t *filing = composition.filings;
    cr_assert_str_eq(filing[0].source, "2025.csv");
    cr_assert_eq(filing[0].line, 2);
    cr_assert_eq(filing[0].facts.count, 2, "absent is not zero");
    cr_assert_eq(visits_of(filing), 219);
    cr_assert_eq(value_of(filing[0].facts.facts, 2, "new_prospects"), 0);
    cr_assert_eq(filing[1].facts.count, 1);
    cr_assert_eq(filing[1].facts.consultant_count, 2);
    cr_assert_str_eq(filing[1].facts.consultants[1].consultant, "C001");
}

Test(compose, of_a_year_so_far_only_what_changed_is_filed)
{
    for (period_t i = 0; i < 6; i++)
        file(month_of(JUNE + i, 100 + i, 7));
    filed_month_t months[7];
    for (period_t i = 0; i < 7; i++)
        months[i] = month_of(JUNE + i, i == 2 ? 999 : 100 + i, 7);
    composition_t composition = compose(months, 7);
    cr_assert_eq(composition.count, 2);
    cr_assert_eq(composition.filings[0].period, JUNE + 2);
    cr_assert_eq(composition.filings[1].period, JUNE + 6);
    cr_assert_eq(composition.unchanged_count, 5);
    cr_assert_eq(composition.unchanged[0].number, 1);
    cr_assert_eq(compose_with(months, 7, true).count, 7, "unless all are wanted");
}

Test(compose, an_absent_fact_and_a_zero_differ)
{
    file(month_of(JUNE, 219, 0));
    filed_month_t month = month_of(JUNE, 219, ABSENT);
    cr_assert_eq(compose(&month, 1).count, 1);
}

Test(compose, a_file_without_consultants_keeps_those_that_were_filed)
{
    filed_month_t month = month_of(JUNE, 219, 7);
    month.consultants = consultants_of(2, 3);
    month.consultant_count = 2;
    month.has_consultants = true;
    file(month);
    month = month_of(JUNE, 220, 7);
    composition_t composition = compose(&month, 1);
    cr_assert_eq(composition.filings[0].facts.consultant_count, 2);
    cr_assert_eq(visits_of(composition.filings), 220);
    month = month_of(JUNE, 219, 7);
    cr_assert_eq(compose(&month, 1).unchanged_count, 1);
}

Test(compose, a_file_of_consultants_only_keeps_the_facts_that_were_filed)
{
    file(month_of(JUNE, 219, 7));
    filed_month_t month = month_of(JUNE, 1, 1); /* what a reader filled in meanwhile is not what counts */
    month.has_facts = false;
    month.consultants = consultants_of(1, 3);
    month.consultant_count = 1;
    month.has_consultants = true;
    composition_t composition = compose(&month, 1);
    cr_assert_eq(visits_of(composition.filings), 219);
    cr_assert_eq(composition.filings[0].facts.consultant_count, 1);
}

Test(compose, fewer_consultants_are_a_change)
{
    filed_month_t month = month_of(JUNE, 219, 7);
    month.consultants = consultants_of(2, 3);
    month.consultant_count = 2;
    month.has_consultants = true;
    file(month);
    month.consultant_count = 1;
    composition_t composition = compose(&month, 1);
    cr_assert_eq(composition.count, 1);
    cr_assert_eq(composition.filings[0].facts.consultant_count, 1);
}

static void withdraw(period_t period)
{
    filing_t filing = {.dealer = "D0001", .period = period, .is_withdrawal = true, .why = "x", .source = ""};
    OK(outbox_add(outbox, &filing, 1));
}

Test(compose, what_was_withdrawn_may_be_filed_again_and_keeps_nothing)
{
    filed_month_t month = month_of(JUNE, 219, 7);
    month.consultants = consultants_of(2, 3);
    month.consultant_count = 2;
    month.has_consultants = true;
    file(month);
    withdraw(JUNE);
    month = month_of(JUNE, 219, 7);
    composition_t composition = compose(&month, 1);
    cr_assert_eq(composition.count, 1);
    cr_assert_eq(composition.filings[0].facts.consultant_count, 0);
}

Test(compose, of_a_withdrawn_month_no_facts_are_kept)
{
    file(month_of(JUNE, 219, 7));
    filed_month_t month = month_of(JUNE, 219, 7); /* as a reader took them before the withdrawal */
    withdraw(JUNE);
    month.has_facts = false;
    month.consultants = consultants_of(1, 3);
    month.consultant_count = 1;
    month.has_consultants = true;
    cr_assert_eq(visits_of(compose(&month, 1).filings), 219);
}

Test(compose, what_was_refused_does_not_count_as_filed)
{
    file(month_of(JUNE, 219, 7));
    OK(outbox_put_aside(outbox, 1, STATUS_INVALID, "x"));
    filed_month_t month = month_of(JUNE, 219, 7);
    cr_assert_eq(compose(&month, 1).count, 1);
}

/* A catalog of as many facts as there may be: f0, f1, ... */
static catalog_t *wide_catalog(void)
{
    catalog_t *wide = NULL;
    char *yaml = arena_alloc(arena, CATALOG_SIZE_MAX);
    size_t used = (size_t)sprintf(yaml, "catalog: wide\nversion: 1\ntitle: {zh: 宽, en: Wide}\nfacts:\n");
    for (int i = 0; i < CATALOG_FACTS_MAX; i++)
        used +=
            (size_t)sprintf(yaml + used,
                            "  - {id: f%d, title: {zh: 数%d, en: F %d}, unit: count, decimals: 0, better: up, kind: "
                            "flow}\n",
                            i, i, i);
    used += (size_t)sprintf(yaml + used,
                            "kpis: []\ntables:\n  - {id: t, title: {zh: 表, en: T}, rows: [f0]}\nchecks: []\n");
    cr_assert_eq(catalog_load((span_t){(uint8_t *)yaml, used}, &wide, &faults), STATUS_OK, "%s", fault_lines(&faults));
    return wide;
}

Test(compose, what_does_not_fit_a_request_is_refused_with_its_place)
{
    filed_month_t months[2] = {month_of(JUNE, 219, 7), month_of(JUNE + 1, 1, 1)};
    facts_set_t set = {.sources = SOURCES, .source_count = 1, .months = months, .count = 2};
    composition_t out = {.count = 99};
    filed_consultant_t *consultants = arena_array(arena, CONSULTANTS_MAX, sizeof *consultants);
    for (size_t i = 0; i < CONSULTANTS_MAX; i++) {
        char *code = arena_printf(arena, "%0*zu", CODE_LENGTH_MAX, i);
        int64_t *facts = arena_array(arena, catalog->fact_count, sizeof *facts);
        for (size_t j = 0; j < catalog->fact_count; j++)
            facts[j] = FACT_VALUE_MAX;
        consultants[i] = (filed_consultant_t){code, facts};
    }
    months[0].consultants = consultants;
    months[0].has_consultants = true;
    months[0].consultant_count = CONSULTANTS_MAX; /* some 300 bytes each: under the 262144 */
    OK(compose_filings(outbox, &set, catalog, hub_key, arena, &out, &faults));
    cr_assert_eq(out.count, 2);
    set.count = 1;

    /* The same of a catalog of 256 facts is far over it. */
    CLEANUP(catalog_destroy) catalog_t *wide = wide_catalog();
    for (size_t i = 0; i < CONSULTANTS_MAX; i++) {
        consultants[i].facts = arena_array(arena, wide->fact_count, sizeof(int64_t));
        for (size_t j = 0; j < wide->fact_count; j++)
            consultants[i].facts[j] = FACT_VALUE_MAX;
    }
    months[0].facts = consultants[0].facts;
    out = (composition_t){.count = 99};
    cr_assert_eq(compose_filings(outbox, &set, wide, hub_key, arena, &out, &faults), STATUS_INVALID);
    cr_assert_eq(out.count, 99, "untouched");
    cr_assert_eq(faults.count, 1);
    cr_assert(strncmp(fault_lines(&faults), "2025.csv:2: D0001 2025-06: ", 27) == 0, "%s", fault_lines(&faults));
    cr_assert(strstr(fault_lines(&faults), "262144 bytes"));
}

/* A month of as many consultants as there may be, of whom the first `count` facts are as long as they get. */
static filed_month_t month_of_consultants(const catalog_t *wide, size_t count)
{
    filed_consultant_t *consultants = arena_array(arena, CONSULTANTS_MAX, sizeof *consultants);
    int64_t *facts = arena_array(arena, CONSULTANTS_MAX * wide->fact_count, sizeof *facts);
    for (size_t i = 0; i < CONSULTANTS_MAX * wide->fact_count; i++)
        facts[i] = i < count ? FACT_VALUE_MAX : FACT_ABSENT;
    for (size_t i = 0; i < CONSULTANTS_MAX; i++)
        consultants[i] = (filed_consultant_t){arena_printf(arena, "C%03zu", i), facts + i * wide->fact_count};
    return (filed_month_t){.dealer = "D0001",
                           .period = JUNE,
                           .facts = facts,
                           .has_facts = true,
                           .consultants = consultants,
                           .has_consultants = true,
                           .consultant_count = CONSULTANTS_MAX};
}

/* Whether it is taken over, and then its filing. */
static bool is_taken(const catalog_t *wide, size_t count, filing_t *out)
{
    CLEANUP(faults_fini) faults_t refused = {0};
    filed_month_t month = month_of_consultants(wide, count);
    facts_set_t set = {.sources = SOURCES, .source_count = 1, .months = &month, .count = 1};
    composition_t composition;
    if (compose_filings(outbox, &set, wide, hub_key, arena, &composition, &refused) != STATUS_OK)
        return false;
    *out = composition.filings[0];
    return true;
}

/* Where the hub loses it, it is sent again with that. */
Test(compose, the_largest_that_is_taken_over_fits_also_with_its_first_receipt)
{
    CLEANUP(catalog_destroy) catalog_t *wide = wide_catalog();
    static const uint8_t PATH[RECEIPT_PATH_MAX * DIGEST_SIZE];
    receipt_t receipt = receipt_of(UINT32_MAX - 1);
    filing_t filing, largest = {0};
    request_t request = {0};
    char why[400] = "";
    size_t fits = 0, over = CONSULTANTS_MAX * wide->fact_count;
    while (over - fits > 1) {
        size_t middle = (fits + over) / 2;
        if (is_taken(wide, middle, &filing)) {
            fits = middle;
            largest = filing;
        } else {
            over = middle;
        }
    }
    cr_assert_lt(over, CONSULTANTS_MAX * wide->fact_count, "the bound was met");
    receipt.warning_count = 0;
    receipt.group_size = RECEIPT_GROUP_MAX;
    receipt.group_index = RECEIPT_GROUP_MAX - 1;
    receipt.group_path = (span_t){PATH, sizeof PATH};
    OK(packing_request(&largest, wide, arena, &request, why, sizeof why));
    *packing_earlier(&request) = &receipt;
    OK(packing_fits(&request));
}

/* ---- what was filed before */

Test(compose, what_was_filed_before_is_found_in_the_catalogs_order)
{
    compose_before_t context = {outbox, catalog, STATUS_OK};
    filed_before_t before = compose_before(&context);
    int64_t *facts = facts_of(-1, -1);
    file(month_of(JUNE, 219, ABSENT));
    cr_assert(before.find(before.context, "D0001", JUNE, facts));
    cr_assert_arr_eq(facts, facts_of(219, ABSENT), catalog->fact_count * sizeof *facts);
    cr_assert_not(before.find(before.context, "D0001", JUNE + 1, facts));
    cr_assert_not(before.find(before.context, "D0002", JUNE, facts));
    withdraw(JUNE);
    cr_assert_not(before.find(before.context, "D0001", JUNE, facts));
    cr_assert_eq(context.failure, STATUS_OK);
}

Test(compose, a_filing_that_the_catalog_cannot_read_any_more_is_not_found_before)
{
    compose_before_t context = {outbox, catalog, STATUS_OK};
    filed_before_t before = compose_before(&context);
    named_fact_t facts[] = {{"showroom_visits", 0, 5}, {"dropped_since", 0, 6}};
    filing_t filing = {.dealer = "D0001", .period = JUNE, .facts = {facts, 2, NULL, 0}};
    int64_t *found = facts_of(-1, -1), *untouched = facts_of(-1, -1);
    OK(outbox_add(outbox, &filing, 1));
    cr_assert_not(before.find(before.context, "D0001", JUNE, found));
    cr_assert_arr_eq(found, untouched, catalog->fact_count * sizeof *found, "left as they were");
}

/* A record of the outbox that points to a filing which is not there. */
static void damage(void)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_tables_t *tables = NULL;
    outbox_key_t month = outbox_key_of_month("D0001", JUNE, 99);
    outbox_close(&outbox);
    OK(outbox_tables_open(path_in(&home, "outbox"), 1u << 20, -1, false, &tables));
    OK(outbox_txn_begin(tables, true, &txn));
    OK(outbox_txn_put(txn, OUTBOX_TABLE_MONTHS, &month, (span_t){0}));
    OK(outbox_txn_commit(&txn));
    outbox_tables_close(&tables);
    outbox = outbox_at(&home);
}

Test(compose, an_outbox_that_cannot_say_what_was_filed_before_is_no_month_without_a_filing)
{
    damage();
    compose_before_t context = {outbox, catalog, STATUS_OK};
    filed_before_t before = compose_before(&context);
    int64_t *facts = facts_of(-1, -1);
    cr_assert_not(before.find(before.context, "D0001", JUNE, facts));
    cr_assert_eq(context.failure, STATUS_DAMAGED);
    cr_assert_not(before.find(before.context, "D0001", JUNE + 1, facts));
    cr_assert_eq(context.failure, STATUS_DAMAGED, "the first failure stays");
}

/* ---- for the wire */

static status_t pack(const named_fact_t *facts, size_t count, submission_t *out, char why[400])
{
    request_t request = {0};
    filing_t filing = {.dealer = "D0001", .period = JUNE, .id = {[3] = 9}, .facts = {facts, count, NULL, 0}};
    status_t status = packing_request(&filing, catalog, arena, &request, why, 400);
    *out = request.submission;
    return status;
}

Test(compose, facts_are_packed_by_name_whatever_their_order)
{
    char why[400] = "";
    submission_t submission;
    named_fact_t facts[] = {{"new_prospects", 0, 7}, {"showroom_visits", 0, 219}, {"ad_spend", 2, 4658723}};
    OK(pack(facts, 3, &submission, why));
    cr_assert_eq(submission.id[3], 9);
    cr_assert_eq(submission.catalog_digest, catalog->digest);
    int64_t unpacked[CATALOG_FACTS_MAX];
    size_t at;
    const char *reason;
    OK(packed_facts_unpack(&submission.facts, catalog, unpacked, &at, &reason));
    cr_assert_eq(unpacked[catalog_find_row(catalog, "ad_spend")], 4658723);
    cr_assert_eq(unpacked[catalog_find_row(catalog, "showroom_visits")], 219);
}

static size_t count_changed_of_june(void)
{
    filed_month_t month = month_of(JUNE, 1, 2);
    return compose(&month, 1).count;
}

/* A home whose hub was made anew, with another key. */
Test(compose, what_another_hub_took_is_filed_again)
{
    receipt_t receipt = receipt_of(1);
    file(month_of(JUNE, 1, 2));
    OK(outbox_put_receipts(outbox, &(filing_receipt_t){1, receipt}, 1, OTHER_HUB, SIGNING_KEY));
    cr_assert_eq(count_changed_of_june(), 1);
    file(month_of(JUNE, 1, 2));
    cr_assert_eq(count_changed_of_june(), 0, "it waits for the hub of now");
    OK(put_receipt(outbox, 2, &receipt));
    cr_assert_eq(count_changed_of_june(), 0);
}

Test(compose, what_the_catalog_lacks_or_counts_otherwise_is_named)
{
    char why[400] = "";
    submission_t submission;
    named_fact_t gone[] = {{"showroom_visits", 0, 219}, {"gone", 0, 7}};
    cr_assert_eq(pack(gone, 2, &submission, why), STATUS_INVALID);
    cr_assert(strstr(why, "has no fact gone any more"), "%s", why);
    named_fact_t finer[] = {{"ad_spend", 3, 7}};
    cr_assert_eq(pack(finer, 1, &submission, why), STATUS_INVALID);
    cr_assert(strstr(why, "ad_spend was filed with 3 decimals") && strstr(why, "gives it 2"), "%s", why);
    named_fact_t computed[] = {{"cost_per_visit", 2, 7}};
    cr_assert_eq(pack(computed, 1, &submission, why), STATUS_INVALID);
}
