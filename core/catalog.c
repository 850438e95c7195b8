#include "core/catalog.h"

#include "core/catalog_build.h"
#include "core/limits.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CATALOG_MEMORY_MAX (64u << 20) /* a catalog at every other limit takes less than half */
#define HEADER_SIZE        1024

static uint64_t digest_of(span_t yaml)
{
    uint8_t hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, yaml.data, yaml.size, NULL, 0);
    uint64_t digest = 0;
    for (int i = 0; i < 8; i++)
        digest = digest << 8 | hash[i];
    return digest ? digest : 1;
}

static status_t create(catalog_t **out)
{
    catalog_t *catalog = calloc(1, sizeof *catalog);
    arena_t *arena = arena_create(CATALOG_MEMORY_MAX);
    catalog_internals_t *internals = arena ? arena_alloc(arena, sizeof *internals) : NULL;
    if (!catalog || !internals) {
        free(catalog);
        arena_destroy(&arena);
        return STATUS_NO_MEMORY;
    }
    internals->arena = arena;
    catalog->internals = internals;
    *out = catalog;
    return STATUS_OK;
}

/* Windows editors put a byte order mark before UTF-8. */
static span_t without_mark(span_t yaml)
{
    bool has_mark = yaml.size >= 3 && memcmp(yaml.data, "\xEF\xBB\xBF", 3) == 0;
    return has_mark ? (span_t){yaml.data + 3, yaml.size - 3} : yaml;
}

static status_t read_yaml(catalog_t *catalog, span_t yaml, faults_t *faults)
{
    arena_t *arena = ((catalog_internals_t *)catalog->internals)->arena;
    CLEANUP(raw_catalog_destroy) raw_catalog_t *raw = NULL;
    CLEANUP(arena_destroy) arena_t *scratch = arena_create(CATALOG_MEMORY_MAX);
    places_t places = {0};
    span_t text = without_mark(yaml);
    if (!scratch)
        return STATUS_NO_MEMORY;
    TRY(catalog_scan(scratch, text, &places, faults));
    TRY(raw_catalog_load(text, &places, &raw, faults));
    TRY(catalog_build(catalog, raw, &places, faults));
    catalog->yaml = arena_memdup(arena, yaml.data, yaml.size);
    catalog->yaml_size = yaml.size;
    catalog->digest = digest_of(yaml);
    return catalog->yaml ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t catalog_load(span_t yaml, catalog_t **out, faults_t *faults)
{
    if (yaml.size > CATALOG_SIZE_MAX) {
        faults_add(faults, 0, 0, "the catalog has %zu bytes: at most %d", yaml.size, CATALOG_SIZE_MAX);
        return STATUS_INVALID;
    }
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    TRY(create(&catalog));
    TRY(read_yaml(catalog, yaml, faults));
    *out = catalog;
    catalog = NULL;
    return STATUS_OK;
}

void catalog_destroy(catalog_t **catalog)
{
    if (!catalog || !*catalog)
        return;
    arena_t *arena = ((catalog_internals_t *)(*catalog)->internals)->arena;
    arena_destroy(&arena);
    free(*catalog);
    *catalog = NULL;
}

static const catalog_internals_t *internals_of(const catalog_t *catalog)
{
    return catalog->internals;
}

size_t catalog_find_row(const catalog_t *catalog, const char *id)
{
    return row_names_first(&internals_of(catalog)->ids, id);
}

/* The closest meaning first: the same with its bracket, then the same without a unit behind it, then a title whose own
 * bracket is left out. */
size_t catalog_match_title(const catalog_t *catalog, const char *header)
{
    const catalog_internals_t *internals = internals_of(catalog);
    char folded[HEADER_SIZE], bare[HEADER_SIZE];
    if (text_fold(header, folded, sizeof folded) == 0)
        return ROW_NONE;
    text_fold_title(header, bare, sizeof bare);
    size_t row = row_names_first(&internals->names, folded);
    if (row == ROW_NONE)
        row = row_names_first(&internals->names, bare);
    return row != ROW_NONE ? row : row_names_only(&internals->loose, bare);
}

bool catalog_lists_row(const catalog_t *catalog, size_t row)
{
    return row < catalog->row_count && internals_of(catalog)->is_listed[row];
}

status_t catalog_check_successor(const catalog_t *previous, const catalog_t *next, faults_t *faults)
{
    bool has_fault = false;
    for (size_t i = 0; i < previous->fact_count; i++) {
        const row_t *before = &previous->rows[i];
        size_t at = catalog_find_row(next, before->id);
        const row_t *after = at == ROW_NONE ? NULL : &next->rows[at];
        if (after && after->is_fact && after->decimals == before->decimals && after->kind == before->kind &&
            after->is_signed >= before->is_signed)
            continue;
        has_fault = true;
        if (!after || !after->is_fact)
            faults_add(faults, 0, 0,
                       "the fact %s is gone, and figures of it are stored: keep it (no table need list it)",
                       before->id);
        else if (after->decimals != before->decimals)
            faults_add(faults, 0, 0, "the fact %s has %u decimals, and is stored with %u: give the new one another id",
                       before->id, after->decimals, before->decimals);
        else if (after->is_signed < before->is_signed)
            faults_add(faults, 0, 0,
                       "the fact %s may no longer be negative, and negative ones may be stored: keep signed: true",
                       before->id);
        else
            faults_add(faults, 0, 0, "the fact %s turned from a %s into a %s: give the new one another id", before->id,
                       before->kind == KIND_FLOW ? "flow" : "stock", after->kind == KIND_FLOW ? "flow" : "stock");
    }
    return has_fault ? STATUS_INVALID : STATUS_OK;
}

size_t catalog_run_checks(const catalog_t *catalog, const int64_t *inputs, size_t *out_failed)
{
    size_t count = 0;
    for (size_t i = 0; i < catalog->check_count; i++)
        if (!rule_holds(catalog->checks[i].rule, inputs))
            out_failed[count++] = i;
    return count;
}

span_t catalog_builtin(void)
{
    static const uint8_t YAML[] = {
#include "builtin_catalog.inc"
    };
    return (span_t){YAML, sizeof YAML};
}
