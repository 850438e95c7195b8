#include "client/facts_set.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <search.h>
#include <string.h>

#define FACTS_SET_MEMORY_MAX ((size_t)1 << 30)

/* ---- Making and ending ---- */

status_t facts_set_open(facts_set_t *set, facts_pending_t **out)
{
    if (!set->internals) {
        facts_pending_t *pending = calloc(1, sizeof *pending);
        if (!pending || !(pending->arena = arena_create(FACTS_SET_MEMORY_MAX))) {
            free(pending);
            return STATUS_NO_MEMORY;
        }
        set->internals = pending;
    }
    *out = set->internals;
    return STATUS_OK;
}

static void keep_node(void *node)
{
    (void)node; /* lines belong to the arena */
}

void facts_set_fini(facts_set_t *set)
{
    facts_pending_t *pending = set->internals;
    if (pending) {
        tdestroy(pending->places, keep_node);
        arena_destroy(&pending->arena);
        free(pending);
    }
    for (size_t i = 0; i < set->source_count; i++)
        free(set->sources[i]);
    free(set->sources);
    *set = (facts_set_t){0};
}

status_t facts_set_add_source(facts_set_t *set, const char *path)
{
    char **sources = realloc(set->sources, (set->source_count + 1) * sizeof *sources);
    if (!sources)
        return STATUS_NO_MEMORY;
    set->sources = sources;
    char *copy = strdup(path);
    if (!copy)
        return STATUS_NO_MEMORY;
    sources[set->source_count++] = copy;
    return STATUS_OK;
}

/* ---- Lines ---- */

static int compare_months(const facts_line_t *a, const facts_line_t *b)
{
    int order = strcmp(a->dealer, b->dealer);
    return order ? order : (a->period > b->period) - (a->period < b->period);
}

static int compare_lines(const void *left, const void *right)
{
    const facts_line_t *a = left, *b = right;
    int order = compare_months(a, b);
    if (order || (!a->consultant && !b->consultant))
        return order;
    return !a->consultant ? -1 : !b->consultant ? 1 : strcmp(a->consultant, b->consultant);
}

static int compare_line_pointers(const void *left, const void *right)
{
    return compare_lines(*(facts_line_t *const *)left, *(facts_line_t *const *)right);
}

static void report_duplicate(const facts_set_t *set, const facts_line_t *line, const facts_line_t *other,
                             faults_t *faults)
{
    char month[PERIOD_TEXT_SIZE];
    period_format(line->period, month);
    faults_add(faults, line->line, 0, "%s%s%s in %s stands already in %s:%u; keep one of the two lines", line->dealer,
               line->consultant ? ", consultant " : "", line->consultant ? line->consultant : "", month,
               set->sources[other->file], other->line);
}

status_t facts_set_add(facts_set_t *set, const facts_line_t *found, bool fit, faults_t *faults)
{
    facts_pending_t *pending = set->internals;
    facts_line_t *line = arena_alloc(pending->arena, sizeof *line);
    char *dealer = arena_strdup(pending->arena, found->dealer);
    char *consultant = arena_strdup(pending->arena, found->consultant);
    if (!line || !dealer || (found->consultant && !consultant))
        return STATUS_NO_MEMORY;
    *line = *found;
    line->dealer = dealer;
    line->consultant = consultant;
    facts_line_t **entry = tsearch(line, &pending->places, compare_lines);
    if (!entry)
        return STATUS_NO_MEMORY;
    if (*entry != line)
        report_duplicate(set, line, *entry, faults);
    else if (fit) {
        facts_line_t **list = consultant ? &pending->consultants : &pending->stores;
        *(consultant ? &pending->consultant_count : &pending->store_count) += 1;
        line->next = *list;
        *list = line;
    }
    return STATUS_OK;
}

/* ---- Joining ---- */

/* The list as an array in order of dealer, period and consultant. */
static facts_line_t **sort_lines(arena_t *arena, facts_line_t *list, size_t count)
{
    facts_line_t **lines = arena_array(arena, count, sizeof(void *));
    if (!lines)
        return NULL;
    for (size_t i = 0; i < count; i++, list = list->next)
        lines[i] = list;
    if (count)
        qsort(lines, count, sizeof(void *), compare_line_pointers);
    return lines;
}

static void report_orphans(const facts_set_t *set, const facts_line_t *line, faults_t *faults)
{
    char month[PERIOD_TEXT_SIZE];
    period_format(line->period, month);
    const char *source = faults->source;
    faults->source = set->sources[line->file];
    faults_add(faults, line->line, 0,
               "%s in %s has lines of consultants and no line of its own; add that to the facts file", line->dealer,
               month);
    faults->source = source;
}

