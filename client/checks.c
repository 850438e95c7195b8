#include "client/checks.h"

#include "core/text.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 9

/* A number from 1 to `most` where the option is given; 0 = it is not. */
static status_t read_number(session_t *session, const char *option, uint32_t most, uint32_t *out)
{
    const char *text = invocation_value(session->invocation, option);
    *out = 0;
    if (!text)
        return STATUS_OK;
    bool is_number = strspn(text, "0123456789") == strlen(text) && strlen(text) <= DIGITS_MAX;
    unsigned long number = is_number ? strtoul(text, NULL, 10) : 0;
    if (number < 1 || number > most)
        return session_misuse(session, "--%s %.80s: write a number from 1 to %u", option, text, (unsigned)most);
    *out = (uint32_t)number;
    return STATUS_OK;
}

static status_t read_month(session_t *session, period_t *out)
{
    const char *month = session->invocation->arguments[0];
    if (!period_parse(month, out))
        return session_misuse(session, "%s %.80s: that is no month; write it as 2025-06",
                              session->invocation->command->name, month);
    return STATUS_OK;
}

/* ---- checks */

static status_t read_query(session_t *session, const char **scopes, checks_query_t *out)
{
    checks_query_t query = {.scopes = scopes, .dealer = ""};
    query.scope_count = invocation_list(session->invocation, "scope", scopes, SCOPES_MAX);
    const char *dealer = invocation_value(session->invocation, "dealer");
    TRY(read_month(session, &query.period));
    TRY(read_number(session, "limit", FINDINGS_MAX, &query.limit));
    if (query.scope_count > SCOPES_MAX)
        return session_misuse(session, "--scope is given %zu times and may be %d times", query.scope_count, SCOPES_MAX);
    if (dealer && !text_is_code(dealer))
        return session_misuse(session, "--dealer %.80s is no code; name one dealer", dealer);
    if (dealer && query.scope_count)
        return session_misuse(session, "--dealer and --scope are both given; name one dealer or scopes");
    *out = query;
    return STATUS_OK;
}

status_t checks_check(session_t *session)
{
    const char *scopes[SCOPES_MAX];
    checks_query_t query;
    return read_query(session, scopes, &query);
}

status_t checks_run(session_t *session, const char *dealer)
{
    const char *scopes[SCOPES_MAX];
    request_t request = {.kind = REQUEST_CHECKS};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(read_query(session, scopes, &request.checks));
    request.checks.dealer = dealer;
    TRY(session_ask(session, "checks", &request, RESPONSE_CHECKS, &answer));
    render_t render = session_render(session);
    return render_checks(&render, answer.response->checks);
}

/* ---- comment */

static status_t read_comment(session_t *session, comment_t *out)
{
    const char *row = invocation_value(session->invocation, "row");
    const char *check = invocation_value(session->invocation, "check");
    const char *text = invocation_value(session->invocation, "text");
    comment_t comment = {.row = row ? row : "", .check = check ? check : "", .text = text};
    TRY(read_month(session, &comment.period));
    TRY(read_number(session, "revision", UINT32_MAX, &comment.revision));
    if (!row == !check)
        return session_misuse(session, "comment is about a row or about a check: give either --row or --check");
    if (strlen(text) > TEXT_LENGTH_MAX)
        return session_misuse(session, "--text has %zu bytes and may have %d", strlen(text), TEXT_LENGTH_MAX);
    *out = comment;
    return STATUS_OK;
}

status_t comment_check(session_t *session)
{
    comment_t comment;
    return read_comment(session, &comment);
}

status_t comment_run(session_t *session, const char *dealer)
{
    request_t request = {.kind = REQUEST_COMMENT};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(read_comment(session, &request.comment));
    request.comment.dealer = dealer;
    TRY(session_ask(session, "comment", &request, RESPONSE_COMMENTED, &answer));
    printf("%s %s: the comment stays with revision %u\n", dealer, session->invocation->arguments[0],
           (unsigned)answer.response->commented.revision);
    return STATUS_OK;
}
