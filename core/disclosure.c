#include "core/disclosure.h"

#include "core/disclosure_internals.h"
#include "core/release_cells.h"
#include "core/scratch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Making one ---- */

static status_t allocate(disclosure_t *disclosure)
{
    size_t facts = disclosure->fact_count + 1, scopes = disclosure->viewer.scope_count;
    disclosure->ring_of = calloc(scopes, sizeof *disclosure->ring_of);
    disclosure->seen = calloc(facts * scopes, sizeof *disclosure->seen);
    disclosure->hidden = calloc(facts, sizeof *disclosure->hidden);
    disclosure->failures = calloc(facts, sizeof *disclosure->failures);
    disclosure->states = malloc(2ul * RELEASES_MAX * scopes);
    if (!disclosure->ring_of || !disclosure->seen || !disclosure->hidden || !disclosure->failures ||
        !disclosure->states)
        return STATUS_NO_MEMORY;
    return tally_init(disclosure->releases->owners.count, &disclosure->tally);
}

static void forget_hidden(disclosure_t *disclosure)
{
    for (size_t fact = 0; fact < disclosure->fact_count; fact++) {
        free(disclosure->failures[fact]);
        disclosure->failures[fact] = NULL;
        disclosure->hidden[fact] = 0;
    }
}

/* What the viewer was shown of each fact in the release at hand, added to what it saw before. */
static void remember(disclosure_t *disclosure)
{
    const viewer_t *viewer = &disclosure->viewer;
    for (size_t fact = 0; fact < disclosure->fact_count; fact++)
        for (size_t i = 0; i < viewer->scope_count; i++)
            if (viewer->scopes[i].size && viewer->scopes[i].turn >= disclosure->hidden[fact])
                disclosure->seen[fact * viewer->scope_count + i] = 1;
}

static status_t hide(disclosure_t *disclosure);

/* What it was shown in the releases before the last is worked out from the first on, since each depends on those before
 * it. */
static status_t work_out(disclosure_t *disclosure, size_t count)
{
    for (size_t release = 0; release < count; release++) {
        if (release) {
            remember(disclosure);
            forget_hidden(disclosure);
        }
        disclosure->last = release;
        disclosure->month = disclosure->releases->months[release];
        viewer_turn_to(&disclosure->viewer, disclosure->releases, release);
        TRY(hide(disclosure));
    }
    return STATUS_OK;
}

status_t disclosure_create_of(const releases_t *releases, size_t release_count, const network_t *today,
                              const uint32_t *stores, size_t count, const disclosure_rule_t *rule,
                              const exemplars_t *exemplars, disclosure_t **out)
{
    assert(release_count >= 1 && release_count <= releases->count);
    CLEANUP(disclosure_destroy) disclosure_t *disclosure = calloc(1, sizeof *disclosure);
    if (!disclosure)
        return STATUS_NO_MEMORY;
    disclosure->releases = releases;
    disclosure->today = today;
    disclosure->rule = *rule;
    disclosure->fact_count = releases->fact_count;
    disclosure->exemplars = exemplars;
    TRY(viewer_init(releases, today, stores, count, exemplars, &disclosure->viewer));
    TRY(allocate(disclosure));
    TRY(work_out(disclosure, release_count));
    *out = disclosure;
    disclosure = NULL;
    return STATUS_OK;
}

status_t disclosure_create(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                           const disclosure_rule_t *rule, const exemplars_t *exemplars, disclosure_t **out)
{
    return disclosure_create_of(releases, releases->count, today, stores, count, rule, exemplars, out);
}

