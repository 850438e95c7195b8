#include "core/checks.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

/* A finding before it is told. */
typedef struct {
    finding_kind_t kind;
    uint32_t store;  /* dealer index */
    size_t name;     /* index of row or check */
    uint32_t region; /* INDEX_NONE = the nation */
    double score;
    outlier_point_t point;
    outlier_reference_t reference;
} found_t;

typedef struct {
    const checks_input_t *input;
    found_t *found; /* room for twice `most`, so that what is not listed is cut off now and then */
    size_t count;
    uint64_t total;
} findings_t;

static int compare_found(const void *left, const void *right)
{
    const found_t *a = left, *b = right;
    double a_size = fabs(a->score), b_size = fabs(b->score);
    if (a_size != b_size)
        return a_size > b_size ? -1 : 1;
    if (a->store != b->store)
        return a->store < b->store ? -1 : 1; /* dealers are numbered by code */
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

static void keep_worst(findings_t *findings)
{
    qsort(findings->found, findings->count, sizeof *findings->found, compare_found);
    if (findings->count > findings->input->most)
        findings->count = findings->input->most;
}

static void add(findings_t *findings, const found_t *one)
{
    findings->total++;
    if (findings->count == 2 * findings->input->most)
        keep_worst(findings);
    findings->found[findings->count++] = *one;
}

/* ---- the catalog's checks */

static void take_inputs(const checks_month_t *month, uint32_t place, size_t from, size_t count, int64_t *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = place == INDEX_NONE ? FACT_ABSENT : month->columns[from + i][place];
}

/* The month before is that of the history, for a month holds it only where a table's row needs it. */
static void run_checks(findings_t *findings)
{
    const checks_input_t *input = findings->input;
    const catalog_t *catalog = input->catalog;
    size_t failed[CATALOG_CHECKS_MAX];
    int64_t facts[2 * CATALOG_FACTS_MAX];
    for (size_t i = 0; i < input->store_count; i++) {
        if (input->own.places[i] == INDEX_NONE)
            continue;
        uint32_t before = input->history_count ? input->history[0].places[i] : INDEX_NONE;
        take_inputs(&input->own, input->own.places[i], 0, catalog->fact_count, facts);
        take_inputs(input->history, before, 0, catalog->fact_count, facts + catalog->fact_count);
        size_t count = catalog_run_checks(catalog, facts, failed);
        for (size_t j = 0; j < count; j++) {
            bool is_error = catalog->checks[failed[j]].level == LEVEL_ERROR;
            found_t one = {.kind = FINDING_CHECK, .store = input->stores[i], .name = failed[j], .region = INDEX_NONE};
            one.score = is_error ? OUTLIER_SCORE_MAX : OUTLIER_SCORE_NEW;
            one.point = (outlier_point_t){NO_VALUE, NO_VALUE};
            one.reference = (outlier_reference_t){.median = NO_VALUE, .spread = NO_VALUE};
            add(findings, &one);
        }
    }
}

/* ---- one row */

/* A month's values and denominators of the row. */
typedef struct {
    double *values, *bases;
} series_t;

/* What a region is to a row, once it was asked for. */
typedef struct {
    bool is_known, is_enough;
    size_t positive; /* values above zero */
    bool has[2];     /* [is_relative] */
    outlier_reference_t references[2];
} spread_t;

typedef struct {
    findings_t *findings;
    size_t row;
    outlier_scale_t scale;
    series_t own, history[OUTLIER_MONTHS_MAX];
    spread_t *spreads; /* [region_count + 1], the nation last */
    outlier_point_t *points;
    double *room; /* for a whole month */
} judge_t;

static status_t evaluate(const judge_t *judge, const checks_month_t *month, series_t series)
{
    const formula_t *formula = judge->findings->input->catalog->rows[judge->row].formula;
    TRY(formula_evaluate_columns(formula, month->columns, 0, month->count, series.values));
    if (!judge->scale.has_base)
        return STATUS_OK;
    return formula_evaluate_columns(formula_denominator(formula), month->columns, 0, month->count, series.bases);
}

static outlier_point_t point_at(const judge_t *judge, series_t series, uint32_t place)
{
    return (outlier_point_t){series.values[place], judge->scale.has_base ? series.bases[place] : NO_VALUE};
}

static void tell(judge_t *judge, found_t one, outlier_reference_t reference)
{
    one.reference = reference;
    one.name = judge->row;
    one.score = outlier_score(&judge->scale, &reference, one.point);
    if (fabs(one.score) >= OUTLIER_THRESHOLD)
        add(judge->findings, &one);
}

static void judge_by_history(judge_t *judge, size_t store, outlier_point_t point)
{
    const checks_input_t *input = judge->findings->input;
    outlier_point_t points[OUTLIER_MONTHS_MAX];
    double room[OUTLIER_MONTHS_MAX];
    size_t count = 0, positive = 0;
    for (size_t i = 0; i < input->history_count; i++) {
        uint32_t place = input->history[i].places[store];
        if (place == INDEX_NONE)
            continue;
        points[count] = point_at(judge, judge->history[i], place);
        if (!outlier_counts(&judge->scale, points[count]))
            continue;
        positive += points[count++].value > 0;
    }
    if (count < OUTLIER_MONTHS_MIN)
        return;
    bool is_relative = !judge->scale.is_ratio && point.value > 0 && positive >= OUTLIER_MONTHS_MIN;
    found_t one = {.kind = FINDING_HISTORY, .store = input->stores[store], .region = INDEX_NONE, .point = point};
    tell(judge, one, outlier_reference(&judge->scale, is_relative, points, count, room));
}

/* The slots of a region with all below it; of the nation all. */
static void region_slots(const month_t *month, uint32_t region, uint32_t *out_first, uint32_t *out_end)
{
    const region_t *at = region == INDEX_NONE ? NULL : &month->network->regions[region];
    *out_first = at ? month->region_first[at->enter] : 0;
    *out_end = at ? month->region_first[at->leave] : month->count;
}

static spread_t *spread_of(judge_t *judge, uint32_t region)
{
    const month_t *month = judge->findings->input->month;
    spread_t *spread = &judge->spreads[region == INDEX_NONE ? month->network->region_count : region];
    if (spread->is_known)
        return spread;
    uint32_t first, end;
    size_t count = 0;
    region_slots(month, region, &first, &end);
    for (uint32_t slot = first; slot < end; slot++) {
        bool counts = outlier_counts(&judge->scale, judge->points[slot]);
        count += counts;
        spread->positive += counts && judge->points[slot].value > 0;
    }
    spread->is_known = true;
    spread->is_enough = count >= OUTLIER_STORES_MIN;
    return spread;
}

static void judge_by_region(judge_t *judge, size_t store, outlier_point_t point)
{
    const checks_input_t *input = judge->findings->input;
    const network_t *network = input->network;
    uint32_t region = network_region_of(network, input->stores[store], input->period);
    spread_t *spread = spread_of(judge, region);
    while (!spread->is_enough && region != input->top && region != INDEX_NONE) {
        region = network->regions[region].parent;
        spread = spread_of(judge, region);
    }
    if (!spread->is_enough)
        return;
    bool is_relative = !judge->scale.is_ratio && point.value > 0 && spread->positive >= OUTLIER_STORES_MIN;
    if (!spread->has[is_relative]) {
        uint32_t first, end;
        region_slots(input->month, region, &first, &end);
        spread->references[is_relative] =
            outlier_reference(&judge->scale, is_relative, judge->points + first, end - first, judge->room);
        spread->has[is_relative] = true;
    }
    found_t one = {.kind = FINDING_REGION, .store = input->stores[store], .region = region, .point = point};
    tell(judge, one, spread->references[is_relative]);
}

static status_t judge_row(judge_t *judge)
{
    const checks_input_t *input = judge->findings->input;
    judge->scale = outlier_scale_of(input->catalog, &input->catalog->rows[judge->row]);
    TRY(evaluate(judge, &input->own, judge->own));
    for (size_t i = 0; i < input->history_count; i++)
        TRY(evaluate(judge, &input->history[i], judge->history[i]));
    if (input->month) {
        memset(judge->spreads, 0, (input->network->region_count + 1ul) * sizeof *judge->spreads);
        for (uint32_t slot = 0; slot < input->month->count; slot++)
            judge->points[slot] = point_at(judge, judge->own, slot);
    }
    for (size_t i = 0; i < input->store_count; i++) {
        uint32_t place = input->own.places[i];
        if (place == INDEX_NONE)
            continue;
        outlier_point_t point = point_at(judge, judge->own, place);
        if (!outlier_counts(&judge->scale, point))
            continue;
        judge_by_history(judge, i, point);
        if (input->month)
            judge_by_region(judge, i, point);
    }
    return STATUS_OK;
}

/* ---- all rows */

static size_t series_size(const checks_input_t *input)
{
    size_t size = input->own.count;
    for (size_t i = 0; i < input->history_count; i++)
        size += input->history[i].count;
    return size + 1;
}

static series_t next_series(double **values, double **bases, size_t count)
{
    series_t series = {*values, *bases};
    *values += count;
    *bases += count;
    return series;
}

static status_t judge_rows(findings_t *findings)
{
    const checks_input_t *input = findings->input;
    size_t size = series_size(input), slots = input->month ? input->month->count : 0;
    CLEANUP(scratch_free) double *values = calloc(size, sizeof *values);
    CLEANUP(scratch_free) double *bases = calloc(size, sizeof *bases);
    CLEANUP(scratch_free) double *room = calloc(slots + 1, sizeof *room);
    CLEANUP(scratch_free) outlier_point_t *points = calloc(slots + 1, sizeof *points);
    CLEANUP(scratch_free) spread_t *spreads = calloc(input->network->region_count + 1ul, sizeof *spreads);
    if (!values || !bases || !room || !points || !spreads)
        return STATUS_NO_MEMORY;
    judge_t judge = {.findings = findings, .spreads = spreads, .points = points, .room = room};
    double *next_values = values, *next_bases = bases;
    judge.own = next_series(&next_values, &next_bases, input->own.count);
    for (size_t i = 0; i < input->history_count; i++)
        judge.history[i] = next_series(&next_values, &next_bases, input->history[i].count);
    for (size_t i = 0; i < input->catalog->table_row_count; i++) {
        judge.row = input->catalog->table_rows[i];
        TRY(judge_row(&judge));
    }
    return STATUS_OK;
}

/* ---- the answer */

static status_t write_finding(const checks_input_t *input, const found_t *one, arena_t *arena, finding_t *out)
{
    const catalog_t *catalog = input->catalog;
    bool is_check = one->kind == FINDING_CHECK;
    const char *region = one->region == INDEX_NONE ? "" : input->network->regions[one->region].code;
    *out = (finding_t){
        .kind = one->kind,
        .score = one->score,
        .value = one->point.value,
        .base = one->point.base,
        .median = one->reference.median,
        .spread = one->reference.spread,
        .is_relative = one->reference.is_relative,
        .compared = (uint32_t)one->reference.count,
        .dealer = arena_strdup(arena, input->network->dealers[one->store].code),
        .name = arena_strdup(arena, is_check ? catalog->checks[one->name].id : catalog->rows[one->name].id),
        .region = arena_strdup(arena, region),
    };
    return out->dealer && out->name && out->region ? STATUS_OK : STATUS_NO_MEMORY;
}

/* How many of the judged stores have filed anything. */
static uint32_t count_reported(const checks_input_t *input)
{
    uint32_t reported = 0;
    for (size_t i = 0; i < input->store_count; i++) {
        bool any = false;
        for (size_t fact = 0; input->own.places[i] != INDEX_NONE && fact < input->catalog->fact_count && !any; fact++)
            any = input->own.columns[fact][input->own.places[i]] != FACT_ABSENT;
        reported += any;
    }
    return reported;
}

status_t checks_compute(const checks_input_t *input, arena_t *arena, checks_answer_t **out)
{
    CLEANUP(scratch_free) found_t *found = calloc(2 * input->most + 1, sizeof *found);
    checks_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!found || !answer)
        return STATUS_NO_MEMORY;
    findings_t findings = {.input = input, .found = found};
    run_checks(&findings);
    TRY(judge_rows(&findings));
    keep_worst(&findings);
    answer->period = input->period;
    answer->expected = (uint32_t)input->store_count;
    answer->reported = count_reported(input);
    answer->found = findings.total > UINT32_MAX ? UINT32_MAX : (uint32_t)findings.total;
    answer->finding_count = findings.count;
    answer->findings = arena_array(arena, findings.count, sizeof *answer->findings);
    if (!answer->findings)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < findings.count; i++)
        TRY(write_finding(input, &found[i], arena, &answer->findings[i]));
    *out = answer;
    return STATUS_OK;
}
