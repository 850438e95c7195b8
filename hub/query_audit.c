/* Questions about the log: what was done, by whom, and whether it still stands as it was written. */
#include "hub/access.h"
#include "hub/log.h"
#include "hub/queries.h"

#include <string.h>

/* ---- what an entry is about */

typedef struct {
    const char *about;  /* "" = everything */
    const char *dealer; /* where it is about a dealer, else NULL */
} filter_t;

static filter_t filter_of(const char *about)
{
    static const char DEALER[] = "dealer/";
    bool is_dealer = strncmp(about, DEALER, sizeof DEALER - 1) == 0;
    return (filter_t){about, is_dealer ? about + sizeof DEALER - 1 : NULL};
}

/* Whether a list of codes with blanks between holds that one. */
static bool lists_code(const char *codes, const char *code)
{
    size_t size = strlen(code);
    for (const char *at = codes; size && (at = strstr(at, code)); at += size)
        if ((at == codes || at[-1] == ' ') && (at[size] == ' ' || at[size] == 0))
            return true;
    return false;
}

static bool event_matches(const filter_t *filter, const stored_event_t *event)
{
    size_t size = strlen(filter->about);
    if (!size)
        return true;
    if (filter->dealer)
        return strcmp(event->dealer, filter->dealer) == 0 ||
               ((event->kind == EVENT_KEY || event->kind == EVENT_TOKEN) && lists_code(event->text, filter->dealer));
    return strncmp(event->subject, filter->about, size) == 0 &&
           (event->subject[size] == 0 || event->subject[size] == '/');
}

static bool revisions_match(const filter_t *filter)
{
    return !*filter->about || filter->dealer || strcmp(filter->about, event_kind_names[EVENT_REVISIONS]) == 0;
}

/* ---- a page of it */

typedef struct {
    store_txn_t *txn;
    arena_t *arena; /* of the answer */
    const events_query_t *asked;
    filter_t filter;
    size_t most;
    logged_event_t *events;
    size_t count;
    size_t lines, scanned; /* entries and revisions listed, and looked at */
    uint64_t next_event, next_sequence;
} page_t;

static bool is_full(const page_t *page)
{
    return page->lines >= page->most || page->scanned >= EVENTS_SCANNED_MAX;
}

static log_actor_t actor_of(role_t role, bool has_key, const uint8_t key[KEY_SIZE])
{
    log_actor_t actor = {.role = role, .has_key = has_key};
    memcpy(actor.key, key, has_key ? KEY_SIZE : 0);
    return actor;
}

/* What outlives the entry's own arena. */
static status_t copy_event(const page_t *page, const stored_event_t *event, logged_event_t *out)
{
    arena_t *arena = page->arena;
    *out = (logged_event_t){
        .event = event->event,
        .time_ms = event->time_ms,
        .kind = event->kind,
        .actor = actor_of(event->role, event->has_actor, event->public_key),
        .subject = arena_strdup(arena, event->subject),
        .dealer = arena_strdup(arena, event->dealer),
        .scope = arena_strdup(arena, event->scope),
        .name = arena_strdup(arena, event->name),
        .text = arena_strdup(arena, event->text),
        .period = event->period,
        .revision = event->revision,
        .number = event->number,
        .held = (uint32_t)event->held_count,
        .until_ms = event->until_ms,
        .flag = event->flag,
        .number_count = event->number_count,
    };
    size_t size = event->number_count * sizeof *event->numbers;
    uint32_t *numbers = arena_array(arena, event->number_count, sizeof *numbers);
    if (!numbers || !out->subject || !out->dealer || !out->scope || !out->name || !out->text)
        return STATUS_NO_MEMORY;
    if (size)
        memcpy(numbers, event->numbers, size);
    out->numbers = numbers;
    return store_hash_of_event(page->txn, event->event, out->hash);
}

static status_t add_event(page_t *page, const stored_event_t *event, logged_event_t **out)
{
    *out = &page->events[page->count];
    TRY(copy_event(page, event, *out));
    page->count++;
    return STATUS_OK;
}

static status_t add_revision(page_t *page, uint64_t sequence, logged_revision_t *list, size_t *count)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(REQUEST_MEMORY_MAX);
    stored_revision_t revision;
    if (!arena)
        return STATUS_NO_MEMORY;
    page->scanned++;
    TRY(store_get_sequence(page->txn, sequence, false, arena, &revision));
    if (page->filter.dealer && strcmp(page->filter.dealer, revision.dealer) != 0)
        return STATUS_OK;
    logged_revision_t *one = &list[*count];
    *one = (logged_revision_t){
        .sequence = sequence,
        .time_ms = revision.time_ms,
        .dealer = arena_strdup(page->arena, revision.dealer),
        .period = revision.period,
        .revision = revision.revision,
        .actor = actor_of(revision.role, true, revision.public_key),
        .late = revision.late,
        .withdrawn = revision.withdrawn,
        .why = arena_strdup(page->arena, revision.why),
    };
    if (!one->dealer || !one->why)
        return STATUS_NO_MEMORY;
    ++*count;
    page->lines++;
    return STATUS_OK;
}

