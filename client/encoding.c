#include "client/encoding.h"

#include "client/kinds.h"
#include "core/scratch.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* No character of any of the encodings grows more than from 2 bytes to 4. */
#define GROWTH_MAX 2

/* What a file's first bytes say of its encoding. */
typedef struct {
    const char *bytes;
    size_t size;
    const char *charset, *name; /* for iconv, for messages */
} mark_t;

static const mark_t *find_mark(span_t bytes)
{
    static const mark_t MARKS[] = {
        {"\xEF\xBB\xBF", 3, "UTF-8", "UTF-8"},
        {"\xFF\xFE", 2, "UTF-16LE", "UTF-16"},
        {"\xFE\xFF", 2, "UTF-16BE", "UTF-16"},
    };
    for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++)
        if (bytes.size >= MARKS[i].size && memcmp(bytes.data, MARKS[i].bytes, MARKS[i].size) == 0)
            return &MARKS[i];
    return NULL;
}

/* Whether a line ends with this byte: LF, or a CR that stands alone. */
static bool ends_line(const char *text, size_t size, size_t at)
{
    return text[at] == '\n' || (text[at] == '\r' && (at + 1 == size || text[at + 1] != '\n'));
}

static uint32_t count_lines(const char *text, size_t size)
{
    uint32_t line = 1;
    for (size_t i = 0; i < size; i++)
        line += ends_line(text, size, i);
    return line;
}

/* Converts from `charset` into `text`, which has room for GROWTH_MAX times the bytes and a NUL. STATUS_INVALID where a
 * byte does not belong to it; *out_size is then of what stands before that. */
static status_t convert(const char *charset, span_t bytes, char *text, size_t *out_size)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    if (converter == (iconv_t)-1)
        return errno == ENOMEM ? STATUS_NO_MEMORY : STATUS_IO;
    char *from = (char *)(uintptr_t)bytes.data, *to = text;
    size_t from_left = bytes.size, to_left = bytes.size * GROWTH_MAX;
    size_t result = iconv(converter, &from, &from_left, &to, &to_left);
    iconv_close(converter);
    *to = '\0';
    *out_size = (size_t)(to - text);
    return result == (size_t)-1 ? STATUS_INVALID : STATUS_OK;
}

static status_t convert_marked(const mark_t *mark, span_t bytes, char *text, size_t *out_size, faults_t *faults)
{
    bytes = (span_t){bytes.data + mark->size, bytes.size - mark->size};
    status_t status = convert(mark->charset, bytes, text, out_size);
    if (status == STATUS_INVALID)
        faults_add(faults, count_lines(text, *out_size), 0,
                   "the text is no %s, though the file is marked as such, from here on; save the file again as CSV "
                   "UTF-8",
                   mark->name);
    return status;
}

/* Tries both encodings; where neither fits, names the line up to which the better one does. */
static status_t convert_either(span_t bytes, char *text, size_t *out_size, faults_t *faults)
{
    status_t status = convert("UTF-8", bytes, text, out_size);
    if (status != STATUS_INVALID)
        return status;
    uint32_t line = count_lines(text, *out_size);
    status = convert("GB18030", bytes, text, out_size);
    if (status != STATUS_INVALID)
        return status;
    uint32_t other = count_lines(text, *out_size);
    faults_add(faults, line > other ? line : other, 0,
               "the text is neither UTF-8 nor GB18030 from here on; save the file again as CSV UTF-8");
    return STATUS_INVALID;
}

static status_t check_controls(const char *text, size_t size, faults_t *faults)
{
    uint32_t line = 1, faulty = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        bool is_control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
        if (is_control && faulty != line) {
            faults_add(faults, line, 0, "the line holds a control character (0x%02X); remove it", byte);
            faulty = line;
        }
        line += ends_line(text, size, i);
    }
    return faulty ? STATUS_INVALID : STATUS_OK;
}

status_t encoding_to_utf8(span_t bytes, char **out_text, size_t *out_size, faults_t *faults)
{
    TRY(kind_check_text(bytes, faults));
    const mark_t *mark = find_mark(bytes);
    CLEANUP(scratch_free) char *text = malloc(bytes.size * GROWTH_MAX + 1);
    if (!text)
        return STATUS_NO_MEMORY;
    size_t size = 0;
    TRY(mark ? convert_marked(mark, bytes, text, &size, faults) : convert_either(bytes, text, &size, faults));
    TRY(check_controls(text, size, faults));
    *out_text = text;
    *out_size = size;
    text = NULL;
    return STATUS_OK;
}
