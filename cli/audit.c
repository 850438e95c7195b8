/* `yardstick audit list` and `verify`, and `history`. */
#include "cli/audit.h"

#include "cli/commands.h"
#include "client/history.h"
#include "client/listing.h"
#include "client/moments.h"
#include "core/scratch.h"
#include "core/text.h"
#include "proto/stored.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define KEY_TEXT_SIZE 41
#define SHORT_HASH    16 /* digits of a hash in a table */

/* ---- list */

static status_t take_moment(session_t *session, const char *option, bool ends, log_place_t *out)
{
    const char *text = invocation_value(session->invocation, option);
    *out = (log_place_t){0};
    if (text && !log_place_parse(text, ends, out))
        return session_misuse(session, "--%s %.80s is no moment; write %s", option, text, log_place_forms);
    return STATUS_OK;
}

/* How many lines are wanted; UINT64_MAX = all. */
static status_t take_limit(session_t *session, uint64_t *out)
{
    const char *text = invocation_value(session->invocation, "limit");
    *out = UINT64_MAX;
    if (!text)
        return STATUS_OK;
    if (strspn(text, "0123456789") != strlen(text) || *text == '0' || strlen(text) > 9)
        return session_misuse(session, "--limit %.80s is no number from 1 on", text);
    *out = strtoull(text, NULL, 10);
    return STATUS_OK;
}

/* The first page that is asked for. `subject` lives as long as the query. */
static status_t make_query(session_t *session, char subject[SUBJECT_LENGTH_MAX + 1], events_query_t *out,
                           uint64_t *out_limit)
{
    const char *about = invocation_value(session->invocation, "about");
    log_place_t since, until;
    TRY(take_moment(session, "since", false, &since));
    TRY(take_moment(session, "until", true, &until));
    TRY(take_limit(session, out_limit));
    if (!audit_subject(about ? about : "", subject))
        return session_misuse(session, "--about %.80s is too long: a subject has at most %d bytes", about,
                              SUBJECT_LENGTH_MAX);
    *out = (events_query_t){
        .after = since.event ? since.event - 1 : 0,
        .from_event = until.event,
        .since_ms = since.time_ms,
        .until_ms = until.time_ms,
        .about = subject,
    };
    return STATUS_OK;
}

status_t check_audit_list(session_t *session)
{
    char subject[SUBJECT_LENGTH_MAX + 1];
    events_query_t query;
    uint64_t limit;
    return make_query(session, subject, &query, &limit);
}

static json_t *json_of_key(const log_actor_t *actor)
{
    char text[KEY_TEXT_SIZE];
    if (!actor->has_key)
        return json_null();
    zmq_z85_encode(text, actor->key, KEY_SIZE);
    return json_string(text);
}

/* One line of the list. */
static json_t *json_of(const session_t *session, const logged_event_t *event, const logged_revision_t *revision)
{
    CLEANUP(scratch_free) char *words = audit_words(session, event, revision);
    const log_actor_t *actor = revision ? &revision->actor : &event->actor;
    char hash[AUDIT_HASH_SIZE];
    audit_hash_text(event->hash, hash);
    const char *kind = event->kind < EVENT_KIND_COUNT ? event_kind_names[event->kind] : "unknown";
    period_t period = revision ? revision->period : event->period;
    const char *dealer = revision ? revision->dealer : event->dealer;
    json_t *object =
        json_pack("{s:o, s:o, s:s, s:s, s:o, s:s*, s:s}", "event", listing_number(event->event), "time",
                  listing_time(event->time_ms), "kind", kind, "role", actor->has_key ? role_names[actor->role] : "hub",
                  "key", json_of_key(actor), "what", words, "hash", hash);
    if (!object || !words)
        return object;
    json_object_set_new(object, "short_hash", json_stringn(hash, SHORT_HASH));
    json_object_set_new(object, "subject", listing_text(*event->subject ? event->subject : NULL));
    json_object_set_new(object, "dealer", listing_text(*dealer ? dealer : NULL));
    json_object_set_new(object, "period", period == PERIOD_NONE ? json_null() : listing_period(period));
    json_object_set_new(object, "sequence", revision ? listing_number(revision->sequence) : json_null());
    json_object_set_new(object, "revision",
                        revision || event->revision ? listing_number(revision ? revision->revision : event->revision)
                                                    : json_null());
    return object;
}

