#include "dealer-agent/results_months.h"

#include "dealer-agent/outbox_each.h"
#include "dealer-agent/results_files.h"
#include "dealer-agent/witness.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int order_months(const void *left, const void *right)
{
    const results_month_t *a = left, *b = right;
    int order = strcmp(a->dealer, b->dealer);
    return order ? order : (a->period > b->period) - (a->period < b->period);
}

/* Puts them in order and drops repeats; returns how many are left. */
static size_t tidy(results_month_t *months, size_t count)
{
    size_t kept = 0;
    qsort(months, count, sizeof *months, order_months);
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
    *out = months;
    *out_count = tidy(months, count);
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

/* ---- What was delivered ---- */

/* A month that was delivered. */
typedef struct {
    results_month_t month;
    uint64_t settled_ms; /* when its last filing was delivered */
} delivered_t;

typedef struct {
    const char *dealer; /* only of this store; NULL: of each */
    arena_t *arena;     /* of what is kept */
    size_t most;        /* of items */
    delivered_t *items; /* [most + 1] */
    size_t count;
    void *places; /* a tsearch tree of items by store and month */
} delivered_list_t;

static int order_delivered(const void *left, const void *right)
{
    return order_months(&((const delivered_t *)left)->month, &((const delivered_t *)right)->month);
}

/* The item of the filing's month; a new one where it has none. The last place is for one too many, and for looking. */
static status_t find_item(delivered_list_t *list, const filing_t *filing, delivered_t **out)
{
    delivered_t *item = &list->items[list->count];
    *item = (delivered_t){{arena_strdup(list->arena, filing->dealer), filing->period}, 0};
    delivered_t **place = item->month.dealer ? tsearch(item, &list->places, order_delivered) : NULL;
    if (!place)
        return STATUS_NO_MEMORY;
    list->count += *place == item;
    *out = *place;
    return list->count > list->most ? STATUS_LIMIT : STATUS_OK;
}

/* Filings come in the order of their numbers, so the last word on a month is the last that comes. */
static status_t note_filing(void *context, const filing_t *filing)
{
    delivered_list_t *list = context;
    if (list->dealer && strcmp(list->dealer, filing->dealer) != 0)
        return STATUS_OK;
    delivered_t *item;
    TRY(find_item(list, filing, &item));
    item->settled_ms = filing->settled_ms;
    return STATUS_OK;
}

static void keep_item(void *item)
{
    (void)item; /* they belong to the arena */
}

/* Whether the month, of those in order, is one of the newest of its store. */
static bool is_recent(const delivered_t *items, size_t count, size_t index)
{
    size_t later = index + RESULTS_RECENT_MONTHS;
    return later >= count || strcmp(items[later].month.dealer, items[index].month.dealer) != 0;
}

static bool has_file(const char *folder, const results_month_t *month)
{
    char name[RESULTS_NAME_SIZE], path[PATH_MAX];
    results_month_name(month->dealer, month->period, ".xlsx", name);
    int size = snprintf(path, sizeof path, "%s/%s", folder, name);
    return size >= (int)sizeof path || access(path, F_OK) == 0;
}

status_t results_delivered(outbox_t *outbox, const char *dealer, uint64_t since_ms, const char *folder, size_t most,
                           arena_t *arena, results_month_t **out, size_t *out_count)
{
    delivered_list_t list = {.dealer = dealer, .arena = arena, .most = most};
    list.items = arena_array(arena, most + 1, sizeof *list.items);
    results_month_t *months = arena_array(arena, most, sizeof *months);
    if (!list.items || !months)
        return STATUS_NO_MEMORY;
    status_t status = outbox_each(outbox, FILING_DELIVERED, note_filing, &list);
    tdestroy(list.places, keep_item);
    TRY(status);
    qsort(list.items, list.count, sizeof *list.items, order_delivered);
    size_t count = 0;
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].settled_ms >= since_ms || is_recent(list.items, list.count, i) ||
            !has_file(folder, &list.items[i].month))
            months[count++] = list.items[i].month;
    *out = months;
    *out_count = count;
    return STATUS_OK;
}

static status_t months_of_outbox(session_t *session, uint64_t since_ms, const char *folder, arena_t *arena,
                                 results_month_t **out, size_t *out_count)
{
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    TRY(outbox_open(session->home.directory, &outbox, &session->faults));
    const char *dealer = invocation_value(session->invocation, "dealer");
    status_t status = results_delivered(outbox, dealer, since_ms, folder, RESULTS_MONTHS_MAX, arena, out, out_count);
    if (status == STATUS_LIMIT)
        return session_misuse(session,
                              "more than %d months were delivered; name some with --period, or one store with --dealer",
                              RESULTS_MONTHS_MAX);
    /* Who asks for figures may be the only one who meets the hub in months. */
    return status == STATUS_OK ? witness_look(session, outbox) : outbox_explain(outbox, status, &session->faults);
}

/* Leaves out the stores that the key lost since: the hub would refuse each of their months, for good. A key that is no
 * dealer's may name any. */
static status_t drop_lost(session_t *session, stores_t *stores, results_month_t *months, size_t *count)
{
    size_t kept = 0;
    const char *lost = "";
    TRY(stores_ask(session, stores));
    for (size_t i = 0; i < *count; i++) {
        if (!stores->count || stores_hold(stores, months[i].dealer))
            months[kept++] = months[i];
        else if (strcmp(lost, months[i].dealer) != 0)
            printf("%-9s  %s: this key does not hold it any more; its files stay as they are\n", "left out",
                   lost = months[i].dealer);
    }
    *count = kept;
    return STATUS_OK;
}

/* ---- What is asked for ---- */

static status_t months_of_periods(session_t *session, stores_t *stores, const period_t *periods, size_t period_count,
                                  arena_t *arena, results_month_t **out, size_t *out_count)
{
    const char *dealer = invocation_value(session->invocation, "dealer");
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

status_t results_months(session_t *session, stores_t *stores, uint64_t since_ms, const char *folder, arena_t *arena,
                        results_month_t **out, size_t *out_count)
{
    period_t *periods = NULL;
    size_t count = 0;
    TRY(read_periods(session->invocation, arena, &periods, &count));
    if (count)
        return months_of_periods(session, stores, periods, count, arena, out, out_count);
    TRY(months_of_outbox(session, since_ms, folder, arena, out, out_count));
    return invocation_value(session->invocation, "dealer") ? STATUS_OK : drop_lost(session, stores, *out, out_count);
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
