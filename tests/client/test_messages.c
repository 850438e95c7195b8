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
        "x.csv:1:2: 列“本月广宣投放（万元）”的单位不对：ad_spend 以 CNY 为单位；请换算成该单位，并改正列标题\n"
        "x.csv:2:1: period: “2025-13”不是月份；请写成 2025-06 的形式\n"
        "x.csv:2:3: 来店批次: “x”不是数字；请改正，数字未知时请清空\n"
        "x.csv:3:1: period: “6月”没有写年份，文件名里也没有；请把年份写进文件名（如 KPI-2025），或用 --year 指定\n"
        "x.csv:3:3: 来店批次: “-1”不能为负数；请改正，数字未知时请清空\n"
        "x.csv:4:1: period: “Jun-25”可以理解为 2025-06，也可以理解为 6 月 25 日；如指该月，请写 202506（在 Excel "
        "中请先把单元格设为“文本”格式）\n"
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
    cr_assert_str_eq(fault_lines(&notes), "2025.csv:1:2: 二月之前的列标题“Jun”按一月读取\n"
                                          "2025.csv:1:3: 2025-02 未填写，略过：数字全为 0 或空白（确实为 0 "
                                          "的，请改用每月一行的表格填报，或用 submit --zeros）\n");
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

/* ---- What comes in English from elsewhere ---- */

static const char *said(const char *words)
{
    static char text[2000];
    cr_assert_str_eq(messages_said(LANGUAGE_EN, words, text, sizeof text), words, "as it is, in English");
    return messages_said(LANGUAGE_ZH, words, text, sizeof text);
}

Test(messages, the_hub_s_common_sentences_are_told_in_chinese_with_their_values)
{
    cr_assert_str_eq(said("this key is revoked"), "本机的密钥已被总部撤销；请联系总部");
    cr_assert_str_eq(said("D0001 is no member of the network in 2019-05"),
                     "D0001 在 2019-05 还不在（或已不在）总部的网络里；请核对月份，或联系总部");
    cr_assert_str_eq(said("2099-01 has not begun"), "2099-01 还没有开始；请核对月份");
    cr_assert_str_eq(said("2025-05 is closed since 2025-06-11 09:00 +08:00, and the exception for D0001 ended at "
                          "2025-07-01 00:00 +08:00; ask "
                          "headquarters for another one (`yardstick month allow D0001 2025-05 --until … --why …`)"),
                     "2025-05 已于 2025-06-11 09:00 +08:00 关账，总部给 D0001 的补报期限已于 2025-07-01 00:00 +08:00 "
                     "截止；请再次向总部申请补报或更正");
    cr_assert_str_eq(said("D1 and D2 belong to two owners since this token was made; ask headquarters for new ones"),
                     "令牌发放之后，D1 和 D2 已分属两个业主；请总部分别发给新的令牌");
    cr_assert_str_eq(said("headquarters has closed that month"), "该月已由总部关账", "a status' own words");
}

Test(messages, values_may_hold_anything_that_a_code_may)
{
    cr_assert_str_eq(said("店 is no member of the network in 东 is no member of the network in 2019-05"),
                     "店 在 东 is no member of the network in 2019-05 "
                     "还不在（或已不在）总部的网络里；请核对月份，或联系总部");
    cr_assert_str_eq(said("the network has no dealer %s{1}"), "总部的网络里没有门店 %s{1}；请核对代码，或请总部登记");
    cr_assert_str_eq(said("the network has no dealer "), "总部的网络里没有门店 ；请核对代码，或请总部登记");
    cr_assert_str_eq(said("D0001 2025-05 张三: no fact at all; where nothing was sold, send zeros"),
                     "D0001 2025-05 张三 没有任何数字；确实没有业务的，请填 0");
}

Test(messages, each_line_is_told_on_its_own_and_what_is_not_known_stays)
{
    cr_assert_str_eq(said("D0001 2025-05 fails 2 of the catalog's checks\nmore deliveries: 多\n2025-05 has not begun"),
                     "D0001 2025-05 有 2 项校验不通过；请按下列各项核对数字\nmore deliveries: 多\n2025-05 "
                     "还没有开始；请核对月份");
    cr_assert_str_eq(said(" has not begun, says a newer hub"), " has not begun, says a newer hub");
    cr_assert_str_eq(said(""), "");
}

Test(messages, what_is_said_is_cut_to_fit)
{
    char text[16];
    messages_said(LANGUAGE_ZH, "this key is revoked", text, sizeof text);
    cr_assert_eq(strlen(text), sizeof text - 1);
    messages_said(LANGUAGE_EN, "this key is revoked", text, sizeof text);
    cr_assert_str_eq(text, "this key is rev");
}
