#include "core/statistics.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <math.h>

#define INPUTS_MAX (2 * CATALOG_FACTS_MAX)

/* ---- One store ---- */

bool statistics_value(const row_t *row, const int64_t *inputs, mpq_t out)
{
    return formula_evaluate_store(row->formula, inputs, out);
}

static void set_min_base(const row_t *row, mpq_t out)
{
    mpz_set_si(mpq_numref(out), row->min_base_units);
    mpz_ui_pow_ui(mpq_denref(out), 10, row->min_base_decimals);
    mpq_canonicalize(out);
}

double statistics_min_base(const row_t *row)
{
    CLEANUP(scratch_clear) mpq_t least;
    mpq_init(least);
    set_min_base(row, least);
    return formula_to_double(least);
}

bool statistics_is_eligible(const row_t *row, const int64_t *inputs)
{
    if (!row->has_min_base)
        return true;
    CLEANUP(scratch_clear) mpq_t least, base;
    mpq_inits(least, base, NULL);
    set_min_base(row, least);
    return formula_evaluate_store(formula_denominator(row->formula), inputs, base) && mpq_cmp(base, least) >= 0;
}

bool statistics_gap(const row_t *row, const mpq_t own, const mpq_t reference, mpq_t out)
{
    if (row->better == BETTER_NEITHER || mpq_sgn(reference) == 0)
        return false;
    CLEANUP(scratch_clear) mpq_t one;
    mpq_init(one);
    mpq_set_ui(one, 1, 1);
    mpq_div(out, own, reference);
    mpq_sub(out, out, one);
    if (row->better == BETTER_DOWN)
        mpq_neg(out, out);
    return true;
}

/* ---- Average ---- */

bool statistics_average(const month_t *month, const row_t *row, const scope_slots_t *scope, mpq_t out, uint32_t *out_n)
{
    contributors_t contributors;
    contributors_begin(&contributors, month, row, NULL);
    contributors_add(&contributors, scope);
    *out_n = contributors.n;
    return contributors.n && formula_evaluate_exact(row->formula, contributors.sums, contributors.n, out);
}

/* ---- Mean and quantiles ---- */

static double pick_value(const picks_t *picks, uint32_t i)
{
    return picks->order->values[picks_at(picks, i)];
}

/* False where the slot has none. */
static bool slot_exactly(const month_t *month, const row_t *row, uint32_t slot, mpq_t out)
{
    int64_t inputs[INPUTS_MAX];
    if (!(month->flags[slot] & MONTH_REPORTED))
        return false;
    month_inputs(month, slot, inputs);
    return statistics_value(row, inputs, out);
}

/* Where values cancel. 1,000 bits carry any sum of a million fractions to far more digits than a double has; what is
 * left below 2^-500 of the largest is an exact zero but for its rounding. */
static double mean_precisely(const month_t *month, const row_t *row, const scope_slots_t *scope, uint32_t n)
{
    CLEANUP(scratch_clear) mpq_t value;
    mpq_init(value);
    mpf_t sum, term, largest;
    mpf_init2(sum, 1000);
    mpf_init2(term, 1000);
    mpf_init2(largest, 1000);
    for (uint32_t i = 0; i < scope->count; i++) {
        if (!slot_exactly(month, row, scope_slot_at(scope, i), value))
            continue;
        mpf_set_q(term, value);
        mpf_add(sum, sum, term);
        mpf_abs(term, term);
        if (mpf_cmp(term, largest) > 0)
            mpf_set(largest, term);
    }
    mpf_div_2exp(largest, largest, 500);
    mpf_abs(term, sum);
    if (mpf_cmp(term, largest) <= 0)
        mpf_set_ui(sum, 0);
    mpf_div_ui(sum, sum, n);
    mpq_set_f(value, sum);
    mpf_clears(sum, term, largest, NULL);
    return formula_to_double(value);
}

double statistics_mean_of(const month_t *month, const row_t *row, const scope_slots_t *scope, const exact_mean_t *sums,
                          uint32_t n)
{
    double mean;
    if (n == 0)
        return NO_VALUE;
    return exact_mean_of(sums, n, &mean) ? mean : mean_precisely(month, row, scope, n);
}