static status_t add_line(const session_t *session, json_t *lines, const logged_event_t *event,
                         const logged_revision_t *revision)
{
    return json_array_append_new(lines, json_of(session, event, revision)) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t add_page(const session_t *session, json_t *lines, const event_page_t *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const logged_event_t *event = &page->items[i];
        for (size_t j = 0; j < event->revision_count; j++)
            TRY(add_line(session, lines, event, &event->revisions[j]));
        if (event->kind != EVENT_REVISIONS)
            TRY(add_line(session, lines, event, NULL));
    }
    return STATUS_OK;
}

/* Page by page, from the newest back, until there is enough. */
static status_t fetch(session_t *session, events_query_t query, uint64_t limit, json_t *lines)
{
    for (bool more = true; more && json_array_size(lines) < limit;) {
        CLEANUP(answer_fini) answer_t answer = {0};
        uint64_t wanted = limit - json_array_size(lines);
        query.most = wanted < EVENTS_MAX ? (uint32_t)wanted : EVENTS_MAX;
        request_t request = {.kind = REQUEST_LIST_EVENTS, .list_events = query};
        TRY(session_ask(session, "audit list", &request, RESPONSE_EVENTS, &answer));
        const event_page_t *page = &answer.response->events;
        TRY(add_page(session, lines, page));
        more = page->next_event != 0;
        query.from_event = page->next_event;
        query.from_sequence = page->next_sequence;
    }
    return STATUS_OK;
}

/* The same in the order of time. */
static json_t *reversed(const json_t *lines)
{
    json_t *list = json_array();
    for (size_t i = json_array_size(lines); i-- > 0;)
        json_array_append(list, json_array_get(lines, i));
    return list;
}

static void drop(json_t **json)
{
    json_decref(*json);
}

status_t run_audit_list(session_t *session)
{
    static const listing_column_t TABLE[][6] = {
        [LANGUAGE_ZH] = {{"event", "编号", LISTING_NUMBER},
                         {"time", "时间", LISTING_TIME},
                         {"role", "角色", LISTING_TEXT},
                         {"key", "密钥", LISTING_TEXT},
                         {"what", "内容", LISTING_TEXT},
                         {"short_hash", "哈希", LISTING_TEXT}},
        [LANGUAGE_EN] = {{"event", "No.", LISTING_NUMBER},
                         {"time", "Time", LISTING_TIME},
                         {"role", "Who", LISTING_TEXT},
                         {"key", "Key", LISTING_TEXT},
                         {"what", "What", LISTING_TEXT},
                         {"short_hash", "Hash", LISTING_TEXT}},
    };
    static const listing_column_t CSV[] = {
        {"event", "", LISTING_NUMBER},    {"time", "", LISTING_TIME},       {"kind", "", LISTING_TEXT},
        {"role", "", LISTING_TEXT},       {"key", "", LISTING_TEXT},        {"what", "", LISTING_TEXT},
        {"subject", "", LISTING_TEXT},    {"dealer", "", LISTING_TEXT},     {"period", "", LISTING_TEXT},
        {"revision", "", LISTING_NUMBER}, {"sequence", "", LISTING_NUMBER}, {"hash", "", LISTING_TEXT}};
    CLEANUP(drop) json_t *lines = json_array();
    char subject[SUBJECT_LENGTH_MAX + 1];
    events_query_t query;
    uint64_t limit;
    TRY(make_query(session, subject, &query, &limit));
    TRY(fetch(session, query, limit, lines));
    CLEANUP(drop) json_t *ordered = reversed(lines);
    bool is_csv = session->format == FORMAT_CSV;
    if (session->format == FORMAT_JSON)
        for (size_t i = 0; i < json_array_size(ordered); i++)
            json_object_del(json_array_get(ordered, i), "short_hash");
    return listing_print(session, "events", ordered, is_csv ? CSV : TABLE[session->language],
                         is_csv ? sizeof CSV / sizeof *CSV : 6,
                         session->language == LANGUAGE_ZH ? "没有符合的记录" : "no such entry");
}

