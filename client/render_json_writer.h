/* A writer of JSON for the renderers: jansson knows doubles with 17 digits only (0.1 becomes 0.10000000000000001) and
 * holds the whole answer a second time. For client/render*.c only. */
#pragma once

#include "client/render_internals.h"

#include "core/number.h"

#include <inttypes.h>

typedef struct {
    FILE *out;
    bool follows; /* something stands before it in the same braces or brackets */
} json_t;

static inline void write_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fputc('\\', out);
        if (byte < 0x20 || byte == 0x7F)
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

/* What stands before a value: a comma, and its key where it is in braces (NULL in brackets). */
static inline void lead(json_t *json, const char *key)
{
    if (json->follows)
        fputc(',', json->out);
    json->follows = true;
    if (!key)
        return;
    write_text(json->out, key);
    fputc(':', json->out);
}

static inline void open_braces(json_t *json, const char *key)
{
    lead(json, key);
    fputc('{', json->out);
    json->follows = false;
}

static inline void open_list(json_t *json, const char *key)
{
    lead(json, key);
    fputc('[', json->out);
    json->follows = false;
}

static inline void close_with(json_t *json, char bracket)
{
    fputc(bracket, json->out);
    json->follows = true;
}

static inline void put_text(json_t *json, const char *key, const char *text)
{
    lead(json, key);
    if (text)
        write_text(json->out, text);
    else
        fputs("null", json->out);
}

static inline void put_integer(json_t *json, const char *key, uint64_t value)
{
    lead(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

static inline void put_bool(json_t *json, const char *key, bool value)
{
    lead(json, key);
    fputs(value ? "true" : "false", json->out);
}

static inline void put_number(json_t *json, const char *key, double value)
{
    char text[32] = "null";
    if (isfinite(value))
        number_format_double(value, text, sizeof text);
    lead(json, key);
    fputs(text, json->out);
}

static inline void put_numbers(json_t *json, const char *key, const double *values, size_t count)
{
    open_list(json, key);
    for (size_t i = 0; i < count; i++)
        put_number(json, NULL, values[i]);
    close_with(json, ']');
}

static inline void put_texts(json_t *json, const char *key, const char *const *texts, size_t count)
{
    open_list(json, key);
    for (size_t i = 0; i < count; i++)
        put_text(json, NULL, texts[i]);
    close_with(json, ']');
}

static inline void put_period(json_t *json, const char *key, period_t period)
{
    char text[PERIOD_TEXT_SIZE];
    if (period != PERIOD_NONE)
        period_format(period, text);
    put_text(json, key, period == PERIOD_NONE ? NULL : text);
}

static inline void put_time(json_t *json, const char *key, uint64_t time_ms)
{
    char text[TIME_TEXT_SIZE];
    render_time_text(time_ms, text);
    put_text(json, key, *text ? text : NULL);
}

static inline json_t begin(FILE *out)
{
    json_t json = {out, false};
    open_braces(&json, NULL);
    return json;
}

static inline void end(json_t *json)
{
    close_with(json, '}');
    fputc('\n', json->out);
}

static inline void put_key(json_t *json, const char *name, const uint8_t key[KEY_SIZE])
{
    char text[KEY_TEXT_SIZE];
    render_key_text(key, text);
    put_text(json, name, text);
}
