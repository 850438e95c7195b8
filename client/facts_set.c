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
    const char *source = set->sources[other->file];
    if (line->consultant)
        faults_add(faults, line->line, line->column,
                   "%s, consultant %s in %s stands already in %s:%u; keep one of the "
                   "two",
                   line->dealer, line->consultant, month, source, other->line);
    else
        faults_add(faults, line->line, line->column, "%s in %s stands already in %s:%u; keep one of the two",
                   line->dealer, month, source, other->line);
}

int64_t *facts_set_make_facts(facts_set_t *set, const catalog_t *catalog)
{
    facts_pending_t *pending = set->internals;
    int64_t *facts = arena_array(pending->arena, catalog->fact_count, sizeof *facts);
    for (size_t i = 0; facts && i < catalog->fact_count; i++)
        facts[i] = FACT_ABSENT;
    return facts;
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

/* Adds a fault about a line of any of the set's files. */
static void report_orphans(const facts_set_t *set, const facts_line_t *line, faults_t *faults)
{
    char month[PERIOD_TEXT_SIZE];
    period_format(line->period, month);
    const char *source = faults->source;
    faults->source = set->sources[line->file];
    faults_add(faults, line->line, line->column,
               "%s in %s has lines of consultants and no line of its own; add that to the facts file", line->dealer,
               month);
    faults->source = source;
}

static void report_crowd(const facts_set_t *set, const facts_line_t *line, size_t count, faults_t *faults)
{
    const char *source = faults->source;
    faults->source = set->sources[line->file];
    faults_add(faults, line->line, line->column, "%s has %zu consultants in one month, and at most %d are allowed",
               line->dealer, count, CONSULTANTS_MAX);
    faults->source = source;
}

/* Lines in order, and how far they are joined. */
typedef struct {
    facts_set_t *set;
    const filed_before_t *before;
    facts_line_t **stores, **consultants;
    size_t store_count, consultant_count;
    size_t store, consultant; /* the next of each */
} joining_t;

/* Gives `month` the consultants of lines[0..count). */
static status_t join(facts_set_t *set, filed_month_t *month, facts_line_t **lines, size_t count, faults_t *faults)
{
    facts_pending_t *pending = set->internals;
    if (count > CONSULTANTS_MAX) {
        report_crowd(set, lines[0], count, faults);
        return STATUS_OK;
    }
    month->consultants = arena_array(pending->arena, count, sizeof *month->consultants);
    if (!month->consultants)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        month->consultants[i] = (filed_consultant_t){(char *)(uintptr_t)lines[i]->consultant, lines[i]->facts};
    month->consultant_count = count;
    month->has_consultants = count > 0;
    return STATUS_OK;
}

static filed_month_t month_of(const facts_line_t *line, int64_t *facts)
{
    return (filed_month_t){.dealer = line->dealer,
                           .period = line->period,
                           .file = line->file,
                           .line = line->line,
                           .column = line->column,
                           .facts = facts};
}

/* The store's facts of a month of which only consultants were read. STATUS_INVALID with a fault where there are none.
 */
static status_t recall(const joining_t *joining, const facts_line_t *line, filed_month_t *out, faults_t *faults)
{
    const filed_before_t *before = joining->before;
    facts_pending_t *pending = joining->set->internals;
    int64_t *facts = arena_array(pending->arena, pending->fact_count, sizeof *facts);
    if (!facts)
        return STATUS_NO_MEMORY;
    if (!before || !before->find(before->context, line->dealer, line->period, facts)) {
        report_orphans(joining->set, line, faults);
        return STATUS_INVALID;
    }
    *out = month_of(line, facts);
    return STATUS_OK;
}

/* Joins the first of the months that are left; STATUS_INVALID with a fault where it has no facts. */
static status_t join_next(joining_t *joining, filed_month_t *out, faults_t *faults)
{
    facts_line_t *store = joining->store < joining->store_count ? joining->stores[joining->store] : NULL;
    facts_line_t **lines = joining->consultants + joining->consultant;
    size_t left = joining->consultant_count - joining->consultant, count = 0;
    int order = !store ? 1 : !left ? -1 : compare_months(store, *lines);
    while (order >= 0 && count < left && compare_months(lines[count], lines[0]) == 0)
        count++;
    joining->consultant += count;
    if (order <= 0) {
        joining->store++;
        *out = month_of(store, store->facts);
        out->has_facts = true;
    } else
        TRY(recall(joining, lines[0], out, faults));
    return join(joining->set, out, lines, count, faults);
}

static status_t join_all(joining_t *joining, faults_t *faults)
{
    facts_set_t *set = joining->set;
    facts_pending_t *pending = set->internals;
    filed_month_t *months =
        arena_array(pending->arena, joining->store_count + joining->consultant_count, sizeof *months);
    if (!months)
        return STATUS_NO_MEMORY;
    set->months = months;
    set->count = 0;
    while (joining->store < joining->store_count || joining->consultant < joining->consultant_count) {
        status_t status = join_next(joining, &months[set->count], faults);
        if (status == STATUS_OK)
            set->count++;
        else if (status != STATUS_INVALID)
            return status;
    }
    return STATUS_OK;
}

status_t facts_set_finish(facts_set_t *set, const filed_before_t *before, faults_t *faults)
{
    facts_pending_t *pending;
    TRY(facts_set_open(set, &pending));
    size_t faults_before = faults->count + faults->dropped;
    joining_t joining = {.set = set,
                         .before = before,
                         .stores = sort_lines(pending->arena, pending->stores, pending->store_count),
                         .consultants = sort_lines(pending->arena, pending->consultants, pending->consultant_count),
                         .store_count = pending->store_count,
                         .consultant_count = pending->consultant_count};
    if (!joining.stores || !joining.consultants)
        return STATUS_NO_MEMORY;
    TRY(join_all(&joining, faults));
    return faults->count + faults->dropped > faults_before ? STATUS_INVALID : STATUS_OK;
}

/* ---- The catalog's checks ---- */

/* Writes the month's inputs: its facts, then those of the month before, of the set (its months are in order) or of
 * before it. Returns whether there is one. */
static bool fill_inputs(const facts_set_t *set, size_t index, size_t fact_count, const filed_before_t *before,
                        int64_t *inputs)
{
    const filed_month_t *month = &set->months[index], *last = index ? month - 1 : NULL;
    bool follows = last && strcmp(last->dealer, month->dealer) == 0 && last->period == month->period - 1;
    memcpy(inputs, month->facts, fact_count * sizeof *inputs);
    for (size_t i = 0; i < fact_count; i++)
        inputs[fact_count + i] = follows ? last->facts[i] : FACT_ABSENT;
    return follows || (before && before->find(before->context, month->dealer, month->period - 1, inputs + fact_count));
}

static void report_check(const facts_set_t *set, const filed_month_t *month, const check_t *check, language_t language,
                         faults_t *faults)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(month->period, period);
    const char *source = faults->source;
    faults->source = set->sources[month->file];
    faults_add(faults, month->line, month->column, "%s %s: %s (%s)", month->dealer, period, check->title[language],
               check->id);
    faults->source = source;
}

