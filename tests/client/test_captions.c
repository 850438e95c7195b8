#include "client/captions.h"

#include <criterion/criterion.h>

TestSuite(captions, .timeout = 10);

/* By a catalog of one fact. */
static bool is_refused_by(const char *text, const char *unit, const char *title)
{
    faults_t faults = {0};
    row_t row = {.unit = unit, .title = {title, title}};
    catalog_t catalog = {.rows = &row, .fact_count = 1};
    caption_check_unit(text, &catalog, 3, 4, &faults);
    bool refused = faults.count == 1 && faults.items[0].line == 3 && faults.items[0].column == 4;
    cr_assert(refused || faults_empty(&faults));
    faults_fini(&faults);
    return refused;
}

static bool is_refused(const char *text)
{
    return is_refused_by(text, "CNY", "本月广宣投放（元）");
}

Test(captions, a_multiple_that_the_catalog_itself_counts_in_is_not)
{
    cr_assert(!is_refused_by("单位：万元", "万元", "本月广宣投放"));
    cr_assert(!is_refused_by("单位：万元", "CNY", "本月广宣投放（万元）"));
    cr_assert(!is_refused_by("Unit: thousand yuan", "unit: thousand yuan", "Ad spend"));
}

Test(captions, a_multiple_as_the_unit_is_refused)
{
    static const char *const MULTIPLES[] = {
        "单位：万元",           "单位:千元",
        "（单位：人民币万元）", "万元",
        "销售报表（万元）",     "金额单位为百万元，数量单位为台",
        "单位：台、万元",       "单位 ： 万元",
        "单位：亿元/台",        "Unit: thousand yuan",
        "Units: RMB'000",       "in units of one million",
    };
    for (size_t i = 0; i < sizeof MULTIPLES / sizeof *MULTIPLES; i++)
        cr_assert(is_refused(MULTIPLES[i]), "%s", MULTIPLES[i]);
}

Test(captions, names_and_sentences_are_not)
{
    static const char *const OTHERS[] = {
        "",       "单位：元",   "填报单位：百得利", "单位：万达汽车",     "注：1万元以内的费用不计",
        "千元店", "Unit: yuan", "万元户调查",       "百万元以上订单另列",
    };
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
        cr_assert(!is_refused(OTHERS[i]), "%s", OTHERS[i]);
}

Test(captions, another_year_is_told_from_the_same_and_from_a_day)
{
    cr_assert_eq(caption_other_year("2024年度销售报表", 2025), 2024);
    cr_assert_eq(caption_other_year("２０２４ 年 1-12 月", 2025), 2024);
    cr_assert_eq(caption_other_year("销售报表2024年12月份", 2025), 2024);
    cr_assert_eq(caption_other_year("2024", 2025), 2024);
    cr_assert_eq(caption_other_year("2023年、2024年", 2025), 2024);
    cr_assert_eq(caption_other_year("2025年（对比2024年）", 2025), 0);
    cr_assert_eq(caption_other_year("2025年度销售报表", 2025), 0);
    cr_assert_eq(caption_other_year("制表日期：2026年1月5日", 2025), 0);
    cr_assert_eq(caption_other_year("2026-01-05 制表", 2025), 0);
    cr_assert_eq(caption_other_year("电话 2024", 2025), 0);
    cr_assert_eq(caption_other_year("1999年", 2025), 0);
    cr_assert_eq(caption_other_year("12024年", 2025), 0);
    cr_assert_eq(caption_other_year("", 2025), 0);
}
