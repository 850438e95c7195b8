#include "core/log_line.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(log_line, .timeout = 10);

static char line[LOG_LINE_SIZE];

static size_t PRINTF(2, 3) make(log_level_t level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    memset(line, 0, sizeof line);
    size_t length = log_line(line, 1751328000, level, "take", format, arguments);
    va_end(arguments);
    return length;
}

Test(log_line, holds_time_level_event_and_fields)
{
    size_t length = make(LOG_WARNING, "exit=%d reason=\"%s\"", 3, "no hub");
    cr_assert_str_eq(line, "time=2025-07-01T00:00:00Z level=warning event=take exit=3 reason=\"no hub\"\n");
    cr_assert_eq(length, strlen(line));
}

Test(log_line, without_fields_ends_behind_the_event)
{
    make(LOG_INFO, "%s", "");
    cr_assert_str_eq(line, "time=2025-07-01T00:00:00Z level=info event=take\n");
}

Test(log_line, stays_one_line_whatever_its_fields_hold)
{
    make(LOG_ERROR, "a=%s", "x\ny\tz");
    cr_assert_str_eq(line, "time=2025-07-01T00:00:00Z level=error event=take a=x?y?z\n");
}

Test(log_line, is_cut_where_it_were_too_long)
{
    char value[2 * LOG_LINE_SIZE];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    size_t length = make(LOG_INFO, "a=%s", value);
    cr_assert_eq(length, LOG_LINE_SIZE - 1);
    cr_assert_eq(line[length - 1], '\n');
    cr_assert_eq(line[length - 2], 'x');
}

Test(log_line, quotes_values_of_any_bytes)
{
    char quoted[LOG_VALUE_SIZE];
    cr_assert_str_eq(log_quote("june \"2\"\\\n\x7f\xC3\xA9", quoted), "\"june \\\"2\\\"\\\\\\x0a\\x7f\xC3\xA9\"");
}

Test(log_line, cuts_a_value_that_is_too_long_and_closes_its_quotes)
{
    char value[LOG_VALUE_SIZE + 100], quoted[LOG_VALUE_SIZE];
    memset(value, '"', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    size_t length = strlen(log_quote(value, quoted));
    cr_assert_lt(length, sizeof quoted);
    cr_assert_eq(length % 2, 0, "each quote has its mark");
    cr_assert_eq(quoted[length - 1], '"');
}
