#include "client/encoding.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static span_t span_of(const char *text, size_t size)
{
    return (span_t){(const uint8_t *)text, size};
}

static void expect(const char *bytes, size_t size, const char *want)
{
    faults_t faults = {0};
    char *text = NULL;
    size_t got = 0;
    cr_assert_eq(encoding_to_utf8(span_of(bytes, size), &text, &got, &faults), STATUS_OK);
    cr_assert_str_eq(text, want);
    cr_assert_eq(got, strlen(want));
    cr_assert(faults_empty(&faults));
    free(text);
}

static void expect_fault(const char *bytes, size_t size, uint32_t line, const char *part)
{
    faults_t faults = {0};
    char *text = NULL;
    size_t got = 7;
    cr_assert_eq(encoding_to_utf8(span_of(bytes, size), &text, &got, &faults), STATUS_INVALID);
    cr_assert_null(text);
    cr_assert_eq(got, 7, "outputs change only on success");
    cr_assert_eq(faults.count, 1);
    cr_assert_eq(faults.items[0].line, line, "line %u", faults.items[0].line);
    cr_assert(strstr(faults.items[0].message, part), "%s", faults.items[0].message);
    faults_fini(&faults);
}

#define BYTES(text) text, sizeof(text) - 1

Test(encoding, utf8_with_or_without_a_mark_is_taken_as_it_is)
{
    expect(BYTES("来店批次,1"), "来店批次,1");
    expect(BYTES("\xEF\xBB\xBF来店批次,1"), "来店批次,1");
    expect(BYTES(""), "");
}

Test(encoding, gb18030_as_chinese_excel_saves_it_becomes_utf8)
{
    expect(BYTES("\xC0\xB4\xB5\xEA\xC5\xFA\xB4\xCE,1\r\n"), "来店批次,1\r\n");
    expect(BYTES("\xFE\x51"), "\xF0\xA0\x82\x87"); /* two bytes become four: the most that a character grows */
    expect(BYTES("\x95\x32\x82\x36"), "\xF0\xA0\x80\x80");
}

Test(encoding, utf16_with_a_mark_as_excels_unicode_text_becomes_utf8)
{
    expect(BYTES("\xFF\xFE\x65\x67\t\0\x31\0\r\0\n\0"), "来\t1\r\n");
    expect(BYTES("\xFE\xFF\x67\x65\0\t\0\x31\0\r\0\n"), "来\t1\r\n");
    expect(BYTES("\xFF\xFE\x40\xD8\x87\xDC"), "\xF0\xA0\x82\x87"); /* a surrogate pair */
    expect(BYTES("\xFF\xFE"), "");
}

Test(encoding, text_in_neither_encoding_is_a_fault_with_its_line)
{
    expect_fault(BYTES("a\rb\r\xFF\xFF\r"), 3, "neither UTF-8 nor GB18030");
    expect_fault(BYTES("\xFF\xFE\x0A\x01\n\0\x00\xDC"), 2, "no UTF-16, though"); /* U+010A ends no line */
    expect_fault(BYTES("\xFE\xFF\0\n\0"), 2, "no UTF-16, though");
    expect_fault(BYTES("a\nb\n\xFF\xFF\n"), 3, "neither UTF-8 nor GB18030");
    expect_fault(BYTES("\xEF\xBB\xBF"
                       "a\n\xC0\xB4\n"),
                 2, "no UTF-8, though");
}

Test(encoding, a_workbook_utf16_and_control_characters_are_named_as_such)
{
    expect_fault(BYTES("PK\x03\x04rest"), 0, "workbook");
    expect_fault(BYTES("a\0b\0"), 0, "UTF-16 without a byte order mark");
    expect_fault(BYTES("\xFF\xFE\n\0\0\0"), 2, "control character (0x00)");
    expect_fault(BYTES("a\rb\x01"), 2, "control character (0x01)");
    expect_fault(BYTES("a\nb\x01\x02\n"), 2, "control character (0x01)");
    expect_fault(BYTES("a\0b"), 1, "control character (0x00)");
}
