/* The history of a month: each revision, what it changed, and what was said about it. */
#include "hub/access.h"
#include "hub/queries.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One revision with its facts in the order of the world's catalog, which holds all facts of those before it. */
typedef struct {
    stored_revision_t stored;
    int64_t facts[CATALOG_FACTS_MAX];
    packed_consultant_t *consultants; /* by their codes */
} state_t;

typedef struct {
    const query_t *query;
    store_txn_t *txn;
    fact_change_t *changes; /* on the heap, of the revision at hand */
    size_t change_count, change_room;
} history_t;

static void history_fini(history_t *history)
{
    free(history->changes);
}

static int by_code(const void *left, const void *right)
{
    return strcmp(((const packed_consultant_t *)left)->consultant, ((const packed_consultant_t *)right)->consultant);
}

static status_t unpack(const history_t *history, uint64_t digest, const packed_facts_t *facts, int64_t *out)
{
    return world_unpack(history->query->world, history->txn, digest, facts, out);
}

/* A month that was never filed, or was withdrawn, has no fact and no consultant. */
static void clear(const catalog_t *catalog, state_t *out)
{
    *out = (state_t){0};
    for (size_t i = 0; i < catalog->fact_count; i++)
        out->facts[i] = FACT_ABSENT;
}

static status_t load(const history_t *history, const history_query_t *asked, uint32_t number, arena_t *arena,
                     state_t *out)
{
    clear(history->query->world->catalog, out);
    if (number == 0)
        return STATUS_OK;
    TRY(store_get_revision(history->txn, asked->dealer, asked->period, number, arena, &out->stored));
    if (out->stored.withdrawn)
        return STATUS_OK;
    TRY(unpack(history, out->stored.catalog_digest, &out->stored.facts, out->facts));
    size_t count = out->stored.consultant_count;
    out->consultants = arena_array(arena, count, sizeof *out->consultants);
    if (!out->consultants)
        return STATUS_NO_MEMORY;
    if (count)
        memcpy(out->consultants, out->stored.consultants, count * sizeof *out->consultants);
    qsort(out->consultants, count, sizeof *out->consultants, by_code);
    return STATUS_OK;
}

/* ---- what changed */

static double in_unit(int64_t value, unsigned decimals)
{
    double scale = 1;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    return value == FACT_ABSENT ? NAN : (double)value / scale;
}

static status_t note_change(history_t *history, const fact_change_t *change)
{
    if (history->change_count == history->change_room) {
        size_t room = 2 * history->change_room + CATALOG_FACTS_MAX;
        fact_change_t *changes = realloc(history->changes, room * sizeof *changes);
        if (!changes)
            return STATUS_NO_MEMORY;
        history->changes = changes;
        history->change_room = room;
    }
    history->changes[history->change_count++] = *change;
    return STATUS_OK;
}

static status_t compare_facts(history_t *history, const char *consultant, const int64_t *before, const int64_t *after)
{
    const catalog_t *catalog = history->query->world->catalog;
    for (size_t i = 0; i < catalog->fact_count; i++) {
        const row_t *row = &catalog->rows[i];
        const fact_change_t change = {row->id, consultant, in_unit(before[i], row->decimals),
                                      in_unit(after[i], row->decimals)};
        if (before[i] != after[i])
            TRY(note_change(history, &change));
    }
    return STATUS_OK;
}

static status_t compare_consultant(history_t *history, const state_t *before, const packed_consultant_t *old,
                                   const state_t *after, const packed_consultant_t *new)
{
    int64_t earlier[CATALOG_FACTS_MAX], later[CATALOG_FACTS_MAX];
    const char *code = arena_strdup(history->query->arena, new->consultant);
    if (!code)
        return STATUS_NO_MEMORY;
    TRY(unpack(history, before->stored.catalog_digest, &old->facts, earlier));
    TRY(unpack(history, after->stored.catalog_digest, &new->facts, later));
    return compare_facts(history, code, earlier, later);
}

