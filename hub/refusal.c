#include "hub/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Drops the part of a character that a cut at `size` - 1 bytes left. */
static void trim(char *text, size_t size)
{
    size_t length = strlen(text);
    if (length + 1 < size)
        return;
    size_t at = length;
    while (at && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
        at--;
    if (at && (unsigned char)text[at - 1] >= 0xC0)
        text[at - 1] = '\0';
}

status_t refuse(refusal_t *out, status_t status, const char *where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->message, sizeof out->message, format, arguments);
    va_end(arguments);
    snprintf(out->where, sizeof out->where, "%s", where);
    trim(out->message, sizeof out->message);
    trim(out->where, sizeof out->where);
    return status;
}
