/* What the outbox promises: all or nothing, in order, and from one state to the next in one step. */
#include "support.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <stdio.h>
#include <string.h>

static directory_t home;
static outbox_t *outbox;
static arena_t *arena;

static void begin(void)
{
    home = directory_make();
    outbox = outbox_at(&home);
    arena = arena_create(SIZE_MAX / 4);
}

static void end(void)
{
    outbox_close(&outbox);
    arena_destroy(&arena);
    directory_remove(&home);
}

TestSuite(outbox, .init = begin, .fini = end);

static void reopen(void)
{
    outbox_close(&outbox);
    outbox = outbox_at(&home);
}

static filing_t get(uint64_t number)
{
    filing_t filing = {0};
    OK(outbox_get(outbox, number, arena, &filing));
    return filing;
}

static outbox_status_t status_now(void)
{
    outbox_status_t status;
    OK(outbox_read_status(outbox, &status));
    return status;
}

Test(outbox, a_new_one_is_empty)
{
    filing_t filing;
    outbox_status_t status = status_now();
    cr_assert_eq(status.waiting + status.delivered + status.aside, 0);
    cr_assert_eq(status.oldest_waiting_ms + status.last_contact_ms + status.unreached_since_ms, 0);
    cr_assert_str_eq(status.last_error, "");
    cr_assert_str_eq(numbers(outbox, FILING_WAITING), "");
    cr_assert_eq(outbox_get(outbox, 1, arena, &filing), STATUS_NOT_FOUND);
    cr_assert_eq(outbox_find_latest(outbox, "D0001", JUNE, arena, &filing), STATUS_NOT_FOUND);
}

Test(outbox, what_was_added_is_there_after_it_was_closed)
{
    filing_t filings[2] = {filing_of("D0001", JUNE, 1), filing_of("D0001", JUNE + 1, 2)};
    OK(outbox_add(outbox, filings, 2));
    cr_assert_eq(filings[0].number, 1);
    cr_assert_eq(filings[1].number, 2);
    cr_assert(memcmp(filings[0].id, filings[1].id, SUBMISSION_ID_SIZE) != 0);
    reopen();
    for (uint64_t number = 1; number <= 2; number++) {
        filing_t filing = get(number);
        cr_assert_eq(filing.state, FILING_WAITING);
        cr_assert_eq(filing.number, number);
        cr_assert_arr_eq(filing.id, filings[number - 1].id, SUBMISSION_ID_SIZE);
        cr_assert_eq(filing.time_ms, filings[number - 1].time_ms);
        cr_assert_str_eq(filing.dealer, "D0001");
        cr_assert_eq(filing.period, JUNE + (period_t)number - 1);
        cr_assert(holds(&filing, (int64_t)number));
        cr_assert_not(filing.is_withdrawal);
        cr_assert_eq(filing.settled_ms, 0);
    }
    cr_assert_eq(status_now().oldest_waiting_ms, filings[0].time_ms);
}

Test(outbox, a_withdrawal_keeps_its_reason)
{
    filing_t filing = {.dealer = "D0001", .period = JUNE, .is_withdrawal = true, .why = "counted twice"};
    OK(outbox_add(outbox, &filing, 1));
    filing = get(1);
    cr_assert(filing.is_withdrawal);
    cr_assert_str_eq(filing.why, "counted twice");
    cr_assert_str_eq(filing.source, "");
}

Test(outbox, of_several_filings_all_are_added_or_none)
{
    filing_t filings[3] = {filing_of("D0001", JUNE, 1), filing_of("D0002", JUNE, 2), filing_of("no, code", JUNE, 3)};
    cr_assert_eq(outbox_add(outbox, filings, 3), STATUS_INVALID);
    cr_assert_str_eq(numbers(outbox, FILING_WAITING), "");
    cr_assert_eq(add_one(outbox, "D0001", JUNE, 1), 1, "a number was spent");
}

