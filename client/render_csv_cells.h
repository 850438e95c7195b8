/* Cells and lines of CSV for the renderers. For client/render*.c only. */
#pragma once

#include "client/csv.h"
#include "client/render_internals.h"

#include "core/number.h"

#include <inttypes.h>
#include <string.h>

/* A line of cells: `follows` once one is written. */
typedef struct {
    FILE *out;
    bool follows;
} csv_line_t;

static inline void lead(csv_line_t *line)
{
    if (line->follows)
        fputc(',', line->out);
    line->follows = true;
}

static inline void put_text(csv_line_t *line, const char *text)
{
    lead(line);
    if (text)
        csv_write_text(line->out, text);
}

static inline void put_number(csv_line_t *line, double value)
{
    char text[32] = "";
    if (isfinite(value))
        number_format_double(value, text, sizeof text);
    lead(line);
    fputs(text, line->out);
}

static inline void put_numbers(csv_line_t *line, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_number(line, values[i]);
}

static inline void put_integer(csv_line_t *line, uint64_t value)
{
    lead(line);
    fprintf(line->out, "%" PRIu64, value);
}

static inline void put_period(csv_line_t *line, period_t period)
{
    char text[PERIOD_TEXT_SIZE] = "";
    if (period != PERIOD_NONE)
        period_format(period, text);
    put_text(line, text);
}

static inline void put_time(csv_line_t *line, uint64_t time_ms)
{
    char text[TIME_TEXT_SIZE];
    render_time_text(time_ms, text);
    put_text(line, text);
}

/* Codes in one cell; none of them can hold a comma. */
static inline void put_codes(csv_line_t *line, const char *const *codes, size_t count)
{
    lead(line);
    if (count)
        fprintf(line->out, "\"%s", strchr("=+-@", codes[0][0]) ? "'" : "");
    for (size_t i = 0; i < count; i++)
        fprintf(line->out, "%s%s", i ? "," : "", codes[i]);
    if (count)
        fputc('"', line->out);
}

static inline void end(csv_line_t *line)
{
    fputc('\n', line->out);
    line->follows = false;
}