/* Gives `month` the consultants of lines[0..count). */
static status_t join(facts_set_t *set, filed_month_t *month, facts_line_t **lines, size_t count, faults_t *faults)
{
    facts_pending_t *pending = set->internals;
    if (count > CONSULTANTS_MAX) {
        const char *source = faults->source;
        faults->source = set->sources[lines[0]->file];
        faults_add(faults, lines[0]->line, 0, "%s has %zu consultants in one month, and at most %d are allowed",
                   month->dealer, count, CONSULTANTS_MAX);
        faults->source = source;
        return STATUS_OK;
    }
    month->consultants = arena_array(pending->arena, count, sizeof *month->consultants);
    if (!month->consultants)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        month->consultants[i] = (filed_consultant_t){(char *)(uintptr_t)lines[i]->consultant, lines[i]->facts};
    month->consultant_count = count;
    month->has_consultants = true;
    return STATUS_OK;
}

/* Hands every run of consultant lines to its month; both are in order. */
static status_t join_all(facts_set_t *set, facts_line_t **lines, size_t count, facts_line_t **stores, faults_t *faults)
{
    size_t at = 0;
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && compare_months(lines[end], lines[first]) == 0;)
            end++;
        while (at < set->count && compare_months(stores[at], lines[first]) < 0)
            at++;
        if (at < set->count && compare_months(stores[at], lines[first]) == 0)
            TRY(join(set, &set->months[at], lines + first, end - first, faults));
        else
            report_orphans(set, lines[first], faults);
    }
    return STATUS_OK;
}

status_t facts_set_finish(facts_set_t *set, const filed_before_t *before_set, faults_t *faults)
{
    (void)before_set;
    facts_pending_t *pending;
    TRY(facts_set_open(set, &pending));
    size_t before = faults->count + faults->dropped;
    facts_line_t **stores = sort_lines(pending->arena, pending->stores, pending->store_count);
    facts_line_t **lines = sort_lines(pending->arena, pending->consultants, pending->consultant_count);
    filed_month_t *months = arena_array(pending->arena, pending->store_count, sizeof *months);
    if (!stores || !lines || !months)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < pending->store_count; i++)
        months[i] = (filed_month_t){.dealer = stores[i]->dealer,
                                    .period = stores[i]->period,
                                    .file = stores[i]->file,
                                    .line = stores[i]->line,
                                    .facts = stores[i]->facts,
                                    .has_facts = true};
    set->months = months;
    set->count = pending->store_count;
    TRY(join_all(set, lines, pending->consultant_count, stores, faults));
    return faults->count + faults->dropped > before ? STATUS_INVALID : STATUS_OK;
}

/* ---- The catalog's checks ---- */

/* Writes the month's inputs: its facts, then those of the month before where the set holds it (months are in order). */
static void fill_inputs(const facts_set_t *set, size_t index, size_t fact_count, int64_t *inputs)
{
    const filed_month_t *month = &set->months[index], *before = index ? month - 1 : NULL;
    bool follows = before && strcmp(before->dealer, month->dealer) == 0 && before->period == month->period - 1;
    memcpy(inputs, month->facts, fact_count * sizeof *inputs);
    for (size_t i = 0; i < fact_count; i++)
        inputs[fact_count + i] = follows ? before->facts[i] : FACT_ABSENT;
}

static void report_check(const facts_set_t *set, const filed_month_t *month, const check_t *check, language_t language,
                         faults_t *faults)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(month->period, period);
    const char *source = faults->source;
    faults->source = set->sources[month->file];
    faults_add(faults, month->line, 0, "%s %s: %s (%s)", month->dealer, period, check->title[language], check->id);
    faults->source = source;
}

void facts_set_check(const facts_set_t *set, const catalog_t *catalog, language_t language,
                     const filed_before_t *before, faults_t *errors, faults_t *warnings)
{
    (void)before;
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    size_t failed[CATALOG_CHECKS_MAX];
    for (size_t i = 0; i < set->count; i++) {
        fill_inputs(set, i, catalog->fact_count, inputs);
        size_t count = catalog_run_checks(catalog, inputs, failed);
        for (size_t j = 0; j < count; j++) {
            const check_t *check = &catalog->checks[failed[j]];
            report_check(set, &set->months[i], check, language, check->level == LEVEL_ERROR ? errors : warnings);
        }
    }
}

size_t facts_set_count_unchecked(const facts_set_t *set, const catalog_t *catalog, const filed_before_t *before)
{
    (void)before;
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    size_t months = 0;
    for (size_t i = 0; i < set->count; i++) {
        fill_inputs(set, i, catalog->fact_count, inputs);
        size_t check = 0;
        while (check < catalog->check_count &&
               !rule_lacks_previous(catalog->checks[check].rule, inputs, catalog->fact_count))
            check++;
        months += check < catalog->check_count;
    }
    return months;
}
