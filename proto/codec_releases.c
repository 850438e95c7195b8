/* Releases, exemplars, and why a dealer does not see a cell. */
#include "core/limits.h"
#include "proto/codec_internals.h"

#include <string.h>

/* ---- requests */

static status_t read_designation(reader_t *reader, const Yardstick__V1__DesignateExemplar *message,
                                 exemplar_entry_t *out)
{
    TRY(reader_text(reader, "designate_exemplar.scope", message->scope, 1, SCOPE_LENGTH_MAX));
    TRY(reader_optional_code(reader, "designate_exemplar.dealer", message->dealer));
    TRY(reader_period(reader, "designate_exemplar.from", message->from, &out->from));
    TRY(reader_text(reader, "designate_exemplar.why", message->why, 0, TEXT_LENGTH_MAX));
    out->scope = message->scope;
    out->dealer = message->dealer;
    out->consented = message->consented;
    out->why = message->why;
    return STATUS_OK;
}

status_t release_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out)
{
    switch (out->kind) {
    case REQUEST_RELEASE_MONTH:
        return reader_period(reader, "release_month.period", message->release_month->period, &out->release_month);
    case REQUEST_DESIGNATE_EXEMPLAR:
        return read_designation(reader, message->designate_exemplar, &out->designate);
    case REQUEST_EXPLAIN_DISCLOSURE:
        TRY(reader_code(reader, "explain_disclosure.dealer", message->explain_disclosure->dealer));
        out->explain.dealer = message->explain_disclosure->dealer;
        return reader_period(reader, "explain_disclosure.period", message->explain_disclosure->period,
                             &out->explain.period);
    default:
        return STATUS_OK; /* list_exemplars */
    }
}

status_t release_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out)
{
    switch (request->kind) {
    case REQUEST_RELEASE_MONTH:
        WRITE_ONE(arena, (Yardstick__V1__ReleaseMonth)YARDSTICK__V1__RELEASE_MONTH__INIT, out->release_month);
        out->release_month->period = period_to_number(request->release_month);
        return STATUS_OK;
    case REQUEST_DESIGNATE_EXEMPLAR:
        WRITE_ONE(arena, (Yardstick__V1__DesignateExemplar)YARDSTICK__V1__DESIGNATE_EXEMPLAR__INIT,
                  out->designate_exemplar);
        out->designate_exemplar->scope = lend(request->designate.scope);
        out->designate_exemplar->dealer = lend(request->designate.dealer);
        out->designate_exemplar->from = period_to_number(request->designate.from);
        out->designate_exemplar->consented = request->designate.consented;
        out->designate_exemplar->why = lend(request->designate.why);
        return STATUS_OK;
    case REQUEST_EXPLAIN_DISCLOSURE:
        WRITE_ONE(arena, (Yardstick__V1__ExplainDisclosure)YARDSTICK__V1__EXPLAIN_DISCLOSURE__INIT,
                  out->explain_disclosure);
        out->explain_disclosure->dealer = lend(request->explain.dealer);
        out->explain_disclosure->period = period_to_number(request->explain.period);
        return STATUS_OK;
    default:
        WRITE_ONE(arena, (Yardstick__V1__ListExemplars)YARDSTICK__V1__LIST_EXEMPLARS__INIT, out->list_exemplars);
        return STATUS_OK;
    }
}

/* ---- responses */

static status_t read_released(reader_t *reader, const Yardstick__V1__Released *message, released_t *out)
{
    TRY(reader_codes(reader, "released.waiting", message->waiting, message->n_waiting));
    TRY(reader_period(reader, "released.period", message->period, &out->period));
    out->release = message->release;
    out->release_ms = message->release_ms;
    out->taken = message->taken;
    out->waiting = (const char **)message->waiting;
    out->waiting_count = message->n_waiting;
    return STATUS_OK;
}

static status_t write_released(arena_t *arena, const released_t *released, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__Released)YARDSTICK__V1__RELEASED__INIT, out->released);
    out->released->period = period_to_number(released->period);
    out->released->release = released->release;
    out->released->release_ms = released->release_ms;
    out->released->taken = released->taken;
    out->released->waiting = (char **)released->waiting;
    out->released->n_waiting = released->waiting_count;
    return STATUS_OK;
}

static status_t read_exemplars(reader_t *reader, const Yardstick__V1__ExemplarList *message, response_t *out)
{
    exemplar_entry_t *entries;
    READ_ARRAY(reader->arena, message->n_exemplars, entries);
    for (size_t i = 0; i < message->n_exemplars; i++) {
        const Yardstick__V1__Exemplar *one = message->exemplars[i];
        TRY(reader_period(reader, "exemplars.from", one->from, &entries[i].from));
        TRY(reader_bytes(reader, "exemplars.public_key", one->public_key, KEY_SIZE, entries[i].public_key));
        entries[i].scope = one->scope;
        entries[i].dealer = one->dealer;
        entries[i].consented = one->consented;
        entries[i].why = one->why;
        entries[i].time_ms = one->time_ms;
    }
    out->exemplars.items = entries;
    out->exemplars.count = message->n_exemplars;
    return STATUS_OK;
}

