/* Reasons in words: what is told is made of the numbers, in both languages. */
#include "client/render_checks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static catalog_t *builtin(void)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    catalog_t *catalog = NULL;
    cr_assert_eq(catalog_load(catalog_builtin(), &catalog, &faults), STATUS_OK);
    return catalog;
}

static void expect_reason(const finding_t *finding, const char *en, const char *zh)
{
    CLEANUP(catalog_destroy) catalog_t *catalog = builtin();
    char reason[REASON_SIZE];
    render_t render = {.language = LANGUAGE_EN, .catalog = catalog};
    render_reason(&render, finding, reason);
    cr_assert_str_eq(reason, en);
    render.language = LANGUAGE_ZH;
    render_reason(&render, finding, reason);
    cr_assert_str_eq(reason, zh);
}

Test(render_checks, an_amount_is_so_many_times_its_usual)
{
    const finding_t finding = {.kind = FINDING_HISTORY,
                               .name = "ad_spend",
                               .score = -7.62,
                               .value = 1000,
                               .base = NO_VALUE,
                               .median = 20000,
                               .spread = 0.4,
                               .is_relative = true,
                               .compared = 17,
                               .region = ""};
    expect_reason(
        &finding,
        "Advertising spend (CNY) 1,000.00: 0.050 times its own usual 20,000.00 (median of 17 earlier months), "
        "7.6 times the usual spread",
        "本月广宣投放(元) 1,000.00：是本店往常（20,000.00）的 0.050 倍，取此前 17 个月的中位数；偏离为通常波动的 7.6 "
        "倍");
}

Test(render_checks, a_ratio_is_told_with_its_base)
{
    finding_t finding = {.kind = FINDING_REGION,
                         .name = "new_conversion",
                         .score = 20,
                         .value = 0.75,
                         .base = 120,
                         .median = 0.25,
                         .spread = 0.02,
                         .compared = 31,
                         .region = "east"};
    expect_reason(&finding,
                  "New-prospect conversion (B) 75.0% (of 120): far above the usual 25.0% of region east (median of 31 "
                  "stores), at least 20.0 times the usual spread",
                  "新增意向客户订单转化率B 75.0%（基数 120）：远高于区域 east（25.0%），取 31 "
                  "家店的中位数；偏离至少为通常波动的 20.0 倍");
    finding.region = "";
    finding.score = -4;
    expect_reason(
        &finding,
        "New-prospect conversion (B) 75.0% (of 120): far below the usual 25.0% of the nation (median of 31 "
        "stores), 4.0 times the usual spread",
        "新增意向客户订单转化率B 75.0%（基数 120）：远低于全国（25.0%），取 31 家店的中位数；偏离为通常波动的 4.0 倍");
}

Test(render_checks, a_check_is_told_by_its_title_or_its_id)
{
    finding_t finding = {.kind = FINDING_CHECK,
                         .name = "trade_ins_within_deliveries",
                         .score = 5,
                         .value = NO_VALUE,
                         .base = NO_VALUE,
                         .median = NO_VALUE,
                         .region = ""};
    expect_reason(&finding, "a check of the catalog fails: More trade-ins than deliveries",
                  "不符合目录的检查：置换数超过交车合计");
    finding.name = "of_a_later_catalog";
    expect_reason(&finding, "a check of the catalog fails: of_a_later_catalog", "不符合目录的检查：of_a_later_catalog");
}

Test(render_checks, a_comment_cannot_break_the_tables_or_the_cells)
{
    finding_t finding = {.dealer = "D1",
                         .kind = FINDING_CHECK,
                         .name = "c",
                         .score = 5,
                         .value = NO_VALUE,
                         .base = NO_VALUE,
                         .median = NO_VALUE,
                         .spread = NO_VALUE,
                         .region = "",
                         .revision = 2,
                         .comment = "=1+1\n\"two\"",
                         .comment_ms = 1000};
    checks_answer_t answer = {period_make(2025, 6), 3, 2, 9, &finding, 1};
    static const char *const EXPECTED[] = {
        "June 2025, checks: 2 of 3 stores have reported; findings: 9, of which the worst 1 are listed\n\n"
        "Score  Dealer  Rev.  What is unusual\n"
        "    !  D1         2  a check of the catalog fails: c\n"
        "        1970-01-01T00:00:01Z, the dealer: =1+1 \"two\"\n",
        "{\"period\":\"2025-06\",\"expected\":3,\"reported\":2,\"found\":9,\"findings\":[{\"dealer\":\"D1\",\"kind\":"
        "\"catalog\","
        "\"row\":null,\"check\":\"c\",\"score\":5,\"value\":null,\"base\":null,\"median\":null,\"spread\":null,"
        "\"relative\":false,"
        "\"compared\":0,\"scope\":null,\"revision\":2,\"reason\":\"a check of the catalog fails: c\","
        "\"comment\":\"=1+1\\u000a\\\"two\\\"\",\"commented\":\"1970-01-01T00:00:01Z\"}]}\n",
        "period,dealer,kind,name,score,value,base,median,spread,relative,compared,scope,revision,reason,comment,"
        "commented\n"
        "2025-06,D1,catalog,c,5,,,,,0,0,,2,a check of the catalog fails: "
        "c,\"'=1+1\n\"\"two\"\"\",1970-01-01T00:00:01Z\n",
    };
    for (format_t format = FORMAT_TABLE; format <= FORMAT_CSV; format++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        render_t render = {.out = out, .format = format, .language = LANGUAGE_EN};
        cr_assert_eq(render_checks(&render, &answer), STATUS_OK);
        fclose(out);
        cr_assert_eq(strncmp(text, EXPECTED[format], strlen(EXPECTED[format])), 0, "%s", text);
        free(text);
    }
}
