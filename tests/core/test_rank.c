#include "tests/core/random_network.h"
#include "tests/core/reference.h"

#include <criterion/criterion.h>
#include <string.h>

#define RUNS 60

static void check_ranked(const month_t *month, const reference_t *reference, const rank_answer_t *answer)
{
    size_t count = 0, rank = 0;
    const reference_store_t *before = NULL;
    for (size_t i = 0; i < reference->valued; i++) {
        const reference_store_t *store = reference->best_first[i];
        if (!store->eligible)
            continue;
        cr_assert(count < answer->ranked_count);
        rank = before && mpq_equal(before->value, store->value) ? rank : count + 1;
        cr_assert_str_eq(answer->ranked[count].dealer, month->network->dealers[store->dealer].code, "%s, place %zu",
                         answer->row, count);
        cr_assert_eq(answer->ranked[count].rank, rank, "%s, place %zu", answer->row, count);
        expect_near("value", true, store->value, answer->ranked[count].value);
        before = store;
        count++;
    }
    cr_assert_eq(count, answer->ranked_count);
}

static void check_unranked(const month_t *month, const reference_t *reference, const rank_answer_t *answer)
{
    size_t count = 0;
    for (size_t i = 0; i < reference->count; i++) {
        const reference_store_t *store = &reference->stores[i];
        if (store->eligible)
            continue;
        cr_assert(count < answer->unranked_count);
        unranked_reason_t reason = !store->reported ? UNRANKED_NOT_REPORTED
                                   : !store->valued ? UNRANKED_NO_VALUE
                                                    : UNRANKED_SMALL_BASE;
        cr_assert_str_eq(answer->unranked[count].dealer, month->network->dealers[store->dealer].code);
        cr_assert_eq(answer->unranked[count].reason, reason);
        count++;
    }
    cr_assert_eq(count, answer->unranked_count);
}

Test(rank, random_rankings_are_the_slow_exact_ones)
{
    uint64_t state = random_seed("rank");
    for (int run = 0; run < RUNS; run++) {
        random_network_t random;
        random_network_open(&random, &state);
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 24);
        size_t count;
        scope_t *scopes = every_scope(random.network, arena, &count);
        for (size_t i = 0; i < random.catalog->table_row_count * count; i++) {
            size_t row = random.catalog->table_rows[i / count];
            if (random.catalog->rows[row].better == BETTER_NEITHER)
                continue;
            reference_t reference;
            rank_answer_t *answer;
            reference_open(&reference, random.month, row, scopes[i % count]);
            cr_assert_eq(rank_compute(random.month, row, scopes[i % count], arena, &answer), STATUS_OK);
            check_ranked(random.month, &reference, answer);
            check_unranked(random.month, &reference, answer);
            reference_close(&reference);
        }
        random_network_close(&random);
    }
}
