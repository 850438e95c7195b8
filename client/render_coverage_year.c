/* The coverage of a year: dealers by months. */
#include "client/render_blocks.h"
#include "client/render_csv_cells.h"
#include "client/render_grid.h"
#include "client/render_internals.h"
#include "client/render_words.h"

#include <stdlib.h>

/* One column each, whatever the terminal makes of wide characters; the legend below the grid tells them. */
static const char *const MARKS[MARK_COUNT] = {[MARK_NO_MEMBER] = "", [MARK_ON_TIME] = "+",   [MARK_LATE] = "L",
                                              [MARK_MISSING] = "X",  [MARK_WITHDRAWN] = "W", [MARK_AWAITED] = "."};

static bool is_never(const coverage_year_dealer_t *dealer)
{
    return dealer->expected > 0 && dealer->reported == 0;
}

/* ---- CSV ---- */

void render_csv_coverage_year(const render_t *render, const coverage_year_answer_t *answer)
{
    csv_line_t line = {render->out, false};
    put_text(&line, "dealer");
    for (int month = 1; month <= YEAR_MONTHS; month++)
        put_period(&line, period_make(answer->year, month));
    fputs(",expected,reported,first,last\n", render->out);
    line.follows = false;
    for (size_t i = 0; i < answer->dealer_count; i++) {
        const coverage_year_dealer_t *dealer = &answer->dealers[i];
        put_text(&line, dealer->dealer);
        for (size_t month = 0; month < YEAR_MONTHS; month++)
            put_text(&line, coverage_mark_names[dealer->marks[month]]);
        put_integer(&line, dealer->expected);
        put_integer(&line, dealer->reported);
        put_period(&line, dealer->first);
        put_period(&line, dealer->last);
        end(&line);
    }
}

/* ---- Tables ---- */

static void add_months(const render_t *render, grid_t *grid)
{
    for (int month = 1; month <= YEAR_MONTHS; month++) {
        char label[LABEL_SIZE];
        render_month_short(render, month, label);
        grid_cell(grid, STYLE_HEAD, label);
    }
}

static void add_share(grid_t *grid, uint32_t reported, uint32_t expected)
{
    if (expected)
        grid_cellf(grid, reported == expected ? STYLE_PLAIN : STYLE_BAD, "%u/%u", reported, expected);
    else
        grid_cell(grid, STYLE_PLAIN, "—");
}

static status_t print_grid(const render_t *render, grid_t *grid)
{
    status_t status = grid_print(grid, render->out, render->colour);
    grid_destroy(&grid);
    return status;
}

static status_t print_scopes(const render_t *render, const coverage_year_answer_t *answer)
{
    grid_t *grid = grid_create(1 + YEAR_MONTHS);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 0);
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_SCOPE));
    add_months(render, grid);
    for (size_t i = 0; i < answer->scope_count; i++) {
        char label[LABEL_SIZE];
        render_scope(render, answer->scopes[i].scope, label);
        grid_cell(grid, STYLE_PLAIN, label);
        for (size_t month = 0; month < YEAR_MONTHS; month++)
            add_share(grid, answer->scopes[i].reported[month], answer->scopes[i].expected[month]);
    }
    return print_grid(render, grid);
}

static void add_period(grid_t *grid, period_t period)
{
    char text[PERIOD_TEXT_SIZE] = "";
    if (period != PERIOD_NONE)
        period_format(period, text);
    grid_cell(grid, STYLE_PLAIN, period == PERIOD_NONE ? "—" : text);
}

static status_t print_dealers(const render_t *render, const coverage_year_answer_t *answer)
{
    grid_t *grid = grid_create(4 + YEAR_MONTHS);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 0);
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_DEALER));
    add_months(render, grid);
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_REPORTED));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_FIRST_REPORT));
    grid_cell(grid, STYLE_HEAD, render_word(render, WORD_LAST_REPORT));
    for (size_t i = 0; i < answer->dealer_count; i++) {
        const coverage_year_dealer_t *dealer = &answer->dealers[i];
        grid_cell(grid, STYLE_PLAIN, dealer->dealer);
        for (size_t month = 0; month < YEAR_MONTHS; month++)
            grid_cell(grid, dealer->marks[month] == MARK_MISSING ? STYLE_BAD : STYLE_PLAIN,
                      MARKS[dealer->marks[month]]);
        add_share(grid, dealer->reported, dealer->expected);
        add_period(grid, dealer->first);
        add_period(grid, dealer->last);
    }
    return print_grid(render, grid);
}

static status_t print_never(const render_t *render, const coverage_year_answer_t *answer)
{
    const char **codes = calloc(answer->dealer_count + 1, sizeof *codes);
    size_t count = 0;
    if (!codes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < answer->dealer_count; i++)
        if (is_never(&answer->dealers[i]))
            codes[count++] = answer->dealers[i].dealer;
    if (count)
        render_code_list(render->out, render_word(render, WORD_NEVER_REPORTED), codes, count);
    else
        fprintf(render->out, "%s\n", render_word(render, WORD_ALL_REPORTED));
    free(codes);
    return STATUS_OK;
}

status_t render_table_coverage_year(const render_t *render, const coverage_year_answer_t *answer)
{
    fprintf(render->out, render->language == LANGUAGE_ZH ? "%d年  上报情况\n" : "%d, who has reported\n", answer->year);
    render_regions_note(render, &answer->regions);
    fputc('\n', render->out);
    TRY(print_scopes(render, answer));
    fputc('\n', render->out);
    if (answer->dealer_count)
        TRY(print_dealers(render, answer));
    fprintf(render->out, "\n%s\n", render_word(render, WORD_COVERAGE_LEGEND));
    return print_never(render, answer);
}
