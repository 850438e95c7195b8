#include "proto/codec.h"

#include "core/catalog.h"
#include "core/limits.h"

static status_t value_check(const row_t *fact, int64_t value, const char **out_why)
{
    if (value > FACT_VALUE_MAX || value < -FACT_VALUE_MAX)
        *out_why = "is larger than a fact may be (10^15 of its smallest unit)";
    else if (value < 0 && !fact->is_signed)
        *out_why = "is negative, which this fact may not be";
    else
        return STATUS_OK;
    return STATUS_INVALID;
}

static bool is_present(span_t presence, size_t fact)
{
    return fact / 8 < presence.size && presence.data[fact / 8] >> (fact % 8) & 1;
}

/* First fact at or past fact_count that the bitmap names; ROW_NONE where there is none. */
static size_t named_beyond(span_t presence, size_t fact_count)
{
    for (size_t i = fact_count; i < presence.size * 8; i++)
        if (is_present(presence, i))
            return i;
    return ROW_NONE;
}

static status_t refuse(size_t fact, const char *why, size_t *out_fact, const char **out_why)
{
    *out_fact = fact;
    *out_why = why;
    return STATUS_INVALID;
}

status_t packed_facts_unpack(const packed_facts_t *packed, const catalog_t *catalog, int64_t *out, size_t *out_fact,
                             const char **out_why)
{
    if (named_beyond(packed->presence, catalog->fact_count) != ROW_NONE)
        return refuse(ROW_NONE, "the presence bitmap names a fact that the catalog does not have", out_fact, out_why);
    size_t taken = 0;
    for (size_t i = 0; i < catalog->fact_count; i++) {
        if (!is_present(packed->presence, i)) {
            out[i] = FACT_ABSENT;
            continue;
        }
        const char *why = "has no value: the presence bitmap names more facts than there are values";
        if (taken == packed->count || value_check(&catalog->rows[i], packed->values[taken], &why) != STATUS_OK)
            return refuse(i, why, out_fact, out_why);
        out[i] = packed->values[taken++];
    }
    if (taken < packed->count)
        return refuse(ROW_NONE, "there are more values than the presence bitmap names", out_fact, out_why);
    return STATUS_OK;
}

status_t packed_facts_pack(const int64_t *facts, size_t fact_count, arena_t *arena, packed_facts_t *out)
{
    size_t size = (fact_count + 7) / 8, count = 0;
    uint8_t *presence = arena_alloc(arena, size);
    int64_t *values = arena_array(arena, fact_count, sizeof *values);
    if (!presence || !values)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < fact_count; i++) {
        if (facts[i] == FACT_ABSENT)
            continue;
        presence[i / 8] |= (uint8_t)(1u << (i % 8));
        values[count++] = facts[i];
    }
    *out = (packed_facts_t){{presence, size}, values, count};
    return STATUS_OK;
}
