#include "dealer-agent/packing.h"

#include "core/limits.h"
#include "proto/codec.h"
#include "proto/receipt_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

status_t packing_name_facts(const int64_t *facts, const catalog_t *catalog, arena_t *arena, const named_fact_t **out,
                            size_t *out_count)
{
    size_t count = 0;
    named_fact_t *named = arena_array(arena, catalog->fact_count, sizeof *named);
    if (!named)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < catalog->fact_count; i++)
        if (facts[i] != FACT_ABSENT)
            named[count++] = (named_fact_t){catalog->rows[i].id, catalog->rows[i].decimals, facts[i]};
    *out = named;
    *out_count = count;
    return STATUS_OK;
}

/* Index of a fact in the catalog; `hint`: where it is probably found. */
static size_t fact_index(const catalog_t *catalog, const char *id, size_t hint)
{
    if (hint < catalog->fact_count && strcmp(catalog->rows[hint].id, id) == 0)
        return hint;
    size_t row = catalog_find_row(catalog, id);
    return row != ROW_NONE && row < catalog->fact_count ? row : ROW_NONE;
}

status_t packing_order_facts(const named_fact_t *facts, size_t count, const catalog_t *catalog, int64_t *out,
                             const named_fact_t **out_fact)
{
    size_t row = ROW_NONE;
    for (size_t i = 0; i < catalog->fact_count; i++)
        out[i] = FACT_ABSENT;
    for (size_t i = 0; i < count; i++) {
        row = fact_index(catalog, facts[i].id, row + 1);
        if (row == ROW_NONE || catalog->rows[row].decimals != facts[i].decimals) {
            *out_fact = &facts[i];
            return STATUS_INVALID;
        }
        out[row] = facts[i].value;
    }
    return STATUS_OK;
}

/* ---- for the wire */

typedef struct {
    const catalog_t *catalog;
    arena_t *arena;
    char *why;
    size_t why_size;
} packer_t;

static status_t say_why(const packer_t *packer, const named_fact_t *fact)
{
    size_t row = catalog_find_row(packer->catalog, fact->id);
    if (row == ROW_NONE || row >= packer->catalog->fact_count)
        snprintf(packer->why, packer->why_size, "the hub's catalog (%s, version %u) has no fact %s any more",
                 packer->catalog->id, packer->catalog->version, fact->id);
    else
        snprintf(packer->why, packer->why_size,
                 "%s was filed with %u decimals, and the hub's catalog (%s, version %u) gives it %u", fact->id,
                 fact->decimals, packer->catalog->id, packer->catalog->version, packer->catalog->rows[row].decimals);
    return STATUS_INVALID;
}

static status_t pack(const packer_t *packer, const named_fact_t *facts, size_t count, packed_facts_t *out)
{
    int64_t ordered[CATALOG_FACTS_MAX];
    const named_fact_t *misfit = NULL;
    if (packing_order_facts(facts, count, packer->catalog, ordered, &misfit) != STATUS_OK)
        return say_why(packer, misfit);
    return packed_facts_pack(ordered, packer->catalog->fact_count, packer->arena, out);
}

static status_t pack_consultants(const packer_t *packer, const named_facts_t *facts, submission_t *out)
{
    packed_consultant_t *packed = arena_array(packer->arena, facts->consultant_count, sizeof *packed);
    if (!packed)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < facts->consultant_count; i++) {
        packed[i].consultant = facts->consultants[i].consultant;
        TRY(pack(packer, facts->consultants[i].facts, facts->consultants[i].count, &packed[i].facts));
    }
    out->consultants = packed;
    out->consultant_count = facts->consultant_count;
    return STATUS_OK;
}

status_t packing_request(const filing_t *filing, const catalog_t *catalog, arena_t *arena, request_t *out,
                         char *out_why, size_t why_size)
{
    if (filing->is_withdrawal) {
        *out = (request_t){
            .kind = REQUEST_WITHDRAW,
            .withdrawal = {
                .dealer = filing->dealer, .period = filing->period, .why = filing->why, .group_receipt = true}};
        memcpy(out->withdrawal.id, filing->id, SUBMISSION_ID_SIZE);
        return STATUS_OK;
    }
    packer_t packer = {catalog, arena, out_why, why_size};
    submission_t submission = {
        .dealer = filing->dealer, .period = filing->period, .catalog_digest = catalog->digest, .group_receipt = true};
    memcpy(submission.id, filing->id, SUBMISSION_ID_SIZE);
    TRY(pack(&packer, filing->facts.facts, filing->facts.count, &submission.facts));
    TRY(pack_consultants(&packer, &filing->facts, &submission));
    *out = (request_t){.kind = REQUEST_SUBMIT, .submission = submission};
    return STATUS_OK;
}

