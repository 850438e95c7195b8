/* `yardstick month`: the life of a month. */
#include "cli/commands.h"
#include "client/queries.h"
#include "core/moment.h"

status_t take_period(session_t *session, const char *text, period_t *out)
{
    if (period_parse(text, out))
        return STATUS_OK;
    return session_misuse(session, "%s: %.80s is no month; write it as 2025-06", session->invocation->command->name,
                          text);
}

/* ---- close, reopen */

status_t check_month(session_t *session)
{
    period_t period;
    return take_period(session, session->invocation->arguments[0], &period);
}

static status_t do_deed(session_t *session, request_kind_t kind, const char *done)
{
    const invocation_t *invocation = session->invocation;
    const char *why = invocation_value(invocation, "why");
    request_t request = {.kind = kind, .month_deed.why = why ? why : ""};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(take_period(session, invocation->arguments[0], &request.month_deed.period));
    TRY(session_ask(session, invocation->command->name, &request, RESPONSE_NONE, &answer));
    printf("%s %s\n", invocation->arguments[0], done);
    return STATUS_OK;
}

status_t run_month_close(session_t *session)
{
    return do_deed(session, REQUEST_CLOSE_MONTH,
                   "is closed: its tables are published as they stand, and are not changed any more");
}

status_t run_month_reopen(session_t *session)
{
    return do_deed(session, REQUEST_REOPEN_MONTH,
                   "is open again: its figures are provisional until it is closed anew; exceptions for it have ended");
}

/* ---- allow */

static status_t make_allowance(session_t *session, request_t *out)
{
    const invocation_t *invocation = session->invocation;
    const char *until = invocation_value(invocation, "until"), *why = invocation_value(invocation, "why");
    bool withdraw = invocation_value(invocation, "withdraw") != NULL;
    moment_t moment = {0};
    request_t request = {.kind = REQUEST_ALLOW_CORRECTION};
    allowance_t *allowance = &request.allowance;
    if (!text_is_code(invocation->arguments[0]))
        return session_misuse(session, "month allow: %.80s is no dealer's code", invocation->arguments[0]);
    TRY(take_period(session, invocation->arguments[1], &allowance->period));
    if (withdraw == (until != NULL))
        return session_misuse(session, "month allow needs --until DATE|TIME, or --withdraw to take an exception back");
    if (!withdraw && !why)
        return session_misuse(session, "month allow needs --why TEXT");
    if (until && !moment_parse(until, &moment))
        return session_misuse(session,
                              "--until %.80s is no date or time; write 2025-07-31 (that day's end), \"2025-07-31 "
                              "18:00\" (in the network's time zone) or 2025-07-31T18:00+08:00",
                              until);
    allowance->dealer = invocation->arguments[0];
    allowance->until_ms = moment.ms;
    allowance->until_day = moment.day;
    allowance->until_minute = moment.minute;
    allowance->why = why ? why : "";
    allowance->withdraw = withdraw;
    *out = request;
    return STATUS_OK;
}

status_t check_month_allow(session_t *session)
{
    request_t request;
    return make_allowance(session, &request);
}

status_t run_month_allow(session_t *session)
{
    const invocation_t *invocation = session->invocation;
    const char *dealer = invocation->arguments[0], *month = invocation->arguments[1];
    request_t request;
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(make_allowance(session, &request));
    TRY(session_ask(session, "month allow", &request, RESPONSE_NONE, &answer));
    if (request.allowance.withdraw)
        printf("%s has no exception for %s any more\n", dealer, month);
    else
        printf("%s may file %s until %s; what it files changes the restated tables, not the published ones\n", dealer,
               month, invocation_value(invocation, "until"));
    return STATUS_OK;
}

/* ---- drift */

status_t run_month_drift(session_t *session)
{
    request_t request = {.kind = REQUEST_MONTH_DRIFT};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(take_period(session, session->invocation->arguments[0], &request.month_drift));
    TRY(session_ask(session, "month drift", &request, RESPONSE_DRIFT, &answer));
    render_t render = session_render(session);
    return render_drift(&render, answer.response->drift);
}
