#include "proto/codec_internals.h"

#include <string.h>

static uint32_t number_or_zero(period_t period)
{
    return period == PERIOD_NONE ? 0 : period_to_number(period);
}

/* ---- regions of today */

status_t regions_read(reader_t *reader, const Yardstick__V1__RegionsOfToday *message, answer_regions_t *out)
{
    *out = (answer_regions_t){0};
    if (!message)
        return STATUS_OK;
    out->is_today = true;
    out->unseen = message->unseen;
    return reader_period(reader, "regions.today", message->today, &out->today);
}

status_t regions_write(arena_t *arena, const answer_regions_t *regions, Yardstick__V1__RegionsOfToday **out)
{
    if (!regions->is_today)
        return STATUS_OK;
    WRITE_ONE(arena, (Yardstick__V1__RegionsOfToday)YARDSTICK__V1__REGIONS_OF_TODAY__INIT, *out);
    (*out)->today = period_to_number(regions->today);
    (*out)->unseen = regions->unseen;
    return STATUS_OK;
}

/* ---- coverage of a year */

static status_t read_months(reader_t *reader, const char *what, const uint32_t *values, size_t count,
                            uint32_t out[YEAR_MONTHS])
{
    if (count != YEAR_MONTHS)
        return reader_refuse(reader, "%s has %zu values instead of %d", what, count, YEAR_MONTHS);
    memcpy(out, values, YEAR_MONTHS * sizeof *out);
    return STATUS_OK;
}

static status_t read_scope(reader_t *reader, const Yardstick__V1__CoverageYearScope *message,
                           coverage_year_scope_t *out)
{
    out->scope = message->scope;
    TRY(read_months(reader, "coverage_year.expected", message->expected, message->n_expected, out->expected));
    TRY(read_months(reader, "coverage_year.reported", message->reported, message->n_reported, out->reported));
    return read_months(reader, "coverage_year.late", message->late, message->n_late, out->late);
}

/* The counts are not sent: the marks tell them. */
static status_t read_dealer(reader_t *reader, const Yardstick__V1__CoverageYearDealer *message,
                            coverage_year_dealer_t *out)
{
    *out = (coverage_year_dealer_t){.dealer = message->dealer};
    if (message->n_marks != YEAR_MONTHS)
        return reader_refuse(reader, "coverage_year.marks has %zu values instead of %d", message->n_marks, YEAR_MONTHS);
    for (size_t i = 0; i < YEAR_MONTHS; i++) {
        TRY(reader_choice(reader, "coverage_year.marks", (uint32_t)message->marks[i], MARK_COUNT));
        out->marks[i] = (uint8_t)message->marks[i];
    }
    coverage_year_count(out);
    TRY(reader_optional_period(reader, "coverage_year.first", message->first, &out->first));
    return reader_optional_period(reader, "coverage_year.last", message->last, &out->last);
}

status_t coverage_year_read(reader_t *reader, const Yardstick__V1__CoverageYearAnswer *message,
                            const coverage_year_answer_t **out)
{
    coverage_year_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    *answer = (coverage_year_answer_t){
        .year = (int)message->year, .scope_count = message->n_scopes, .dealer_count = message->n_dealers};
    if (period_make(answer->year, 1) == PERIOD_NONE)
        return reader_refuse(reader, "coverage_year.year %u is no year", (unsigned)message->year);
    READ_ARRAY(reader->arena, message->n_scopes, answer->scopes);
    for (size_t i = 0; i < message->n_scopes; i++)
        TRY(read_scope(reader, message->scopes[i], &answer->scopes[i]));
    READ_ARRAY(reader->arena, message->n_dealers, answer->dealers);
    for (size_t i = 0; i < message->n_dealers; i++)
        TRY(read_dealer(reader, message->dealers[i], &answer->dealers[i]));
    TRY(regions_read(reader, message->regions, &answer->regions));
    *out = answer;
    return STATUS_OK;
}

static status_t write_scopes(arena_t *arena, const coverage_year_answer_t *answer,
                             Yardstick__V1__CoverageYearAnswer *out)
{
    Yardstick__V1__CoverageYearScope *items, initial = YARDSTICK__V1__COVERAGE_YEAR_SCOPE__INIT;
    WRITE_LIST(arena, answer->scope_count, initial, items, out->scopes);
    out->n_scopes = answer->scope_count;
    for (size_t i = 0; i < answer->scope_count; i++) {
        items[i].scope = lend(answer->scopes[i].scope);
        items[i].expected = answer->scopes[i].expected;
        items[i].reported = answer->scopes[i].reported;
        items[i].late = answer->scopes[i].late;
        items[i].n_expected = items[i].n_reported = items[i].n_late = YEAR_MONTHS;
    }
    return STATUS_OK;
}