static status_t add_code(arena_t *arena, const char *code, const char **list, size_t *count)
{
    list[*count] = arena_strdup(arena, code);
    return list[(*count)++] ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Both lists are in the order of codes. */
static status_t compare_consultants(history_t *history, const state_t *before, const state_t *after,
                                    history_revision_t *out)
{
    arena_t *arena = history->query->arena;
    size_t old_count = before->consultants ? before->stored.consultant_count : 0, i = 0;
    size_t new_count = after->consultants ? after->stored.consultant_count : 0, j = 0;
    out->dropped = arena_array(arena, old_count, sizeof *out->dropped);
    out->added = arena_array(arena, new_count, sizeof *out->added);
    if (!out->dropped || !out->added)
        return STATUS_NO_MEMORY;
    while (i < old_count || j < new_count) {
        const packed_consultant_t *old = i < old_count ? &before->consultants[i] : NULL;
        const packed_consultant_t *new = j < new_count ? &after->consultants[j] : NULL;
        int order = !old ? 1 : !new ? -1 : by_code(old, new);
        if (order < 0)
            TRY(add_code(arena, old->consultant, out->dropped, &out->dropped_count));
        else if (order > 0)
            TRY(add_code(arena, new->consultant, out->added, &out->added_count));
        else
            TRY(compare_consultant(history, before, old, after, new));
        i += order <= 0;
        j += order >= 0;
    }
    return STATUS_OK;
}

/* ---- the revision itself */

static status_t name_catalog(const history_t *history, const stored_revision_t *revision, history_revision_t *out)
{
    const catalog_t *catalog;
    out->catalog = "";
    if (revision->withdrawn)
        return STATUS_OK;
    TRY(world_find_catalog(history->query->world, history->txn, revision->catalog_digest, &catalog));
    out->catalog = arena_printf(history->query->arena, "%s %u", catalog->id, (unsigned)catalog->version);
    out->catalog_digest = revision->catalog_digest;
    return out->catalog ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t describe(const history_t *history, const stored_revision_t *revision, history_revision_t *out)
{
    arena_t *arena = history->query->arena;
    *out = (history_revision_t){
        .revision = revision->revision,
        .time_ms = revision->time_ms,
        .filed_ms = revision->filed_ms,
        .actor = {.role = revision->role, .has_key = true},
        .late = revision->late,
        .withdrawn = revision->withdrawn,
        .why = arena_strdup(arena, revision->why),
        .warnings = arena_array(arena, revision->warning_count, sizeof *out->warnings),
    };
    memcpy(out->actor.key, revision->public_key, KEY_SIZE);
    if (!out->why || !out->warnings)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < revision->warning_count; i++)
        TRY(add_code(arena, revision->warnings[i], out->warnings, &out->warning_count));
    return name_catalog(history, revision, out);
}

/* `number` against the one before it. */
static status_t tell_revision(history_t *history, const history_query_t *asked, uint32_t number,
                              history_revision_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(2ul * RESPONSE_SIZE_MAX);
    state_t before, after;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(load(history, asked, number - 1, arena, &before));
    TRY(load(history, asked, number, arena, &after));
    TRY(describe(history, &after.stored, out));
    TRY(store_get_sequence_of(history->txn, asked->dealer, asked->period, number, &out->sequence));
    history->change_count = 0;
    TRY(compare_facts(history, "", before.facts, after.facts));
    TRY(compare_consultants(history, &before, &after, out));
    size_t size = history->change_count * sizeof *history->changes;
    fact_change_t *changes = arena_array(history->query->arena, history->change_count, sizeof *changes);
    if (!changes)
        return STATUS_NO_MEMORY;
    if (size)
        memcpy(changes, history->changes, size);
    out->changes = changes;
    out->change_count = history->change_count;
    return STATUS_OK;
}

static status_t tell_revisions(history_t *history, const history_query_t *asked, history_answer_t *out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESPONSE_SIZE_MAX);
    stored_revision_t newest;
    if (!arena)
        return STATUS_NO_MEMORY;
    status_t status = store_get_current(history->txn, asked->dealer, asked->period, false, arena, &newest);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    uint32_t first = newest.revision > HISTORY_REVISIONS_MAX ? newest.revision - HISTORY_REVISIONS_MAX + 1 : 1;
    size_t count = newest.revision - first + 1;
    history_revision_t *revisions = arena_array(history->query->arena, count, sizeof *revisions);
    if (!revisions)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(tell_revision(history, asked, first + (uint32_t)i, &revisions[i]));
    out->revisions = revisions;
    out->revision_count = count;
    return STATUS_OK;
}

/* ---- comments */

static status_t take_comment(const history_t *history, const stored_event_t *event, history_comment_t *out)
{
    arena_t *arena = history->query->arena;
    *out = (history_comment_t){
        .event = event->event,
        .time_ms = event->time_ms,
        .actor = {.role = event->role, .has_key = event->has_actor},
        .revision = event->revision,
        .name = arena_strdup(arena, event->name),
        .text = arena_strdup(arena, event->text),
    };
    memcpy(out->actor.key, event->public_key, event->has_actor ? KEY_SIZE : 0);
    return out->name && out->text ? STATUS_OK : STATUS_NO_MEMORY;
}

static status_t tell_comments(const history_t *history, const history_query_t *asked, history_answer_t *out)
{
    char subject[STORE_SUBJECT_SIZE];
    snprintf(subject, sizeof subject, "comment/%s/%06u", asked->dealer, (unsigned)period_to_number(asked->period));
    history_comment_t *comments = arena_array(history->query->arena, COMMENTS_LISTED_MAX, sizeof *comments);
    if (!comments)
        return STATUS_NO_MEMORY;
    out->comments = comments;
    for (uint64_t after = 0; out->comment_count < COMMENTS_LISTED_MAX;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(RESPONSE_SIZE_MAX);
        stored_event_t event;
        if (!arena)
            return STATUS_NO_MEMORY;
        status_t status = store_next_event(history->txn, subject, after, arena, &event);
        if (status == STATUS_NOT_FOUND)
            return STATUS_OK;
        TRY(status);
        TRY(take_comment(history, &event, &comments[out->comment_count++]));
        after = event.event;
    }
    return STATUS_OK;
}

/* Of a store that left the network later, headquarters and the store itself still read what was filed. */
static status_t check_access(const query_t *query, const history_query_t *asked)
{
    uint32_t dealer, region;
    status_t status = access_find_store(query->world->network, query->principal, asked->dealer, asked->period, &dealer,
                                        &region, query->refusal);
    return status == STATUS_INVALID && query->principal->role != ROLE_MANAGER ? STATUS_OK : status;
}

status_t query_history(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const history_query_t *asked = &query->request->history;
    TRY(check_access(query, asked));
    TRY(store_begin_read(query->hub->store, &txn));
    CLEANUP(history_fini) history_t history = {.query = query, .txn = txn};
    history_answer_t answer = {.dealer = asked->dealer, .period = asked->period};
    TRY(tell_revisions(&history, asked, &answer));
    TRY(tell_comments(&history, asked, &answer));
    query->response->kind = RESPONSE_HISTORY;
    query->response->history = answer;
    return STATUS_OK;
}
