#include "core/tally.h"

#include <criterion/criterion.h>

static const disclosure_rule_t RULE = {5, 4, 15, 3};

static crowd_t crowd_of(const int64_t *sums, size_t count)
{
    crowd_t crowd = CROWD_EMPTY;
    for (size_t i = 0; i < count; i++)
        crowd_add(&crowd, (uint32_t)i, sums[i]);
    return crowd;
}

#define JUDGE(least, ...)                                                                                              \
    ({                                                                                                                 \
        int64_t sums_[] = {__VA_ARGS__};                                                                               \
        crowd_t crowd_ = crowd_of(sums_, sizeof sums_ / sizeof *sums_);                                                \
        crowd_judge(&crowd_, least, 15);                                                                               \
    })

Test(tally, all_but_the_two_greatest_must_hold_fifteen_percent_of_the_greatest)
{
    cr_assert_eq(JUDGE(3, 100, 100, 15), TALLY_PASSES);
    cr_assert_eq(JUDGE(3, 100, 100, 14), TALLY_DOMINATED);
    cr_assert_eq(JUDGE(3, 14, 100, 100), TALLY_DOMINATED);
    cr_assert_eq(JUDGE(3, 10, 101, 5, 90), TALLY_DOMINATED); /* 15 < 15.15 */
    cr_assert_eq(JUDGE(2, 100, 90), TALLY_DOMINATED);
}

Test(tally, few_owners_and_nothing_above_zero_fail)
{
    cr_assert_eq(JUDGE(5, 10, 10, 10, 10), TALLY_FEW_OWNERS);
    cr_assert_eq(JUDGE(5, 10, 10, 10, 10, 0), TALLY_PASSES);
    cr_assert_eq(JUDGE(5, 0, 0, 0, 0, 0), TALLY_ALL_ZERO);
    cr_assert_eq(JUDGE(0, 0), TALLY_ALL_ZERO);
    crowd_t empty = CROWD_EMPTY;
    cr_assert_eq(crowd_judge(&empty, 0, 15), TALLY_ALL_ZERO);
}

Test(tally, sums_beyond_64_bits_are_exact)
{
    crowd_t crowd = CROWD_EMPTY;
    int128_t greatest = (int128_t)1000000 * 1000000000000000; /* a million stores of 10^15 */
    crowd_add(&crowd, 0, greatest);
    crowd_add(&crowd, 1, greatest);
    crowd_add(&crowd, 2, greatest * 15 / 100 - 1);
    cr_assert_eq(crowd_judge(&crowd, 3, 15), TALLY_DOMINATED);
    crowd_add(&crowd, 3, 1);
    cr_assert_eq(crowd_judge(&crowd, 3, 15), TALLY_PASSES);
}

Test(tally, stores_are_added_up_by_owner_for_all_for_others_and_for_strangers)
{
    CLEANUP(tally_fini) tally_t tally = {0};
    crowd_t crowds[CROWD_COUNT];
    cr_assert_eq(tally_init(4, &tally), STATUS_OK);
    for (int round = 0; round < 2; round++) {
        tally_add(&tally, 2, 5, true); /* the viewer's owner: near, all known */
        tally_add(&tally, 1, 7, true); /* a peer, and a store of the same owner that is a stranger */
        tally_add(&tally, 1, 3, false);
        tally_add(&tally, 3, 4, false);
        tally_crowds(&tally, (const uint8_t[]){0, 1, 1, 0}, crowds);
        cr_assert(crowds[CROWD_ALL].owners == 3 && crowds[CROWD_ALL].total == 19 && crowds[CROWD_ALL].first == 10 &&
                  crowds[CROWD_ALL].second == 5 && crowds[CROWD_ALL].greatest == 1);
        cr_assert(crowds[CROWD_OTHERS].owners == 1 && crowds[CROWD_OTHERS].total == 4);
        cr_assert(crowds[CROWD_STRANGERS].owners == 2 && crowds[CROWD_STRANGERS].total == 7 &&
                  crowds[CROWD_STRANGERS].first == 4 && crowds[CROWD_STRANGERS].second == 3);
        tally_clear(&tally);
    }
}

Test(tally, the_verdict_names_the_first_crowd_that_fails)
{
    const int64_t sums[] = {10, 10, 10, 10, 10};
    crowd_t five = crowd_of(sums, 5), four = crowd_of(sums, 4), three = crowd_of(sums, 3), two = crowd_of(sums, 2);
    tally_verdict_t verdict = crowds_judge((crowd_t[]){five, four, three}, &RULE, true);
    cr_assert_eq(verdict.failure, TALLY_PASSES);
    verdict = crowds_judge((crowd_t[]){four, four, four}, &RULE, true);
    cr_assert(verdict.failure == TALLY_FEW_OWNERS && verdict.crowd == CROWD_ALL);
    verdict = crowds_judge((crowd_t[]){five, three, three}, &RULE, true);
    cr_assert(verdict.failure == TALLY_FEW_OWNERS && verdict.crowd == CROWD_OTHERS);
    verdict = crowds_judge((crowd_t[]){five, four, two}, &RULE, true);
    cr_assert(verdict.failure == TALLY_DOMINATED && verdict.crowd == CROWD_STRANGERS);
    verdict = crowds_judge((crowd_t[]){four, three, three}, &RULE, false);
    cr_assert_eq(verdict.failure, TALLY_PASSES);
}
