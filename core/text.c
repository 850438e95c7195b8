#include "core/text.h"

#include "core/limits.h"

#include <string.h>

#define REPLACEMENT 0xFFFDu

/* Decodes one code point of at most `available` bytes; returns its length, 0 where they are no UTF-8. */
static size_t decode(const uint8_t *bytes, size_t available, uint32_t *out)
{
    uint8_t lead = bytes[0];
    size_t length = lead < 0x80                   ? 1
                    : lead >= 0xC2 && lead < 0xE0 ? 2
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (!length || length > available)
        return 0;
    uint32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (bytes[i] & 0x3F);
    }
    bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (overlong || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        return 0;
    *out = point;
    return length;
}

size_t text_encode(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3F));
    static const uint8_t LEADS[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(LEADS[length] | point);
    return length;
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

bool text_is_blank(uint32_t point)
{
    return point == ' ' || (point >= '\t' && point <= '\r') || point == 0xA0 || (point >= 0x2000 && point <= 0x200B) ||
           point == 0x2028 || point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000 ||
           point == 0xFEFF;
}

bool text_is_clean(span_t bytes)
{
    for (size_t at = 0; at < bytes.size;) {
        uint32_t point;
        size_t length = decode(bytes.data + at, bytes.size - at, &point);
        if (!length || (is_control(point) && point != '\t' && point != '\n'))
            return false;
        at += length;
    }
    return true;
}

uint32_t text_next(const char **cursor)
{
    const char *at = *cursor;
    if (!*at)
        return 0;
    uint32_t point;
    /* strnlen keeps the decoder from reading behind the NUL of a text that was cut in a character. */
    size_t length = decode((const uint8_t *)at, strnlen(at, 4), &point);
    *cursor = at + (length ? length : 1);
    return length ? point : REPLACEMENT;
}

size_t text_characters(const char *text)
{
    size_t count = 0;
    while (text_next(&text))
        count++;
    return count;
}

typedef struct {
    uint32_t first, last;
} range_t;

static bool in_ranges(const range_t *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count && ranges[i].first <= point; i++)
        if (point <= ranges[i].last)
            return true;
    return false;
}

/* East Asian Width W and F (Unicode 15, UAX 11), blocks rounded out over unassigned code points. */
static const range_t WIDE[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
    {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},
    {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
    {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
    {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},
    {0x2E80, 0x303E},   {0x3041, 0x3247},   {0x3250, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1AFF0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C},
    {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E},
    {0x1F550, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F},
    {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6DF}, {0x1F6EB, 0x1F6EC},
    {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7F0}, {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF},
    {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
};

/* Marks that stand on the character before them, and characters without a shape: the common ones of the scripts in
 * names here. */
static const range_t ZERO_WIDTH[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1ACE}, {0x1DC0, 0x1DFF},
    {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
};

size_t text_width(const char *text)
{
    size_t width = 0;
    for (uint32_t point; (point = text_next(&text)) != 0;) {
        if (in_ranges(ZERO_WIDTH, sizeof ZERO_WIDTH / sizeof *ZERO_WIDTH, point))
            continue;
        width += in_ranges(WIDE, sizeof WIDE / sizeof *WIDE, point) ? 2 : 1;
    }
    return width;
}

bool text_is_code(const char *text)
{
    size_t length = strnlen(text, CODE_LENGTH_MAX + 1);
    if (length == 0 || length > CODE_LENGTH_MAX)
        return false;
    uint32_t last = 0;
    for (const char *cursor = text, *end = text + length; cursor < end;) {
        uint32_t point;
        size_t step = decode((const uint8_t *)cursor, (size_t)(end - cursor), &point);
        if (!step || is_control(point) || strchr(",:\"'", point < 0x80 ? (int)point : 'x'))
            return false;
        if (cursor == text && text_is_blank(point))
            return false;
        last = point;
        cursor += step;
    }
    return !text_is_blank(last);
}

bool text_is_id(const char *text)
{
    if (*text < 'a' || *text > 'z')
        return false;
    size_t length = 0;
    for (; text[length]; length++) {
        char c = text[length];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return length <= CODE_LENGTH_MAX;
}

static uint32_t fold_character(uint32_t point)
{
    if (point >= 0xFF01 && point <= 0xFF5E)
        point -= 0xFEE0;
    else if (point == 0x3010 || point == 0x3014)
        point = '[';
    else if (point == 0x3011 || point == 0x3015)
        point = ']';
    return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
}

/* Length without the bracket that ends `text`; `length` where there is none or nothing would be left. */
static size_t drop_bracket(const char *text, size_t length)
{
    char close = length ? text[length - 1] : '\0';
    if (close != ')' && close != ']')
        return length;
    char open = close == ')' ? '(' : '[';
    size_t depth = 0;
    for (size_t i = length; i-- > 0;) {
        if (text[i] == close)
            depth++;
        else if (text[i] == open && --depth == 0)
            return i ? i : length;
    }
    return length;
}

size_t text_fold(const char *text, char *out, size_t size)
{
    if (!size)
        return 0;
    size_t length = 0;
    for (uint32_t point; (point = text_next(&text)) != 0;) {
        if (text_is_blank(point))
            continue;
        char bytes[4];
        size_t step = text_encode(fold_character(point), bytes);
        if (length + step >= size)
            break;
        memcpy(out + length, bytes, step);
        length += step;
    }
    out[length] = '\0';
    return length;
}

size_t text_fold_title(const char *text, char *out, size_t size)
{
    size_t length = drop_bracket(out, text_fold(text, out, size));
    if (size)
        out[length] = '\0';
    return length;
}
