#include "core/disclosure.h"

#include "core/disclosure_internals.h"
#include "core/scratch.h"
#include "core/statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_ITSELF UINT32_MAX

/* What disclosure_create is asked for. */
typedef struct {
    const network_t *today;
    const uint32_t *stores;
    size_t count;
    const disclosure_rule_t *rule;
    const exemplars_t *exemplars;
} disclosure_asked_t;

/* ---- Making one ---- */

static status_t allocate(disclosure_t *disclosure)
{
    size_t facts = disclosure->fact_count + 1, slots = (size_t)disclosure->month->count + 1;
    disclosure->seen = calloc(facts * disclosure->viewer.scope_count, sizeof *disclosure->seen);
    disclosure->hidden = calloc(facts, sizeof *disclosure->hidden);
    disclosure->failures = calloc(facts, sizeof *disclosure->failures);
    disclosure->crowds = calloc(facts * disclosure->viewer.scope_count, sizeof *disclosure->crowds);
    disclosure->picks = malloc(slots * sizeof *disclosure->picks);
    disclosure->taken = malloc(slots * sizeof *disclosure->taken);
    disclosure->is_taken = calloc(slots, sizeof *disclosure->is_taken);
    if (!disclosure->seen || !disclosure->hidden || !disclosure->failures || !disclosure->crowds ||
        !disclosure->picks || !disclosure->taken || !disclosure->is_taken)
        return STATUS_NO_MEMORY;
    return tally_init(disclosure->releases->owners.count, &disclosure->tally);
}

/* What the viewer was shown of each fact in the release of an earlier disclosure of its, added to what it saw before:
 * its scopes stand in the same order, whatever release they are of. */
static void remember(const disclosure_t *earlier, uint8_t *seen)
{
    const viewer_t *viewer = &earlier->viewer;
    for (size_t fact = 0; fact < earlier->fact_count; fact++)
        for (size_t i = 0; i < viewer->scope_count; i++)
            if (viewer->scopes[i].size && viewer->scopes[i].turn >= earlier->hidden[fact])
                seen[fact * viewer->scope_count + i] = 1;
}

/* Of the first `release_count` releases; `seen` (NULL: nothing) as remember() leaves it. */
static status_t make(const releases_t *releases, const disclosure_asked_t *asked, const uint8_t *seen,
                     disclosure_t **out)
{
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = calloc(1, sizeof *disclosure);
    if (!disclosure)
        return STATUS_NO_MEMORY;
    disclosure->releases = releases;
    disclosure->today = asked->today;
    disclosure->month = releases->months[releases->count - 1];
    disclosure->rule = *asked->rule;
    disclosure->fact_count = releases->catalog->fact_count;
    disclosure->exemplars = asked->exemplars;
    TRY(viewer_init(releases, asked->today, asked->stores, asked->count, asked->exemplars, &disclosure->viewer));
    TRY(allocate(disclosure));
    if (seen)
        memcpy(disclosure->seen, seen, disclosure->fact_count * disclosure->viewer.scope_count);
    TRY(disclosure_hide(disclosure));
    *out = disclosure;
    disclosure = NULL;
    return STATUS_OK;
}

/* What the viewer was shown in the releases before the last: worked out from the first, since each depends on those
 * before it. */
static status_t recall(const releases_t *releases, const disclosure_asked_t *asked, uint8_t **out)
{
    CLEANUP(scratch_free) uint8_t *seen = NULL;
    for (size_t count = 1; count < releases->count; count++) {
        CLEANUP(releases_fini) releases_t first = {0};
        CLEANUP(disclosure_destroy) disclosure_t *earlier = NULL;
        TRY(releases_init(releases->months, count, &first));
        TRY(make(&first, asked, seen, &earlier));
        if (!seen)
            seen = calloc(earlier->fact_count + 1, earlier->viewer.scope_count);
        if (!seen)
            return STATUS_NO_MEMORY;
        remember(earlier, seen);
    }
    *out = seen;
    seen = NULL;
    return STATUS_OK;
}

