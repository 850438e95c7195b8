/* What an agent files again where its hub has lost it, and what the outbox keeps of that. */
#include "support.h"

#include "dealer-agent/witness.h"

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

TestSuite(witness, .init = begin, .fini = end);

static outbox_witness_t known(void)
{
    outbox_witness_t witness = {0};
    OK(outbox_read_witness(outbox, arena, &witness));
    return witness;
}

static filing_t get(uint64_t number)
{
    filing_t filing = {0};
    OK(outbox_get(outbox, number, arena, &filing));
    return filing;
}

/* ---- which are sent again */

/* A delivered filing whose id is that of number `first`. */
static filing_t delivered(uint64_t number, uint64_t first, const char *dealer, period_t period, uint64_t sequence)
{
    filing_t filing = {.number = number, .state = FILING_DELIVERED, .dealer = dealer, .period = period};
    filing.id[0] = (uint8_t)first;
    filing.receipt = (receipt_t){.outcome = OUTCOME_ACCEPTED, .sequence = sequence, .time_ms = sequence * 1000};
    memcpy(filing.hub_key, HUB_KEY, KEY_SIZE);
    return filing;
}

static size_t chosen(const filing_t *filings, size_t count, uint64_t sequence, refiling_t *out)
{
    const filing_t *pointers[16];
    for (size_t i = 0; i < count; i++)
        pointers[i] = &filings[i];
    return witness_select(pointers, count, HUB_KEY, sequence, out);
}

static void expect_selected(const filing_t *filings, size_t count, uint64_t sequence, const uint64_t *expected,
                            size_t expected_count)
{
    refiling_t out[16];
    size_t used = chosen(filings, count, sequence, out);
    cr_assert_eq(used, expected_count, "%zu selected", used);
    for (size_t i = 0; i < used; i++)
        cr_assert_eq(out[i].filing.number, expected[i], "place %zu: number %llu", i,
                     (unsigned long long)out[i].filing.number);
}

Test(witness, the_newest_of_each_stores_month_is_sent_again_in_order_of_number)
{
    const filing_t filings[] = {delivered(1, 1, "D0002", JUNE, 11), delivered(2, 2, "D0001", JUNE, 12),
                                delivered(3, 3, "D0001", JUNE, 13), delivered(4, 4, "D0001", JUNE + 1, 14),
                                delivered(5, 5, "D0002", JUNE, 15), delivered(6, 6, "D0001", JUNE - 1, 16)};
    const uint64_t all[] = {3, 4, 5, 6}, two[] = {5, 6};
    expect_selected(filings, 6, 0, all, 4);
    expect_selected(filings, 6, 14, two, 2);
    expect_selected(filings, 6, 16, NULL, 0);
    expect_selected(filings, 0, 0, NULL, 0);
}

Test(witness, what_was_filed_again_counts_as_the_first_of_its_id_with_its_last_receipt)
{
    /* June was filed as 1, corrected as 2; the hub lost both and got 2 again (3), lost that, and got it again (5). July
     * was filed as 4 while 6 repeats what was filed before it. */
    const filing_t filings[] = {delivered(1, 1, "D0001", JUNE, 11), delivered(2, 2, "D0001", JUNE, 12),
                                delivered(3, 2, "D0001", JUNE, 8), delivered(5, 2, "D0001", JUNE, 9),
                                delivered(6, 1, "D0001", JUNE, 7)};
    refiling_t out[5];
    cr_assert_eq(chosen(filings, 5, 0, out), 1);
    cr_assert_eq(out[0].filing.number, 2);
    cr_assert_eq(out[0].filing.receipt.time_ms, 12000, "its order is that of its first receipt");
    cr_assert_eq(out[0].latest.sequence, 9, "its last receipt says what the hub should still have");
    cr_assert_eq(chosen(filings, 5, 9, out), 0);
}

Test(witness, a_late_correction_comes_with_what_was_in_time_before_it)
{
    filing_t filings[] = {delivered(1, 1, "D0001", JUNE, 11), delivered(2, 2, "D0001", JUNE, 12),
                          delivered(3, 3, "D0001", JUNE, 13), delivered(4, 4, "D0001", JUNE, 14),
                          delivered(5, 2, "D0001", JUNE, 9)};
    const uint64_t both[] = {2, 4}, newest[] = {4};
    filings[2].receipt.late = filings[3].receipt.late = true;
    expect_selected(filings, 5, 0, both, 2);
    refiling_t out[5];
    cr_assert_eq(chosen(filings, 5, 0, out), 2);
    cr_assert(out[0].is_replaced && !out[1].is_replaced);
    cr_assert_eq(out[0].latest.sequence, 9);
    expect_selected(filings, 5, 9, newest, 1); /* the hub has that of before */
    filings[1].hub_key[0] ^= 1;
    filings[4].hub_key[0] ^= 1;
    expect_selected(filings, 5, 0, newest, 1);
    filings[1].hub_key[0] ^= 1;
    filings[4].hub_key[0] ^= 1;
    filings[2].is_withdrawal = true; /* it was withdrawn, and is filed late */
    expect_selected(filings, 5, 0, newest, 1);
    filings[2].is_withdrawal = false;
    filings[3].is_withdrawal = true;
    expect_selected(filings, 5, 0, newest, 1);
    filings[3].is_withdrawal = filings[3].receipt.late = false;
    expect_selected(filings, 5, 0, newest, 1);
}

