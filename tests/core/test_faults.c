#include "core/faults.h"

#include "core/limits.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(faults, .timeout = 10);

static void assert_format(uint32_t line, uint32_t column, char *source, const char *wanted)
{
    char text[100];
    fault_t fault = {source, line, column, (char *)"is wrong"};
    fault_format(&fault, text, sizeof text);
    cr_assert_str_eq(text, wanted);
}

Test(faults, are_written_with_what_place_they_have)
{
    char source[] = "a.csv";
    assert_format(3, 7, source, "a.csv:3:7: is wrong");
    assert_format(3, 0, source, "a.csv:3: is wrong");
    assert_format(0, 0, source, "a.csv: is wrong");
    assert_format(3, 7, NULL, "3:7: is wrong");
    assert_format(0, 0, NULL, "is wrong");
    assert_format(UINT32_MAX, UINT32_MAX, NULL, "4294967295:4294967295: is wrong");
}

Test(faults, are_kept_up_to_the_limit_and_counted_beyond)
{
    faults_t faults = {0};
    cr_assert(faults_empty(&faults));
    for (int i = 0; i < FAULTS_MAX; i++)
        faults_add(&faults, (uint32_t)i, 0, "fault %d", i);
    cr_assert(faults.count == FAULTS_MAX && faults.dropped == 0);
    faults_add(&faults, 0, 0, "one more");
    cr_assert(faults.count == FAULTS_MAX && faults.dropped == 1);
    cr_assert_str_eq(faults.items[FAULTS_MAX - 1].message, "fault 999");
    cr_assert(!faults_empty(&faults));
    faults_fini(&faults);
    cr_assert(faults_empty(&faults));
}

Test(faults, keep_their_source)
{
    char source[] = "a.csv";
    faults_t faults = {.source = source};
    faults_add(&faults, 1, 1, "x");
    source[0] = 'b';
    faults_add(&faults, 1, 1, "y");
    cr_assert_str_eq(faults.items[0].source, "a.csv");
    cr_assert_str_eq(faults.items[1].source, "b.csv");
    faults_fini(&faults);
}

static const char *turn(const char *format)
{
    return strcmp(format, "%s of %d") == 0 ? "%2$d: %1$s" : format;
}

Test(faults, are_added_in_the_readers_language_where_it_has_them)
{
    faults_t faults = {.translate = turn};
    faults_add(&faults, 1, 1, "%s of %d", "two", 3);
    faults_add(&faults, 1, 1, "%s", "as it is");
    cr_assert_str_eq(faults.items[0].message, "3: two");
    cr_assert_str_eq(faults.items[1].message, "as it is");
    cr_assert_str_eq(faults_text(&faults, "%s of %d"), "%2$d: %1$s");
    faults_fini(&faults);
    cr_assert_str_eq(faults_text(&faults, "%s of %d"), "%s of %d", "English again");
}
