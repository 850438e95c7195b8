#include "core/text.h"

#include "core/limits.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(text, .timeout = 10);

static bool is_clean(const char *bytes, size_t size)
{
    return text_is_clean((span_t){(const uint8_t *)bytes, size});
}

Test(text, clean_text_is_utf8_without_controls)
{
    cr_assert(is_clean("", 0) && is_clean("a\tb\n", 4) && is_clean("汽车 é 🚗", strlen("汽车 é 🚗")));
    static const char *const DIRTY[] = {"\r",
                                        "\x1b",
                                        "\x7f",
                                        "\xc2\x85",
                                        "\x80",
                                        "\xff",
                                        "\xc0\xaf",
                                        "\xe0\x80\xaf",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80",
                                        "\xf8\x88\x80\x80\x80",
                                        "\xe6\xb1",
                                        "\xd0\xa1\xb5\xea"};
    for (size_t i = 0; i < sizeof DIRTY / sizeof *DIRTY; i++)
        cr_assert(!is_clean(DIRTY[i], strlen(DIRTY[i])), "text %zu is accepted", i);
    cr_assert(!is_clean("a\0b", 3));
}

Test(text, a_character_cut_at_the_end_is_replaced_and_not_read_over)
{
    const char *cursor = "\xe6\xb1";
    cr_assert_eq(text_next(&cursor), 0xFFFD);
    cr_assert_eq(text_next(&cursor), 0xFFFD);
    cr_assert_eq(text_next(&cursor), 0);
    cr_assert_eq(text_next(&cursor), 0);
}

Test(text, chinese_counts_two_columns)
{
    cr_assert_eq(text_characters("来店 A"), 4);
    cr_assert_eq(text_width("来店 A"), 6);
    cr_assert_eq(text_width("（元）"), 6);
    cr_assert_eq(text_width("e\xcc\x81—é"), 3);
    cr_assert_eq(text_width("🚗"), 2);
    cr_assert_eq(text_width(""), 0);
}

Test(text, codes_are_short_and_plain)
{
    char longest[CODE_LENGTH_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[CODE_LENGTH_MAX] = '\0';
    cr_assert(text_is_code("D0001") && text_is_code("华东 1") && text_is_code(longest));
    longest[CODE_LENGTH_MAX] = 'x';
    longest[CODE_LENGTH_MAX + 1] = '\0';
    cr_assert(!text_is_code(longest));
    static const char *const CODES[] = {"",     " a",  "a ",   "a\xe3\x80\x80", "a,b", "a:b",
                                        "a\"b", "a'b", "a\tb", "a\nb",          "\xff"};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        cr_assert(!text_is_code(CODES[i]), "code %zu is accepted", i);
}

Test(text, ids_are_lower_case_words)
{
    char longest[CODE_LENGTH_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[CODE_LENGTH_MAX] = '\0';
    cr_assert(text_is_id("a") && text_is_id("cost_per_visit2") && text_is_id(longest));
    longest[CODE_LENGTH_MAX] = 'x';
    longest[CODE_LENGTH_MAX + 1] = '\0';
    cr_assert(!text_is_id(longest));
    static const char *const IDS[] = {"", "A", "1a", "_a", "a-b", "a b", "é"};
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        cr_assert(!text_is_id(IDS[i]), "%s is accepted", IDS[i]);
}

static void assert_fold(const char *text, const char *wanted)
{
    char folded[64];
    cr_assert_eq(text_fold_title(text, folded, sizeof folded), strlen(wanted), "%s becomes %s", text, folded);
    cr_assert_str_eq(folded, wanted);
}

Test(text, titles_fold_width_blanks_case_and_a_unit)
{
    assert_fold("本月广宣投放（元）", "本月广宣投放");
    assert_fold(" Cost per　Visit (CNY) ", "costpervisit");
    assert_fold("转化率Ａ", "转化率a");
    assert_fold("Ads (net (CNY))", "ads");
    assert_fold("Ads [CNY]", "ads");
    assert_fold("Ads【元】", "ads");
    assert_fold("(A) Ads", "(a)ads");
    assert_fold("(元)", "(元)");
    assert_fold("Ads)", "ads)");
    assert_fold("", "");
}

Test(text, folding_keeps_the_bracket_where_asked)
{
    char folded[64];
    cr_assert_eq(text_fold("Ads （Net）", folded, sizeof folded), 8);
    cr_assert_str_eq(folded, "ads(net)");
}

Test(text, folding_cuts_between_characters)
{
    char folded[6];
    cr_assert_eq(text_fold_title("汽车网", folded, sizeof folded), 3);
    cr_assert_str_eq(folded, "汽");
    cr_assert_eq(text_fold_title("汽", folded, 1), 0);
    cr_assert_eq(text_fold_title("汽", folded, 0), 0);
}

Test(text, a_code_point_is_written_as_it_is_read)
{
    static const uint32_t POINTS[] = {'a', 0x7F, 0x80, 0x7FF, 0x800, 0x6708, 0xFFFD, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < sizeof POINTS / sizeof *POINTS; i++) {
        char bytes[5] = "";
        size_t length = text_encode(POINTS[i], bytes);
        const char *cursor = bytes;
        cr_assert_eq(text_next(&cursor), POINTS[i]);
        cr_assert_eq((size_t)(cursor - bytes), length);
        cr_assert_eq(strlen(bytes), length);
    }
}

Test(text, blanks_show_nothing)
{
    static const uint32_t BLANKS[] = {' ', '\t', '\n', '\r', 0xA0, 0x3000, 0x200B, 0xFEFF};
    for (size_t i = 0; i < sizeof BLANKS / sizeof *BLANKS; i++)
        cr_assert(text_is_blank(BLANKS[i]));
    cr_assert(!text_is_blank('a') && !text_is_blank(0x4E00) && !text_is_blank(0) && !text_is_blank('-'));
}