Test(outbox, filings_that_are_added_together_have_numbers_of_their_own)
{
    filing_t filings[3] = {filing_of("D0001", JUNE, 1), filing_of("D0001", JUNE + 1, 2),
                           filing_of("D0001", JUNE + 2, 2)};
    OK(outbox_add(outbox, filings, 3));
    cr_assert_eq(filings[2].number, 3);
    cr_assert_eq(add_one(outbox, "D0001", JUNE + 3, 4), 4);
    cr_assert_str_eq(numbers(outbox, FILING_WAITING), "1 2 3 4");
    filing_t third = get(3), fourth = get(4);
    cr_assert(third.period == JUNE + 2 && holds(&third, 2));
    cr_assert(fourth.period == JUNE + 3 && holds(&fourth, 4));
}

Test(outbox, a_transaction_of_which_a_part_failed_is_not_kept)
{
    CLEANUP(outbox_txn_abort) outbox_txn_t *txn = NULL;
    outbox_tables_t *tables = NULL;
    outbox_key_t key = outbox_key_of_number(1), none = {.size = 0};
    uint64_t count = 0;
    outbox_close(&outbox);
    OK(outbox_tables_open(path_in(&home, "outbox"), 1u << 20, -1, false, &tables));
    OK(outbox_txn_begin(tables, true, &txn));
    OK(outbox_txn_put(txn, OUTBOX_TABLE_WAITING, &key, (span_t){0}));
    cr_assert_neq(outbox_txn_put(txn, OUTBOX_TABLE_WAITING, &none, (span_t){0}), STATUS_OK, "LMDB takes no empty key");
    cr_assert_neq(outbox_txn_commit(&txn), STATUS_OK);
    OK(outbox_txn_begin(tables, false, &txn));
    OK(outbox_txn_count(txn, OUTBOX_TABLE_WAITING, &count));
    cr_assert_eq(count, 0);
    outbox_txn_abort(&txn);
    outbox_tables_close(&tables);
}

Test(outbox, what_cannot_be_stored_is_refused)
{
    named_fact_t facts[CATALOG_FACTS_MAX + 1];
    char ids[CATALOG_FACTS_MAX + 1][8];
    for (int i = 0; i <= CATALOG_FACTS_MAX; i++) {
        snprintf(ids[i], sizeof ids[i], "f%d", i);
        facts[i] = (named_fact_t){ids[i], 0, i};
    }
    filing_t filing = {.dealer = "D0001", .period = JUNE, .facts = {facts, CATALOG_FACTS_MAX, NULL, 0}};
    OK(outbox_add(outbox, &filing, 1));
    filing.facts.count++;
    cr_assert_eq(outbox_add(outbox, &filing, 1), STATUS_INVALID, "more facts than a catalog has");
    filing.facts = (named_facts_t){facts, 2, NULL, 0};
    facts[1].id = facts[0].id;
    cr_assert_eq(outbox_add(outbox, &filing, 1), STATUS_INVALID, "a fact twice");
    facts[1] = (named_fact_t){"f1", 0, FACT_VALUE_MAX};
    OK(outbox_add(outbox, &filing, 1));
    facts[1].value++;
    cr_assert_eq(outbox_add(outbox, &filing, 1), STATUS_INVALID, "more than a fact may be");
    facts[1] = (named_fact_t){"f1", 0, 1};
    filing.period = PERIOD_NONE;
    cr_assert_eq(outbox_add(outbox, &filing, 1), STATUS_INVALID, "no month");
    cr_assert_str_eq(numbers(outbox, FILING_WAITING), "1 2");
}

Test(outbox, names_of_files_that_are_no_utf_8_are_kept_as_well_as_can_be)
{
    char name[TEXT_LENGTH_MAX + 10];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name, "\xC1\xF9\xD4\xC2.csv \xE6\x9C\x88\x01", 13);
    memcpy(name + TEXT_LENGTH_MAX - 1, "\xE6\x9C\x88", 3); /* would be cut in two */
    filing_t filing = filing_of("D0001", JUNE, 1);
    filing.source = name;
    OK(outbox_add(outbox, &filing, 1));
    filing = get(1);
    cr_assert_eq(strlen(filing.source), TEXT_LENGTH_MAX - 1);
    cr_assert(strncmp(filing.source, "????.csv \xE6\x9C\x88?a", 14) == 0, "%.20s", filing.source);
}

