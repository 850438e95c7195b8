/* The log, its verification, and the history of a month. */
#include "core/limits.h"
#include "proto/codec_internals.h"

/* ---- requests */

static status_t read_events_query(reader_t *reader, const Yardstick__V1__ListEvents *message, events_query_t *out)
{
    TRY(reader_text(reader, "list_events.about", message->about, 0, SUBJECT_LENGTH_MAX));
    *out = (events_query_t){
        .after = message->after,
        .from_event = message->from_event,
        .from_sequence = message->from_sequence,
        .since_ms = message->since_ms,
        .until_ms = message->until_ms,
        .about = message->about,
        .most = message->most,
    };
    return STATUS_OK;
}

static status_t read_mark(reader_t *reader, const Yardstick__V1__LogMark *message, log_mark_t *out)
{
    if (!message)
        return STATUS_OK;
    if ((message->event == 0) != (message->hash.len == 0))
        return reader_refuse(reader, "mark.hash goes with an entry, and only with one");
    TRY(reader_optional_bytes(reader, "mark.hash", message->hash, DIGEST_SIZE, out->hash));
    out->event = message->event;
    out->time_ms = message->time_ms;
    out->sequence = message->sequence;
    out->network = message->network;
    out->subjects = message->subjects;
    return STATUS_OK;
}

static status_t read_verify_query(reader_t *reader, const Yardstick__V1__VerifyEvents *message, verify_query_t *out)
{
    TRY(read_mark(reader, message->mark, &out->mark));
    out->expected_event = message->expected_event;
    if ((message->expected_event == 0) != (message->expected_hash.len == 0))
        return reader_refuse(reader, "verify_events.expected_hash goes with expected_event, and only with it");
    return reader_optional_bytes(reader, "verify_events.expected_hash", message->expected_hash, DIGEST_SIZE,
                                 out->expected_hash);
}

status_t audit_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out)
{
    switch (out->kind) {
    case REQUEST_LIST_EVENTS:
        return read_events_query(reader, message->list_events, &out->list_events);
    case REQUEST_VERIFY_EVENTS:
        return read_verify_query(reader, message->verify_events, &out->verify_events);
    default:
        TRY(reader_code(reader, "history.dealer", message->history->dealer));
        out->history.dealer = message->history->dealer;
        return reader_period(reader, "history.period", message->history->period, &out->history.period);
    }
}

static status_t write_mark(arena_t *arena, const log_mark_t *mark, Yardstick__V1__LogMark **out)
{
    WRITE_ONE(arena, (Yardstick__V1__LogMark)YARDSTICK__V1__LOG_MARK__INIT, *out);
    (*out)->event = mark->event;
    (*out)->time_ms = mark->time_ms;
    (*out)->hash = lend_bytes(mark->hash, mark->event ? DIGEST_SIZE : 0);
    (*out)->sequence = mark->sequence;
    (*out)->network = mark->network;
    (*out)->subjects = mark->subjects;
    return STATUS_OK;
}

status_t audit_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out)
{
    const events_query_t *query = &request->list_events;
    const verify_query_t *verify = &request->verify_events;
    switch (request->kind) {
    case REQUEST_LIST_EVENTS:
        WRITE_ONE(arena, (Yardstick__V1__ListEvents)YARDSTICK__V1__LIST_EVENTS__INIT, out->list_events);
        out->list_events->after = query->after;
        out->list_events->from_event = query->from_event;
        out->list_events->from_sequence = query->from_sequence;
        out->list_events->since_ms = query->since_ms;
        out->list_events->until_ms = query->until_ms;
        out->list_events->about = lend(query->about);
        out->list_events->most = query->most;
        return STATUS_OK;
    case REQUEST_VERIFY_EVENTS:
        WRITE_ONE(arena, (Yardstick__V1__VerifyEvents)YARDSTICK__V1__VERIFY_EVENTS__INIT, out->verify_events);
        out->verify_events->expected_event = verify->expected_event;
        out->verify_events->expected_hash = lend_bytes(verify->expected_hash, verify->expected_event ? DIGEST_SIZE : 0);
        return write_mark(arena, &verify->mark, &out->verify_events->mark);
    default:
        WRITE_ONE(arena, (Yardstick__V1__HistoryQuery)YARDSTICK__V1__HISTORY_QUERY__INIT, out->history);
        out->history->dealer = lend(request->history.dealer);
        out->history->period = period_to_number(request->history.period);
        return STATUS_OK;
    }
}

