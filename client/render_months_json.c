/* The life of months as JSON. */
#include "client/render_json_writer.h"
#include "client/render_months.h"

static void put_optional_key(json_t *json, const char *name, bool has_key, const uint8_t key[KEY_SIZE])
{
    if (has_key)
        put_key(json, name, key);
    else
        put_text(json, name, NULL);
}

static void put_exception(json_t *json, const exception_t *exception)
{
    put_text(json, "dealer", exception->dealer);
    put_time(json, "until", exception->until_ms);
    put_time(json, "granted", exception->granted_ms);
    put_optional_key(json, "by", exception->has_by, exception->by);
    put_text(json, "why", exception->why);
}

static void put_count(json_t *json, const char *key, const month_status_t *month, uint32_t count)
{
    if (month->has_counts)
        put_integer(json, key, count);
    else
        put_text(json, key, NULL);
}

static void put_month(json_t *json, const month_status_t *month)
{
    char due[RENDER_DAY_SIZE];
    render_day_text(month->due_day, due);
    open_braces(json, NULL);
    put_period(json, "period", month->period);
    put_text(json, "status", render_month_status(month->is_closed));
    put_time(json, "since", month->since_ms);
    put_optional_key(json, "by", month->has_by, month->by);
    put_text(json, "why", month->why && *month->why ? month->why : NULL);
    put_text(json, "due", due);
    put_bool(json, "overdue", month->is_overdue);
    put_count(json, "expected", month, month->expected);
    put_count(json, "reported", month, month->reported);
    put_count(json, "late", month, month->late);
    put_count(json, "missing", month, month->missing);
    put_count(json, "corrections", month, month->corrections);
    open_list(json, "exceptions");
    for (size_t i = 0; i < month->exception_count; i++) {
        open_braces(json, NULL);
        put_exception(json, &month->exceptions[i]);
        close_with(json, '}');
    }
    close_with(json, ']');
    close_with(json, '}');
}

void render_json_months(FILE *out, const month_status_t *months, size_t count)
{
    json_t json = begin(out);
    open_list(&json, "months");
    for (size_t i = 0; i < count; i++)
        put_month(&json, &months[i]);
    close_with(&json, ']');
    end(&json);
}

static void put_cell(json_t *json, const drift_cell_t *cell)
{
    open_braces(json, NULL);
    put_text(json, "scope", cell->scope);
    put_text(json, "row", cell->row);
    put_text(json, "unit", cell->unit);
    put_text(json, "statistic", statistic_names[cell->statistic]);
    put_number(json, "published", cell->published);
    put_number(json, "restated", cell->restated);
    put_number(json, "difference", cell->difference);
    put_number(json, "relative", cell->relative);
    close_with(json, '}');
}

static void put_correction(json_t *json, const correction_t *correction)
{
    open_braces(json, NULL);
    put_text(json, "dealer", correction->dealer);
    put_period(json, "period", correction->period);
    put_integer(json, "revision_before", correction->revision_before);
    put_integer(json, "revision", correction->revision);
    put_bool(json, "withdrawn", correction->is_withdrawn);
    put_time(json, "at", correction->time_ms);
    put_text(json, "role", role_names[correction->role]);
    put_key(json, "by", correction->public_key);
    if (correction->exception) {
        open_braces(json, "exception");
        put_exception(json, correction->exception);
        close_with(json, '}');
    } else {
        put_text(json, "exception", NULL);
    }
    close_with(json, '}');
}

void render_json_drift(FILE *out, const drift_answer_t *answer)
{
    json_t json = begin(out);
    put_period(&json, "period", answer->period);
    put_text(&json, "status", render_month_status(answer->is_closed));
    put_time(&json, "published_at", answer->published_ms);
    put_optional_key(&json, "published_by", answer->has_published_by, answer->published_by);
    put_time(&json, "network_changed", answer->network_ms);
    put_time(&json, "catalog_changed", answer->catalog_ms);
    open_list(&json, "cells");
    for (size_t i = 0; i < answer->drift.cell_count; i++)
        put_cell(&json, &answer->drift.cells[i]);
    close_with(&json, ']');
    put_integer(&json, "cells_left", answer->drift.left);
    open_list(&json, "corrections");
    for (size_t i = 0; i < answer->correction_count; i++)
        put_correction(&json, &answer->corrections[i]);
    close_with(&json, ']');
    end(&json);
}
