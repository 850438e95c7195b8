#include "client/receipts.h"

#include <jansson.h>
#include <string.h>

static status_t copy_warnings(receipt_t *receipt, arena_t *arena)
{
    check_warning_t *copies = arena_array(arena, receipt->warning_count, sizeof *copies);
    if (!copies)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < receipt->warning_count; i++) {
        const check_warning_t *from = &receipt->warnings[i];
        copies[i].check = arena_strdup(arena, from->check);
        if (!copies[i].check)
            return STATUS_NO_MEMORY;
        for (size_t j = 0; j < LANGUAGE_COUNT; j++) {
            copies[i].title[j] = arena_strdup(arena, from->title[j] ? from->title[j] : from->check);
            if (!copies[i].title[j])
                return STATUS_NO_MEMORY;
        }
    }
    receipt->warnings = copies;
    return STATUS_OK;
}

/* What the receipt borrows of the answer. */
static status_t copy_receipt(const receipt_t *from, arena_t *arena, receipt_t *out)
{
    *out = *from;
    out->group_path.data = (const uint8_t *)arena_memdup(arena, from->group_path.data, from->group_path.size);
    return out->group_path.data ? copy_warnings(out, arena) : STATUS_NO_MEMORY;
}

status_t receipt_take(receipt_line_t *line, const response_t *response, arena_t *arena)
{
    line->is_answered = true;
    line->status = response->status;
    if (response->status == STATUS_OK && response->kind != RESPONSE_RECEIPT)
        return STATUS_MALFORMED;
    if (response->status == STATUS_OK)
        return copy_receipt(&response->receipt, arena, &line->receipt);
    char reason[2000];
    response_reason(response, reason, sizeof reason);
    line->reason = arena_strdup(arena, reason);
    return line->reason ? STATUS_OK : STATUS_NO_MEMORY;
}

receipt_counts_t receipts_count(const receipt_line_t *lines, size_t count)
{
    receipt_counts_t counts = {0};
    for (size_t i = 0; i < count; i++) {
        const receipt_line_t *line = &lines[i];
        counts.waiting += !line->is_answered && line->is_waiting;
        counts.unanswered += !line->is_answered && !line->is_waiting;
        counts.refused += line->is_answered && line->status != STATUS_OK;
        if (!line->is_answered || line->status != STATUS_OK)
            continue;
        counts.accepted += line->receipt.outcome == OUTCOME_ACCEPTED;
        counts.unchanged += line->receipt.outcome == OUTCOME_UNCHANGED;
        counts.withdrawn += line->receipt.outcome == OUTCOME_WITHDRAWN;
        counts.warned += line->receipt.warning_count > 0;
    }
    return counts;
}

static bool is_accepted(const receipt_line_t *line)
{
    return line->is_answered && line->status == STATUS_OK;
}

static const char *outcome_of(const receipt_line_t *line)
{
    if (!line->is_answered)
        return line->is_waiting ? "waiting" : "unanswered";
    return line->status == STATUS_OK ? outcome_names[line->receipt.outcome] : "refused";
}

static void print_line(FILE *out, const session_t *session, const receipt_line_t *line)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(line->period, period);
    fprintf(out, "%s  %s  %s", line->dealer, period, session_text(session, outcome_of(line)));
    if (is_accepted(line))
        fprintf(out, session_text(session, "  revision %u%s"), line->receipt.revision,
                line->receipt.late ? session_text(session, "  late") : "");
    fputc('\n', out); /* why one is refused stands on standard error, with its line in the file */
    if (line->receipt.facts_dropped)
        fprintf(out,
                session_text(session, "    %u fact%s that the revision before held %s absent now; a submission "
                                      "replaces the whole month\n"),
                line->receipt.facts_dropped, line->receipt.facts_dropped == 1 ? "" : "s",
                line->receipt.facts_dropped == 1 ? "is" : "are");
    if (line->receipt.consultants_dropped)
        fprintf(out,
                session_text(session, "    %u consultant%s of the revision before %s gone now; give them with "
                                      "--consultants to keep them\n"),
                line->receipt.consultants_dropped, line->receipt.consultants_dropped == 1 ? "" : "s",
                line->receipt.consultants_dropped == 1 ? "is" : "are");
    for (size_t i = 0; i < line->receipt.warning_count; i++)
        fprintf(out, session_text(session, "    warning %s: %s\n"), line->receipt.warnings[i].check,
                line->receipt.warnings[i].title[session->language]);
}