/* ---- responses: reading */

static status_t read_actor(reader_t *reader, Yardstick__V1__Role role, ProtobufCBinaryData key, log_actor_t *out)
{
    TRY(reader_choice(reader, "role", (uint32_t)role, ROLE_COUNT));
    out->role = (role_t)role;
    out->has_key = key.len > 0;
    return reader_optional_bytes(reader, "public_key", key, KEY_SIZE, out->key);
}

static status_t read_revision(reader_t *reader, const Yardstick__V1__LoggedRevision *message, logged_revision_t *out)
{
    TRY(read_actor(reader, message->role, message->public_key, &out->actor));
    TRY(reader_period(reader, "events.revisions.period", message->period, &out->period));
    out->sequence = message->sequence;
    out->time_ms = message->time_ms;
    out->dealer = message->dealer;
    out->revision = message->revision;
    out->late = message->late;
    out->withdrawn = message->withdrawn;
    out->why = message->why;
    return STATUS_OK;
}

static status_t read_event(reader_t *reader, const Yardstick__V1__LoggedEvent *message, logged_event_t *out)
{
    logged_revision_t *revisions;
    READ_ARRAY(reader->arena, message->n_revisions, revisions);
    for (size_t i = 0; i < message->n_revisions; i++)
        TRY(read_revision(reader, message->revisions[i], &revisions[i]));
    *out = (logged_event_t){
        .event = message->event,
        .time_ms = message->time_ms,
        .kind = message->kind,
        .subject = message->subject,
        .dealer = message->dealer,
        .scope = message->scope,
        .name = message->name,
        .text = message->text,
        .revision = message->revision,
        .number = message->number,
        .held = message->held,
        .until_ms = message->until_ms,
        .flag = message->flag,
        .numbers = message->numbers,
        .number_count = message->n_numbers,
        .revisions = revisions,
        .revision_count = message->n_revisions,
    };
    TRY(read_actor(reader, message->role, message->public_key, &out->actor));
    TRY(reader_bytes(reader, "events.hash", message->hash, DIGEST_SIZE, out->hash));
    return reader_optional_period(reader, "events.period", message->period, &out->period);
}

static status_t read_page(reader_t *reader, const Yardstick__V1__EventList *message, event_page_t *out)
{
    logged_event_t *events;
    READ_ARRAY(reader->arena, message->n_events, events);
    for (size_t i = 0; i < message->n_events; i++)
        TRY(read_event(reader, message->events[i], &events[i]));
    *out = (event_page_t){events, message->n_events, message->next_event, message->next_sequence};
    return STATUS_OK;
}

static status_t read_changes(reader_t *reader, const Yardstick__V1__HistoryRevision *message, history_revision_t *out)
{
    fact_change_t *changes;
    READ_ARRAY(reader->arena, message->n_facts, changes);
    for (size_t i = 0; i < message->n_facts; i++) {
        const Yardstick__V1__FactChange *one = message->facts[i];
        changes[i] = (fact_change_t){one->fact, one->consultant, one->before, one->after};
    }
    out->changes = changes;
    out->change_count = message->n_facts;
    return STATUS_OK;
}

static status_t read_history_revision(reader_t *reader, const Yardstick__V1__HistoryRevision *message,
                                      history_revision_t *out)
{
    *out = (history_revision_t){
        .revision = message->revision,
        .sequence = message->sequence,
        .time_ms = message->time_ms,
        .filed_ms = message->filed_ms,
        .late = message->late,
        .withdrawn = message->withdrawn,
        .why = message->why,
        .catalog = message->catalog,
        .catalog_digest = message->catalog_digest,
        .warnings = (const char **)message->warnings,
        .warning_count = message->n_warnings,
        .added = (const char **)message->consultants_added,
        .added_count = message->n_consultants_added,
        .dropped = (const char **)message->consultants_dropped,
        .dropped_count = message->n_consultants_dropped,
    };
    TRY(read_actor(reader, message->role, message->public_key, &out->actor));
    return read_changes(reader, message, out);
}

