#include "client/render_words.h"

#include <inttypes.h>
#include <string.h>

static const char *const WORDS[][LANGUAGE_COUNT] = {
#define WORD_TEXTS(name, zh, en) {zh, en},
    WORD_LIST(WORD_TEXTS)
#undef WORD_TEXTS
};

static const char *const DASH = "—";

const char *render_word(const render_t *render, word_t word)
{
    return WORDS[word][render->language];
}

/* ---- Rows ---- */

shown_row_t render_row(const render_t *render, const char *id)
{
    size_t index = render->catalog ? catalog_find_row(render->catalog, id) : ROW_NONE;
    if (index == ROW_NONE)
        return (shown_row_t){.title = id, .unit = "", .better = BETTER_NEITHER};
    const row_t *row = &render->catalog->rows[index];
    bool is_counted = row->decimals == 0 && !formula_holds_division(row->formula);
    return (shown_row_t){row->title[render->language], row->unit, row->decimals, true, is_counted, row->better};
}

shown_row_t render_answer_row(const render_t *render, const answer_row_t *row)
{
    shown_row_t shown = render_row(render, row->row);
    shown.unit = row->unit;
    shown.better = row->better;
    return shown;
}

void render_label(const render_t *render, const shown_row_t *row, char out[LABEL_SIZE])
{
    const char *unit = row->unit;
    if (strcmp(unit, "CNY") == 0 && render->language == LANGUAGE_ZH)
        unit = "元";
    bool is_plain = !*unit || strcmp(unit, "count") == 0 || strcmp(unit, "ratio") == 0;
    if (is_plain)
        snprintf(out, LABEL_SIZE, "%s", row->title);
    else
        snprintf(out, LABEL_SIZE, render->language == LANGUAGE_ZH ? "%s(%s)" : "%s (%s)", row->title, unit);
}

const char *render_arrow(better_t better)
{
    return better == BETTER_UP ? "↑" : better == BETTER_DOWN ? "↓" : "·";
}

/* ---- Numbers ---- */

/* "%.*f" with a point whatever the locale, commas between groups of three, and no minus before zero. */
static void group(double value, unsigned decimals, char out[VALUE_SIZE])
{
    char plain[VALUE_SIZE - 64];
    snprintf(plain, sizeof plain, "%.*f", (int)decimals, value);
    const char *from = plain;
    bool is_negative = *from == '-' && strspn(from, "-0.,") < strlen(from);
    from += *from == '-';
    size_t whole = strspn(from, "0123456789"), length = 0;
    if (is_negative)
        out[length++] = '-';
    for (size_t i = 0; i < whole && length < VALUE_SIZE - 24; i++) {
        if (i && (whole - i) % 3 == 0 && whole < 19)
            out[length++] = ',';
        out[length++] = from[i];
    }
    out[length] = '\0';
    if (decimals)
        snprintf(out + length, VALUE_SIZE - length, ".%s", from + whole + 1);
}

void render_number(double value, number_look_t look, char out[VALUE_SIZE])
{
    if (!isfinite(value)) {
        snprintf(out, VALUE_SIZE, "%s", DASH);
        return;
    }
    char number[VALUE_SIZE];
    group(look.is_percent ? value * 100 : value, look.decimals, number);
    bool is_zero = !number[strspn(number, "0.")];
    snprintf(out, VALUE_SIZE, "%s%.397s%s", look.is_signed && value > 0 && !is_zero ? "+" : "", number,
             look.is_percent ? "%" : "");
}

static number_look_t ratio_look(const shown_row_t *row)
{
    unsigned decimals = !row->is_known ? 1 : row->decimals > 2 ? row->decimals - 2 : 0;
    return (number_look_t){(uint8_t)decimals, true, false};
}

number_look_t render_number_look(const shown_row_t *row, double value)
{
    if (strcmp(row->unit, "ratio") == 0)
        return ratio_look(row);
    bool is_whole = value == trunc(value);
    unsigned decimals = row->decimals;
    if (!row->is_known)
        decimals = is_whole ? 0 : 2;
    else if (row->is_counted && !is_whole)
        decimals = 1;
    return (number_look_t){(uint8_t)decimals, false, false};
}

void render_value_at(const shown_row_t *row, double value, unsigned decimals, char out[VALUE_SIZE])
{
    number_look_t look = {(uint8_t)decimals, false, false};
    render_number(value, strcmp(row->unit, "ratio") == 0 ? ratio_look(row) : look, out);
}

void render_value(const shown_row_t *row, double value, char out[VALUE_SIZE])
{
    render_number(value, render_number_look(row, value), out);
}

unsigned render_decimals_short(const shown_row_t *row, const double *values, size_t count)
{
    bool has_fraction = false;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]) && fabs(values[i]) >= 1000)
            return 0;
        has_fraction |= isfinite(values[i]) && values[i] != trunc(values[i]);
    }
    return row->is_known ? row->decimals : has_fraction ? 2 : 0;
}

void render_share(double share, char out[VALUE_SIZE])
{
    render_number(share, LOOK_OF_SHARE, out);
}

/* ---- Places and months ---- */

void render_scope(const render_t *render, const char *scope, char out[LABEL_SIZE])
{
    static const struct {
        const char *prefix;
        const char *shown[LANGUAGE_COUNT];
    } KINDS[] = {{"region:", {"区域 ", "region "}}, {"circle:", {"圈子 ", "circle "}}};
    if (strcmp(scope, "nation") == 0) {
        snprintf(out, LABEL_SIZE, "%s", render->language == LANGUAGE_ZH ? "全国" : "nation");
        return;
    }
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        size_t length = strlen(KINDS[i].prefix);
        if (strncmp(scope, KINDS[i].prefix, length) == 0) {
            snprintf(out, LABEL_SIZE, "%s%s", KINDS[i].shown[render->language], scope + length);
            return;
        }
    }
    snprintf(out, LABEL_SIZE, "%s", scope);
}

