#include "client/listing.h"

#include "client/csv.h"
#include "client/render_grid.h"
#include "client/times.h"
#include "core/scratch.h"

#include <string.h>

/* ---- values */

json_t *listing_text(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *listing_number(uint64_t number)
{
    return json_integer((json_int_t)number);
}

json_t *listing_line(uint32_t line)
{
    return line ? json_integer(line) : json_null();
}

json_t *listing_time(uint64_t time_ms)
{
    char text[TIMES_SIZE];
    return listing_text(times_iso(time_ms, text));
}

json_t *listing_hex(const uint8_t *bytes, size_t size)
{
    char text[2 * 64 + 1] = "";
    for (size_t i = 0; i < size && i < 64; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return json_string(text);
}

json_t *listing_period(period_t period)
{
    char text[PERIOD_TEXT_SIZE];
    period_format(period, text);
    return json_string(text);
}

/* A value as text: "" for null. `buffer` holds what is no text already. */
static const char *text_of(const json_t *value, char buffer[32])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(buffer, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return buffer;
    }
    return json_is_true(value) ? "true" : json_is_false(value) ? "false" : "";
}

/* ---- the three formats */

status_t listing_print_json(const session_t *session, const json_t *object)
{
    render_t render = session_render(session);
    int failed = json_dumpf(object, render.out, JSON_INDENT(2));
    return failed || fputc('\n', render.out) == EOF ? STATUS_IO : STATUS_OK;
}

static status_t print_csv(FILE *out, const json_t *objects, const listing_column_t *columns, size_t count)
{
    size_t at;
    const json_t *object;
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i ? "," : "", columns[i].key);
    fputc('\n', out);
    json_array_foreach(objects, at, object)
    {
        char buffer[32];
        for (size_t i = 0; i < count; i++) {
            fputs(i ? "," : "", out);
            csv_write_text(out, text_of(json_object_get(object, columns[i].key), buffer));
        }
        fputc('\n', out);
    }
    return ferror(out) ? STATUS_IO : STATUS_OK;
}

/* A text of several lines below the row that it belongs to. */
static status_t add_below(grid_t *grid, const char *text)
{
    CLEANUP(scratch_free) char *copy = strdup(text);
    char line[3000], *rest = copy;
    if (!copy)
        return STATUS_NO_MEMORY;
    for (char *part; (part = strsep(&rest, "\n")) != NULL;) {
        snprintf(line, sizeof line, "    %s", part);
        grid_heading(grid, line);
    }
    return STATUS_OK;
}

static const char *cell_text(const session_t *session, listing_kind_t kind, const char *text, char time[TIMES_SIZE])
{
    switch (kind) {
    case LISTING_TIME:
        return times_local_of_iso(text, time);
    case LISTING_WORD:
        return session_text(session, text);
    default:
        return text;
    }
}

static status_t add_row(const session_t *session, grid_t *grid, const json_t *object, const listing_column_t *columns,
                        size_t count)
{
    char buffer[32], time[TIMES_SIZE];
    for (size_t i = 0; i < count; i++) {
        const char *text = text_of(json_object_get(object, columns[i].key), buffer);
        if (columns[i].head)
            grid_cell(grid, STYLE_PLAIN, cell_text(session, columns[i].kind, text, time));
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = text_of(json_object_get(object, columns[i].key), buffer);
        if (!columns[i].head && *text)
            TRY(add_below(grid, text));
    }
    return STATUS_OK;
}

static void grid_close(grid_t **grid)
{
    grid_destroy(grid);
}

static status_t print_table(const session_t *session, const json_t *objects, const listing_column_t *columns,
                            size_t count)
{
    const render_t render = session_render(session);
    size_t at, used = 0, width = 0;
    const json_t *object;
    for (size_t i = 0; i < count; i++)
        width += columns[i].head != NULL;
    CLEANUP(grid_close) grid_t *grid = grid_create(width);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (!columns[i].head)
            continue;
        if (columns[i].kind != LISTING_NUMBER)
            grid_left(grid, used);
        grid_cell(grid, STYLE_HEAD, session_text(session, columns[i].head));
        used++;
    }
    json_array_foreach(objects, at, object) TRY(add_row(session, grid, object, columns, count));
    return grid_print(grid, render.out, render.colour);
}

status_t listing_print(const session_t *session, const char *name, json_t *objects, const listing_column_t *columns,
                       size_t count, const char *when_empty)
{
    render_t render = session_render(session);
    if (render.format == FORMAT_JSON) {
        json_t *whole = json_pack("{s:O}", name, objects);
        if (!whole)
            return STATUS_NO_MEMORY;
        status_t status = listing_print_json(session, whole);
        json_decref(whole);
        return status;
    }
    if (render.format == FORMAT_CSV)
        return print_csv(render.out, objects, columns, count);
    if (json_array_size(objects))
        return print_table(session, objects, columns, count);
    return fprintf(render.out, "%s\n", when_empty) < 0 ? STATUS_IO : STATUS_OK;
}