static status_t write_exemplars(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    Yardstick__V1__Exemplar *items, initial = YARDSTICK__V1__EXEMPLAR__INIT;
    WRITE_ONE(arena, (Yardstick__V1__ExemplarList)YARDSTICK__V1__EXEMPLAR_LIST__INIT, out->exemplars);
    WRITE_LIST(arena, response->exemplars.count, initial, items, out->exemplars->exemplars);
    out->exemplars->n_exemplars = response->exemplars.count;
    for (size_t i = 0; i < response->exemplars.count; i++) {
        const exemplar_entry_t *one = &response->exemplars.items[i];
        items[i].scope = lend(one->scope);
        items[i].dealer = lend(one->dealer);
        items[i].from = period_to_number(one->from);
        items[i].consented = one->consented;
        items[i].why = lend(one->why);
        items[i].time_ms = one->time_ms;
        items[i].public_key = lend_bytes(one->public_key, KEY_SIZE);
    }
    return STATUS_OK;
}

static status_t read_explanation(reader_t *reader, const Yardstick__V1__DisclosureExplanation *message, response_t *out)
{
    disclosure_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    READ_ARRAY(reader->arena, message->n_hidden, answer->hidden);
    READ_ARRAY(reader->arena, message->n_waiting, answer->waiting);
    TRY(reader_period(reader, "disclosure.period", message->period, &answer->period));
    for (size_t i = 0; i < message->n_hidden; i++) {
        const Yardstick__V1__HiddenCell *one = message->hidden[i];
        answer->hidden[i] = (hidden_cell_t){one->row, one->column, one->reason, one->text};
    }
    for (size_t i = 0; i < message->n_waiting; i++) {
        const Yardstick__V1__WaitingDealer *one = message->waiting[i];
        answer->waiting[i] = (waiting_dealer_t){one->dealer, one->change, one->wait, one->text};
    }
    answer->dealer = message->dealer;
    answer->release = message->release;
    answer->release_ms = message->release_ms;
    answer->hidden_count = message->n_hidden;
    answer->waiting_count = message->n_waiting;
    out->disclosure = answer;
    return STATUS_OK;
}

static status_t write_explanation(arena_t *arena, const disclosure_answer_t *answer, Yardstick__V1__Response *out)
{
    Yardstick__V1__HiddenCell *cells, cell = YARDSTICK__V1__HIDDEN_CELL__INIT;
    Yardstick__V1__WaitingDealer *dealers, dealer = YARDSTICK__V1__WAITING_DEALER__INIT;
    WRITE_ONE(arena, (Yardstick__V1__DisclosureExplanation)YARDSTICK__V1__DISCLOSURE_EXPLANATION__INIT,
              out->disclosure);
    Yardstick__V1__DisclosureExplanation *message = out->disclosure;
    WRITE_LIST(arena, answer->hidden_count, cell, cells, message->hidden);
    WRITE_LIST(arena, answer->waiting_count, dealer, dealers, message->waiting);
    message->dealer = lend(answer->dealer);
    message->period = period_to_number(answer->period);
    message->release = answer->release;
    message->release_ms = answer->release_ms;
    message->n_hidden = answer->hidden_count;
    message->n_waiting = answer->waiting_count;
    for (size_t i = 0; i < answer->hidden_count; i++) {
        const hidden_cell_t *one = &answer->hidden[i];
        cells[i].row = lend(one->row);
        cells[i].column = lend(one->column);
        cells[i].reason = one->reason;
        cells[i].text = lend(one->text);
    }
    for (size_t i = 0; i < answer->waiting_count; i++) {
        dealers[i].dealer = lend(answer->waiting[i].dealer);
        dealers[i].change = answer->waiting[i].change;
        dealers[i].wait = answer->waiting[i].wait;
        dealers[i].text = lend(answer->waiting[i].text);
    }
    return STATUS_OK;
}

status_t release_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out)
{
    switch (out->kind) {
    case RESPONSE_RELEASED:
        return read_released(reader, message->released, &out->released);
    case RESPONSE_EXEMPLARS:
        return read_exemplars(reader, message->exemplars, out);
    default:
        return read_explanation(reader, message->disclosure, out);
    }
}

status_t release_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    switch (response->kind) {
    case RESPONSE_RELEASED:
        return write_released(arena, &response->released, out);
    case RESPONSE_EXEMPLARS:
        return write_exemplars(arena, response, out);
    default:
        return write_explanation(arena, response->disclosure, out);
    }
}
