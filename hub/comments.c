#include "hub/comments.h"

#include "hub/access.h"

#include <stdio.h>
#include <string.h>

static void subject_of(const char *dealer, period_t period, char out[STORE_SUBJECT_SIZE])
{
    snprintf(out, STORE_SUBJECT_SIZE, "comment/%.*s/%06u", CODE_LENGTH_MAX, dealer, (unsigned)period_to_number(period));
}

status_t comments_list(store_txn_t *txn, const char *dealer, period_t period, arena_t *arena,
                       stored_event_t out[COMMENTS_MAX], size_t *out_count)
{
    char subject[STORE_SUBJECT_SIZE];
    size_t count = 0;
    subject_of(dealer, period, subject);
    for (uint64_t after = 0; count < COMMENTS_MAX; after = out[count++].event) {
        status_t status = store_next_event(txn, subject, after, arena, &out[count]);
        if (status == STATUS_NOT_FOUND)
            break;
        TRY(status);
    }
    *out_count = count;
    return STATUS_OK;
}

const stored_event_t *comments_find(const stored_event_t *comments, size_t count, uint32_t revision, bool is_check,
                                    const char *name)
{
    for (size_t i = count; i-- > 0;)
        if (comments[i].revision == revision && comments[i].flag == is_check && strcmp(comments[i].name, name) == 0)
            return &comments[i];
    return NULL;
}

/* ---- a new one */

static status_t check_name(change_t *change, const comment_t *comment)
{
    const catalog_t *catalog = change->world->catalog;
    if (*comment->row) {
        size_t row = catalog_find_row(catalog, comment->row);
        return row != ROW_NONE && catalog_lists_row(catalog, row)
                   ? STATUS_OK
                   : refuse(&change->refusal, STATUS_UNKNOWN, comment->row,
                            "no table of the catalog lists a row %s; `catalog show` names the rows by id",
                            comment->row);
    }
    for (size_t i = 0; i < catalog->check_count; i++)
        if (strcmp(catalog->checks[i].id, comment->check) == 0)
            return STATUS_OK;
    return refuse(&change->refusal, STATUS_UNKNOWN, comment->check,
                  "the catalog has no check %s; `catalog show` names the checks by id", comment->check);
}

/* The current revision, which the comment must be about. */
static status_t find_revision(change_t *change, const comment_t *comment, uint32_t *out)
{
    stored_revision_t current;
    char month[PERIOD_TEXT_SIZE];
    period_format(comment->period, month);
    status_t status = store_get_current(change->txn, comment->dealer, comment->period, false, change->arena, &current);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && current.withdrawn))
        return refuse(&change->refusal, STATUS_INVALID, comment->dealer,
                      "%s has nothing filed for %s that could be commented on", comment->dealer, month);
    TRY(status);
    if (comment->revision && comment->revision != current.revision)
        return refuse(&change->refusal, STATUS_CONFLICT, "revision",
                      "revision %u of %s %s is not the current one, which is %u; look at `checks` again",
                      (unsigned)comment->revision, comment->dealer, month, (unsigned)current.revision);
    *out = current.revision;
    return STATUS_OK;
}

static status_t check_room(change_t *change, const comment_t *comment)
{
    stored_event_t comments[COMMENTS_MAX];
    char month[PERIOD_TEXT_SIZE];
    size_t count;
    period_format(comment->period, month);
    TRY(comments_list(change->txn, comment->dealer, comment->period, change->arena, comments, &count));
    if (count == COMMENTS_MAX)
        return refuse(&change->refusal, STATUS_INVALID, comment->dealer,
                      "%s %s has %d comments already, and may not have more", comment->dealer, month, COMMENTS_MAX);
    return STATUS_OK;
}

status_t comments_add(change_t *change)
{
    const comment_t *comment = &change->job->request->comment;
    char subject[STORE_SUBJECT_SIZE];
    stored_event_t event = {.kind = EVENT_COMMENT, .dealer = comment->dealer, .period = comment->period};
    if (!access_may_submit(change->job->principal, comment->dealer))
        return refuse(&change->refusal, STATUS_NOT_ALLOWED, comment->dealer,
                      "%s is not a store of this key; it comments only on its own stores", comment->dealer);
    TRY(check_name(change, comment));
    TRY(find_revision(change, comment, &event.revision));
    TRY(check_room(change, comment));
    subject_of(comment->dealer, comment->period, subject);
    event.subject = subject;
    event.flag = *comment->check != '\0';
    event.name = event.flag ? comment->check : comment->row;
    event.text = comment->text;
    TRY(store_append_event(change->txn, &event));
    TRY(store_commit(&change->txn));
    change->response.kind = RESPONSE_COMMENTED;
    change->response.commented = (commented_t){event.revision, event.time_ms, event.event};
    return STATUS_OK;
}