static void print_counts(FILE *out, const session_t *session, const receipt_counts_t *counts)
{
    const struct {
        size_t count;
        const char *what;
    } PARTS[] = {
        {counts->accepted, TRANSLATED("accepted")},
        {counts->unchanged, TRANSLATED("unchanged")},
        {counts->withdrawn, TRANSLATED("withdrawn")},
        {counts->refused, TRANSLATED("refused")},
        {counts->waiting, TRANSLATED("waiting in the outbox")},
        {counts->unanswered, TRANSLATED("without an answer")},
        {counts->warned, TRANSLATED("with warnings")},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        if (!PARTS[i].count)
            continue;
        fprintf(out, session_text(session, "%s%zu %s"), between, PARTS[i].count, session_text(session, PARTS[i].what));
        between = session_text(session, ", ");
    }
    fprintf(out, "%s\n", *between ? "" : session_text(session, "nothing sent"));
}

static void print_table(const session_t *session, const render_t *render, const receipt_line_t *lines, size_t count,
                        bool is_brief)
{
    for (size_t i = 0; i < count; i++)
        if (!is_brief || !is_accepted(&lines[i]) || lines[i].receipt.warning_count || lines[i].receipt.facts_dropped ||
            lines[i].receipt.consultants_dropped)
            print_line(render->out, session, &lines[i]);
    receipt_counts_t counts = receipts_count(lines, count);
    print_counts(render->out, session, &counts);
}

static void print_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_csv(FILE *out, const receipt_line_t *lines, size_t count)
{
    fputs("dealer,period,outcome,revision,sequence,late,status,reason\n", out);
    for (size_t i = 0; i < count; i++) {
        const receipt_line_t *line = &lines[i];
        char period[PERIOD_TEXT_SIZE];
        period_format(line->period, period);
        fprintf(out, "%s,%s,%s,", line->dealer, period, outcome_of(line));
        if (is_accepted(line))
            fprintf(out, "%u,%llu,%s", line->receipt.revision, (unsigned long long)line->receipt.sequence,
                    line->receipt.late ? "true" : "false");
        else
            fputs(",,", out);
        fprintf(out, ",%s,", line->is_answered ? status_name(line->status) : "");
        if (line->reason)
            print_quoted(out, line->reason);
        fputc('\n', out);
    }
}

static json_t *line_to_json(const receipt_line_t *line, language_t language)
{
    char period[PERIOD_TEXT_SIZE];
    period_format(line->period, period);
    json_t *object =
        json_pack("{s:s, s:s, s:s}", "dealer", line->dealer, "period", period, "outcome", outcome_of(line));
    if (line->number)
        json_object_set_new(object, "number", json_integer((json_int_t)line->number));
    if (!is_accepted(line)) {
        if (line->is_answered) {
            json_object_set_new(object, "status", json_string(status_name(line->status)));
            json_object_set_new(object, "reason", json_string(line->reason));
        }
        return object;
    }
    json_object_set_new(object, "revision", json_integer(line->receipt.revision));
    json_object_set_new(object, "sequence", json_integer((json_int_t)line->receipt.sequence));
    json_object_set_new(object, "late", json_boolean(line->receipt.late));
    json_object_set_new(object, "facts_dropped", json_integer(line->receipt.facts_dropped));
    json_object_set_new(object, "consultants_dropped", json_integer(line->receipt.consultants_dropped));
    json_t *warnings = json_array();
    for (size_t i = 0; i < line->receipt.warning_count; i++)
        json_array_append_new(warnings, json_pack("{s:s, s:s}", "check", line->receipt.warnings[i].check, "title",
                                                  line->receipt.warnings[i].title[language]));
    json_object_set_new(object, "warnings", warnings);
    return object;
}

static status_t print_json(const render_t *render, const receipt_line_t *lines, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, line_to_json(&lines[i], render->language));
    receipt_counts_t counts = receipts_count(lines, count);
    json_t *object = json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "receipts", array, "accepted",
                               (json_int_t)counts.accepted, "unchanged", (json_int_t)counts.unchanged, "withdrawn",
                               (json_int_t)counts.withdrawn, "refused", (json_int_t)counts.refused, "waiting",
                               (json_int_t)counts.waiting, "unanswered", (json_int_t)counts.unanswered);
    if (!object)
        return STATUS_NO_MEMORY;
    int failed = json_dumpf(object, render->out, JSON_INDENT(2));
    json_decref(object);
    return failed || fputc('\n', render->out) == EOF ? STATUS_IO : STATUS_OK;
}

status_t receipts_print(const session_t *session, const receipt_line_t *lines, size_t count, bool is_brief)
{
    render_t render = session_render(session);
    if (render.format == FORMAT_JSON)
        return print_json(&render, lines, count);
    if (render.format == FORMAT_CSV)
        print_csv(render.out, lines, count);
    else
        print_table(session, &render, lines, count, is_brief);
    return ferror(render.out) ? STATUS_IO : STATUS_OK;
}