/* The revisions that an entry tells of, from `newest` down, as far as the page has room for them. */
static status_t add_revisions(page_t *page, const stored_event_t *event, uint64_t newest)
{
    uint64_t sequence = newest, span = newest - event->first_sequence + 1;
    size_t room = page->most - page->lines, count = 0;
    logged_event_t *listed;
    logged_revision_t *list = arena_array(page->arena, span < room ? span : room, sizeof *list);
    if (!list)
        return STATUS_NO_MEMORY;
    for (; sequence >= event->first_sequence && !is_full(page); sequence--)
        TRY(add_revision(page, sequence, list, &count));
    if (sequence >= event->first_sequence) {
        page->next_event = event->event;
        page->next_sequence = sequence;
    }
    if (!count)
        return STATUS_OK;
    TRY(add_event(page, event, &listed));
    listed->revisions = list;
    listed->revision_count = count;
    return STATUS_OK;
}

/* One entry, which is the first of this page where `newest` says with which of its revisions to go on (0: with its
 * newest). *out_over: it is too early, and so are all before it. */
static status_t take_event(page_t *page, uint64_t number, uint64_t newest, bool *out_over)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(RESPONSE_SIZE_MAX);
    stored_event_t event;
    logged_event_t *listed;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(store_get_event(page->txn, number, arena, &event));
    page->scanned++;
    *out_over = event.time_ms < page->asked->since_ms;
    if (*out_over)
        return STATUS_OK;
    if (event.kind == EVENT_REVISIONS) {
        bool goes_on = newest >= event.first_sequence && newest < event.sequence;
        return revisions_match(&page->filter) ? add_revisions(page, &event, goes_on ? newest : event.sequence)
                                              : STATUS_OK;
    }
    if (!event_matches(&page->filter, &event))
        return STATUS_OK;
    page->lines++;
    return add_event(page, &event, &listed);
}

/* The newest entry that is asked for; 0 where there is none. */
static status_t find_newest(const page_t *page, uint64_t *out)
{
    uint64_t time_ms, latest;
    store_newest_event(page->txn, out, &time_ms);
    if (page->asked->from_event && page->asked->from_event < *out)
        *out = page->asked->from_event;
    if (!page->asked->until_ms)
        return STATUS_OK;
    status_t status = store_event_at(page->txn, page->asked->until_ms, &latest);
    if (status == STATUS_NOT_FOUND)
        latest = 0;
    else
        TRY(status);
    if (latest < *out)
        *out = latest;
    return STATUS_OK;
}

static status_t fill_page(page_t *page)
{
    uint64_t number, newest = page->asked->from_sequence;
    bool over = false;
    TRY(find_newest(page, &number));
    if (number != page->asked->from_event)
        newest = 0;
    for (; number > page->asked->after && !over && !page->next_event; number--, newest = 0) {
        if (is_full(page)) {
            page->next_event = number;
            return STATUS_OK;
        }
        TRY(take_event(page, number, newest, &over));
    }
    return STATUS_OK;
}

status_t query_list_events(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const events_query_t *asked = &query->request->list_events;
    page_t page = {.arena = query->arena, .asked = asked, .filter = filter_of(asked->about), .most = EVENTS_MAX};
    if (asked->most && asked->most < page.most)
        page.most = asked->most;
    page.events = arena_array(query->arena, page.most, sizeof *page.events);
    if (!page.events)
        return STATUS_NO_MEMORY;
    TRY(store_begin_read(query->hub->store, &txn));
    page.txn = txn;
    TRY(fill_page(&page));
    query->response->kind = RESPONSE_EVENTS;
    query->response->events = (event_page_t){page.events, page.count, page.next_event, page.next_sequence};
    return STATUS_OK;
}

/* ---- whether it stands as it was written */

status_t query_verify_events(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    const verify_query_t *asked = &query->request->verify_events;
    log_expectation_t expected = {.event = asked->expected_event};
    verification_t found = {.mark = asked->mark, .damage = ""};
    char *why = arena_array(query->arena, 1, 500);
    if (!why)
        return STATUS_NO_MEMORY;
    memcpy(expected.hash, asked->expected_hash, DIGEST_SIZE);
    TRY(store_begin_read(query->hub->store, &txn));
    status_t status = store_verify_log(txn, expected.event ? &expected : NULL, EVENTS_SCANNED_MAX, &found.mark,
                                       &found.complete, why, 500);
    if (status == STATUS_DAMAGED) { /* an answer, not a failure to answer */
        log_event(LOG_ERROR, "log_damaged", "reason=\"%s\"", why);
        found.complete = true;
        found.damage = why;
    } else {
        TRY(status);
    }
    query->response->kind = RESPONSE_VERIFICATION;
    query->response->verification = found;
    return STATUS_OK;
}

/* ---- the newest entry, for those who keep it */

static status_t stands(store_txn_t *txn, const witness_query_t *asked, uint64_t newest, bool *out)
{
    uint8_t hash[DIGEST_SIZE];
    *out = false;
    if (!asked->event || asked->event > newest)
        return STATUS_OK;
    TRY(store_hash_of_event(txn, asked->event, hash));
    *out = memcmp(hash, asked->hash, DIGEST_SIZE) == 0;
    return STATUS_OK;
}

status_t query_witness(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    witnessed_t found = {0};
    uint64_t time_ms;
    TRY(store_begin_read(query->hub->store, &txn));
    store_newest_event(txn, &found.event, &time_ms);
    if (found.event)
        TRY(store_hash_of_event(txn, found.event, found.hash));
    TRY(store_last_sequence(txn, &found.sequence));
    TRY(stands(txn, &query->request->witness, found.event, &found.is_known));
    query->response->kind = RESPONSE_WITNESSED;
    query->response->witnessed = found;
    return STATUS_OK;
}