Test(outbox, a_receipt_delivers)
{
    add_one(outbox, "D0001", JUNE, 1);
    add_one(outbox, "D0001", JUNE + 1, 2);
    receipt_t receipt = receipt_of(77);
    OK(put_receipt(outbox, 2, &receipt));
    cr_assert_str_eq(numbers(outbox, FILING_WAITING), "1");
    cr_assert_str_eq(numbers(outbox, FILING_DELIVERED), "2");
    reopen();
    filing_t filing = get(2);
    cr_assert_eq(filing.state, FILING_DELIVERED);
    cr_assert(holds(&filing, 2));
    cr_assert(filing.receipt.outcome == OUTCOME_ACCEPTED && filing.receipt.revision == 78);
    cr_assert(filing.receipt.sequence == 77 && filing.receipt.time_ms == 77000 && filing.receipt.late);
    cr_assert(filing.receipt.facts_dropped == 1 && filing.receipt.consultants_dropped == 2);
    cr_assert_eq(filing.receipt.warning_count, 2);
    cr_assert_str_eq(filing.receipt.warnings[0].title[LANGUAGE_ZH], "检查");
    cr_assert(filing.receipt.is_signed);
    cr_assert_arr_eq(filing.receipt.facts_digest, receipt.facts_digest, DIGEST_SIZE);
    cr_assert_arr_eq(filing.receipt.signature, receipt.signature, SIGNATURE_SIZE);
    cr_assert_arr_eq(filing.hub_key, HUB_KEY, KEY_SIZE);
    cr_assert_arr_eq(filing.signing_key, SIGNING_KEY, SIGNING_KEY_SIZE);
    cr_assert_gt(filing.settled_ms, 0);
    cr_assert_eq(status_now().last_delivered, 2);
}

Test(outbox, receipts_that_came_together_deliver_all_or_none)
{
    for (int64_t i = 1; i <= 3; i++)
        add_one(outbox, "D0001", JUNE + (period_t)i, i);
    OK(outbox_put_aside(outbox, 2, STATUS_INVALID, "x"));
    const filing_receipt_t three[] = {{1, receipt_of(11)}, {3, receipt_of(13)}, {2, receipt_of(12)}};
    uint64_t before = status_now().changes;
    cr_assert_eq(outbox_put_receipts(outbox, three, 3, HUB_KEY, SIGNING_KEY), STATUS_NOT_FOUND);
    cr_assert_str_eq(numbers(outbox, FILING_WAITING), "1 3", "one that does not wait takes none along");
    OK(outbox_put_receipts(outbox, three, 0, HUB_KEY, SIGNING_KEY));
    cr_assert_eq(status_now().changes, before);
    OK(outbox_put_receipts(outbox, three, 2, HUB_KEY, SIGNING_KEY));
    cr_assert_eq(status_now().changes, before + 1, "one transaction");
    cr_assert_str_eq(numbers(outbox, FILING_DELIVERED), "1 3");
    cr_assert_eq(get(1).receipt.sequence, 11);
    cr_assert_eq(get(3).receipt.sequence, 13);
    cr_assert_eq(status_now().last_delivered, 3);
}

Test(outbox, only_what_waits_is_delivered_or_put_aside)
{
    receipt_t receipt = receipt_of(1);
    cr_assert_eq(put_receipt(outbox, 1, &receipt), STATUS_NOT_FOUND);
    add_one(outbox, "D0001", JUNE, 1);
    OK(put_receipt(outbox, 1, &receipt));
    cr_assert_eq(put_receipt(outbox, 1, &receipt), STATUS_NOT_FOUND);
    cr_assert_eq(outbox_put_aside(outbox, 1, STATUS_INVALID, "x"), STATUS_NOT_FOUND);
    add_one(outbox, "D0001", JUNE, 1);
    OK(outbox_put_aside(outbox, 2, STATUS_INVALID, "x"));
    cr_assert_eq(put_receipt(outbox, 2, &receipt), STATUS_NOT_FOUND);
    cr_assert_eq(outbox_retry(outbox, 1), STATUS_NOT_FOUND, "it is delivered");
    cr_assert_eq(outbox_drop(outbox, 1), STATUS_NOT_FOUND, "what is delivered is kept");
    cr_assert_str_eq(numbers(outbox, FILING_DELIVERED), "1");
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "2");
}