static const char *const MONTHS[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

void render_status_text(const render_t *render, const figures_status_t *status, char out[NOTE_SIZE])
{
    static const word_t WORD_OF[FIGURES_STATUS_COUNT] = {
        [FIGURES_PROVISIONAL] = WORD_FIGURES_PROVISIONAL,
        [FIGURES_PUBLISHED] = WORD_FIGURES_PUBLISHED,
        [FIGURES_RESTATED] = WORD_FIGURES_RESTATED,
    };
    *out = '\0';
    if (status->kind == FIGURES_NONE)
        return;
    int size = snprintf(out, NOTE_SIZE, "%s", render_word(render, WORD_OF[status->kind]));
    if (status->expected)
        snprintf(out + size, NOTE_SIZE - (size_t)size,
                 render->language == LANGUAGE_ZH ? "  已报 %" PRIu32 " / 应报 %" PRIu32
                                                 : "; %" PRIu32 " of %" PRIu32 " stores have reported",
                 status->reported, status->expected);
}

void render_status(const render_t *render, const figures_status_t *status)
{
    char text[NOTE_SIZE];
    render_status_text(render, status, text);
    if (*text)
        fprintf(render->out, "%s\n", text);
}

void render_month(const render_t *render, period_t period, char out[LABEL_SIZE])
{
    if (render->language == LANGUAGE_ZH)
        snprintf(out, LABEL_SIZE, "%d年%d月", period_year(period), period_month(period));
    else
        snprintf(out, LABEL_SIZE, "%s %d", MONTHS[period_month(period) - 1], period_year(period));
}

void render_month_short(const render_t *render, int month, char out[LABEL_SIZE])
{
    if (render->language == LANGUAGE_ZH)
        snprintf(out, LABEL_SIZE, "%d月", month);
    else
        snprintf(out, LABEL_SIZE, "%.3s", MONTHS[month - 1]);
}

void render_regions_note(const render_t *render, const answer_regions_t *regions)
{
    char month[LABEL_SIZE];
    if (!regions->is_today)
        return;
    render_month(render, regions->today, month);
    fprintf(render->out,
            render->language == LANGUAGE_ZH
                ? "区域按%s的划分（--regions today），而非当月的划分\n"
                : "Regions as they are in %s (--regions today), not as they were in that month\n",
            month);
    if (regions->unseen)
        fprintf(render->out,
                render->language == LANGUAGE_ZH
                    ? "今属本区域而当月在别处的 %u 家店不计入\n"
                    : "%u of this region's stores lay elsewhere in that month and are left out: a manager reads of a "
                      "store the months that lay in its region\n",
                regions->unseen);
}

/* ---- About a comparison as a whole ---- */

/* To a dealer, nation and region are those of a release; to a manager the nation is. */
static bool add_release(const render_t *render, const compare_answer_t *answer, const char *time, char out[NOTE_SIZE])
{
    bool zh = render->language == LANGUAGE_ZH;
    unsigned release = answer->release;
    if (answer->suppressed && release)
        snprintf(out, NOTE_SIZE,
                 zh ? "全国与区域数据来自第 %u 次发布（%s），取三位有效数字；× 表示为不泄露他店数据而不显示"
                    : "Nation and region: release %u of %s, rounded to 3 digits; × is hidden: it could tell another "
                      "owner's figures",
                 release, time);
    else if (answer->suppressed)
        snprintf(out, NOTE_SIZE, "%s",
                 zh ? "本月尚未发布，全国与区域数据暂不显示（×）"
                    : "This month has not been released yet, so nation and region are not shown (×)");
    else if (release)
        snprintf(out, NOTE_SIZE,
                 zh ? "全国数据来自第 %u 次发布（%s），取三位有效数字"
                    : "Nation: release %u of %s, rounded to 3 digits",
                 release, time);
    return answer->suppressed || release;
}

size_t render_sources(const render_t *render, const compare_answer_t *answer, const char *time,
                      char out[SOURCES_MAX][NOTE_SIZE])
{
    static const char *const PLACES[][LANGUAGE_COUNT] = {{"全国", "nation"}, {"区域", "region"}};
    size_t count = add_release(render, answer, time, out[0]);
    for (size_t i = 0; i < 2; i++)
        if (answer->exemplars[i])
            snprintf(out[count++], NOTE_SIZE,
                     render->language == LANGUAGE_ZH ? "%s标杆为总部指定的门店 %s"
                                                     : "The %s's benchmark is %s, designated by headquarters",
                     PLACES[i][render->language], answer->exemplars[i]);
    if (answer->peers_left_out)
        snprintf(out[count++], NOTE_SIZE,
                 render->language == LANGUAGE_ZH
                     ? "同圈门店另有 %zu 家未列出；要看哪几家，用 --peer 指定"
                     : "%zu more stores of its circles are not shown; name those to see with --peer",
                 answer->peers_left_out);
    return count;
}

bool render_is_hidden(const compare_answer_t *answer, size_t row, size_t column)
{
    return answer->suppressed && answer->suppressed[row] >> column & 1u;
}

bool render_has_region_gap(const compare_answer_t *answer)
{
    for (size_t i = 0; i < answer->row_count; i++)
        if (isfinite(answer->gaps[i * GAP_COUNT + COLUMN_REGION_AVERAGE - 1]))
            return true;
    return false;
}
