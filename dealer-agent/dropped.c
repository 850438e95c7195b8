#include "dealer-agent/dropped.h"

#include "core/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_SIZE 600 /* of a warning's list of names; behind that much it ends with "..." */

typedef struct {
    const catalog_t *catalog;
    language_t language;
} reader_t;

/* Names with commas between. */
typedef struct {
    char text[NAMES_SIZE + 8];
    size_t size;
} names_t;

static void add_name(names_t *names, const char *between, const char *name)
{
    if (names->size >= NAMES_SIZE)
        return;
    size_t size = strlen(between) + strlen(name);
    bool fits = names->size + size < NAMES_SIZE;
    snprintf(names->text + names->size, sizeof names->text - names->size, "%s%s", fits ? between : "",
             fits ? name : " ...");
    names->size = fits ? names->size + size : NAMES_SIZE;
}

/* The titles of the facts that were filed and are absent now. */
static void list_facts(const reader_t *reader, const named_fact_t *before, size_t count, const int64_t *now,
                       names_t *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t row = catalog_find_row(reader->catalog, before[i].id);
        if (row != ROW_NONE && reader->catalog->rows[row].is_fact && now[row] == FACT_ABSENT)
            add_name(out, out->size ? ", " : "", reader->catalog->rows[row].title[reader->language]);
    }
}

static int compare_codes(const void *code, const void *consultant)
{
    return strcmp(code, ((const filed_consultant_t *)consultant)->consultant);
}

static void list_consultants(const reader_t *reader, const filed_month_t *month, const named_facts_t *before,
                             names_t *gone, names_t *reduced)
{
    for (size_t i = 0; i < before->consultant_count; i++) {
        const named_consultant_t *was = &before->consultants[i];
        const filed_consultant_t *now = bsearch(was->consultant, month->consultants, month->consultant_count,
                                                sizeof *month->consultants, compare_codes);
        if (!now) {
            add_name(gone, gone->size ? ", " : "", was->consultant);
            continue;
        }
        names_t facts = {"", 0};
        list_facts(reader, was->facts, was->count, now->facts, &facts);
        if (!facts.size)
            continue;
        add_name(reduced, reduced->size ? "; " : "", was->consultant);
        add_name(reduced, ": ", facts.text);
    }
}

static void warn_of_month(const reader_t *reader, const filed_month_t *month, const named_facts_t *before,
                          faults_t *warnings)
{
    names_t facts = {"", 0}, gone = {"", 0}, reduced = {"", 0};
    char period[PERIOD_TEXT_SIZE];
    period_format(month->period, period);
    if (month->has_facts)
        list_facts(reader, before->facts, before->count, month->facts, &facts);
    if (month->has_consultants)
        list_consultants(reader, month, before, &gone, &reduced);
    if (facts.size)
        faults_add(warnings, month->line, month->column,
                   "%s %s: filed before and absent now: %s; what is filed replaces the whole month", month->dealer,
                   period, facts.text);
    if (gone.size)
        faults_add(warnings, month->line, month->column,
                   "%s %s: consultants that were filed before and are absent now: %s; what is filed replaces all "
                   "consultants of the month",
                   month->dealer, period, gone.text);
    if (reduced.size)
        faults_add(warnings, month->line, month->column,
                   "%s %s: facts of consultants that were filed before and are absent now: %s; what is filed replaces "
                   "all facts of a consultant",
                   month->dealer, period, reduced.text);
}

status_t dropped_warn(outbox_t *outbox, const facts_set_t *set, const catalog_t *catalog, language_t language,
                      faults_t *warnings)
{
    const reader_t reader = {catalog, language};
    const char *source = warnings->source;
    for (size_t i = 0; i < set->count; i++) {
        const filed_month_t *month = &set->months[i];
        CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
        filing_t before;
        status_t status =
            arena ? outbox_find_latest(outbox, month->dealer, month->period, arena, &before) : STATUS_NO_MEMORY;
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && before.is_withdrawal))
            continue;
        TRY(status);
        warnings->source = set->sources[month->file];
        warn_of_month(&reader, month, &before.facts, warnings);
        warnings->source = source;
    }
    return STATUS_OK;
}
