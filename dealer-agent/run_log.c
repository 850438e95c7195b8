#include "dealer-agent/run_log.h"

#include <unistd.h>

void run_log(log_level_t level, const char *event, const char *format, ...)
{
    char line[LOG_LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = log_line(line, time(NULL), level, event, format, arguments);
    va_end(arguments);
    (void)!write(STDERR_FILENO, line, length);
}
