#include "client/kinds.h"

#include <string.h>
#include <strings.h>

static bool starts_with(span_t bytes, const char *mark, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, mark, size) == 0;
}

bool kind_is_zip(span_t bytes)
{
    return starts_with(bytes, "PK\x03\x04", 4);
}

/* An Office file before 2007; also what wraps a newer one that has a password. */
static bool is_compound(span_t bytes)
{
    return starts_with(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
}

/* The stream "EncryptedPackage" of a compound file ([MS-OFFCRYPTO] 2.3): its name in UTF-16LE. */
static bool has_password(span_t bytes)
{
    static const char NAME[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    return memmem(bytes.data, bytes.size, NAME, sizeof NAME) != NULL;
}

/* UTF-16 without a mark: letters, digits and separators have a zero byte each. */
static bool is_bare_utf16(span_t bytes)
{
    const uint8_t *data = bytes.data;
    return bytes.size >= 4 &&
           ((data[0] && !data[1] && data[2] && !data[3]) || (!data[0] && data[1] && !data[2] && data[3]));
}

/* Behind blanks and a byte order mark, whatever the case. */
static bool begins_markup(span_t bytes, const char *mark)
{
    size_t at = starts_with(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (at < bytes.size && strchr(" \t\r\n", bytes.data[at]) && bytes.data[at])
        at++;
    size_t size = strlen(mark);
    return bytes.size - at >= size && strncasecmp((const char *)bytes.data + at, mark, size) == 0;
}

static const char *markup_of(span_t bytes)
{
    if (begins_markup(bytes, "<html") || begins_markup(bytes, "<!doctype") || begins_markup(bytes, "<table") ||
        begins_markup(bytes, "<meta"))
        return TRANSLATED("a web page (HTML), as some systems export it under another name");
    return begins_markup(bytes, "<?xml") ? TRANSLATED("XML, no table of cells") : NULL;
}

static const char *other_kind_of(span_t bytes)
{
    static const struct {
        const char *mark;
        size_t size;
        const char *what;
    } KINDS[] = {
        {"%PDF", 4, TRANSLATED("a PDF document")},      {"{\\rtf", 5, TRANSLATED("a text document (RTF)")},
        {"\x89PNG", 4, TRANSLATED("a picture")},        {"\xFF\xD8\xFF", 3, TRANSLATED("a picture")},
        {"GIF8", 4, TRANSLATED("a picture")},           {"\x1F\x8B", 2, TRANSLATED("a packed file")},
        {"7z\xBC\xAF", 4, TRANSLATED("a packed file")}, {"Rar!", 4, TRANSLATED("a packed file")},
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (starts_with(bytes, KINDS[i].mark, KINDS[i].size))
            return KINDS[i].what;
    return markup_of(bytes);
}

status_t kind_check_text(span_t bytes, faults_t *faults)
{
    const char *other = other_kind_of(bytes);
    if (kind_is_zip(bytes))
        faults_add(faults, 0, 0, "is a workbook (or another ZIP file), no text; save it as CSV UTF-8");
    else if (is_compound(bytes) && has_password(bytes))
        faults_add(faults, 0, 0, "is a workbook with a password; take the password off and save it as .xlsx again");
    else if (is_compound(bytes))
        faults_add(faults, 0, 0,
                   "is an old Excel workbook (.xls) or another old Office file; save it as .xlsx or CSV UTF-8");
    else if (is_bare_utf16(bytes))
        faults_add(faults, 0, 0, "is UTF-16 without a byte order mark; save it as CSV UTF-8");
    else if (other)
        faults_add(faults, 0, 0, "is %s; save the table itself as .xlsx or CSV UTF-8", faults_text(faults, other));
    else
        return STATUS_OK;
    return STATUS_INVALID;
}
