#include "core/tally.h"

#include <stdlib.h>

/* ---- Crowds ---- */

void crowd_add(crowd_t *crowd, uint32_t owner, int128_t sum)
{
    crowd->owners++;
    crowd->total += sum;
    if (crowd->greatest == UINT32_MAX || sum > crowd->first) {
        crowd->second = crowd->greatest == UINT32_MAX ? 0 : crowd->first;
        crowd->first = sum;
        crowd->greatest = owner;
    } else if (sum > crowd->second) {
        crowd->second = sum;
    }
}

tally_failure_t crowd_judge(const crowd_t *crowd, uint32_t least_owners, uint32_t p_percent)
{
    if (crowd->owners < least_owners)
        return TALLY_FEW_OWNERS;
    if (crowd->first <= 0)
        return TALLY_ALL_ZERO;
    /* At most 10^6 stores of 10^15 each: far from the ends of 128 bits. */
    int128_t left = crowd->total - crowd->first - crowd->second;
    return left * 100 < crowd->first * p_percent ? TALLY_DOMINATED : TALLY_PASSES;
}

tally_verdict_t crowds_judge(const crowd_t crowds[CROWD_COUNT], const disclosure_rule_t *rule, bool counts)
{
    const uint32_t least[CROWD_COUNT] = {counts ? rule->least_owners : 0, counts ? rule->least_others : 0, 0};
    for (crowd_kind_t kind = 0; kind < CROWD_COUNT; kind++) {
        tally_failure_t failure = crowd_judge(&crowds[kind], least[kind], rule->p_percent);
        if (failure != TALLY_PASSES)
            return (tally_verdict_t){failure, kind, crowds[kind].greatest};
    }
    return (tally_verdict_t){TALLY_PASSES, CROWD_ALL, crowds[CROWD_ALL].greatest};
}

/* ---- Tallies ---- */

status_t tally_init(uint32_t owner_count, tally_t *out)
{
    size_t room = (size_t)owner_count + 1;
    tally_t tally = {malloc(room * sizeof *tally.sums), malloc(room * sizeof *tally.strange),
                     calloc(room, sizeof *tally.marks), malloc(room * sizeof *tally.owners), 0};
    if (!tally.sums || !tally.strange || !tally.marks || !tally.owners) {
        tally_fini(&tally);
        return STATUS_NO_MEMORY;
    }
    *out = tally;
    return STATUS_OK;
}

void tally_fini(tally_t *tally)
{
    free(tally->sums);
    free(tally->strange);
    free(tally->marks);
    free(tally->owners);
    *tally = (tally_t){0};
}

void tally_clear(tally_t *tally)
{
    for (uint32_t i = 0; i < tally->count; i++)
        tally->marks[tally->owners[i]] = 0;
    tally->count = 0;
}

void tally_crowds(const tally_t *tally, const uint8_t *is_near, crowd_t out[CROWD_COUNT])
{
    for (size_t kind = 0; kind < CROWD_COUNT; kind++)
        out[kind] = CROWD_EMPTY;
    for (uint32_t i = 0; i < tally->count; i++) {
        uint32_t owner = tally->owners[i];
        crowd_add(&out[CROWD_ALL], owner, tally->sums[owner]);
        if (!is_near[owner])
            crowd_add(&out[CROWD_OTHERS], owner, tally->sums[owner]);
        if (tally->marks[owner] & TALLY_STRANGE)
            crowd_add(&out[CROWD_STRANGERS], owner, tally->strange[owner]);
    }
}