status_t disclosure_create(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                           const disclosure_rule_t *rule, const exemplars_t *exemplars, disclosure_t **out)
{
    const disclosure_asked_t asked = {today, stores, count, rule, exemplars};
    CLEANUP(scratch_free) uint8_t *seen = NULL;
    TRY(recall(releases, &asked, &seen));
    return make(releases, &asked, seen, out);
}

void disclosure_destroy(disclosure_t **disclosure)
{
    if (!disclosure || !*disclosure)
        return;
    disclosure_t *doomed = *disclosure;
    for (size_t fact = 0; doomed->failures && fact < doomed->fact_count; fact++)
        free(doomed->failures[fact]);
    free(doomed->failures);
    free(doomed->seen);
    free(doomed->hidden);
    free(doomed->crowds);
    free(doomed->picks);
    free(doomed->taken);
    free(doomed->is_taken);
    tally_fini(&doomed->tally);
    viewer_fini(&doomed->viewer);
    free(doomed);
    *disclosure = NULL;
}

const month_t *disclosure_month(const disclosure_t *disclosure)
{
    return disclosure->month;
}

const exemplars_t *disclosure_exemplars(const disclosure_t *disclosure)
{
    return disclosure->exemplars;
}

bool disclosure_lists_scope(const disclosure_t *disclosure, scope_t scope)
{
    size_t found = viewer_find_scope(&disclosure->viewer, scope);
    return found != SIZE_MAX && disclosure->viewer.scopes[found].is_listed;
}

/* ---- Rings ---- */

/* The fact at hand: its figures in a release, or what changed of it since an earlier one. */
typedef struct {
    disclosure_t *disclosure;
    size_t fact;
    uint32_t earlier;   /* the release; RING_ITSELF = the figures of the last */
    bool is_of_figures; /* of that release */
} trial_t;

static void add_figures(const trial_t *trial, uint32_t first, uint32_t end)
{
    disclosure_t *disclosure = trial->disclosure;
    const month_t *month =
        trial->earlier == RING_ITSELF ? disclosure->month : disclosure->releases->months[trial->earlier];
    const int64_t *column = month->columns[trial->fact];
    const uint32_t *owners = disclosure->releases->slot_owners;
    for (uint32_t slot = first; slot < end; slot++)
        if (column[slot] != FACT_ABSENT)
            tally_add(&disclosure->tally, owners[slot], column[slot] < 0 ? -column[slot] : column[slot],
                      disclosure->viewer.is_known[slot]);
}

