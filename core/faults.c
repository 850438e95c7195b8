#include "core/faults.h"

#include "core/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(faults_t *faults)
{
    if (faults->count >= FAULTS_MAX)
        return false;
    if (faults->count & (faults->count - 1) || faults->count == 1)
        return true;
    size_t capacity = faults->count ? faults->count * 2 : 2;
    fault_t *items = realloc(faults->items, capacity * sizeof *items);
    if (!items)
        return false;
    faults->items = items;
    return true;
}

const char *faults_text(const faults_t *faults, const char *text)
{
    return faults->translate ? faults->translate(text) : text;
}

void faults_add(faults_t *faults, uint32_t line, uint32_t column, const char *format, ...)
{
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&message, faults_text(faults, format), arguments);
    va_end(arguments);
    if (length < 0)
        message = NULL;
    char *source = faults->source ? strdup(faults->source) : NULL;
    if (!message || (faults->source && !source) || !make_room(faults)) {
        free(message);
        free(source);
        faults->dropped++;
        return;
    }
    faults->items[faults->count++] = (fault_t){source, line, column, message};
}

bool faults_empty(const faults_t *faults)
{
    return faults->count == 0 && faults->dropped == 0;
}

void fault_format(const fault_t *fault, char *out, size_t size)
{
    char place[24] = "";
    if (fault->line && fault->column)
        snprintf(place, sizeof place, "%u:%u", fault->line, fault->column);
    else if (fault->line)
        snprintf(place, sizeof place, "%u", fault->line);
    const char *source = fault->source ? fault->source : "";
    snprintf(out, size, "%s%s%s%s%s", source, *source && *place ? ":" : "", place, *source || *place ? ": " : "",
             fault->message);
}

void faults_clear(faults_t *faults)
{
    faults_t kept = {.source = faults->source, .translate = faults->translate};
    faults_fini(faults);
    *faults = kept;
}

void faults_fini(faults_t *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        free(faults->items[i].source);
        free(faults->items[i].message);
    }
    free(faults->items);
    *faults = (faults_t){0};
}
