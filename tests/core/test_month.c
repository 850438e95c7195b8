#include "core/month.h"
#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <string.h>

#define RUNS 40

Test(month, slots_follow_the_region_tree_and_then_the_codes)
{
    uint64_t state = random_seed("month");
    for (int run = 0; run < RUNS; run++) {
        random_network_t random;
        random_network_open(&random, &state);
        const network_t *network = random.network;
        const month_t *month = random.month;
        uint32_t expected = 0;
        for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++) {
            uint32_t region = network_region_of(network, dealer, month->period), slot = month->slots[dealer];
            expected += region != INDEX_NONE;
            cr_assert_eq(slot == INDEX_NONE, region == INDEX_NONE);
            for (uint32_t r = 0; slot != INDEX_NONE && r < network->region_count; r++) {
                const region_t *outer = &network->regions[r];
                bool within = month->region_first[outer->enter] <= slot && slot < month->region_first[outer->leave];
                cr_assert_eq(within, network_region_within(network, region, r));
            }
            if (slot != INDEX_NONE)
                cr_assert_eq(month->dealers[slot], dealer);
        }
        cr_assert_eq(month->count, expected);
        cr_assert_eq(month->region_first[network->region_count], expected);
        for (uint32_t slot = 1; slot < month->count; slot++) {
            uint32_t left = network_region_of(network, month->dealers[slot - 1], month->period),
                     right = network_region_of(network, month->dealers[slot], month->period);
            cr_assert(network->regions[left].enter < network->regions[right].enter ||
                      (left == right && month->dealers[slot - 1] < month->dealers[slot]));
        }
        random_network_close(&random);
    }
}

/* The first dealer that is a member, INDEX_NONE where none is. */
static uint32_t first_member(const month_t *month)
{
    return month->count ? month->dealers[0] : INDEX_NONE;
}

static void open_inhabited(random_network_t *random, uint64_t *state)
{
    random_network_open(random, state);
    while (first_member(random->month) == INDEX_NONE) {
        random_network_close(random);
        random_network_open(random, state);
    }
}

Test(month, what_is_set_is_read_back_and_can_be_taken_away)
{
    uint64_t state = 1;
    random_network_t random;
    open_inhabited(&random, &state);
    month_t *month = random.month;
    uint32_t dealer = first_member(month), slot = month->slots[dealer];
    int64_t inputs[10];
    month_set(month, dealer, (int64_t[]){1, 2, 3, -4, FACT_ABSENT}, true);
    month_set_previous(month, dealer, (int64_t[]){5, 6, 7, 8, 9});
    month_inputs(month, slot, inputs);
    cr_assert_eq(memcmp(inputs, (int64_t[]){1, 2, 3, -4, FACT_ABSENT, 5, 6, 7, 8, 9}, sizeof inputs), 0);
    cr_assert_eq(month->flags[slot], MONTH_REPORTED | MONTH_LATE);
    month_set(month, dealer, NULL, true);
    month_inputs(month, slot, inputs);
    cr_assert_eq(month->flags[slot], 0);
    cr_assert(inputs[0] == FACT_ABSENT && inputs[5] == 5);
    random_network_close(&random);
}

Test(month, a_clone_lives_alone)
{
    uint64_t state = 2;
    random_network_t random;
    open_inhabited(&random, &state);
    uint32_t dealer = first_member(random.month), slot = random.month->slots[dealer];
    month_set(random.month, dealer, (int64_t[]){1, 2, 3, 4, 5}, false);
    month_t *clone = month_clone(random.month);
    cr_assert_not_null(clone);
    cr_assert_eq(clone->count, random.month->count);
    for (uint32_t s = 0; s < clone->count; s++) {
        int64_t left[10], right[10];
        month_inputs(clone, s, left);
        month_inputs(random.month, s, right);
        cr_assert(memcmp(left, right, sizeof left) == 0 && clone->flags[s] == random.month->flags[s]);
    }
    month_set(random.month, dealer, NULL, false);
    cr_assert_eq(clone->columns[0][slot], 1);
    month_destroy(&clone);
    cr_assert_null(clone);
    random_network_close(&random);
}