/* Place of the first changed slot from `slot` on. */
static uint32_t find_changed(const releases_t *releases, uint32_t earlier, uint32_t slot)
{
    uint32_t low = 0, high = releases->changed[earlier].count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (releases->changed[earlier].slots[middle] < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_changes(const trial_t *trial, uint32_t first, uint32_t end)
{
    disclosure_t *disclosure = trial->disclosure;
    const releases_t *releases = disclosure->releases;
    const uint32_t *slots = releases->changed[trial->earlier].slots;
    uint32_t last = find_changed(releases, trial->earlier, end);
    for (uint32_t i = find_changed(releases, trial->earlier, first); i < last; i++) {
        int64_t weight = release_difference(releases->months[trial->earlier], disclosure->month, trial->fact, slots[i]);
        if (weight >= 0)
            tally_add(&disclosure->tally, releases->slot_owners[slots[i]], weight,
                      disclosure->viewer.is_known[slots[i]]);
    }
}

static void add_run(const trial_t *trial, uint32_t first, uint32_t end)
{
    if (trial->is_of_figures)
        add_figures(trial, first, end);
    else
        add_changes(trial, first, end);
}

/* Whether a scope is one whose figures may be subtracted: still in, or seen in an earlier release; and (of an earlier
 * release) shown to anybody then. */
static bool is_in(const trial_t *trial, size_t index)
{
    const disclosure_t *disclosure = trial->disclosure;
    const releases_t *releases = disclosure->releases;
    const viewer_scope_t *scope = &disclosure->viewer.scopes[index];
    bool counts = scope->is_in || disclosure->seen[trial->fact * disclosure->viewer.scope_count + index];
    if (!counts || trial->earlier == RING_ITSELF)
        return counts;
    uint32_t place = scope->scope.kind == SCOPE_NATION ? releases->network->region_count : scope->enter;
    return releases->region_owners[trial->earlier][place] >= disclosure->rule.least_owners;
}

/* Tests the ring of a scope; an empty one passes. */
static tally_verdict_t judge_ring(const trial_t *trial, size_t index)
{
    disclosure_t *disclosure = trial->disclosure;
    const viewer_t *viewer = &disclosure->viewer;
    const viewer_scope_t *scopes = viewer->scopes, *scope = &scopes[index];
    uint32_t position = scope->first;
    size_t inner = index + 1;
    while (inner < viewer->scope_count && scopes[inner].enter < scope->leave) {
        const viewer_scope_t *hole = &scopes[inner++];
        if (!is_in(trial, inner - 1))
            continue;
        add_run(trial, position, hole->first);
        position = hole->end;
        while (inner < viewer->scope_count && scopes[inner].enter < hole->leave)
            inner++;
    }
    add_run(trial, position, scope->end);
    crowd_t crowds[CROWD_COUNT];
    tally_verdict_t verdict = {TALLY_PASSES, CROWD_ALL, UINT32_MAX};
    if (disclosure->tally.count) {
        tally_crowds(&disclosure->tally, viewer->is_near, crowds);
        verdict = crowds_judge(crowds, &disclosure->rule, true);
    }
    tally_clear(&disclosure->tally);
    return verdict;
}

/* ---- Hiding ---- */

typedef enum { RING_UNTESTED, RING_PASSES } ring_state_t;

/* The first ring of a trial that fails, or false. `states` (may be NULL): a ring that passed is not tested again until
 * it grows. */
static bool find_failing_ring(const trial_t *trial, uint8_t *states, ring_failure_t *out)
{
    for (size_t i = 0; i < trial->disclosure->viewer.scope_count; i++) {
        if (!is_in(trial, i) || (states && states[i] == RING_PASSES))
            continue;
        *out = (ring_failure_t){(uint32_t)i, trial->is_of_figures ? RING_ITSELF : trial->earlier, judge_ring(trial, i)};
        if (out->verdict.failure != TALLY_PASSES)
            return true;
        if (states)
            states[i] = RING_PASSES;
    }
    return false;
}

/* In the last release, in each earlier one, and what changed since each. */
static bool find_failure(disclosure_t *disclosure, size_t fact, uint8_t *states, ring_failure_t *out)
{
    trial_t trial = {disclosure, fact, RING_ITSELF, true};
    if (find_failing_ring(&trial, states, out))
        return true;
    for (trial.earlier = 0; trial.earlier + 1 < disclosure->releases->count; trial.earlier++) {
        trial.is_of_figures = true;
        if (find_failing_ring(&trial, NULL, out))
            return true;
        trial.is_of_figures = false;
        if (find_failing_ring(&trial, NULL, out))
            return true;
    }
    return false;
}

/* The ring around a hidden scope has grown. */
static void hide_scope(viewer_t *viewer, uint32_t index, uint8_t *states)
{
    viewer->scopes[index].is_in = false;
    for (size_t i = index; i-- > 0;)
        if (viewer->scopes[i].is_in && viewer->scopes[i].leave >= viewer->scopes[index].leave) {
            states[i] = RING_UNTESTED;
            return;
        }
}

static status_t hide_for_fact(disclosure_t *disclosure, size_t fact, uint8_t *states)
{
    viewer_t *viewer = &disclosure->viewer;
    ring_failure_t failure;
    for (size_t i = 0; i < viewer->scope_count; i++) {
        viewer->scopes[i].is_in = true;
        states[i] = RING_UNTESTED;
    }
    while (disclosure->hidden[fact] < viewer->scope_count && find_failure(disclosure, fact, states, &failure)) {
        uint32_t step = disclosure->hidden[fact];
        if (!disclosure->failures[fact])
            disclosure->failures[fact] = calloc(viewer->scope_count, sizeof **disclosure->failures);
        if (!disclosure->failures[fact])
            return STATUS_NO_MEMORY;
        disclosure->failures[fact][step] = failure;
        hide_scope(viewer, viewer->turns[step], states);
        disclosure->hidden[fact]++;
    }
    return STATUS_OK;
}

/* The order of hiding is one for all rows, and a set of rings that passes does so still when rings are joined: so each
 * fact alone tells how many scopes must go, and a row hides the most that one of its facts asks for. */
status_t disclosure_hide(disclosure_t *disclosure)
{
    const releases_t *releases = disclosure->releases;
    CLEANUP(scratch_free) uint8_t *states = calloc(disclosure->viewer.scope_count, sizeof *states);
    if (!states)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < releases->needed_count; i++)
        TRY(hide_for_fact(disclosure, releases->needed[i], states));
    return STATUS_OK;
}

/* ---- Rows ---- */

double disclosure_round(double value)
{
    char text[32];
    if (isnan(value))
        return NO_VALUE;
    snprintf(text, sizeof text, "%.3g", value);
    return strtod(text, NULL);
}

static bool reads_previous(const disclosure_t *disclosure, size_t row)
{
    size_t count;
    const uint16_t *inputs = formula_inputs(disclosure->releases->catalog->rows[row].formula, &count);
    return count && inputs[count - 1] >= disclosure->releases->catalog->fact_count;
}

/* Whether all facts of the row leave the scope in; else why not. */
static disclosure_why_t why_average(const disclosure_t *disclosure, size_t row, size_t scope)
{
    const viewer_scope_t *scopes = disclosure->viewer.scopes;
    size_t count;
    const uint16_t *inputs = formula_inputs(disclosure->releases->catalog->rows[row].formula, &count);
    if (scope == SIZE_MAX || !scopes[scope].is_listed)
        return (disclosure_why_t){.reason = HIDDEN_NOT_LISTED};
    if (reads_previous(disclosure, row))
        return (disclosure_why_t){.reason = HIDDEN_PREVIOUS};
    for (size_t i = 0; i < count; i++) {
        if (disclosure->hidden[inputs[i]] <= scopes[scope].turn)
            continue;
        const ring_failure_t *failure = &disclosure->failures[inputs[i]][scopes[scope].turn];
        bool itself = failure->earlier == RING_ITSELF;
        return (disclosure_why_t){.reason = itself ? HIDDEN_RING : HIDDEN_CHANGE,
                                  .ring = scopes[failure->scope].scope,
                                  .fact = inputs[i],
                                  .earlier = itself ? 0 : failure->earlier,
                                  .verdict = failure->verdict};
    }
    return (disclosure_why_t){.reason = SHOWN};
}

static disclosure_figure_t average_of(const disclosure_t *disclosure, size_t row, size_t scope)
{
    const viewer_scope_t *found = &disclosure->viewer.scopes[scope];
    scope_slots_t slots = {found->first, found->end - found->first, NULL};
    disclosure_figure_t figure = {.value = NO_VALUE, .why = why_average(disclosure, row, scope)};
    uint32_t n;
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    figure.exists = statistics_average(disclosure->month, &disclosure->releases->catalog->rows[row], &slots, value, &n);
    if (figure.exists && figure.why.reason == SHOWN)
        figure.value = disclosure_round(formula_to_double(value));
    return figure;
}

status_t disclosure_row(disclosure_t *disclosure, size_t row, scope_t scope, const benchmark_rule_t *rule,
                        disclosure_figure_t *out_average, disclosure_figure_t *out_benchmark)
{
    size_t index = viewer_find_scope(&disclosure->viewer, scope);
    bool has_direction = disclosure->releases->catalog->rows[row].better != BETTER_NEITHER;
    disclosure_why_t why = why_average(disclosure, row, index);
    *out_average = (disclosure_figure_t){NO_VALUE, true, why};
    *out_benchmark = (disclosure_figure_t){NO_VALUE, has_direction, why};
    if (why.reason == HIDDEN_NOT_LISTED || why.reason == HIDDEN_PREVIOUS)
        return STATUS_OK;
    *out_average = average_of(disclosure, row, index);
    if (!has_direction)
        return STATUS_OK;
    return disclosure_benchmark(disclosure, row, index, why.reason == SHOWN, rule, out_benchmark);
}