double statistics_mean(const month_t *month, const row_t *row, const scope_slots_t *scope, const picks_t *picks)
{
    exact_mean_t sums = {0};
    for (uint32_t i = 0; i < picks->count; i++)
        exact_mean_add(&sums, pick_value(picks, i));
    return statistics_mean_of(month, row, scope, &sums, picks->count);
}

quantile_place_t statistics_quantile_place(uint32_t n, unsigned quarters)
{
    uint64_t place = (uint64_t)(n - 1) * quarters;
    quantile_place_t out = {.low = (uint32_t)(place / 4), .part = (unsigned)(place % 4)};
    out.high = out.low + (out.part > 0);
    return out;
}

bool statistics_is_one_sign(double below, double above, unsigned part)
{
    return part == 0 || (below >= 0) == (above >= 0);
}

/* Nothing cancels; long doubles, so that there is one rounding. */
double statistics_between(double below, double above, unsigned part)
{
    if (part == 0)
        return below;
    return (double)(((long double)below * (4 - part) + (long double)above * part) / 4);
}

double statistics_between_slots(const month_t *month, const row_t *row, uint32_t below, uint32_t above, unsigned part)
{
    double value = NO_VALUE;
    mpq_t left, right, weight;
    mpq_inits(left, right, weight, NULL);
    if (slot_exactly(month, row, below, left) && slot_exactly(month, row, above, right)) {
        mpq_set_ui(weight, part, 4);
        mpq_canonicalize(weight);
        mpq_sub(right, right, left);
        mpq_mul(right, right, weight);
        mpq_add(left, left, right);
        value = formula_to_double(left);
    }
    mpq_clears(left, right, weight, NULL);
    return value;
}

double statistics_quantile(const month_t *month, const row_t *row, const picks_t *picks, unsigned quarters)
{
    if (picks->count == 0)
        return NO_VALUE;
    quantile_place_t place = statistics_quantile_place(picks->count, quarters);
    if (row->better != BETTER_DOWN) { /* the order begins with the greatest */
        place.low = picks->count - 1 - place.low;
        place.high = picks->count - 1 - place.high;
    }
    double below = pick_value(picks, place.low), above = pick_value(picks, place.high);
    if (statistics_is_one_sign(below, above, place.part))
        return statistics_between(below, above, place.part);
    const uint32_t *slots = picks->order->slots;
    return statistics_between_slots(month, row, slots[picks_at(picks, place.low)], slots[picks_at(picks, place.high)],
                                    place.part);
}

/* ---- Best and benchmark ---- */

static bool is_eligible(const picks_t *picks, uint32_t i)
{
    return picks->order->marks[picks_at(picks, i)] & ORDER_ELIGIBLE;
}

double statistics_best(const row_t *row, const picks_t *picks)
{
    for (uint32_t i = 0; row->better != BETTER_NEITHER && i < picks->count; i++)
        if (is_eligible(picks, i))
            return pick_value(picks, i);
    return NO_VALUE;
}

/* How the stores taken so far stand against the share of the denominator that they must hold. Sums of doubles decide
 * where they are clearly apart; else, and from then on, exact ones. */
typedef struct {
    const month_t *month;
    const row_t *row;
    const picks_t *picks;
    const benchmark_rule_t *rule;
    double total, size, held; /* of all eligible: sum, sum of absolute values; of those taken: sum */
    bool is_exact;
    mpq_t exact_needed, exact_held, term; /* share of the total; of those taken */
} share_t;

static void add_denominator(share_t *share, uint32_t i, mpq_t sum)
{
    int64_t inputs[INPUTS_MAX];
    month_inputs(share->month, share->picks->order->slots[picks_at(share->picks, i)], inputs);
    if (formula_evaluate_store(formula_denominator(share->row->formula), inputs, share->term))
        mpq_add(sum, sum, share->term);
}

