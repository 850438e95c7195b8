#include "core/disclosure.h"

#include "core/disclosure_internals.h"
#include "core/scratch.h"
#include "core/statistics.h"

#include <stdio.h>
#include <stdlib.h>

#define RING_ITSELF UINT32_MAX

/* ---- Making one ---- */

static status_t allocate(disclosure_t *disclosure)
{
    size_t facts = disclosure->releases->catalog->fact_count + 1, slots = (size_t)disclosure->month->count + 1;
    disclosure->hidden = calloc(facts, sizeof *disclosure->hidden);
    disclosure->failures = calloc(facts, sizeof *disclosure->failures);
    disclosure->crowds = calloc(facts * disclosure->viewer.scope_count, sizeof *disclosure->crowds);
    disclosure->picks = malloc(slots * sizeof *disclosure->picks);
    disclosure->taken = malloc(slots * sizeof *disclosure->taken);
    disclosure->is_taken = calloc(slots, sizeof *disclosure->is_taken);
    if (!disclosure->hidden || !disclosure->failures || !disclosure->crowds || !disclosure->picks ||
        !disclosure->taken || !disclosure->is_taken)
        return STATUS_NO_MEMORY;
    return tally_init(disclosure->releases->owners.count, &disclosure->tally);
}

status_t disclosure_create(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                           const disclosure_rule_t *rule, const exemplars_t *exemplars, disclosure_t **out)
{
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = calloc(1, sizeof *disclosure);
    if (!disclosure)
        return STATUS_NO_MEMORY;
    disclosure->releases = releases;
    disclosure->today = today;
    disclosure->month = releases->months[releases->count - 1];
    disclosure->rule = *rule;
    disclosure->exemplars = exemplars;
    TRY(viewer_init(releases, today, stores, count, exemplars, &disclosure->viewer));
    TRY(allocate(disclosure));
    TRY(disclosure_hide(disclosure));
    *out = disclosure;
    disclosure = NULL;
    return STATUS_OK;
}

void disclosure_destroy(disclosure_t **disclosure)
{
    if (!disclosure || !*disclosure)
        return;
    disclosure_t *doomed = *disclosure;
    for (size_t fact = 0; doomed->failures && fact < doomed->releases->catalog->fact_count; fact++)
        free(doomed->failures[fact]);
    free(doomed->failures);
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

/* The fact at hand, in the release itself or against an earlier one. */
typedef struct {
    disclosure_t *disclosure;
    size_t fact;
    uint32_t earlier; /* or RING_ITSELF */
} trial_t;

static void add_figures(const trial_t *trial, uint32_t first, uint32_t end)
{
    disclosure_t *disclosure = trial->disclosure;
    const int64_t *column = disclosure->month->columns[trial->fact];
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
    if (trial->earlier == RING_ITSELF)
        add_figures(trial, first, end);
    else
        add_changes(trial, first, end);
}

/* Whether a scope is one whose figures may be subtracted: still in, and (against an earlier release) shown to anybody
 * then. */
static bool is_in(const trial_t *trial, const viewer_scope_t *scope)
{
    const releases_t *releases = trial->disclosure->releases;
    if (!scope->is_in || trial->earlier == RING_ITSELF)
        return scope->is_in;
    uint32_t place = scope->scope.kind == SCOPE_NATION ? releases->network->region_count : scope->enter;
    return releases->region_owners[trial->earlier][place] >= trial->disclosure->rule.least_owners;
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
        if (!is_in(trial, hole))
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

/* The first ring that fails, or false. A ring that passed is not tested again until it grows. */
static bool find_failure(disclosure_t *disclosure, size_t fact, uint8_t *states, ring_failure_t *out)
{
    const viewer_t *viewer = &disclosure->viewer;
    trial_t trial = {disclosure, fact, RING_ITSELF};
    for (size_t i = 0; i < viewer->scope_count; i++) {
        if (!viewer->scopes[i].is_in || states[i] == RING_PASSES)
            continue;
        *out = (ring_failure_t){(uint32_t)i, RING_ITSELF, judge_ring(&trial, i)};
        if (out->verdict.failure != TALLY_PASSES)
            return true;
        states[i] = RING_PASSES;
    }
    for (trial.earlier = 0; trial.earlier + 1 < disclosure->releases->count; trial.earlier++)
        for (size_t i = 0; i < viewer->scope_count; i++) {
            if (!is_in(&trial, &viewer->scopes[i]))
                continue;
            *out = (ring_failure_t){(uint32_t)i, trial.earlier, judge_ring(&trial, i)};
            if (out->verdict.failure != TALLY_PASSES)
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
    while (find_failure(disclosure, fact, states, &failure)) {
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
