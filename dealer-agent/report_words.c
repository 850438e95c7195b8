#include "dealer-agent/report_words.h"

/* Chinese, English. */
static const char *const WORDS[WORD_COUNT][LANGUAGE_COUNT] = {
    /* heads */
    [WORD_FILE] = {"文件：  {1}", "File:     {1}"},
    [WORD_READ] = {"读取：  {1}", "Read:     {1}"},
    [WORD_CATALOG] = {"指标：  {1}，第 {2} 版", "Catalog:  {1}, version {2}"},
    [WORD_CATALOG_BUILTIN] = {"指标：  {1}，第 {2} 版（随本程序附带；尚未从总部取得，总部会再核对一次）",
                              "Catalog:  {1}, version {2} (the one that came with this program; the hub's has not come "
                              "yet, and the hub checks again)"},
    [WORD_ACCEPTED] =
        {"结果：  已接收。待发送 {1} 个月，自动发送，无需再做什么；回执见 results 文件夹中的 receipts.csv",
         "Result:   ACCEPTED. Months to send: {1}. They are sent by themselves; receipts come into "
         "results/receipts.csv"},
    [WORD_NOTHING_NEW] = {"结果：  已接收。没有新的或更改的月份，因此不再发送",
                          "Result:   ACCEPTED. No month in it is new or changed, so nothing is sent"},
    [WORD_SENT_AGAIN] =
        {"结果：  已接收。没有新的或更改的月份；为便于核对，已再次发送，回执见 results 文件夹中的 receipts.csv",
         "Result:   ACCEPTED. No month in it is new or changed; it is sent again all the same, so that "
         "the hub confirms it. Receipts come into results/receipts.csv"},
    [WORD_REJECTED] = {"结果：  已退回，文件中的数据均未接收。共 {1} 处错误；请逐一改正、保存，再放入 inbox 文件夹",
                       "Result:   REJECTED. Nothing of it was taken. Faults: {1}. Correct each, save, and put the file "
                       "into the inbox again"},
    /* sections */
    [WORD_MONTHS] = {"月份：", "Months:"},
    [WORD_FAULTS] = {"错误：", "Faults:"},
    [WORD_WARNINGS] = {"请核对（已照常接收）：", "Please check (taken as it is):"},
    [WORD_NOTES] = {"未接收的部分，及读取说明：", "Left out, or read otherwise than written:"},
    [WORD_MORE] = {"另有 {1} 处，未列出", "{1} more, not listed"},
    [WORD_BULLET] = {"- {1}", "- {1}"},
    [WORD_NUMBERED] = {"{1}. {2}", "{1}. {2}"},
    [WORD_SAID] = {"   {1}", "   {1}"},
    /* months */
    [WORD_NEW] = {"- {1} {2}：新增{3}", "- {1} {2}: new{3}"},
    [WORD_CHANGED] = {"- {1} {2}：更改{3}（此前于 {4} 接收{5}）", "- {1} {2}: changed{3} (before: taken {4}{5})"},
    [WORD_RETURNED] = {"- {1} {2}：重新填报{3}（此前已于 {4} 撤回）",
                       "- {1} {2}: filed again{3} (it was withdrawn {4})"},
    [WORD_UNCHANGED] = {"- {1} {2}：无变化{3}（已于 {4} 接收{5}）", "- {1} {2}: unchanged{3} (taken {4}{5})"},
    [WORD_PEOPLE] = {"，销售顾问 {1} 名", ", with consultants: {1}"},
    [WORD_FROM] = {"，来自 {1}", " from {1}"},
    /* places */
    [WORD_CELL] = {"{1}（第 {2} 行，第 {3} 列）", "{1} (line {2}, column {3})"},
    [WORD_LINE] = {"第 {1} 行", "line {1}"},
    [WORD_WHOLE] = {"整个文件", "the whole file"},
    [WORD_SHEET] = {"工作表 {1}，{2}", "sheet {1}, {2}"},
    /* what take itself finds */
    [WORD_UNREAD] = {"读取此文件时程序多次中断。请用 Excel 打开，另存为 CSV 或新的 XLSX 后再放入 "
                     "inbox；仍不行时，请把此文件交给负责本程序的人员",
                     "the program broke off several times while it read this file; open it in a spreadsheet program, "
                     "save it anew as CSV or XLSX and put that into the inbox; where that breaks off too, give the "
                     "file to whoever looks after this program"},
    [WORD_NO_MONTH] = {"文件只有销售顾问的数据，而所属月份的门店数据尚未填报；已等待 {1} "
                       "分钟。请把该月的门店数据与本文件一起放入 inbox",
                       "it holds only consultants, of a month of the store that has not been filed; {1} minutes were "
                       "waited. Put the store's file of that month into the inbox together with this one"},
    /* what the hub refused */
    [WORD_REFUSED] = {"本机已接收的一个月份被总部拒收。处理之前，该月不计入统计。",
                      "The hub refused a month that was accepted here. It does not count until somebody acts."},
    [WORD_REFUSED_DEALER] = {"门店：  {1}", "Store:    {1}"},
    [WORD_REFUSED_MONTH] = {"月份：  {1}", "Month:    {1}"},
    [WORD_REFUSED_WITHDRAWAL] = {"月份：  {1}（撤回）", "Month:    {1} (its withdrawal)"},
    [WORD_REFUSED_LINE] = {"位置：  第 {1} 行", "Place:    line {1}"},
    [WORD_REFUSED_TAKEN] = {"接收：  {1}", "Taken:    {1}"},
    [WORD_REFUSED_AT] = {"拒收：  {1}", "Refused:  {1}"},
    [WORD_REFUSED_NUMBER] = {"编号：  {1}", "Number:   {1}"},
    [WORD_REFUSED_WHY] = {"原因：{1}", "Why: {1}"},
    [WORD_REFUSED_SAYS] = {"总部的说明：", "The hub says:"},
    [WORD_REFUSED_DO] = {"怎么办：", "What to do:"},
    [WORD_REFUSED_CORRECT] =
        {"- 数据有误时：在文件中改正、保存，再放入 inbox 文件夹。",
         "- Where the figures are wrong: correct them in the file, save, and put it into the inbox again."},
    [WORD_REFUSED_CLOSED] = {"- 请向总部申请补报或更正该月。",
                             "- Ask headquarters for an exception for this store and month."},
    [WORD_REFUSED_ALLOWED] =
        {"- 门店代码有误时：在文件中改正、保存，再放入 inbox 文件夹。代码无误时：请总部准入本机为该门店上报。",
         "- Where the store's code is wrong: correct it in the file, save, and put it into the inbox again. Where it "
         "is "
         "right: ask headquarters to admit this agent for the store."},
    [WORD_REFUSED_STORE] =
        {"- 门店代码有误时：在文件中改正、保存，再放入 inbox 文件夹。代码无误时：请总部登记该门店。",
         "- Where the store's code is wrong: correct it in the file, save, and put it into the inbox "
         "again. Where it is right: ask headquarters to enter the store in its network."},
    [WORD_REFUSED_VERSION] = {"- 请负责本程序的人员把它升级到与总部相同的版本。",
                              "- Let whoever looks after this program bring it to the hub's version."},
    [WORD_REFUSED_RETRY] =
        {"- 总部处理之后（例如重新开放了该月），请负责本程序的人员运行：yardstick-agent outbox retry {1}",
         "- Where headquarters has put it right (say, opened the month again): let whoever looks after this program "
         "run: yardstick-agent outbox retry {1}"},
    [WORD_REFUSED_DROP] = {"- 不再需要时：yardstick-agent outbox drop {1}",
                           "- Where it is not wanted any more: yardstick-agent outbox drop {1}"},
    /* what stays in the inbox */
    [WORD_WAITING] = {"以下文件还在 inbox 文件夹中，尚未接收。所说的情况解决后会自动接收，届时本文件自动消失。",
                      "These files are still in the inbox: they have not been taken yet. Each is taken by itself when "
                      "what is said of it is settled; this note then goes away."},
    [WORD_WAITING_TURN] = {"排队等候，前面还有其他文件", "it waits for its turn; others are read before it"},
    [WORD_WAITING_READ] = {"正在读取", "it is being read"},
    [WORD_WAITING_ARRIVING] = {"还在复制中", "it is still being copied"},
    [WORD_WAITING_OPEN] = {"另一个程序（例如 Excel）正打开着它；请在那里保存并关闭",
                           "a program (Excel, say) has it open; save it and close it there"},
    [WORD_WAITING_EMPTY] = {"文件是空的；请查看是否已复制完", "it is empty; see whether it was copied whole"},
    [WORD_WAITING_UNREADABLE] = {"本程序无权读取此文件；请负责本程序的人员处理",
                                 "this program may not read it; tell whoever looks after this program"},
    [WORD_WAITING_MONTH] =
        {"只有销售顾问的数据，而所属月份的门店数据尚未填报；请把该月的门店数据也放入 inbox。{1} 分钟后仍没有时将退回",
         "it holds only consultants, of a month of the store that has not been filed yet; put the store's file of that "
         "month into the inbox too. It is rejected where none has come after {1} minutes"},
    [WORD_WAITING_STORE] =
        {"文件中没有写明门店，而总部尚未告知本机属于哪家门店；连上总部后自动接收。也可在文件中加上门店代码",
         "it does not say which store it is of, and the hub has not said yet which store this is; it is taken when the "
         "hub has been reached. Or put the store's code into the file"},
    [WORD_WAITING_CATALOG] =
        {"尚未从总部取得目录，不知道应填报哪些项目，按随本程序附带的目录读取则有错误；连上总部后自动再读，无需改动文件",
         "the hub has not said yet which figures it asks for, and by the catalog that came with this program the file "
         "has faults; it is read again by itself when the hub has been reached. There is nothing to change in it yet"},
    [WORD_WAITING_RETRY] =
        {"暂时无法读取或移走；请看是否有程序正打开着它。会自动再试；一直不行时，请告知负责本程序的人员（日志中有原因）",
         "it could not be read or moved away; see whether a program has it open. It is tried again by itself; where "
         "that goes on, tell whoever looks after this program (the log says why)"},
    [WORD_WAITING_OUTBOX] =
        {"文件没有问题：本机的发件箱（outbox）或所用的文件夹暂时无法使用；请告知负责本程序的人员（日志中有原因）",
         "nothing is wrong with the file: the outbox or a folder cannot be used now; tell whoever looks after this "
         "program (the log says why)"},
    [WORD_WAITING_ROOM] = {"文件没有问题：磁盘已满；请腾出空间",
                           "nothing is wrong with the file: there is no room on the disk; make some"},
    [WORD_IGNORED] = {"以下各项不会被接收，请移走：", "These are never taken; move them away:"},
    [WORD_IGNORED_FOLDER] = {"文件夹；请把其中的文件直接放入 inbox",
                             "a folder; put the files in it into the inbox itself"},
    [WORD_IGNORED_LINK] = {"链接；请放入文件本身", "a link; put the file itself here"},
    /* what the desk's folders are for */
    [WORD_GUIDE] = {"请把要上报的表格放入 inbox 文件夹，其余自动完成。",
                    "Put the tables that are to be filed into the folder inbox; the rest is done by itself."},
    [WORD_GUIDE_INBOX] =
        {"  放入这里：手册的报表，或每月一行的表格；CSV 或 .xlsx。文件一直没有移走时，其中的 WAITING.txt "
         "说明原因。",
         "  Files go here: the manual's sheet, or a table of one line a month; CSV or .xlsx. Where one "
         "stays here, WAITING.txt says why."},
    [WORD_GUIDE_ACCEPTED] = {"  已接收的文件；旁边的 .report.txt 说明接收了哪些月份。",
                             "  What was accepted; the .report.txt beside each says which months were taken."},
    [WORD_GUIDE_REJECTED] = {"  被退回的文件；旁边的 .report.txt 逐条说明哪个单元格、什么问题、怎么改。改好后请再放入 "
                             "inbox。.refused.txt 是总部拒收的月份。",
                             "  What was rejected; the .report.txt beside each says which cell, what is wrong and what "
                             "to do. Correct it and put it into the inbox again. A .refused.txt is of a month that the "
                             "hub refused."},
    [WORD_GUIDE_RESULTS] = {"  总部的结果：各月的对比表、全年走势（XLSX 和 CSV）；receipts.csv 是回执清单。"
                            "这些文件会自动更新，要写批注请先另存一份。",
                            "  What the hub answers: each month's comparison and the year's trend (XLSX and CSV); "
                            "receipts.csv is the list of receipts. These files are renewed by themselves: for notes of "
                            "your own, save a copy."},
    [WORD_IGNORED_OTHER] = {"不是文件", "no file"},
};

const char *report_words_text(language_t language, report_word_t word)
{
    return WORDS[word][language];
}

/* A line end in a value would pass for one of the report, and a file's name may hold any bytes. */
static void put_value(FILE *out, const char *value)
{
    for (const char *at = value, *from = value; *at; from = at) {
        uint32_t point = text_next(&at);
        if (point == 0xFFFD || point < ' ' || point == 127)
            fputs("\xEF\xBF\xBD", out);
        else
            fwrite(from, 1, (size_t)(at - from), out);
    }
}

static size_t count(const char *const values[])
{
    size_t number = 0;
    while (values[number])
        number++;
    return number;
}

void report_words_put(FILE *out, language_t language, report_word_t word, const char *const values[])
{
    size_t given = count(values);
    for (const char *at = WORDS[word][language]; *at; at++) {
        if (at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}') {
            size_t index = (size_t)(at[1] - '1');
            put_value(out, index < given ? values[index] : "");
            at += 2;
        } else {
            fputc(*at, out);
        }
    }
}
