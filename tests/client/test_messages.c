#include "client/messages.h"
#include "facts_fixture.h"

#include <string.h>

TestSuite(messages, .init = facts_begin, .fini = facts_end, .timeout = 60);

static const char *turned(const char *name, const char *text)
{
    facts_reset();
    faults.translate = notes.translate = messages_zh;
    (void)read_text(name, text, &one_store);
    return fault_lines(&faults);
}

Test(messages, faults_of_files_are_told_in_chinese)
{
    cr_assert_str_eq(
        turned("x.csv", "period,本月广宣投放（万元）,来店批次\n2025-13,5,x\n6月,,-1\nJun-25,,1.5\n"),
        "x.csv:1:2: 列“本月广宣投放（万元）”的单位是 ad_spend 的单位（CNY）的倍数；请按该单位填写数字和标题\n"
        "x.csv:2:1: period: “2025-13”不是月份；请写成 2025-06 的形式\n"
        "x.csv:2:3: 来店批次: “x”不是数字；请改正，数字未知时请清空\n"
        "x.csv:3:1: period: “6月”没有写年份，文件名里也没有；请把年份写进文件名（如 KPI-2025），或用 --year 指定\n"
        "x.csv:3:3: 来店批次: “-1”不能为负数；请改正，数字未知时请清空\n"
        "x.csv:4:1: period: “Jun-25”可以理解为 2025-06，也可以理解为 6 月 25 日；如指该月，请写 2025-06\n"
        "x.csv:4:3: 来店批次: “1.5”必须是整数；请改正，数字未知时请清空\n");
    cr_assert_str_eq(turned("x.csv", "period\tad_spend;a,b\n"),
                     "x.csv:1: 这一行里逗号、分号、制表符不止一种；请只用一种作分隔符，含有其他符号的标题请加双引号\n");
    cr_assert_str_eq(turned("x.csv", "%PDF-1.4"), "x.csv: 是PDF 文档；请把其中的表格另存为 .xlsx 或 CSV UTF-8\n");
    cr_assert_str_eq(turned("x.xlsx", "PK\x03\x04"),
                     "x.xlsx: 工作簿已损坏（ZIP 压缩包）；请用 Excel 或 LibreOffice 打开后重新保存\n");
}

Test(messages, notes_and_what_the_system_says_too)
{
    turned("2025.csv", "KPI,Jun,2月\n来店批次,1,0\n");
    cr_assert(faults_empty(&faults));
    cr_assert_str_eq(fault_lines(&notes),
                     "2025.csv:1:2: 二月之前的列标题“Jun”按一月读取\n"
                     "2025.csv:1:3: 2025-02 未填写，略过：数字全为 0 或空白（如需上报，请用 --zeros）\n");
    facts_reset();
    faults.translate = messages_zh;
    cr_assert_eq(read_store("/nonexistent/facts.csv"), STATUS_IO);
    cr_assert_str_eq(fault_lines(&faults), "/nonexistent/facts.csv: 无法读取：没有这个文件\n");
}

Test(messages, what_has_no_chinese_stays_as_it_is)
{
    const char *other = "another program's message";
    cr_assert_eq(messages_zh(other), other);
}

Test(messages, what_the_hub_sent_keeps_its_values)
{
    char out[300];
    cr_assert(
        messages_zh_of_hub("this token expired on 2026-01-02 08:00; ask headquarters for a new one", out, sizeof out));
    cr_assert_str_eq(out, "这个令牌已于 2026-01-02 08:00 过期；请向总部索取新的");
    cr_assert(messages_zh_of_hub(
        "D1 and D2 belong to two owners since this token was made; ask headquarters for new ones", out, sizeof out));
    cr_assert_str_eq(out, "令牌发放之后，D1 和 D2 已分属两个所有者；请向总部索取新的");
    cr_assert(!messages_zh_of_hub("this token expired on 2026-01-02 08:00; ask headquarters for a new one, soon", out,
                                  sizeof out));
    cr_assert(!messages_zh_of_hub("is no number", out, sizeof out), "of the hub's texts only");
    cr_assert(!messages_zh_of_hub("", out, sizeof out));
    char small[20];
    cr_assert(!messages_zh_of_hub("this token expired on 2026-01-02 08:00; ask headquarters for a new one", small,
                                  sizeof small),
              "what does not fit is left in English");
}