const receipt_t **packing_earlier(request_t *request)
{
    return request->kind == REQUEST_WITHDRAW ? &request->withdrawal.earlier : &request->submission.earlier;
}

status_t packing_fits(const request_t *request)
{
    CLEANUP(buffer_fini) buffer_t frame = {0};
    request_t longest = *request;
    longest.id = UINT64_MAX;
    return request_encode(&longest, &frame);
}

status_t packing_fits_again(const request_t *request)
{
    static const uint8_t PATH[RECEIPT_PATH_MAX * DIGEST_SIZE];
    static const receipt_t LONGEST = {.outcome = OUTCOME_ACCEPTED,
                                      .revision = UINT32_MAX,
                                      .sequence = UINT64_MAX,
                                      .time_ms = UINT64_MAX,
                                      .late = true,
                                      .facts_dropped = UINT32_MAX,
                                      .consultants_dropped = UINT32_MAX,
                                      .is_signed = true,
                                      .group_size = UINT32_MAX,
                                      .group_index = UINT32_MAX,
                                      .group_path = {PATH, sizeof PATH}};
    request_t again = *request;
    *packing_earlier(&again) = &LONGEST;
    return packing_fits(&again);
}

/* ---- comparing */

static int compare_facts(const void *left, const void *right)
{
    const named_fact_t *const *a = left, *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

static int compare_consultants(const void *left, const void *right)
{
    const named_consultant_t *const *a = left, *const *b = right;
    return strcmp((*a)->consultant, (*b)->consultant);
}

/* Pointers to the elements of an array, sorted. NULL when out of memory. */
static const void **sort_pointers(const void *items, size_t count, size_t size,
                                  int (*compare)(const void *, const void *), arena_t *arena)
{
    const void **sorted = arena_array(arena, count, sizeof *sorted);
    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = (const char *)items + i * size;
    if (sorted && count)
        qsort(sorted, count, sizeof *sorted, compare);
    return sorted;
}

static status_t equal_facts(const named_fact_t *a, const named_fact_t *b, size_t count, arena_t *arena, bool *out)
{
    const named_fact_t **ours = (const named_fact_t **)sort_pointers(a, count, sizeof *a, compare_facts, arena);
    const named_fact_t **theirs = (const named_fact_t **)sort_pointers(b, count, sizeof *b, compare_facts, arena);
    if (!ours || !theirs)
        return STATUS_NO_MEMORY;
    *out = true;
    for (size_t i = 0; i < count && *out; i++)
        *out = strcmp(ours[i]->id, theirs[i]->id) == 0 && ours[i]->decimals == theirs[i]->decimals &&
               ours[i]->value == theirs[i]->value;
    return STATUS_OK;
}

static status_t equal_consultants(const named_facts_t *a, const named_facts_t *b, arena_t *arena, bool *out)
{
    size_t count = a->consultant_count, size = sizeof(named_consultant_t);
    const named_consultant_t **ours =
        (const named_consultant_t **)sort_pointers(a->consultants, count, size, compare_consultants, arena);
    const named_consultant_t **theirs =
        (const named_consultant_t **)sort_pointers(b->consultants, count, size, compare_consultants, arena);
    if (!ours || !theirs)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count && *out; i++) {
        *out = strcmp(ours[i]->consultant, theirs[i]->consultant) == 0 && ours[i]->count == theirs[i]->count;
        if (*out)
            TRY(equal_facts(ours[i]->facts, theirs[i]->facts, ours[i]->count, arena, out));
    }
    return STATUS_OK;
}

status_t packing_compare(const named_facts_t *a, const named_facts_t *b, bool *out_equal)
{
    bool equal = a->count == b->count && a->consultant_count == b->consultant_count;
    if (equal) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
        if (!arena)
            return STATUS_NO_MEMORY;
        TRY(equal_facts(a->facts, b->facts, a->count, arena, &equal));
        TRY(equal_consultants(a, b, arena, &equal));
    }
    *out_equal = equal;
    return STATUS_OK;
}