Test(outbox, what_is_put_aside_keeps_the_reason_until_it_is_retried_or_dropped)
{
    filing_t first = filing_of("D0001", JUNE, 1);
    OK(outbox_add(outbox, &first, 1));
    add_one(outbox, "D0001", JUNE + 1, 2);
    OK(outbox_put_aside(outbox, 1, STATUS_MONTH_CLOSED, "closed since May\nask headquarters"));
    OK(outbox_put_aside(outbox, 2, STATUS_NOT_ALLOWED, ""));
    reopen();
    filing_t filing = get(1);
    cr_assert_eq(filing.state, FILING_ASIDE);
    cr_assert_eq(filing.refused, STATUS_MONTH_CLOSED);
    cr_assert_str_eq(filing.reason, "closed since May\nask headquarters");
    cr_assert_gt(filing.settled_ms, 0);
    OK(outbox_retry(outbox, 1));
    filing = get(1);
    cr_assert_eq(filing.state, FILING_WAITING);
    cr_assert_arr_eq(filing.id, first.id, SUBMISSION_ID_SIZE, "a retry is the same submission");
    OK(outbox_drop(outbox, 2));
    cr_assert_eq(outbox_get(outbox, 2, arena, &filing), STATUS_NOT_FOUND);
    cr_assert_eq(outbox_drop(outbox, 2), STATUS_NOT_FOUND);
    cr_assert_eq(add_one(outbox, "D0001", JUNE, 1), 3, "a dropped number is not used again");
}

Test(outbox, a_long_reason_is_cut)
{
    char reason[OUTBOX_REASON_MAX + 2];
    memset(reason, 'a', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    add_one(outbox, "D0001", JUNE, 1);
    OK(outbox_put_aside(outbox, 1, STATUS_INVALID, reason));
    cr_assert_eq(strlen(get(1).reason), OUTBOX_REASON_MAX);
}

static uint64_t latest(const char *dealer, period_t period)
{
    filing_t filing;
    status_t status = outbox_find_latest(outbox, dealer, period, arena, &filing);
    if (status == STATUS_NOT_FOUND)
        return 0;
    cr_assert_eq(status, STATUS_OK);
    cr_assert_str_eq(filing.dealer, dealer);
    cr_assert_eq(filing.period, period);
    return filing.number;
}

Test(outbox, the_newest_filing_of_a_month_is_found_and_not_what_is_aside)
{
    add_one(outbox, "D0001", JUNE, 1);
    add_one(outbox, "D00011", JUNE, 2);
    add_one(outbox, "D000", JUNE, 3);
    add_one(outbox, "D0001", JUNE + 1, 4);
    add_one(outbox, "D0001", JUNE, 5);
    cr_assert_eq(latest("D0001", JUNE), 5);
    cr_assert_eq(latest("D0001", JUNE + 1), 4);
    cr_assert_eq(latest("D0001", JUNE + 2), 0);
    cr_assert_eq(latest("D0001", JUNE - 1), 0);
    cr_assert_eq(latest("D000", JUNE), 3);
    cr_assert_eq(latest("D", JUNE), 0);
    cr_assert_eq(latest("no, code", JUNE), 0);
    OK(outbox_put_aside(outbox, 5, STATUS_INVALID, "x"));
    cr_assert_eq(latest("D0001", JUNE), 1);
    OK(outbox_put_aside(outbox, 1, STATUS_INVALID, "x"));
    cr_assert_eq(latest("D0001", JUNE), 0);
    OK(outbox_retry(outbox, 1));
    cr_assert_eq(latest("D0001", JUNE), 1);
    OK(outbox_retry(outbox, 5));
    cr_assert_eq(latest("D0001", JUNE), 5);
    receipt_t receipt = receipt_of(1);
    OK(put_receipt(outbox, 5, &receipt));
    cr_assert_eq(latest("D0001", JUNE), 5);
}

Test(outbox, what_a_newer_filing_has_replaced_is_not_retried)
{
    add_one(outbox, "D0001", JUNE, 1);
    OK(outbox_put_aside(outbox, 1, STATUS_INVALID, "x"));
    add_one(outbox, "D0001", JUNE, 2);
    cr_assert_eq(outbox_retry(outbox, 1), STATUS_CONFLICT);
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "1", "a refused retry changes nothing");
    OK(outbox_put_aside(outbox, 2, STATUS_INVALID, "x"));
    OK(outbox_retry(outbox, 1));
}