Test(witness, what_another_hub_acknowledged_is_not_sent_to_this_one)
{
    filing_t filings[] = {delivered(1, 1, "D0001", JUNE, 11), delivered(2, 2, "D0001", JUNE + 1, 12)};
    const uint64_t one[] = {1};
    filings[1].hub_key[0] ^= 1;
    expect_selected(filings, 2, 0, one, 1);
}

Test(witness, the_same_receipt_says_that_nothing_was_lost)
{
    const receipt_t have = {.outcome = OUTCOME_ACCEPTED, .revision = 1, .sequence = 7, .time_ms = 1000};
    receipt_t got = have;
    cr_assert(witness_is_same(&have, &got));
    got.time_ms++;
    cr_assert_not(witness_is_same(&have, &got));
    got = have;
    got.sequence++;
    cr_assert_not(witness_is_same(&have, &got));
    got = have;
    got.outcome = OUTCOME_UNCHANGED;
    cr_assert_not(witness_is_same(&have, &got), "the figures came from another filing");
    receipt_t unchanged = got;
    got.time_ms++;
    cr_assert(witness_is_same(&unchanged, &got), "an answer without a revision was lost, but no figures");
}

/* ---- what is kept */

static void file_and_deliver(uint64_t number, period_t period)
{
    receipt_t receipt = receipt_of(number);
    cr_assert_eq(add_one(outbox, "D0001", period, (int64_t)number), number);
    OK(put_receipt(outbox, number, &receipt));
}

static void know_the_log(void)
{
    static const uint64_t LEFT[] = {5};
    const witnessed_t head = {9, {1, 2}, 70, true};
    OK(outbox_keep_witness(outbox, HUB_KEY, &head, LEFT, 1));
}

Test(witness, the_newest_entry_is_kept_until_the_log_is_another)
{
    cr_assert_eq(known().event, 0);
    know_the_log();
    outbox_close(&outbox);
    outbox = outbox_at(&home);
    outbox_witness_t witness = known();
    cr_assert(witness.event == 9 && witness.hash[1] == 2 && witness.sequence == 70 && witness.heard_ms > 0);
    cr_assert(witness.left_count == 1 && witness.left[0] == 5 && !witness.broken_ms);
    cr_assert_arr_eq(witness.hub_key, HUB_KEY, KEY_SIZE);
    OK(outbox_note_break(outbox));
    witness = known();
    cr_assert(!witness.event && !witness.left_count && witness.broken_ms);
    cr_assert_not(witness_is_news(&witness), "it is not over");
    know_the_log();
    witness = known();
    cr_assert(witness_is_news(&witness));
    OK(outbox_note_told(outbox));
    witness = known();
    cr_assert_not(witness_is_news(&witness), "it is told once");
}

Test(witness, a_new_receipt_stands_beside_the_earlier_one)
{
    filing_t latest;
    receipt_t again = receipt_of(50);
    uint64_t number, origin;
    file_and_deliver(1, JUNE);
    know_the_log();
    OK(outbox_put_receipt_again(outbox, 1, &again, HUB_KEY, SIGNING_KEY, &number));
    cr_assert_eq(number, 2);
    filing_t first = get(1), second = get(2);
    cr_assert(holds(&first, 1) && holds(&second, 1));
    cr_assert_arr_eq(second.id, first.id, SUBMISSION_ID_SIZE);
    cr_assert(first.receipt.sequence == 1 && second.receipt.sequence == 50);
    OK(outbox_find_latest(outbox, "D0001", JUNE, arena, &latest));
    cr_assert_eq(latest.number, 1, "what is newest of a month is what was filed last");
    OK(outbox_find_origin(outbox, &second, &origin));
    cr_assert_eq(origin, 1);
    OK(outbox_find_origin(outbox, &first, &origin));
    cr_assert_eq(origin, 1);
    outbox_witness_t witness = known();
    cr_assert(witness.again == 1 && witness.again_ms && !witness.refused && witness.broken_ms);
    cr_assert_eq(witness.event, 0, "a loss that the log did not show");
    OK(outbox_put_receipt_again(outbox, 1, &again, HUB_KEY, SIGNING_KEY, &number));
    cr_assert_eq(known().again, 2, "counted on");
    know_the_log();
    OK(outbox_put_receipt_again(outbox, 1, &again, HUB_KEY, SIGNING_KEY, &number));
    cr_assert_eq(known().again, 1, "another loss is counted anew");
    outbox_status_t status = {0};
    OK(outbox_read_status(outbox, &status));
    cr_assert_eq(status.last_delivered, number);
}

