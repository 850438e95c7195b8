/* Answers on paper: what a results file shows (SPEC 3), as lines of cells in the manual's own layout: each of the
 * catalog's tables below the other, with its header. Written as CSV here, as XLSX by dealer-agent/results_xlsx.h. */
#pragma once

#include "client/render_words.h"
#include "core/arena.h"

typedef enum { PAPER_EMPTY, PAPER_TEXT, PAPER_NUMBER } paper_kind_t;

typedef enum {
    LOOK_PLAIN, /* not in a table */
    LOOK_TITLE, /* of the whole paper */
    LOOK_NOTE,
    LOOK_TOP,   /* a head of the columns that stays in view */
    LOOK_HEAD,  /* a head of one table */
    LOOK_LABEL, /* a row's title */
    LOOK_VALUE,
    LOOK_GAIN, /* a difference to the better or the worse */
    LOOK_LOSS,
    LOOK_GOOD, /* the value itself, better or worse than what it is compared with: seen at first glance */
    LOOK_BAD,
    LOOK_COUNT
} look_t;

typedef struct {
    uint8_t kind, look;
    int8_t mark; /* of a number whose sign does not say it: 1 = ▲ better, -1 = ▼ worse, before it in sheets */
    number_look_t number; /* of a number */
    union {
        const char *text;
        double value; /* never NaN: no value is the text "—" */
    };
} paper_cell_t;

typedef struct {
    paper_cell_t *cells; /* column_count of the paper; those past `used` are empty */
    size_t used;
    bool is_for_sheets; /* says nothing in CSV: heads that stay in view, what a colour means */
} paper_line_t;

/* A line chart of one line's cells over those of the line `names`. */
typedef struct {
    const char *title;
    size_t line, names, first, last; /* columns first..last */
    number_look_t number;
} paper_chart_t;

typedef struct {
    const char *name; /* of the sheet */
    language_t language;
    arena_t *arena; /* of all that it holds; borrowed */
    size_t column_count;
    paper_line_t *lines;
    size_t line_count, line_capacity;
    size_t top; /* lines that stay in view and head each printed page */
    paper_chart_t *charts;
    size_t chart_count;
} paper_t;

/* The comparison of a month. Above the heads of the columns: what the figures are, which release nation and region are
 * of, who stands as a benchmark. Then the weakest rows as the first table, for them it is read; the catalog's tables
 * with own, averages, benchmarks, the gaps, the direction, own and its gap to the region's average coloured by that
 * gap, and × for what is hidden; then the peers, last, for there may be many; the legend. Times are this machine's.
 * Each of these makes *out of memory of `arena` and may borrow from the answer and the catalog: STATUS_NO_MEMORY, else
 * STATUS_OK. */
status_t paper_compare(const render_t *render, const compare_answer_t *answer, arena_t *arena, paper_t *out) NODISCARD;

/* A year: January to December, the year, months counted, the direction. */
status_t paper_trend(const render_t *render, const trend_answer_t *answer, arena_t *arena, paper_t *out) NODISCARD;

/* Its change rates, month against the month before, coloured and marked by what is better. */
status_t paper_trend_changes(const render_t *render, const trend_answer_t *answer, arena_t *arena,
                             paper_t *out) NODISCARD;

/* One chart for each row of the year whose unit is `ratio` and which has a direction, with the figures that it is drawn
 * from: cells without a value stay empty, for a text is drawn as zero. */
status_t paper_trend_charts(const render_t *render, const trend_answer_t *answer, arena_t *arena,
                            paper_t *out) NODISCARD;

/* The consultants of a month side by side, the weakest row of each marked, and listed below with its gap. */
status_t paper_consultants(const render_t *render, const consultants_answer_t *answer, arena_t *arena,
                           paper_t *out) NODISCARD;

/* The text of a cell as people read it in a sheet, "" of an empty one. */
void paper_cell_text(const paper_cell_t *cell, char out[VALUE_SIZE]);

/* How many columns of text the cells of that column take, without titles and notes, which run on to the right; of a
 * head at most `head`, for heads may be broken. */
size_t paper_column_width(const paper_t *paper, size_t column, size_t head);

/* Papers below each other as CSV for people and for Excel: UTF-8 with BOM, CRLF, numbers in full and without grouping.
 * Whether writing failed is asked of the file afterwards. */
void paper_write_csv(const paper_t *papers, size_t count, FILE *out);
