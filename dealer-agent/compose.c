#include "dealer-agent/compose.h"

#include "core/limits.h"
#include "dealer-agent/outbox_witness.h"
#include "dealer-agent/packing.h"

#include <string.h>
#include <zmq.h>

typedef struct {
    outbox_t *outbox;
    const facts_set_t *set;
    const catalog_t *catalog;
    const char *hub_key;
    outbox_witness_t witness;
    arena_t *arena;
    composition_t *out;
    faults_t *faults;
} composer_t;

static status_t name_consultants(const composer_t *composer, const filed_month_t *month, named_facts_t *out)
{
    named_consultant_t *named = arena_array(composer->arena, month->consultant_count, sizeof *named);
    if (!named)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < month->consultant_count; i++) {
        named[i].consultant = month->consultants[i].consultant;
        TRY(packing_name_facts(month->consultants[i].facts, composer->catalog, composer->arena, &named[i].facts,
                               &named[i].count));
    }
    out->consultants = named;
    out->consultant_count = month->consultant_count;
    return STATUS_OK;
}

/* The month's facts; `before` is the newest filing of it, NULL where there is none. */
static status_t merge(const composer_t *composer, const filed_month_t *month, const filing_t *before,
                      named_facts_t *out)
{
    *out = (named_facts_t){0};
    if (!month->has_facts && before) {
        out->facts = before->facts.facts;
        out->count = before->facts.count;
    } else {
        TRY(packing_name_facts(month->facts, composer->catalog, composer->arena, &out->facts, &out->count));
    }
    if (month->has_consultants || !before)
        return name_consultants(composer, month, out);
    out->consultants = before->facts.consultants;
    out->consultant_count = before->facts.consultant_count;
    return STATUS_OK;
}

static void add_fault(const composer_t *composer, const filed_month_t *month, const char *why)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(month->period, period);
    const char *source = composer->faults->source;
    composer->faults->source = composer->set->sources[month->file];
    faults_add(composer->faults, month->line, month->column, "%s %s: %s", month->dealer, period, why);
    composer->faults->source = source;
}

/* Whether it can be sent: said now, while the person is there, and not when a line comes back. */
static status_t check_size(const composer_t *composer, const filed_month_t *month, const filing_t *filing)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(4 * REQUEST_MEMORY_MAX);
    char why[400] = "";
    request_t request;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = packing_request(filing, composer->catalog, arena, &request, why, sizeof why);
    if (status == STATUS_INVALID) {
        add_fault(composer, month, why);
        return STATUS_OK;
    }
    TRY(status);
    status = packing_fits_again(&request);
    if (status == STATUS_LIMIT)
        add_fault(
            composer, month,
            faults_text(composer->faults,
                        TRANSLATED("with all its consultants and the hub's receipt it takes more than the 262144 bytes "
                                   "that the hub accepts of one month; leave out facts of consultants, or "
                                   "consultants")));
    return status == STATUS_LIMIT ? STATUS_OK : status;
}

static status_t find_before(const composer_t *composer, const filed_month_t *month, filing_t *newest,
                            const filing_t **out)
{
    *out = NULL;
    status_t status = outbox_find_latest(composer->outbox, month->dealer, month->period, composer->arena, newest);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK)
        return outbox_explain(composer->outbox, status, composer->faults);
    *out = newest->is_withdrawal ? NULL : newest; /* a withdrawn month holds nothing */
    return STATUS_OK;
}

/* Whether the hub lost it, and did not take it again. */
static bool is_left(const outbox_witness_t *witness, uint64_t number)
{
    for (size_t i = 0; i < witness->left_count; i++)
        if (witness->left[i] == number)
            return true;
    return false;
}

/* Whether the hub has it, or gets it, so that the same need not be filed again. A home may come to have another hub
 * (one that was made anew), which knows nothing of what the one before took. */
static bool is_with_hub(const composer_t *composer, const filing_t *filing)
{
    uint8_t hub_key[KEY_SIZE];
    if (!composer->hub_key || is_left(&composer->witness, filing->number))
        return false;
    return filing->state != FILING_DELIVERED ||
           (zmq_z85_decode(hub_key, composer->hub_key) && memcmp(filing->hub_key, hub_key, KEY_SIZE) == 0);
}

static status_t compose_month(const composer_t *composer, const filed_month_t *month)
{
    composition_t *out = composer->out;
    filing_t newest;
    const filing_t *before;
    bool is_same = false;
    TRY(find_before(composer, month, &newest, &before));
    filing_t filing = {.dealer = month->dealer,
                       .period = month->period,
                       .why = "",
                       .source = composer->set->sources[month->file],
                       .line = month->line,
                       .column = month->column};
    TRY(merge(composer, month, before, &filing.facts));
    if (before && is_with_hub(composer, before))
        TRY(packing_compare(&filing.facts, &before->facts, &is_same));
    if (is_same) {
        out->unchanged[out->unchanged_count++] = *before;
        return STATUS_OK;
    }
    TRY(check_size(composer, month, &filing));
    out->filings[out->count++] = filing;
    return STATUS_OK;
}

status_t compose_filings(outbox_t *outbox, const facts_set_t *set, const catalog_t *catalog, const char *hub_key,
                         arena_t *arena, composition_t *out, faults_t *faults)
{
    composition_t composition = {.filings = arena_array(arena, set->count, sizeof(filing_t)),
                                 .unchanged = arena_array(arena, set->count, sizeof(filing_t))};
    composer_t composer = {.outbox = outbox,
                           .set = set,
                           .catalog = catalog,
                           .hub_key = hub_key,
                           .arena = arena,
                           .out = &composition,
                           .faults = faults};
    size_t before = faults->count + faults->dropped;
    if (!composition.filings || !composition.unchanged)
        return STATUS_NO_MEMORY;
    status_t status = outbox_read_witness(outbox, arena, &composer.witness);
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, faults);
    for (size_t i = 0; i < set->count; i++)
        TRY(compose_month(&composer, &set->months[i]));
    if (faults->count + faults->dropped > before)
        return STATUS_INVALID;
    *out = composition;
    return STATUS_OK;
}

/* ---- what was filed before */

static bool find(void *context, const char *dealer, period_t period, int64_t *facts)
{
    compose_before_t *before = context;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    filing_t filing;
    const named_fact_t *misfit;
    int64_t found[CATALOG_FACTS_MAX];
    status_t status = arena ? outbox_find_latest(before->outbox, dealer, period, arena, &filing) : STATUS_NO_MEMORY;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && before->failure == STATUS_OK)
        before->failure = status;
    if (status != STATUS_OK || filing.is_withdrawal ||
        packing_order_facts(filing.facts.facts, filing.facts.count, before->catalog, found, &misfit) != STATUS_OK)
        return false;
    memcpy(facts, found, before->catalog->fact_count * sizeof *facts);
    return true;
}

filed_before_t compose_before(compose_before_t *context)
{
    return (filed_before_t){find, context};
}