Test(witness, what_the_hub_refuses_to_take_again_goes_aside_once)
{
    filing_t latest;
    uint64_t number;
    receipt_t receipt = receipt_of(60);
    file_and_deliver(1, JUNE);
    OK(outbox_note_break(outbox));
    OK(outbox_put_aside_again(outbox, 1, STATUS_MONTH_CLOSED, "closed", &number));
    cr_assert_eq(number, 2);
    OK(outbox_put_aside_again(outbox, 1, STATUS_MONTH_CLOSED, "closed", &number));
    cr_assert_eq(number, 0);
    cr_assert_str_eq(numbers(outbox, FILING_DELIVERED), "1", "the earlier receipt stands");
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "2");
    cr_assert(known().refused == 1 && known().again == 0);
    OK(outbox_retry(outbox, 2));
    OK(outbox_find_latest(outbox, "D0001", JUNE, arena, &latest));
    cr_assert_eq(latest.number, 2);
    OK(put_receipt(outbox, 2, &receipt));
    cr_assert_str_eq(numbers(outbox, FILING_DELIVERED), "1 2");
}

Test(witness, what_was_filed_again_is_as_old_as_what_it_repeats)
{
    uint64_t number;
    receipt_t receipt = receipt_of(60);
    file_and_deliver(1, JUNE);
    add_one(outbox, "D0001", JUNE, 2); /* a correction, which waits while the first turns out to be lost */
    OK(outbox_put_aside_again(outbox, 1, STATUS_MONTH_CLOSED, "closed", &number));
    cr_assert_eq(number, 3);
    cr_assert_eq(outbox_retry(outbox, 3), STATUS_CONFLICT, "it would undo the correction");
    OK(put_receipt(outbox, 2, &receipt));
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "", "the correction takes its place");
}

Test(witness, what_is_taken_again_after_all_needs_no_person)
{
    uint64_t number;
    receipt_t receipt = receipt_of(60);
    file_and_deliver(1, JUNE);
    OK(outbox_put_aside_again(outbox, 1, STATUS_MONTH_CLOSED, "closed", &number));
    OK(outbox_put_receipt_again(outbox, 1, &receipt, HUB_KEY, SIGNING_KEY, &number));
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "");
}

Test(witness, what_is_taken_again_puts_nothing_newer_away)
{
    uint64_t number;
    receipt_t receipt = receipt_of(60);
    file_and_deliver(1, JUNE);
    add_one(outbox, "D0001", JUNE, 2);
    OK(outbox_put_aside(outbox, 2, STATUS_INVALID, "a correction that is wrong"));
    OK(outbox_put_receipt_again(outbox, 1, &receipt, HUB_KEY, SIGNING_KEY, &number));
    cr_assert_eq(number, 3);
    cr_assert_str_eq(numbers(outbox, FILING_ASIDE), "2");
}

Test(witness, it_is_told_in_a_sentence)
{
    char words[WITNESS_WORDS_SIZE];
    outbox_witness_t witness = {.event = 1};
    witness_words(&witness, LANGUAGE_EN, words);
    cr_assert_str_eq(words, "");
    witness.broken_ms = 1000;
    witness_words(&witness, LANGUAGE_EN, words);
    cr_assert_not_null(strstr(words, "had lost nothing"));
    witness.event = 0;
    witness_words(&witness, LANGUAGE_EN, words);
    cr_assert_not_null(strstr(words, "is being filed again"));
    witness = (outbox_witness_t){.event = 1, .broken_ms = 1000, .again = 3, .again_ms = 2000, .refused = 2};
    witness_words(&witness, LANGUAGE_EN, words);
    cr_assert_not_null(strstr(words, "had lost 3"));
    cr_assert_not_null(strstr(words, "had lost 2 and does not take them again"));
    witness_words(&witness, LANGUAGE_ZH, words);
    cr_assert_not_null(strstr(words, "有 3 "));
    cr_assert_lt(strlen(words), WITNESS_WORDS_SIZE - 50);
}
