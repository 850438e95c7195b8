#include "dealer-agent/results_months.h"

#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

static int order_months(const void *left, const void *right)
{
    const results_month_t *a = left, *b = right;
    int order = strcmp(a->dealer, b->dealer);
    return order ? order : (a->period > b->period) - (a->period < b->period);
}

static size_t drop_repeats(results_month_t *months, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || order_months(&months[kept - 1], &months[i]) != 0)
            months[kept++] = months[i];
    return kept;
}

status_t results_months_cross(const char *const *dealers, size_t dealer_count, const period_t *periods,
                              size_t period_count, arena_t *arena, results_month_t **out, size_t *out_count)
{
    if (period_count && dealer_count > RESULTS_MONTHS_MAX / period_count)
        return STATUS_LIMIT;
    size_t count = dealer_count * period_count;
    results_month_t *months = arena_array(arena, count, sizeof *months);
    if (!months)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        months[i] = (results_month_t){dealers[i / period_count], periods[i % period_count]};
    qsort(months, count, sizeof *months, order_months);
    *out = months;
    *out_count = drop_repeats(months, count);
    return STATUS_OK;
}

/* Every --period, each once. */
static status_t read_periods(const invocation_t *invocation, arena_t *arena, period_t **out, size_t *out_count)
{
    size_t count = invocation_list(invocation, "period", NULL, 0), kept = 0;
    const char **texts = arena_array(arena, count, sizeof *texts);
    period_t *periods = arena_array(arena, count, sizeof *periods);
    if (!texts || !periods)
        return STATUS_NO_MEMORY;
    invocation_list(invocation, "period", texts, count);
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        if (!period_parse(texts[i], &periods[kept]))
            return STATUS_INVALID;
        while (periods[same] != periods[kept])
            same++;
        kept += same == kept;
    }
    *out = periods;
    *out_count = kept;
    return STATUS_OK;
}

status_t results_months(session_t *session, stores_t *stores, arena_t *arena, results_month_t **out, size_t *out_count)
{
    const char *dealer = invocation_value(session->invocation, "dealer");
    period_t *periods = NULL;
    size_t period_count = 0;
    TRY(read_periods(session->invocation, arena, &periods, &period_count));
    if (period_count == 0)
        return session_misuse(session, "results needs --period YYYY-MM: which month's results are to be written");
    if (!dealer)
        TRY(stores_ask(session, stores));
    if (!dealer && stores->count == 0)
        return session_misuse(session, "this key is no dealer's; name the store with --dealer CODE");
    const char *const *dealers = dealer ? &dealer : stores->codes;
    size_t dealer_count = dealer ? 1 : stores->count;
    status_t status = results_months_cross(dealers, dealer_count, periods, period_count, arena, out, out_count);
    if (status == STATUS_LIMIT)
        return session_misuse(session,
                              "%zu months of %zu stores are more than the %d that one run writes; name fewer with "
                              "--period, or one store with --dealer",
                              period_count, dealer_count, RESULTS_MONTHS_MAX);
    return status;
}

status_t results_years(const results_month_t *months, size_t count, arena_t *arena, results_year_t **out,
                       size_t *out_count)
{
    results_year_t *years = arena_array(arena, count, sizeof *years);
    if (!years)
        return STATUS_NO_MEMORY;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        results_year_t year = {months[i].dealer, period_year(months[i].period)};
        const results_year_t *last = kept ? &years[kept - 1] : NULL;
        if (!last || last->year != year.year || strcmp(last->dealer, year.dealer) != 0)
            years[kept++] = year;
    }
    *out = years;
    *out_count = kept;
    return STATUS_OK;
}
