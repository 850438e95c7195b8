#include "client/encoding.h"

#include "client/kinds.h"
#include "core/scratch.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* No character of either encoding grows more than from 2 bytes to 4. */
#define GROWTH_MAX      2

static bool starts_with(span_t bytes, const char *mark, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, mark, size) == 0;
}

static uint32_t line_at(span_t bytes, size_t offset)
{
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < bytes.size; i++)
        line += bytes.data[i] == '\n';
    return line;
}

/* Converts from `charset` into `text`, which has room for GROWTH_MAX times the bytes and a NUL. STATUS_INVALID with the
 * offset of the first byte that does not belong to it. */
static status_t convert(const char *charset, span_t bytes, char *text, size_t *out_size, size_t *out_failed_at)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    if (converter == (iconv_t)-1)
        return errno == ENOMEM ? STATUS_NO_MEMORY : STATUS_IO;
    char *from = (char *)(uintptr_t)bytes.data, *to = text;
    size_t from_left = bytes.size, to_left = bytes.size * GROWTH_MAX;
    size_t result = iconv(converter, &from, &from_left, &to, &to_left);
    iconv_close(converter);
    if (result == (size_t)-1) {
        *out_failed_at = bytes.size - from_left;
        return STATUS_INVALID;
    }
    *to = '\0';
    *out_size = (size_t)(to - text);
    return STATUS_OK;
}

/* Tries both encodings; where neither fits, names the place up to which the better one does. */
static status_t convert_either(span_t bytes, bool is_marked, char *text, size_t *out_size, faults_t *faults)
{
    size_t utf8_failed_at, gb_failed_at = 0;
    status_t status = convert("UTF-8", bytes, text, out_size, &utf8_failed_at);
    if (status == STATUS_INVALID && !is_marked)
        status = convert("GB18030", bytes, text, out_size, &gb_failed_at);
    if (status != STATUS_INVALID)
        return status;
    size_t failed_at = utf8_failed_at > gb_failed_at ? utf8_failed_at : gb_failed_at;
    uint32_t line = line_at(bytes, failed_at);
    if (is_marked)
        faults_add(faults, line, 0,
                   "the text is no UTF-8, though the file is marked as such, from here on; save the file again as CSV "
                   "UTF-8");
    else
        faults_add(faults, line, 0,
                   "the text is neither UTF-8 nor GB18030 from here on; save the file again as CSV UTF-8");
    return STATUS_INVALID;
}

static status_t check_controls(span_t text, faults_t *faults)
{
    uint32_t line = 1, faulty = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
        if (is_control && faulty != line) {
            faults_add(faults, line, 0, "the line holds a control character (0x%02X); remove it", byte);
            faulty = line;
        }
        line += byte == '\n';
    }
    return faulty ? STATUS_INVALID : STATUS_OK;
}

status_t encoding_to_utf8(span_t bytes, char **out_text, size_t *out_size, faults_t *faults)
{
    TRY(kind_check_text(bytes, faults));
    bool is_marked = starts_with(bytes, BYTE_ORDER_MARK, 3);
    if (is_marked)
        bytes = (span_t){bytes.data + 3, bytes.size - 3};
    CLEANUP(scratch_free) char *text = malloc(bytes.size * GROWTH_MAX + 1);
    if (!text)
        return STATUS_NO_MEMORY;
    size_t size = 0;
    TRY(convert_either(bytes, is_marked, text, &size, faults));
    TRY(check_controls((span_t){(const uint8_t *)text, size}, faults));
    *out_text = text;
    *out_size = size;
    text = NULL;
    return STATUS_OK;
}