static status_t write_dealers(arena_t *arena, const coverage_year_answer_t *answer,
                              Yardstick__V1__CoverageYearAnswer *out)
{
    Yardstick__V1__CoverageYearDealer *items, initial = YARDSTICK__V1__COVERAGE_YEAR_DEALER__INIT;
    WRITE_LIST(arena, answer->dealer_count, initial, items, out->dealers);
    out->n_dealers = answer->dealer_count;
    Yardstick__V1__CoverageMark *marks = arena_array(arena, answer->dealer_count, YEAR_MONTHS * sizeof *marks);
    if (!marks)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < answer->dealer_count; i++) {
        const coverage_year_dealer_t *dealer = &answer->dealers[i];
        items[i].dealer = lend(dealer->dealer);
        items[i].marks = marks + i * YEAR_MONTHS;
        items[i].n_marks = YEAR_MONTHS;
        for (size_t month = 0; month < YEAR_MONTHS; month++)
            items[i].marks[month] = (Yardstick__V1__CoverageMark)dealer->marks[month];
        items[i].first = number_or_zero(dealer->first);
        items[i].last = number_or_zero(dealer->last);
    }
    return STATUS_OK;
}

status_t coverage_year_write(arena_t *arena, const coverage_year_answer_t *answer, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__CoverageYearAnswer)YARDSTICK__V1__COVERAGE_YEAR_ANSWER__INIT, out->coverage_year);
    out->coverage_year->year = (uint32_t)answer->year;
    TRY(write_scopes(arena, answer, out->coverage_year));
    TRY(write_dealers(arena, answer, out->coverage_year));
    return regions_write(arena, &answer->regions, &out->coverage_year->regions);
}

/* ---- what a network changes */

status_t change_counts_read(reader_t *reader, Yardstick__V1__ChangeCount *const *items, size_t count,
                            network_changes_t *out)
{
    for (size_t i = 0; i < count; i++) {
        TRY(reader_choice(reader, "changes.kind", (uint32_t)items[i]->kind, CHANGE_KIND_COUNT));
        out->counts[items[i]->kind] = items[i]->count;
        out->rewrites[items[i]->kind] = items[i]->rewrites;
    }
    return STATUS_OK;
}

/* Those of which there are any. */
status_t change_counts_write(arena_t *arena, const network_changes_t *changes, Yardstick__V1__ChangeCount ***out,
                             size_t *out_count)
{
    Yardstick__V1__ChangeCount *items, initial = YARDSTICK__V1__CHANGE_COUNT__INIT;
    size_t count = 0;
    WRITE_LIST(arena, (size_t)CHANGE_KIND_COUNT, initial, items, *out);
    for (int kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
        if (!changes->counts[kind])
            continue;
        items[count].kind = (Yardstick__V1__NetworkChangeKind)kind;
        items[count].count = changes->counts[kind];
        items[count++].rewrites = changes->rewrites[kind];
    }
    *out_count = count;
    return STATUS_OK;
}

static status_t read_change(reader_t *reader, const Yardstick__V1__NetworkChange *message, network_change_t *out)
{
    TRY(reader_choice(reader, "network_changes.kind", (uint32_t)message->kind, CHANGE_KIND_COUNT));
    *out = (network_change_t){.kind = (network_change_kind_t)message->kind,
                              .code = message->code,
                              .from = message->from,
                              .to = message->to,
                              .rewrites = message->rewrites};
    TRY(reader_optional_period(reader, "network_changes.period", message->period, &out->period));
    return reader_optional_period(reader, "network_changes.until", message->until, &out->until);
}

status_t network_changes_read(reader_t *reader, const Yardstick__V1__NetworkChanges *message, network_changes_t *out)
{
    *out = (network_changes_t){.count = message->n_changes};
    TRY(reader_period(reader, "network_changes.today", message->today, &out->today));
    READ_ARRAY(reader->arena, message->n_changes, out->list);
    for (size_t i = 0; i < message->n_changes; i++)
        TRY(read_change(reader, message->changes[i], &out->list[i]));
    return change_counts_read(reader, message->counts, message->n_counts, out);
}

status_t network_changes_write(arena_t *arena, const network_changes_t *changes, Yardstick__V1__Response *out)
{
    Yardstick__V1__NetworkChanges *message;
    WRITE_ONE(arena, (Yardstick__V1__NetworkChanges)YARDSTICK__V1__NETWORK_CHANGES__INIT, message);
    message->today = period_to_number(changes->today);
    Yardstick__V1__NetworkChange *items, initial = YARDSTICK__V1__NETWORK_CHANGE__INIT;
    WRITE_LIST(arena, changes->count, initial, items, message->changes);
    message->n_changes = changes->count;
    for (size_t i = 0; i < changes->count; i++) {
        const network_change_t *change = &changes->list[i];
        items[i].kind = (Yardstick__V1__NetworkChangeKind)change->kind;
        items[i].code = lend(change->code);
        items[i].from = lend(change->from);
        items[i].to = lend(change->to);
        items[i].period = number_or_zero(change->period);
        items[i].until = number_or_zero(change->until);
        items[i].rewrites = change->rewrites;
    }
    out->network_changes = message;
    return change_counts_write(arena, changes, &message->counts, &message->n_counts);
}