static status_t read_history(reader_t *reader, const Yardstick__V1__HistoryAnswer *message, history_answer_t *out)
{
    history_revision_t *revisions;
    history_comment_t *comments;
    READ_ARRAY(reader->arena, message->n_revisions, revisions);
    READ_ARRAY(reader->arena, message->n_comments, comments);
    for (size_t i = 0; i < message->n_revisions; i++)
        TRY(read_history_revision(reader, message->revisions[i], &revisions[i]));
    for (size_t i = 0; i < message->n_comments; i++) {
        const Yardstick__V1__HistoryComment *one = message->comments[i];
        comments[i] = (history_comment_t){.event = one->event,
                                          .time_ms = one->time_ms,
                                          .revision = one->revision,
                                          .name = one->name,
                                          .text = one->text};
        TRY(read_actor(reader, one->role, one->public_key, &comments[i].actor));
    }
    *out = (history_answer_t){.dealer = message->dealer,
                              .revisions = revisions,
                              .revision_count = message->n_revisions,
                              .comments = comments,
                              .comment_count = message->n_comments};
    return reader_period(reader, "history.period", message->period, &out->period);
}

status_t audit_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out)
{
    switch (out->kind) {
    case RESPONSE_EVENTS:
        return read_page(reader, message->events, &out->events);
    case RESPONSE_HISTORY:
        return read_history(reader, message->history, &out->history);
    default:
        out->verification.complete = message->verification->complete;
        out->verification.damage = message->verification->damage;
        return read_mark(reader, message->verification->mark, &out->verification.mark);
    }
}

/* ---- responses: writing */

static ProtobufCBinaryData lend_key(const log_actor_t *actor)
{
    return lend_bytes(actor->key, actor->has_key ? KEY_SIZE : 0);
}

static status_t write_revisions(arena_t *arena, const logged_event_t *event, Yardstick__V1__LoggedEvent *out)
{
    Yardstick__V1__LoggedRevision *items, initial = YARDSTICK__V1__LOGGED_REVISION__INIT;
    WRITE_LIST(arena, event->revision_count, initial, items, out->revisions);
    out->n_revisions = event->revision_count;
    for (size_t i = 0; i < event->revision_count; i++) {
        const logged_revision_t *one = &event->revisions[i];
        items[i].sequence = one->sequence;
        items[i].dealer = lend(one->dealer);
        items[i].period = period_to_number(one->period);
        items[i].revision = one->revision;
        items[i].time_ms = one->time_ms;
        items[i].role = (Yardstick__V1__Role)one->actor.role;
        items[i].public_key = lend_key(&one->actor);
        items[i].late = one->late;
        items[i].withdrawn = one->withdrawn;
        items[i].why = lend(one->why);
    }
    return STATUS_OK;
}

static status_t write_page(arena_t *arena, const event_page_t *page, Yardstick__V1__Response *out)
{
    Yardstick__V1__LoggedEvent *items, initial = YARDSTICK__V1__LOGGED_EVENT__INIT;
    WRITE_ONE(arena, (Yardstick__V1__EventList)YARDSTICK__V1__EVENT_LIST__INIT, out->events);
    WRITE_LIST(arena, page->count, initial, items, out->events->events);
    out->events->n_events = page->count;
    out->events->next_event = page->next_event;
    out->events->next_sequence = page->next_sequence;
    for (size_t i = 0; i < page->count; i++) {
        const logged_event_t *one = &page->items[i];
        items[i].event = one->event;
        items[i].time_ms = one->time_ms;
        items[i].kind = one->kind;
        items[i].role = (Yardstick__V1__Role)one->actor.role;
        items[i].public_key = lend_key(&one->actor);
        items[i].hash = lend_bytes(one->hash, DIGEST_SIZE);
        items[i].subject = lend(one->subject);
        items[i].dealer = lend(one->dealer);
        items[i].period = one->period == PERIOD_NONE ? 0 : period_to_number(one->period);
        items[i].revision = one->revision;
        items[i].scope = lend(one->scope);
        items[i].name = lend(one->name);
        items[i].text = lend(one->text);
        items[i].until_ms = one->until_ms;
        items[i].number = one->number;
        items[i].flag = one->flag;
        items[i].held = one->held;
        items[i].numbers = (uint32_t *)one->numbers;
        items[i].n_numbers = one->number_count;
        TRY(write_revisions(arena, one, &items[i]));
    }
    return STATUS_OK;
}