/* Sums everything anew, the eligible up to and with `last` as taken. */
static void turn_exact(share_t *share, uint32_t last)
{
    share->is_exact = true;
    for (uint32_t i = 0; i < share->picks->count; i++) {
        if (!is_eligible(share->picks, i))
            continue;
        add_denominator(share, i, share->exact_needed);
        if (i <= last)
            add_denominator(share, i, share->exact_held);
    }
    mpq_set_ui(share->term, share->rule->share_numerator, share->rule->share_denominator);
    mpq_canonicalize(share->term);
    mpq_mul(share->exact_needed, share->exact_needed, share->term);
}

static bool holds_share(share_t *share, uint32_t last)
{
    double numerator = share->rule->share_numerator, denominator = share->rule->share_denominator;
    double ahead = share->held * denominator - share->total * numerator;
    if (!share->is_exact && fabs(ahead) > share->size * (numerator + denominator) * 1e-9)
        return ahead > 0;
    if (!share->is_exact)
        turn_exact(share, last);
    return mpq_cmp(share->exact_held, share->exact_needed) >= 0;
}

static void take(share_t *share, uint32_t i)
{
    share->held += share->picks->order->bases[picks_at(share->picks, i)];
    if (share->is_exact)
        add_denominator(share, i, share->exact_held);
}

static void count_eligible(share_t *share, uint32_t *out_eligible)
{
    uint32_t eligible = 0;
    for (uint32_t i = 0; i < share->picks->count; i++) {
        if (!is_eligible(share->picks, i))
            continue;
        eligible++;
        if (!share->picks->order->bases)
            continue;
        double denominator = share->picks->order->bases[picks_at(share->picks, i)];
        share->total += denominator;
        share->size += fabs(denominator);
    }
    *out_eligible = eligible;
}

/* Least number of stores: of a row without a denominator, also the share of the eligible, rounded up. */
static uint64_t least_stores(const share_t *share, uint32_t eligible)
{
    const benchmark_rule_t *rule = share->rule;
    uint64_t part =
        ((uint64_t)eligible * rule->share_numerator + rule->share_denominator - 1) / rule->share_denominator;
    return !share->picks->order->bases && part > rule->least_stores ? part : rule->least_stores;
}

static void take_best(share_t *share, uint32_t eligible, contributors_t *taken)
{
    uint64_t least = least_stores(share, eligible);
    for (uint32_t i = 0; i < share->picks->count; i++) {
        if (!is_eligible(share->picks, i))
            continue;
        contributors_add_slot(taken, share->picks->order->slots[picks_at(share->picks, i)]);
        if (share->picks->order->bases)
            take(share, i);
        if (taken->n >= least && (!share->picks->order->bases || holds_share(share, i)))
            return;
    }
}

uint32_t statistics_benchmark(const month_t *month, const row_t *row, const picks_t *picks,
                              const benchmark_rule_t *rule, mpq_t out)
{
    return statistics_benchmark_stores(month, row, picks, rule, out, NULL);
}

uint32_t statistics_benchmark_stores(const month_t *month, const row_t *row, const picks_t *picks,
                                     const benchmark_rule_t *rule, mpq_t out, uint32_t *out_slots)
{
    if (row->better == BETTER_NEITHER)
        return 0;
    share_t share = {.month = month, .row = row, .picks = picks, .rule = rule};
    uint32_t eligible;
    count_eligible(&share, &eligible);
    if (eligible == 0 || eligible < rule->least_eligible)
        return 0;
    contributors_t taken;
    contributors_begin(&taken, month, row, out_slots);
    mpq_inits(share.exact_needed, share.exact_held, share.term, NULL);
    take_best(&share, eligible, &taken);
    mpq_clears(share.exact_needed, share.exact_held, share.term, NULL);
    return formula_evaluate_exact(row->formula, taken.sums, taken.n, out) ? taken.n : 0;
}

uint32_t statistics_exemplar(const month_t *month, const row_t *row, uint32_t dealer, mpq_t out)
{
    uint32_t slot = month->slots[dealer];
    int64_t inputs[INPUTS_MAX];
    if (row->better == BETTER_NEITHER || slot == INDEX_NONE || !(month->flags[slot] & MONTH_REPORTED))
        return 0;
    month_inputs(month, slot, inputs);
    return statistics_value(row, inputs, out);
}
