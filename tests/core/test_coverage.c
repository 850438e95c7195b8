#include "tests/core/random_network.h"

#include <criterion/criterion.h>
#include <string.h>

static bool lists(const char *const *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        cr_assert(i == 0 || strcmp(codes[i - 1], codes[i]) < 0, "not in byte order");
        if (strcmp(codes[i], code) == 0)
            return true;
    }
    return false;
}

static void check_scope(const random_network_t *random, scope_t scope, const coverage_scope_t *answer)
{
    const network_t *network = random->network;
    const month_t *month = random->month;
    uint32_t expected = 0, reported = 0, late = 0;
    for (uint32_t dealer = 0; dealer < network->dealer_count; dealer++) {
        uint32_t region = network_region_of(network, dealer, month->period);
        if (region == INDEX_NONE ||
            (scope.kind == SCOPE_REGION && !network_region_within(network, region, scope.index)) ||
            (scope.kind == SCOPE_CIRCLE && !network_circle_holds(network, scope.index, dealer, month->period)))
            continue;
        uint8_t flags = month->flags[month->slots[dealer]];
        const char *code = network->dealers[dealer].code;
        expected++;
        reported += (flags & MONTH_REPORTED) != 0;
        late += (flags & MONTH_LATE) != 0;
        cr_assert_eq(lists(answer->missing, answer->missing_count, code), !(flags & MONTH_REPORTED));
        cr_assert_eq(lists(answer->late, answer->late_count, code), (flags & MONTH_LATE) != 0);
    }
    cr_assert(answer->expected == expected && answer->reported == reported);
    cr_assert(answer->missing_count == expected - reported && answer->late_count == late);
}

Test(coverage, random_networks_list_who_is_late_or_missing)
{
    uint64_t state = random_seed("coverage");
    for (int run = 0; run < 60; run++) {
        random_network_t random;
        random_network_open(&random, &state);
        CLEANUP(arena_destroy) arena_t *arena = arena_create(1 << 22);
        size_t count;
        scope_t *scopes = every_scope(random.network, arena, &count);
        coverage_answer_t *answer;
        cr_assert_eq(coverage_compute(random.month, scopes, count, arena, &answer), STATUS_OK);
        for (size_t i = 0; i < count; i++)
            check_scope(&random, scopes[i], &answer->scopes[i]);
        random_network_close(&random);
    }
}
