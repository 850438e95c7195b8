#include "dealer-agent/settle.h"

#include "client/socket.h"
#include "dealer-agent/deliver_lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 50 /* between two looks at what another process delivers */

/* ---- waiting */

static status_t deliver_here(session_t *session, outbox_t *outbox, delivery_t *delivery)
{
    CLEANUP(stores_fini) stores_t stores = {0};
    if (!session->connection)
        TRY(deliver_reach(session, outbox, &stores));
    return deliver_run(session, outbox, delivery);
}

/* Whether none of them waits any more. */
static status_t are_settled(session_t *session, outbox_t *outbox, const uint64_t *numbers, size_t count, bool *out)
{
    *out = true;
    for (size_t i = 0; i < count && *out; i++) {
        filing_state_t state;
        status_t status = outbox_read_state(outbox, numbers[i], &state);
        if (status != STATUS_OK)
            return outbox_explain(outbox, status, &session->faults);
        *out = state != FILING_WAITING;
    }
    return STATUS_OK;
}

/* Since when another process has delivered nothing. */
typedef struct {
    uint64_t settled;
    monotonic_t since;
} progress_t;

static status_t watch(session_t *session, outbox_t *outbox, progress_t *progress)
{
    outbox_status_t now;
    status_t status = outbox_read_status(outbox, &now);
    if (status != STATUS_OK)
        return outbox_explain(outbox, status, &session->faults);
    if (now.delivered + now.aside != progress->settled)
        *progress = (progress_t){now.delivered + now.aside, monotonic_now()};
    if (monotonic_now().ms - progress->since.ms < (int64_t)session_timeout_s(session) * 1000)
        return STATUS_OK;
    return session_fail(session, STATUS_TIMED_OUT,
                        "another process delivers from this outbox and got nowhere in %u s; `yardstick-agent status` "
                        "says why",
                        session_timeout_s(session));
}

status_t settle(session_t *session, outbox_t *outbox, const uint64_t *numbers, size_t count, delivery_t *delivery)
{
    progress_t progress = {UINT64_MAX, monotonic_now()};
    for (;;) {
        CLEANUP(deliver_unlock) int lock = -1;
        status_t status = deliver_lock(session->home_path, &lock);
        if (status == STATUS_OK)
            return deliver_here(session, outbox, delivery);
        if (status != STATUS_BUSY)
            return session_fail(session, status, "%s/outbox/deliver.lock cannot be locked: %s", session->home_path,
                                strerror(errno));
        bool is_settled = false;
        if (count)
            TRY(are_settled(session, outbox, numbers, count, &is_settled));
        if (is_settled)
            return STATUS_OK;
        TRY(watch(session, outbox, &progress));
        nanosleep(&(struct timespec){0, LOOK_MS * 1000000L}, NULL);
    }
}

/* ---- lines */

receipt_line_t settle_line(const filing_t *filing)
{
    receipt_line_t line = {.dealer = filing->dealer, .period = filing->period, .number = filing->number};
    line.is_waiting = filing->state == FILING_WAITING;
    line.is_answered = !line.is_waiting;
    line.status = filing->state == FILING_ASIDE ? filing->refused : STATUS_OK;
    line.reason = filing->reason;
    line.receipt = filing->receipt;
    return line;
}

/* The hub's words, and below them each of its faults, all with the place in the file. */
static void add_refusal(session_t *session, const filing_t *filing)
{
    char period[PERIOD_TEXT_SIZE], said[SESSION_WORDS_SIZE];
    char *rest = said;
    session_said(session, filing->reason, said);
    faults_t *faults = &session->faults;
    period_format(filing->period, period);
    faults->source = *filing->source ? filing->source : NULL;
    faults_add(faults, filing->line, filing->column, "%s %s refused (%s): %s", filing->dealer, period,
               status_name(filing->refused), strsep(&rest, "\n"));
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        faults_add(faults, filing->line, filing->column, "%s %s: %s", filing->dealer, period, line);
    faults->source = NULL;
}

status_t settle_read_lines(session_t *session, outbox_t *outbox, const uint64_t *numbers, size_t count, arena_t *arena,
                           receipt_line_t *out)
{
    for (size_t i = 0; i < count; i++) {
        filing_t filing;
        status_t status = outbox_get_head(outbox, numbers[i], arena, &filing);
        if (status != STATUS_OK)
            return outbox_explain(outbox, status, &session->faults);
        out[i] = settle_line(&filing);
        if (filing.state == FILING_ASIDE)
            add_refusal(session, &filing);
    }
    return STATUS_OK;
}

status_t settle_conclude(session_t *session, const receipt_line_t *lines, size_t count, const char *why)
{
    receipt_counts_t counts = receipts_count(lines, count);
    if (counts.refused && session->format == FORMAT_TABLE)
        puts(session_text(
            session, "what was refused is set aside in the outbox; `yardstick-agent outbox list` says what to do"));
    if (counts.waiting)
        (void)!session_fail(session, STATUS_TIMED_OUT,
                            "%zu of %zu month%s in the outbox%s%s; `yardstick-agent deliver`, or one that runs "
                            "(`yardstick-agent run`), "
                            "delivers what waits",
                            counts.waiting, count, count == 1 ? " waits" : "s wait",
                            why ? session_text(session, ": ") : "", why ? why : "");
    return counts.refused ? STATUS_INVALID : counts.waiting ? STATUS_TIMED_OUT : STATUS_OK;
}