void disclosure_destroy(disclosure_t **disclosure)
{
    if (!disclosure || !*disclosure)
        return;
    disclosure_t *doomed = *disclosure;
    if (doomed->failures && doomed->hidden)
        forget_hidden(doomed);
    free(doomed->failures);
    free(doomed->hidden);
    free(doomed->seen);
    free(doomed->states);
    free(doomed->ring_of);
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

/* ---- Hiding ---- */

/* Trials are numbered: the figures of the last release, then of each earlier one its figures and what changed since. */
static size_t count_trials(const disclosure_t *disclosure)
{
    return 1 + 2 * disclosure->last;
}

static trial_t find_trial(disclosure_t *disclosure, size_t fact, size_t number)
{
    if (number == 0)
        return (trial_t){disclosure, fact, RING_ITSELF, true};
    return (trial_t){disclosure, fact, (uint32_t)(number - 1) / 2, number % 2 == 1};
}

static uint8_t *states_of(const disclosure_t *disclosure, size_t number)
{
    return disclosure->states + number * disclosure->viewer.scope_count;
}

/* The first ring of the first trial that fails, or false. A ring that passed is not tested again until it grows. */
static bool find_failure(disclosure_t *disclosure, size_t fact, ring_failure_t *out)
{
    for (size_t number = 0; number < count_trials(disclosure); number++) {
        const trial_t trial = find_trial(disclosure, fact, number);
        uint8_t *has_passed = states_of(disclosure, number);
        trial_begin(&trial);
        for (uint32_t i = 0; i < disclosure->viewer.scope_count; i++) {
            if (disclosure->ring_of[i] != i || has_passed[i])
                continue;
            out->verdict = trial_judge(&trial, i);
            out->scope = i;
            out->earlier = trial.is_of_figures ? RING_ITSELF : trial.earlier;
            if (out->verdict.failure != TALLY_PASSES)
                return true;
            has_passed[i] = 1;
        }
    }
    return false;
}

/* Where a trial holds the scope no more, the ring around it has grown. */
static void hide_scope(disclosure_t *disclosure, size_t fact, uint32_t index)
{
    viewer_t *viewer = &disclosure->viewer;
    viewer->scopes[index].is_in = false;
    for (size_t number = 0; number < count_trials(disclosure); number++) {
        const trial_t trial = find_trial(disclosure, fact, number);
        uint32_t around = viewer->scopes[index].parent;
        if (trial_holds(&trial, index))
            continue;
        while (around != NO_SCOPE && !trial_holds(&trial, around))
            around = viewer->scopes[around].parent;
        if (around != NO_SCOPE)
            states_of(disclosure, number)[around] = 0;
    }
}

static status_t hide_for_fact(disclosure_t *disclosure, size_t fact)
{
    viewer_t *viewer = &disclosure->viewer;
    ring_failure_t failure;
    memset(disclosure->states, 0, count_trials(disclosure) * viewer->scope_count);
    for (size_t i = 0; i < viewer->scope_count; i++)
        viewer->scopes[i].is_in = true;
    while (disclosure->hidden[fact] < viewer->scope_count && find_failure(disclosure, fact, &failure)) {
        uint32_t step = disclosure->hidden[fact];
        if (!disclosure->failures[fact])
            disclosure->failures[fact] = calloc(viewer->scope_count, sizeof **disclosure->failures);
        if (!disclosure->failures[fact])
            return STATUS_NO_MEMORY;
        disclosure->failures[fact][step] = failure;
        hide_scope(disclosure, fact, viewer->turns[step]);
        disclosure->hidden[fact]++;
    }
    return STATUS_OK;
}

/* The order of hiding is one for all rows, and a set of rings that passes does so still when rings are joined: so each
 * fact alone tells how many scopes must go, and a row hides the most that one of its facts asks for. */
static status_t hide(disclosure_t *disclosure)
{
    const releases_t *releases = disclosure->releases;
    for (size_t i = 0; i < releases->needed_count; i++)
        TRY(hide_for_fact(disclosure, releases->needed[i]));
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

status_t disclosure_row(disclosure_t *disclosure, size_t row, scope_t scope, const benchmark_rule_t *rule,
                        disclosure_figure_t *out_average, disclosure_figure_t *out_benchmark)
{
    size_t index = viewer_find_scope(&disclosure->viewer, scope);
    bool has_direction = disclosure->releases->catalog->rows[row].better != BETTER_NEITHER;
    disclosure_why_t why = why_average(disclosure, row, index);
    CLEANUP(release_cell_end) release_cell_hold_t hold = {0};
    *out_average = (disclosure_figure_t){NO_VALUE, true, why};
    *out_benchmark = (disclosure_figure_t){NO_VALUE, has_direction, why};
    if (why.reason == HIDDEN_NOT_LISTED || why.reason == HIDDEN_PREVIOUS)
        return STATUS_OK;
    TRY(release_cell(disclosure->releases, disclosure->last, row, disclosure->viewer.scopes[index].scope, rule, &hold));
    out_average->exists = hold.cell->has_average;
    if (why.reason == SHOWN)
        out_average->value = hold.cell->average;
    if (!has_direction)
        return STATUS_OK;
    return disclosure_benchmark(disclosure, row, index, why.reason == SHOWN, hold.cell, out_benchmark);
}
