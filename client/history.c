#include "client/history.h"

#include "client/listing.h"
#include "client/render_grid.h"
#include "client/render_words.h"
#include "client/times.h"
#include "core/scratch.h"

#include <math.h>
#include <string.h>
#include <zmq.h>

#define KEY_TEXT_SIZE   41
#define FACT_DIGITS_MAX 15 /* a fact has at most so many that count, and is read back from them exactly */

status_t history_check_period(session_t *session, const char *text)
{
    period_t period;
    return period_parse(text, &period) ? STATUS_OK : session_misuse(session, "%.80s is no month; write YYYY-MM", text);
}

/* ---- JSON, and CSV from a flat list of the same */

static json_t *json_of_key(const log_actor_t *actor)
{
    char text[KEY_TEXT_SIZE];
    if (!actor->has_key)
        return json_null();
    zmq_z85_encode(text, actor->key, KEY_SIZE);
    return json_string(text);
}

static json_t *json_of_value(double value)
{
    if (!isfinite(value))
        return json_null();
    return value == trunc(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *json_of_codes(const char *const *codes, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(codes[i]));
    return list;
}

static json_t *json_of_change(const fact_change_t *change)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "fact", change->fact, "consultant",
                     listing_text(*change->consultant ? change->consultant : NULL), "before",
                     json_of_value(change->before), "after", json_of_value(change->after));
}

static json_t *json_of_revision(const history_revision_t *revision)
{
    json_t *changes = json_array();
    for (size_t i = 0; i < revision->change_count; i++)
        json_array_append_new(changes, json_of_change(&revision->changes[i]));
    return json_pack("{s:i, s:o, s:o, s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "revision",
                     (int)revision->revision, "sequence", listing_number(revision->sequence), "time",
                     listing_time(revision->time_ms), "filed_at_first", listing_time(revision->filed_ms), "role",
                     role_names[revision->actor.role], "key", json_of_key(&revision->actor), "late", revision->late,
                     "withdrawn", revision->withdrawn, "why", listing_text(*revision->why ? revision->why : NULL),
                     "catalog", listing_text(*revision->catalog ? revision->catalog : NULL), "warnings",
                     json_of_codes(revision->warnings, revision->warning_count), "changes", changes,
                     "consultants_added", json_of_codes(revision->added, revision->added_count), "consultants_dropped",
                     json_of_codes(revision->dropped, revision->dropped_count));
}

static json_t *json_of_comment(const history_comment_t *comment)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:i, s:s, s:s}", "event", listing_number(comment->event), "time",
                     listing_time(comment->time_ms), "role",
                     comment->actor.has_key ? role_names[comment->actor.role] : "hub", "key",
                     json_of_key(&comment->actor), "revision", (int)comment->revision, "about", comment->name, "text",
                     comment->text);
}

static void drop(json_t **json)
{
    json_decref(*json);
}

static status_t print_json(const session_t *session, const history_answer_t *answer)
{
    json_t *revisions = json_array(), *comments = json_array();
    for (size_t i = 0; i < answer->revision_count; i++)
        json_array_append_new(revisions, json_of_revision(&answer->revisions[i]));
    for (size_t i = 0; i < answer->comment_count; i++)
        json_array_append_new(comments, json_of_comment(&answer->comments[i]));
    CLEANUP(drop)
    json_t *whole = json_pack("{s:s, s:o, s:o, s:o}", "dealer", answer->dealer, "period",
                              listing_period(answer->period), "revisions", revisions, "comments", comments);
    render_t render = session_render(session);
    if (!whole)
        return STATUS_NO_MEMORY;
    int failed = json_dumpf(whole, render.out, JSON_INDENT(2) | JSON_REAL_PRECISION(FACT_DIGITS_MAX));
    return failed || fputc('\n', render.out) == EOF ? STATUS_IO : STATUS_OK;
}

/* A line of CSV: what it is, and of which revision. */
static json_t *begin_line(json_t *lines, const char *record, uint32_t revision)
{
    json_t *line = json_pack("{s:s, s:i}", "record", record, "revision", (int)revision);
    return json_array_append_new(lines, line) == 0 ? line : NULL;
}

