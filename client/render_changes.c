/* What a network changes: on paper, as JSON and as CSV. */
#include "client/render_changes.h"

#include "client/render_csv_cells.h"
#include "client/render_grid.h"
#include "client/render_words.h"

static const word_t KINDS[CHANGE_KIND_COUNT] = {
    [CHANGE_REGION_ADDED] = WORD_REGION_ADDED,
    [CHANGE_REGION_DROPPED] = WORD_REGION_DROPPED,
    [CHANGE_REGION_MOVED] = WORD_REGION_MOVED,
    [CHANGE_REGION_RENAMED] = WORD_REGION_RENAMED,
    [CHANGE_DEALER_ADDED] = WORD_DEALER_ADDED,
    [CHANGE_DEALER_DROPPED] = WORD_DEALER_DROPPED,
    [CHANGE_DEALER_RENAMED] = WORD_DEALER_RENAMED,
    [CHANGE_OWNER_CHANGED] = WORD_OWNER_CHANGED,
    [CHANGE_OPENING] = WORD_OPENING,
    [CHANGE_MOVE] = WORD_MOVE,
    [CHANGE_CLOSING] = WORD_CLOSING,
    [CHANGE_CIRCLE_JOINED] = WORD_CIRCLE_JOINED,
    [CHANGE_CIRCLE_LEFT] = WORD_CIRCLE_LEFT,
    [CHANGE_KEY_DEALER_GONE] = WORD_KEY_DEALER_GONE,
    [CHANGE_KEY_REGION_GONE] = WORD_KEY_REGION_GONE,
};

static bool is_dated(network_change_kind_t kind)
{
    return kind >= CHANGE_OPENING && kind <= CHANGE_CIRCLE_LEFT;
}

size_t render_changes_total(const network_changes_t *changes, size_t *out_rewrites)
{
    size_t total = 0;
    *out_rewrites = 0;
    for (size_t kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
        total += changes->counts[kind];
        *out_rewrites += changes->rewrites[kind];
    }
    return total;
}

void render_changes_summary(const render_t *render, const network_changes_t *changes)
{
    size_t rewrites, total = render_changes_total(changes, &rewrites);
    if (!total) {
        fprintf(render->out, "%s\n", render_word(render, WORD_NO_CHANGES));
        return;
    }
    fprintf(render->out, "%s", render_word(render, WORD_CHANGES));
    for (size_t kind = 0; kind < CHANGE_KIND_COUNT; kind++)
        if (changes->counts[kind])
            fprintf(render->out, "  %s: %u", render_word(render, KINDS[kind]), changes->counts[kind]);
    fputc('\n', render->out);
    if (rewrites)
        fprintf(render->out,
                render->language == LANGUAGE_ZH
                    ? "!! 其中 %zu 项改写历史：已结束月份的区域、圈子归属与此前不同\n"
                    : "!! %zu of them rewrite history: regions or circles of months that are over are told otherwise "
                      "than before\n",
                rewrites);
}

/* ---- Table ---- */

/* "2025-07 – 2025-08"; of what is unbounded, an open end. */
static void add_months(grid_t *grid, const network_change_t *change)
{
    char from[PERIOD_TEXT_SIZE] = "", until[PERIOD_TEXT_SIZE] = "";
    if (change->period != PERIOD_NONE)
        period_format(change->period, from);
    if (change->until != PERIOD_NONE)
        period_format(change->until, until);
    grid_cellf(grid, STYLE_PLAIN, is_dated(change->kind) ? "%s – %s" : "", from, until);
}

static void add_line(const render_t *render, grid_t *grid, const network_change_t *change)
{
    style_t style = change->rewrites ? STYLE_BAD : STYLE_PLAIN;
    grid_cell(grid, style, change->rewrites ? "!!" : "");
    grid_cell(grid, style, render_word(render, KINDS[change->kind]));
    grid_cell(grid, style, change->code);
    grid_cell(grid, STYLE_PLAIN, *change->from ? change->from : "—");
    grid_cell(grid, STYLE_PLAIN, *change->to ? change->to : "—");
    add_months(grid, change);
}

static status_t print_list(const render_t *render, const network_changes_t *changes)
{
    static const word_t HEADS[] = {WORD_CHANGE, WORD_CODE, WORD_FROM, WORD_TO, WORD_MONTHS_OF_CHANGE};
    enum { COLUMNS = 1 + sizeof HEADS / sizeof *HEADS };
    grid_t *grid = grid_create(COLUMNS);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < COLUMNS; i++) {
        grid_left(grid, i);
        grid_cell(grid, STYLE_HEAD, i ? render_word(render, HEADS[i - 1]) : "");
    }
    for (size_t i = 0; i < changes->count; i++)
        add_line(render, grid, &changes->list[i]);
    status_t status = grid_print(grid, render->out, render->colour);
    grid_destroy(&grid);
    return status;
}

static status_t render_table(const render_t *render, const network_changes_t *changes)
{
    size_t rewrites, total = render_changes_total(changes, &rewrites);
    fprintf(render->out, "%s\n", render_word(render, WORD_DRY_RUN));
    render_changes_summary(render, changes);
    if (!total)
        return STATUS_OK;
    fputc('\n', render->out);
    TRY(print_list(render, changes));
    if (total > changes->count)
        fprintf(render->out, "%s %zu\n", render_word(render, WORD_FURTHER_CHANGES), total - changes->count);
    return STATUS_OK;
}

/* ---- CSV ---- */

static void render_csv(const render_t *render, const network_changes_t *changes)
{
    csv_line_t line = {render->out, false};
    fputs("change,code,from,to,period,until,rewrites_history\n", render->out);
    for (size_t i = 0; i < changes->count; i++) {
        const network_change_t *change = &changes->list[i];
        put_text(&line, network_change_names[change->kind]);
        put_text(&line, change->code);
        put_text(&line, change->from);
        put_text(&line, change->to);
        put_period(&line, change->period);
        put_period(&line, change->until);
        put_text(&line, change->rewrites ? "true" : "false");
        end(&line);
    }
}

status_t render_changes(const render_t *render, const network_changes_t *changes)
{
    if (render->format == FORMAT_JSON)
        render_json_changes(render->out, changes);
    else if (render->format == FORMAT_CSV)
        render_csv(render, changes);
    else
        TRY(render_table(render, changes));
    return fflush(render->out) != 0 || ferror(render->out) ? STATUS_IO : STATUS_OK;
}