/* ---- verify */

static status_t take_expected(session_t *session, verify_query_t *out)
{
    const char *text = invocation_value(session->invocation, "expect");
    *out = (verify_query_t){.expected_event = 0};
    if (text && !audit_mark_parse(text, &out->expected_event, out->expected_hash))
        return session_misuse(session, "--expect %.80s is no NUMBER:HASH, as `audit verify` prints it", text);
    return STATUS_OK;
}

status_t check_audit_verify(session_t *session)
{
    verify_query_t query;
    return take_expected(session, &query);
}

/* Part by part: each is answered soon, however long the log is. */
static status_t verify(session_t *session, verify_query_t *query)
{
    for (bool complete = false; !complete;) {
        CLEANUP(answer_fini) answer_t answer = {0};
        request_t request = {.kind = REQUEST_VERIFY_EVENTS, .verify_events = *query};
        TRY(session_ask(session, "audit verify", &request, RESPONSE_VERIFICATION, &answer));
        const verification_t *found = &answer.response->verification;
        if (*found->damage)
            return session_fail(session, STATUS_DAMAGED, "audit verify: %s", found->damage);
        complete = found->complete;
        query->mark = found->mark;
    }
    return STATUS_OK;
}

status_t run_audit_verify(session_t *session)
{
    verify_query_t query;
    char hash[AUDIT_HASH_SIZE], time[64];
    TRY(take_expected(session, &query));
    TRY(verify(session, &query));
    audit_hash_text(query.mark.hash, hash);
    json_t *moment = listing_time(query.mark.time_ms);
    snprintf(time, sizeof time, "%s", json_is_string(moment) ? json_string_value(moment) : "");
    json_decref(moment);
    if (session->format == FORMAT_JSON) {
        CLEANUP(drop)
        json_t *object = json_pack("{s:b, s:I, s:s, s:s, s:I}", "sound", 1, "event", (json_int_t)query.mark.event,
                                   "time", time, "hash", hash, "revisions", (json_int_t)query.mark.sequence);
        return object ? listing_print_json(session, object) : STATUS_NO_MEMORY;
    }
    if (session->format == FORMAT_CSV)
        printf("sound,event,time,hash,revisions\ntrue,%" PRIu64 ",%s,%s,%" PRIu64 "\n", query.mark.event, time, hash,
               query.mark.sequence);
    else
        printf(session->language == LANGUAGE_ZH
                   ? "日志完好：%" PRIu64 " 条记录，%" PRIu64 " 个版本；请保存下面一行，日后用 --expect 核对\n%" PRIu64
                     ":%s\n"
                   : "sound: %" PRIu64 " entries, %" PRIu64
                     " revisions; keep the line below, and give it to --expect later\n%" PRIu64 ":%s\n",
               query.mark.event, query.mark.sequence, query.mark.event, hash);
    return STATUS_OK;
}

/* ---- history */

status_t check_history(session_t *session)
{
    const char *const *arguments = session->invocation->arguments;
    if (!text_is_code(arguments[0]))
        return session_misuse(session, "history: %.80s is no dealer's code", arguments[0]);
    return history_check_period(session, arguments[1]);
}

status_t run_history(session_t *session)
{
    const char *const *arguments = session->invocation->arguments;
    return history_show(session, arguments[0], arguments[1]);
}