static status_t write_changes(arena_t *arena, const history_revision_t *revision, Yardstick__V1__HistoryRevision *out)
{
    Yardstick__V1__FactChange *items, initial = YARDSTICK__V1__FACT_CHANGE__INIT;
    WRITE_LIST(arena, revision->change_count, initial, items, out->facts);
    out->n_facts = revision->change_count;
    for (size_t i = 0; i < revision->change_count; i++) {
        items[i].fact = lend(revision->changes[i].fact);
        items[i].before = revision->changes[i].before;
        items[i].after = revision->changes[i].after;
        items[i].consultant = lend(revision->changes[i].consultant);
    }
    return STATUS_OK;
}

static status_t write_history_revisions(arena_t *arena, const history_answer_t *answer,
                                        Yardstick__V1__HistoryAnswer *out)
{
    Yardstick__V1__HistoryRevision *items, initial = YARDSTICK__V1__HISTORY_REVISION__INIT;
    WRITE_LIST(arena, answer->revision_count, initial, items, out->revisions);
    out->n_revisions = answer->revision_count;
    for (size_t i = 0; i < answer->revision_count; i++) {
        const history_revision_t *one = &answer->revisions[i];
        items[i].revision = one->revision;
        items[i].sequence = one->sequence;
        items[i].time_ms = one->time_ms;
        items[i].filed_ms = one->filed_ms;
        items[i].role = (Yardstick__V1__Role)one->actor.role;
        items[i].public_key = lend_key(&one->actor);
        items[i].late = one->late;
        items[i].withdrawn = one->withdrawn;
        items[i].why = lend(one->why);
        items[i].catalog = lend(one->catalog);
        items[i].catalog_digest = one->catalog_digest;
        items[i].warnings = (char **)one->warnings;
        items[i].n_warnings = one->warning_count;
        items[i].consultants_added = (char **)one->added;
        items[i].n_consultants_added = one->added_count;
        items[i].consultants_dropped = (char **)one->dropped;
        items[i].n_consultants_dropped = one->dropped_count;
        TRY(write_changes(arena, one, &items[i]));
    }
    return STATUS_OK;
}

static status_t write_comments(arena_t *arena, const history_answer_t *answer, Yardstick__V1__HistoryAnswer *out)
{
    Yardstick__V1__HistoryComment *items, initial = YARDSTICK__V1__HISTORY_COMMENT__INIT;
    WRITE_LIST(arena, answer->comment_count, initial, items, out->comments);
    out->n_comments = answer->comment_count;
    for (size_t i = 0; i < answer->comment_count; i++) {
        const history_comment_t *one = &answer->comments[i];
        items[i].event = one->event;
        items[i].time_ms = one->time_ms;
        items[i].role = (Yardstick__V1__Role)one->actor.role;
        items[i].public_key = lend_key(&one->actor);
        items[i].revision = one->revision;
        items[i].name = lend(one->name);
        items[i].text = lend(one->text);
    }
    return STATUS_OK;
}

status_t audit_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    switch (response->kind) {
    case RESPONSE_EVENTS:
        return write_page(arena, &response->events, out);
    case RESPONSE_HISTORY:
        WRITE_ONE(arena, (Yardstick__V1__HistoryAnswer)YARDSTICK__V1__HISTORY_ANSWER__INIT, out->history);
        out->history->dealer = lend(response->history.dealer);
        out->history->period = period_to_number(response->history.period);
        TRY(write_history_revisions(arena, &response->history, out->history));
        return write_comments(arena, &response->history, out->history);
    default:
        WRITE_ONE(arena, (Yardstick__V1__Verification)YARDSTICK__V1__VERIFICATION__INIT, out->verification);
        out->verification->complete = response->verification.complete;
        out->verification->damage = lend(response->verification.damage);
        return write_mark(arena, &response->verification.mark, &out->verification->mark);
    }
}
