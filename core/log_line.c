#include "core/log_line.h"

#include <stdio.h>

size_t log_line(char out[LOG_LINE_SIZE], time_t now, log_level_t level, const char *event, const char *format,
                va_list arguments)
{
    static const char *const LEVELS[] = {"info", "warning", "error"};
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    size_t length = strftime(out, LOG_LINE_SIZE, "time=%Y-%m-%dT%H:%M:%SZ", &utc);
    length += (size_t)snprintf(out + length, LOG_LINE_SIZE - length, " level=%s event=%.64s ", LEVELS[level], event);
    int more = vsnprintf(out + length, LOG_LINE_SIZE - length - 1, format, arguments);
    length += more < 0 ? 0 : (size_t)more;
    if (length > LOG_LINE_SIZE - 2)
        length = LOG_LINE_SIZE - 2;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)out[i] < ' ')
            out[i] = '?'; /* one event, one line */
    while (length && out[length - 1] == ' ')
        length--;
    out[length++] = '\n';
    return length;
}

const char *log_quote(const char *value, char out[LOG_VALUE_SIZE])
{
    size_t length = 0;
    out[length++] = '"';
    for (; *value && length + 6 < LOG_VALUE_SIZE; value++) {
        unsigned char byte = (unsigned char)*value;
        if (byte == '"' || byte == '\\')
            out[length++] = '\\';
        if (byte < ' ' || byte == 127)
            length += (size_t)sprintf(out + length, "\\x%02x", byte);
        else
            out[length++] = (char)byte;
    }
    out[length++] = '"';
    out[length] = '\0';
    return out;
}
