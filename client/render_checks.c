#include "client/render_checks.h"

#include "client/render_grid.h"
#include "client/render_internals.h"

#include "core/limits.h"
#include "core/outliers.h"

#include <stdarg.h>
#include <string.h>

/* Text that grows in a buffer, cut where it ends. */
typedef struct {
    char *out;
    size_t length, size;
} words_t;

static void PRINTF(2, 3) say(words_t *words, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(words->out + words->length, words->size - words->length, format, arguments);
    va_end(arguments);
    size_t room = words->size - words->length - 1;
    words->length += length < 0 ? 0 : (size_t)length < room ? (size_t)length : room;
}

bool render_finding_scope(const finding_t *finding, char out[LABEL_SIZE])
{
    if (finding->kind != FINDING_REGION)
        return false;
    snprintf(out, LABEL_SIZE, "%s%.*s", *finding->region ? "region:" : "nation", CODE_LENGTH_MAX, finding->region);
    return true;
}

static void say_check(const render_t *render, const char *id, words_t *words)
{
    const char *title = id;
    for (size_t i = 0; render->catalog && i < render->catalog->check_count; i++)
        if (strcmp(render->catalog->checks[i].id, id) == 0)
            title = render->catalog->checks[i].title[render->language];
    say(words, render->language == LANGUAGE_ZH ? "不符合目录的检查：%s" : "a check of the catalog fails: %s", title);
}

/* How far, in times of the spread. */
static void say_measure(const render_t *render, const finding_t *finding, words_t *words)
{
    char number[VALUE_SIZE];
    double score = fabs(finding->score);
    bool is_cut = score >= OUTLIER_SCORE_MAX, is_zh = render->language == LANGUAGE_ZH;
    render_number(score, (number_look_t){1, false, false}, number);
    if (is_zh)
        say(words, "偏离%s为通常波动的 %s 倍", is_cut ? "至少" : "", number);
    else
        say(words, "%s%s times the usual spread", is_cut ? "at least " : "", number);
}

/* "2.6", or "0.04": two digits that tell something. */
static void times_usual(const finding_t *finding, char out[VALUE_SIZE])
{
    double times = finding->value / finding->median;
    render_number(times, (number_look_t){times < 0.1 ? 3 : times < 1 ? 2 : 1, false, false}, out);
}

static void say_en(const finding_t *finding, const char *usual, const char *place, words_t *words)
{
    char times[VALUE_SIZE];
    bool is_history = finding->kind == FINDING_HISTORY;
    times_usual(finding, times);
    if (finding->is_relative)
        say(words, "%s times %s %s", times, is_history ? "its own usual" : "the usual", usual);
    else
        say(words, "far %s %s %s", finding->score > 0 ? "above" : "below", is_history ? "its own usual" : "the usual",
            usual);
    if (is_history)
        say(words, " (median of %u earlier months), ", finding->compared);
    else
        say(words, " of %s (median of %u stores), ", place, finding->compared);
}

static void say_zh(const finding_t *finding, const char *usual, const char *place, words_t *words)
{
    char times[VALUE_SIZE];
    bool is_history = finding->kind == FINDING_HISTORY;
    const char *whose = is_history ? "本店往常" : place;
    times_usual(finding, times);
    if (finding->is_relative)
        say(words, "是%s（%s）的 %s 倍", whose, usual, times);
    else
        say(words, "远%s%s（%s）", finding->score > 0 ? "高于" : "低于", whose, usual);
    say(words, is_history ? "，取此前 %u 个月的中位数；" : "，取 %u 家店的中位数；", finding->compared);
}

void render_reason(const render_t *render, const finding_t *finding, char out[REASON_SIZE])
{
    words_t words = {out, 0, REASON_SIZE};
    bool is_zh = render->language == LANGUAGE_ZH;
    char label[LABEL_SIZE], value[VALUE_SIZE], usual[VALUE_SIZE], scope[LABEL_SIZE] = "", place[LABEL_SIZE] = "";
    *out = '\0';
    if (finding->kind == FINDING_CHECK) {
        say_check(render, finding->name, &words);
        return;
    }
    shown_row_t row = render_row(render, finding->name);
    render_label(render, &row, label);
    render_value(&row, finding->value, value);
    render_value(&row, finding->median, usual);
    if (render_finding_scope(finding, scope))
        render_scope(render, scope, place);
    if (!is_zh && strcmp(scope, "nation") == 0)
        snprintf(place, sizeof place, "the nation");
    say(&words, "%s %s", label, value);
    if (isfinite(finding->base)) {
        char base[VALUE_SIZE];
        shown_row_t plain = {.title = "", .unit = ""};
        render_value(&plain, finding->base, base);
        say(&words, is_zh ? "（基数 %s）" : " (of %s)", base);
    }
    say(&words, is_zh ? "：" : ": ");
    (is_zh ? say_zh : say_en)(finding, usual, place, &words);
    say_measure(render, finding, &words);
}

/* ---- the table */

static void print_head(const render_t *render, const checks_answer_t *answer)
{
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    fprintf(render->out,
            render->language == LANGUAGE_ZH ? "%s  异常检查：%u 家已报（应报 %u 家），发现 %u 处"
                                            : "%s, checks: %u of %u stores have reported; findings: %u",
            month, answer->reported, answer->expected, answer->found);
    if (answer->finding_count < answer->found)
        fprintf(render->out,
                render->language == LANGUAGE_ZH ? "，列出最重的 %zu 处" : ", of which the worst %zu are listed",
                answer->finding_count);
    fputs("\n\n", render->out);
}

static void add_comment(const render_t *render, grid_t *grid, const finding_t *finding)
{
    char line[TEXT_LENGTH_MAX + 200], time[TIME_TEXT_SIZE];
    render_time_text(finding->comment_ms, time);
    snprintf(line, sizeof line,
             render->language == LANGUAGE_ZH ? "        门店说明（%s）：%s" : "        %s, the dealer: %s", time,
             finding->comment);
    for (char *at = line; *at; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    grid_heading(grid, line);
}

status_t render_table_checks(const render_t *render, const checks_answer_t *answer)
{
    static const word_t HEADS[] = {WORD_SCORE, WORD_DEALER, WORD_REVISION, WORD_UNUSUAL};
    print_head(render, answer);
    if (!answer->finding_count)
        return STATUS_OK;
    grid_t *grid = grid_create(4);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 1);
    grid_left(grid, 3);
    for (size_t i = 0; i < 4; i++)
        grid_cell(grid, STYLE_HEAD, render_word(render, HEADS[i]));
    for (size_t i = 0; i < answer->finding_count; i++) {
        const finding_t *finding = &answer->findings[i];
        char reason[REASON_SIZE], score[VALUE_SIZE];
        render_reason(render, finding, reason);
        render_number(finding->score, (number_look_t){1, false, true}, score);
        grid_cell(grid, finding->comment ? STYLE_PLAIN : STYLE_BAD, finding->kind == FINDING_CHECK ? "!" : score);
        grid_cell(grid, STYLE_PLAIN, finding->dealer);
        grid_cellf(grid, STYLE_PLAIN, "%u", finding->revision);
        grid_cell(grid, STYLE_PLAIN, reason);
        if (finding->comment)
            add_comment(render, grid, finding);
    }
    status_t status = grid_print(grid, render->out, render->colour);
    grid_destroy(&grid);
    if (status == STATUS_OK)
        fprintf(render->out, "\n%s\n", render_word(render, WORD_CHECKS_LEGEND));
    return status;
}
