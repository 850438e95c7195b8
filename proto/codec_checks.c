/* What is unusual about a month, and what its dealer says to that. */
#include "core/limits.h"
#include "proto/codec_internals.h"

/* ---- requests */

static status_t read_query(reader_t *reader, const Yardstick__V1__ChecksQuery *message, checks_query_t *out)
{
    TRY(reader_period(reader, "checks.period", message->period, &out->period));
    TRY(reader_scopes(reader, "checks.scopes", message->scopes, message->n_scopes));
    TRY(reader_optional_code(reader, "checks.dealer", message->dealer));
    out->scopes = (const char **)message->scopes;
    out->scope_count = message->n_scopes;
    out->dealer = message->dealer;
    out->limit = message->limit;
    return STATUS_OK;
}

static status_t read_comment(reader_t *reader, const Yardstick__V1__Comment *message, comment_t *out)
{
    TRY(reader_code(reader, "comment.dealer", message->dealer));
    TRY(reader_period(reader, "comment.period", message->period, &out->period));
    TRY(reader_text(reader, "comment.row", message->row, 0, CODE_LENGTH_MAX));
    TRY(reader_text(reader, "comment.check", message->check, 0, CODE_LENGTH_MAX));
    TRY(reader_text(reader, "comment.text", message->text, 1, TEXT_LENGTH_MAX));
    if (!*message->row == !*message->check)
        return reader_refuse(reader, "comment is about a row or about a check: exactly one of them is named");
    out->dealer = message->dealer;
    out->revision = message->revision;
    out->row = message->row;
    out->check = message->check;
    out->text = message->text;
    return STATUS_OK;
}

status_t checks_request_read(reader_t *reader, const Yardstick__V1__Request *message, request_t *out)
{
    if (out->kind == REQUEST_CHECKS)
        return read_query(reader, message->checks, &out->checks);
    return read_comment(reader, message->comment, &out->comment);
}

status_t checks_request_write(arena_t *arena, const request_t *request, Yardstick__V1__Request *out)
{
    if (request->kind == REQUEST_CHECKS) {
        const checks_query_t *query = &request->checks;
        WRITE_ONE(arena, (Yardstick__V1__ChecksQuery)YARDSTICK__V1__CHECKS_QUERY__INIT, out->checks);
        out->checks->period = period_to_number(query->period);
        out->checks->scopes = (char **)query->scopes;
        out->checks->n_scopes = query->scope_count;
        out->checks->dealer = lend(query->dealer);
        out->checks->limit = query->limit;
        return STATUS_OK;
    }
    const comment_t *comment = &request->comment;
    WRITE_ONE(arena, (Yardstick__V1__Comment)YARDSTICK__V1__COMMENT__INIT, out->comment);
    out->comment->dealer = lend(comment->dealer);
    out->comment->period = period_to_number(comment->period);
    out->comment->revision = comment->revision;
    out->comment->row = lend(comment->row);
    out->comment->check = lend(comment->check);
    out->comment->text = lend(comment->text);
    return STATUS_OK;
}

/* ---- responses */

static status_t read_finding(reader_t *reader, const Yardstick__V1__Finding *message, finding_t *out)
{
    TRY(reader_choice(reader, "checks.findings.kind", (uint32_t)message->kind, FINDING_KIND_COUNT));
    *out = (finding_t){
        .dealer = message->dealer,
        .kind = (finding_kind_t)message->kind,
        .name = message->name,
        .score = message->score,
        .value = message->value,
        .base = message->denominator,
        .median = message->median,
        .spread = message->spread,
        .is_relative = message->relative,
        .compared = message->compared,
        .region = message->region,
        .revision = message->revision,
        .comment = *message->comment ? message->comment : NULL,
        .comment_ms = message->comment_ms,
    };
    return STATUS_OK;
}

static status_t read_answer(reader_t *reader, const Yardstick__V1__ChecksAnswer *message, response_t *out)
{
    checks_answer_t *answer;
    READ_ARRAY(reader->arena, 1, answer);
    READ_ARRAY(reader->arena, message->n_findings, answer->findings);
    for (size_t i = 0; i < message->n_findings; i++)
        TRY(read_finding(reader, message->findings[i], &answer->findings[i]));
    TRY(reader_period(reader, "checks.period", message->period, &answer->period));
    answer->expected = message->expected;
    answer->reported = message->reported;
    answer->found = message->found;
    answer->finding_count = message->n_findings;
    out->checks = answer;
    return STATUS_OK;
}

status_t checks_response_read(reader_t *reader, const Yardstick__V1__Response *message, response_t *out)
{
    if (out->kind == RESPONSE_CHECKS)
        return read_answer(reader, message->checks, out);
    const Yardstick__V1__Commented *commented = message->commented;
    out->commented = (commented_t){commented->revision, commented->time_ms, commented->event};
    return STATUS_OK;
}

static status_t write_answer(arena_t *arena, const checks_answer_t *answer, Yardstick__V1__Response *out)
{
    WRITE_ONE(arena, (Yardstick__V1__ChecksAnswer)YARDSTICK__V1__CHECKS_ANSWER__INIT, out->checks);
    out->checks->period = period_to_number(answer->period);
    out->checks->expected = answer->expected;
    out->checks->reported = answer->reported;
    out->checks->found = answer->found;
    Yardstick__V1__Finding *items, initial = YARDSTICK__V1__FINDING__INIT;
    WRITE_LIST(arena, answer->finding_count, initial, items, out->checks->findings);
    out->checks->n_findings = answer->finding_count;
    for (size_t i = 0; i < answer->finding_count; i++) {
        const finding_t *finding = &answer->findings[i];
        items[i].dealer = lend(finding->dealer);
        items[i].kind = (Yardstick__V1__FindingKind)finding->kind;
        items[i].name = lend(finding->name);
        items[i].score = finding->score;
        items[i].value = finding->value;
        items[i].denominator = finding->base;
        items[i].median = finding->median;
        items[i].spread = finding->spread;
        items[i].relative = finding->is_relative;
        items[i].compared = finding->compared;
        items[i].region = lend(finding->region);
        items[i].revision = finding->revision;
        items[i].comment = lend(finding->comment);
        items[i].comment_ms = finding->comment_ms;
    }
    return STATUS_OK;
}

status_t checks_response_write(arena_t *arena, const response_t *response, Yardstick__V1__Response *out)
{
    if (response->kind == RESPONSE_CHECKS)
        return write_answer(arena, response->checks, out);
    WRITE_ONE(arena, (Yardstick__V1__Commented)YARDSTICK__V1__COMMENTED__INIT, out->commented);
    out->commented->revision = response->commented.revision;
    out->commented->time_ms = response->commented.time_ms;
    out->commented->event = response->commented.event;
    return STATUS_OK;
}