/* Whether the month's facts stand filed as they are: they were accepted then, and a file with the year so far must not
 * be refused over a month that it does not change. */
static bool stands_filed(const filed_month_t *month, size_t fact_count, const filed_before_t *before)
{
    int64_t facts[CATALOG_FACTS_MAX];
    return before && before->find(before->context, month->dealer, month->period, facts) &&
           memcmp(facts, month->facts, fact_count * sizeof *facts) == 0;
}

void facts_set_check(const facts_set_t *set, const catalog_t *catalog, language_t language,
                     const filed_before_t *before, faults_t *errors, faults_t *warnings)
{
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    size_t failed[CATALOG_CHECKS_MAX];
    for (size_t i = 0; i < set->count; i++) {
        bool was_accepted = stands_filed(&set->months[i], catalog->fact_count, before);
        (void)fill_inputs(set, i, catalog->fact_count, before, inputs);
        size_t count = catalog_run_checks(catalog, inputs, failed);
        for (size_t j = 0; j < count; j++) {
            const check_t *check = &catalog->checks[failed[j]];
            if (!was_accepted || check->level != LEVEL_ERROR)
                report_check(set, &set->months[i], check, language, check->level == LEVEL_ERROR ? errors : warnings);
        }
    }
}

void facts_set_warn_of_months(const facts_set_t *set, period_t this_month, faults_t *warnings)
{
    char period[PERIOD_TEXT_SIZE], today[PERIOD_TEXT_SIZE];
    const char *source = warnings->source;
    period_format(this_month, today);
    for (size_t i = 0; i < set->count; i++) {
        const filed_month_t *month = &set->months[i];
        if (this_month == PERIOD_NONE || month->period <= this_month)
            continue;
        period_format(month->period, period);
        warnings->source = set->sources[month->file];
        faults_add(warnings, month->line, month->column,
                   "%s %s has not begun by this machine's clock, which says %s; correct the month, or the clock",
                   month->dealer, period, today);
    }
    warnings->source = source;
}

size_t facts_set_count_unchecked(const facts_set_t *set, const catalog_t *catalog, const filed_before_t *before)
{
    int64_t inputs[2 * CATALOG_FACTS_MAX];
    size_t months = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (fill_inputs(set, i, catalog->fact_count, before, inputs))
            continue;
        size_t check = 0;
        while (check < catalog->check_count &&
               !rule_lacks_previous(catalog->checks[check].rule, inputs, catalog->fact_count))
            check++;
        months += check < catalog->check_count;
    }
    return months;
}