static void put_value(json_t *line, const char *key, double value)
{
    char text[32] = "";
    if (isfinite(value))
        snprintf(text, sizeof text, "%.*g", FACT_DIGITS_MAX, value);
    json_object_set_new(line, key, json_string(text));
}

static void put_who(json_t *line, uint64_t time_ms, const log_actor_t *actor)
{
    json_object_set_new(line, "time", listing_time(time_ms));
    json_object_set_new(line, "role", json_string(actor->has_key ? role_names[actor->role] : "hub"));
    json_object_set_new(line, "key", json_of_key(actor));
}

static void add_codes(json_t *lines, const char *record, uint32_t revision, const char *const *codes, size_t count,
                      const char *key)
{
    for (size_t i = 0; i < count; i++)
        json_object_set_new(begin_line(lines, record, revision), key, json_string(codes[i]));
}

static void add_revision(json_t *lines, const history_revision_t *revision)
{
    uint32_t number = revision->revision;
    json_t *line = begin_line(lines, revision->withdrawn ? "withdrawn" : "accepted", number);
    json_object_set_new(line, "sequence", listing_number(revision->sequence));
    put_who(line, revision->time_ms, &revision->actor);
    json_object_set_new(line, "filed_at_first", listing_time(revision->filed_ms));
    json_object_set_new(line, "late", json_boolean(revision->late));
    json_object_set_new(line, "text", json_string(revision->why));
    json_object_set_new(line, "catalog", json_string(revision->catalog));
    for (size_t i = 0; i < revision->change_count; i++) {
        const fact_change_t *change = &revision->changes[i];
        line = begin_line(lines, "fact", number);
        json_object_set_new(line, "item", json_string(change->fact));
        json_object_set_new(line, "consultant", json_string(change->consultant));
        put_value(line, "before", change->before);
        put_value(line, "after", change->after);
    }
    add_codes(lines, "warning", number, revision->warnings, revision->warning_count, "item");
    add_codes(lines, "consultant_added", number, revision->added, revision->added_count, "consultant");
    add_codes(lines, "consultant_dropped", number, revision->dropped, revision->dropped_count, "consultant");
}

static status_t print_csv(const session_t *session, const history_answer_t *answer)
{
    static const listing_column_t COLUMNS[] = {
        {"record", "", LISTING_TEXT},  {"revision", "", LISTING_NUMBER},    {"sequence", "", LISTING_NUMBER},
        {"time", "", LISTING_TIME},    {"role", "", LISTING_TEXT},          {"key", "", LISTING_TEXT},
        {"late", "", LISTING_TEXT},    {"text", "", LISTING_TEXT},          {"catalog", "", LISTING_TEXT},
        {"item", "", LISTING_TEXT},    {"consultant", "", LISTING_TEXT},    {"before", "", LISTING_NUMBER},
        {"after", "", LISTING_NUMBER}, {"filed_at_first", "", LISTING_TIME}};
    CLEANUP(drop) json_t *lines = json_array();
    for (size_t i = 0; i < answer->revision_count; i++)
        add_revision(lines, &answer->revisions[i]);
    for (size_t i = 0; i < answer->comment_count; i++) {
        const history_comment_t *comment = &answer->comments[i];
        json_t *line = begin_line(lines, "comment", comment->revision);
        put_who(line, comment->time_ms, &comment->actor);
        json_object_set_new(line, "text", json_string(comment->text));
        json_object_set_new(line, "item", json_string(comment->name));
    }
    return listing_print(session, "history", lines, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, "");
}

/* ---- a table for people */

static const char *pick(const render_t *render, const char *zh, const char *en)
{
    return render->language == LANGUAGE_ZH ? zh : en;
}

static void print_codes(const render_t *render, const char *zh, const char *en, const char *const *codes, size_t count)
{
    if (!count)
        return;
    fprintf(render->out, "  %s", pick(render, zh, en));
    for (size_t i = 0; i < count; i++)
        fprintf(render->out, " %s", codes[i]);
    fputc('\n', render->out);
}

