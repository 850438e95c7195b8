#include "client/kinds.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(kinds, .timeout = 10);

static void expect(const char *bytes, size_t size, const char *want)
{
    faults_t faults = {0};
    cr_assert_eq(kind_check_text((span_t){(const uint8_t *)bytes, size}, &faults), STATUS_INVALID, "%s", want);
    cr_assert_eq(faults.count, 1);
    cr_assert_str_eq(faults.items[0].message, want);
    cr_assert(faults.items[0].line == 0);
    faults_fini(&faults);
}

#define BYTES(text) text, sizeof(text) - 1
#define COMPOUND    "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

Test(kinds, what_is_no_text_says_what_it_is_and_what_to_do)
{
    expect(BYTES(COMPOUND "and more"),
           "is an old Excel workbook (.xls) or another old Office file; save it as .xlsx or CSV UTF-8");
    expect(BYTES(COMPOUND "\0E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"),
           "is a workbook with a password; take the password off and save it as .xlsx again");
    expect(BYTES("PK\x03\x04rest"), "is a workbook (or another ZIP file), no text; save it as CSV UTF-8");
    expect(BYTES("p\0e\0r\0"), "is UTF-16 without a byte order mark; save it as CSV UTF-8");
    expect(BYTES("\0p\0e\0r"), "is UTF-16 without a byte order mark; save it as CSV UTF-8");
    expect(BYTES("%PDF-1.7"), "is a PDF document; save the table itself as .xlsx or CSV UTF-8");
    expect(BYTES("\x89PNG\r\n"), "is a picture; save the table itself as .xlsx or CSV UTF-8");
    expect(BYTES("\xEF\xBB\xBF\n <HTML>"), "is a web page (HTML), as some systems export it under another name; save "
                                           "the table itself as .xlsx or CSV UTF-8");
    expect(BYTES("<?xml version='1.0'?>"), "is XML, no table of cells; save the table itself as .xlsx or CSV UTF-8");
}

static void expect_text(const char *bytes, size_t size)
{
    faults_t faults = {0};
    cr_assert_eq(kind_check_text((span_t){(const uint8_t *)bytes, size}, &faults), STATUS_OK);
    cr_assert(faults_empty(&faults));
}

Test(kinds, text_is_left_to_its_readers)
{
    expect_text(BYTES(""));
    expect_text(BYTES("P"));
    expect_text(BYTES("PK,1\n"));
    expect_text(BYTES("\xEF\xBB\xBF"));
    expect_text(BYTES("\xFF\xFEp\0e\0"));
    expect_text(BYTES("\xFE\xFF\0p\0e"));
    expect_text(BYTES("   "));
    expect_text(BYTES("period,ad_spend\n"));
    expect_text(BYTES("\xD4\xC2\xB7\xDD,a\n"));
}

Test(kinds, a_zip_archive_is_known_by_its_head)
{
    cr_assert(kind_is_zip((span_t){(const uint8_t *)"PK\x03\x04", 4}));
    cr_assert(!kind_is_zip((span_t){(const uint8_t *)"PK\x03", 3}));
}