Test(outbox, a_receipt_forgets_the_older_filings_of_its_month_that_are_aside)
{
    receipt_t receipt = receipt_of(1);
    static const struct {
        const char *dealer;
        period_t period;
    } ASIDE[] = {{"D0001", JUNE}, {"D0002", JUNE}, {"D0001", JUNE + 1}, {"D0001", JUNE}};
    for (size_t i = 0; i < 4; i++) {
        add_one(outbox, ASIDE[i].dealer, ASIDE[i].period, (int)i);
        OK(outbox_put_aside(outbox, i + 1, STATUS_MONTH_CLOSED, "x"));
    }
    add_one(outbox, "D0001", JUNE, 5);
    add_one(outbox, "D0001", JUNE, 6);
    OK(outbox_put_aside(outbox, 6, STATUS_INVALID, "x"));
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "1 2 3 4 6", "what waits is no correction yet");
    OK(put_receipt(outbox, 5, &receipt));
    reopen();
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "2 3 6", "others' months and newer ones stay");
    cr_assert_eq(status_now().aside, 3);
    filing_t filing;
    cr_assert_eq(outbox_get(outbox, 1, arena, &filing), STATUS_NOT_FOUND);
    cr_assert_eq(outbox_get(outbox, 4, arena, &filing), STATUS_NOT_FOUND);
}

Test(outbox, a_list_goes_on_behind_a_number_and_stops_where_it_is_told)
{
    filing_t *filings;
    size_t count;
    for (int64_t i = 1; i <= 5; i++)
        add_one(outbox, "D0001", JUNE + (period_t)i, i);
    OK(outbox_put_aside(outbox, 3, STATUS_INVALID, "x"));
    OK(outbox_list(outbox, FILING_WAITING, 1, 2, arena, &filings, &count));
    cr_assert_eq(count, 2);
    cr_assert(filings[0].number == 2 && filings[1].number == 4);
    OK(outbox_list(outbox, FILING_WAITING, 5, 2, arena, &filings, &count));
    cr_assert_eq(count, 0);
    OK(outbox_list(outbox, FILING_WAITING, UINT64_MAX, 2, arena, &filings, &count));
    cr_assert_eq(count, 0);
    OK(outbox_list(outbox, FILING_WAITING, 0, 0, arena, &filings, &count));
    cr_assert_eq(count, 0);
}

Test(outbox, notes_of_the_line_are_kept)
{
    OK(outbox_note_error(outbox, true, "hub not reached"));
    outbox_status_t first = status_now();
    cr_assert(first.unreached_since_ms && first.last_error_ms && !first.last_contact_ms);
    cr_assert_str_eq(first.last_error, "hub not reached");
    OK(outbox_note_error(outbox, true, "still not"));
    cr_assert_eq(status_now().unreached_since_ms, first.unreached_since_ms, "since the first time");
    OK(outbox_note_contact(outbox));
    reopen();
    outbox_status_t status = status_now();
    cr_assert(status.last_contact_ms && !status.unreached_since_ms);
    cr_assert_str_eq(status.last_error, "still not");
    OK(outbox_note_error(outbox, false, ""));
    status = status_now();
    cr_assert(!status.last_error_ms && !*status.last_error && !status.unreached_since_ms);
}
