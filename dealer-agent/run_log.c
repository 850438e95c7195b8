#include "dealer-agent/run_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 1400

static const char *const LEVELS[] = {"info", "warning", "error"};

void run_log(run_level_t level, const char *event, const char *format, ...)
{
    char line[LINE_SIZE];
    struct timespec now = {0};
    struct tm utc = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(line, sizeof line, "time=%Y-%m-%dT%H:%M:%SZ", &utc);
    length += (size_t)snprintf(line + length, sizeof line - length, " level=%s event=%.64s ", LEVELS[level], event);
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(line + length, sizeof line - length - 1, format, arguments);
    va_end(arguments);
    length += more < 0 ? 0 : (size_t)more;
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = '?'; /* one event, one line */
    while (length && line[length - 1] == ' ')
        length--;
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return;
}

const char *run_log_quote(const char *value, char out[RUN_LOG_VALUE_SIZE])
{
    size_t length = 0;
    out[length++] = '"';
    for (; *value && length + 6 < RUN_LOG_VALUE_SIZE; value++) {
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