static void print_head(const render_t *render, const history_revision_t *revision)
{
    char time[TIMES_SIZE], key[KEY_TEXT_SIZE];
    zmq_z85_encode(key, revision->actor.key, KEY_SIZE);
    fprintf(render->out, "%s%u%s  %s  %s %s", pick(render, "第 ", "Revision "), revision->revision,
            pick(render, " 版", ""), times_local(revision->time_ms, time), role_names[revision->actor.role], key);
    if (*revision->catalog)
        fprintf(render->out, "  %s", revision->catalog);
    if (revision->late)
        fprintf(render->out, "  %s", pick(render, "迟报", "late"));
    if (revision->withdrawn)
        fprintf(render->out, "  %s", pick(render, "撤回", "withdrawn"));
    if (revision->filed_ms)
        fprintf(render->out, "  %s%s%s",
                pick(render, "总部丢失后重新报送（报送方称最初于 ", "filed again after a loss (first at "),
                times_local(revision->filed_ms, time), pick(render, " 收讫）", ", its sender says)"));
    fprintf(render->out, "%s%s\n", *revision->why ? pick(render, "：", ": ") : "", revision->why);
}

static void grid_close(grid_t **grid)
{
    grid_destroy(grid);
}

static status_t print_changes(const render_t *render, const history_revision_t *revision)
{
    CLEANUP(grid_close) grid_t *grid = grid_create(5);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 0);
    grid_left(grid, 1);
    for (size_t i = 0; i < revision->change_count; i++) {
        const fact_change_t *change = &revision->changes[i];
        char label[LABEL_SIZE], before[VALUE_SIZE], after[VALUE_SIZE];
        shown_row_t row = render_row(render, change->fact);
        render_label(render, &row, label);
        render_value(&row, change->before, before);
        render_value(&row, change->after, after);
        grid_cell(grid, STYLE_PLAIN, label);
        grid_cell(grid, STYLE_PLAIN, change->consultant);
        grid_cell(grid, STYLE_PLAIN, before);
        grid_cell(grid, STYLE_PLAIN, "→");
        grid_cell(grid, STYLE_PLAIN, after);
    }
    return revision->change_count ? grid_print(grid, render->out, render->colour) : STATUS_OK;
}

static status_t print_table(const session_t *session, const history_answer_t *answer)
{
    render_t render = session_render(session);
    char month[LABEL_SIZE], time[TIMES_SIZE];
    render_month(&render, answer->period, month);
    fprintf(render.out, "%s  %s\n", answer->dealer, month);
    if (!answer->revision_count)
        fprintf(render.out, "%s\n", pick(&render, "本月没有提交", "nothing was filed for this month"));
    for (size_t i = 0; i < answer->revision_count; i++) {
        const history_revision_t *revision = &answer->revisions[i];
        fputc('\n', render.out);
        print_head(&render, revision);
        TRY(print_changes(&render, revision));
        print_codes(&render, "新增销售顾问", "consultants added:", revision->added, revision->added_count);
        print_codes(&render, "减少销售顾问", "consultants dropped:", revision->dropped, revision->dropped_count);
        print_codes(&render, "校验提示", "warnings:", revision->warnings, revision->warning_count);
    }
    if (answer->comment_count)
        fputc('\n', render.out);
    for (size_t i = 0; i < answer->comment_count; i++) {
        const history_comment_t *comment = &answer->comments[i];
        fprintf(render.out, "%s%u%s  %s  %s%s%s\n", pick(&render, "第 ", "Comment on revision "), comment->revision,
                pick(&render, " 版的说明", ""), times_local(comment->time_ms, time), comment->name,
                pick(&render, "：", ": "), comment->text);
    }
    return ferror(render.out) ? STATUS_IO : STATUS_OK;
}

status_t history_show(session_t *session, const char *dealer, const char *period)
{
    CLEANUP(answer_fini) answer_t answer = {0};
    request_t request = {.kind = REQUEST_HISTORY, .history = {.dealer = dealer}};
    TRY(history_check_period(session, period));
    (void)!period_parse(period, &request.history.period);
    TRY(session_ask(session, "history", &request, RESPONSE_HISTORY, &answer));
    if (session->format == FORMAT_JSON)
        return print_json(session, &answer.response->history);
    if (session->format == FORMAT_CSV)
        return print_csv(session, &answer.response->history);
    return print_table(session, &answer.response->history);
}
