/* The reports' own words, in both languages. {1} to {9} stand for values. */
#pragma once

#include "core/status.h"
#include "core/text.h"

#include <stdio.h>

#define REPORT_WORDS(X)                                                                                                                                 \
    /* heads */                                                                                                                                         \
    X(FILE, "文件：  {1}", "File:     {1}")                                                                                                             \
    X(READ, "读取：  {1}", "Read:     {1}")                                                                                                             \
    X(CATALOG, "目录：  {1}，第 {2} 版", "Catalog:  {1}, version {2}")                                                                                  \
    X(CATALOG_BUILTIN, "目录：  {1}，第 {2} 版（随本程序附带；尚未从总部取得目录，总部会再核对一次）",                                                  \
      "Catalog:  {1}, version {2} (the one that came with this program; the hub's has not come yet, and the hub "                                       \
      "checks again)")                                                                                                                                  \
    X(ACCEPTED, "结果：  已接收。待发送 {1} 个月，自动发送，无需再做什么；回执见 results 文件夹中的 receipts.csv",                                      \
      "Result:   ACCEPTED. Months to send: {1}. They are sent by themselves; receipts come into results/receipts.csv")                                  \
    X(NOTHING_NEW, "结果：  已接收。没有新的或更改的月份，因此不再发送",                                                                                \
      "Result:   ACCEPTED. No month in it is new or changed, so nothing is sent")                                                                       \
    X(REJECTED, "结果：  已退回，文件中的数据均未接收。共 {1} 处错误；请逐一改正、保存，再放入 inbox 文件夹",                                           \
      "Result:   REJECTED. Nothing of it was taken. Faults: {1}. Correct each, save, and put the file into the inbox "                                  \
      "again")                                                                                                                                          \
    /* sections */                                                                                                                                      \
    X(MONTHS, "月份：", "Months:")                                                                                                                      \
    X(FAULTS, "错误：", "Faults:")                                                                                                                      \
    X(WARNINGS, "请核对（已照常接收）：", "Please check (taken as it is):")                                                                             \
    X(NOTES, "未接收的部分，及读取说明：", "Left out, or read otherwise than written:")                                                                 \
    X(MORE, "另有 {1} 处，未列出", "{1} more, not listed")                                                                                              \
    X(BULLET, "- {1}", "- {1}")                                                                                                                         \
    X(NUMBERED, "{1}. {2}", "{1}. {2}")                                                                                                                 \
    X(SAID, "   {1}", "   {1}")                                                                                                                         \
    /* months */                                                                                                                                        \
    X(NEW, "- {1} {2}：新增{3}", "- {1} {2}: new{3}")                                                                                                   \
    X(CHANGED, "- {1} {2}：更改{3}（此前于 {4} 接收{5}）", "- {1} {2}: changed{3} (before: taken {4}{5})")                                              \
    X(RETURNED, "- {1} {2}：重新填报{3}（此前已于 {4} 撤回）", "- {1} {2}: filed again{3} (it was withdrawn {4})")                                      \
    X(UNCHANGED, "- {1} {2}：无变化{3}（已于 {4} 接收{5}）", "- {1} {2}: unchanged{3} (taken {4}{5})")                                                  \
    X(PEOPLE, "，销售顾问 {1} 名", ", with consultants: {1}")                                                                                           \
    X(FROM, "，来自 {1}", " from {1}")                                                                                                                  \
    /* places */                                                                                                                                        \
    X(CELL, "{1}（第 {2} 行，第 {3} 列）", "{1} (line {2}, column {3})")                                                                                \
    X(LINE, "第 {1} 行", "line {1}")                                                                                                                    \
    X(WHOLE, "整个文件", "the whole file")                                                                                                              \
    X(SHEET, "工作表 {1}，{2}", "sheet {1}, {2}")                                                                                                       \
    /* what take itself finds */                                                                                                                        \
    X(UNREAD,                                                                                                                                           \
      "读取此文件时程序多次中断。请用 Excel 打开，另存为 CSV 或新的 XLSX 后再放入 inbox；仍不行时，"                  \
      "请把此文件交给负责本程序的人员",                                                                                                                 \
      "the program broke off several times while it read this file; open it in a spreadsheet program, save it anew "                                    \
      "as CSV or XLSX and put that into the inbox; where that breaks off too, give the file to whoever looks after "                                    \
      "this program")                                                                                                                                   \
    X(NO_MONTH,                                                                                                                                         \
      "文件只有销售顾问的数据，而 {1} {2} 的门店数据尚未填报；等待 {3} 分钟后退回。请先放入该月的门店数据，" \
      "或与本文件一起放入",                                                                                                                             \
      "it holds only consultants of {1} in {2}, and that month of the store has not been filed; {3} minutes were "                                      \
      "waited. Put the store's file into the inbox first, or together with this one")                                                                   \
    X(EMPTY, "文件是空的；请检查保存或复制是否完成，再放入 inbox",                                                                                      \
      "the file is empty; see whether it was saved or copied to its end, and put it into the inbox again")                                              \
    /* what the hub refused */                                                                                                                          \
    X(REFUSED, "总部拒收了一个已在本机接收的月份。在您处理之前，该月不计入统计。",                                                                      \
      "The hub refused a month that was accepted here. It does not count until somebody acts.")                                                         \
    X(REFUSED_DEALER, "门店：  {1}", "Store:    {1}")                                                                                                   \
    X(REFUSED_MONTH, "月份：  {1}", "Month:    {1}")                                                                                                    \
    X(REFUSED_WITHDRAWAL, "月份：  {1}（撤回）", "Month:    {1} (its withdrawal)")                                                                      \
    X(REFUSED_LINE, "位置：  第 {1} 行", "Place:    line {1}")                                                                                          \
    X(REFUSED_TAKEN, "接收：  {1}", "Taken:    {1}")                                                                                                    \
    X(REFUSED_AT, "拒收：  {1}", "Refused:  {1}")                                                                                                       \
    X(REFUSED_NUMBER, "编号：  {1}", "Number:   {1}")                                                                                                   \
    X(REFUSED_WHY, "原因：{1}", "Why: {1}")                                                                                                             \
    X(REFUSED_SAYS, "总部的说明：", "The hub says:")                                                                                                    \
    X(REFUSED_DO, "怎么办：", "What to do:")                                                                                                            \
    X(REFUSED_CORRECT, "- 数据有误时：在文件中改正、保存，再放入 inbox 文件夹。",                                                                       \
      "- Where the figures are wrong: correct them in the file, save, and put it into the inbox again.")                                                \
    X(REFUSED_RETRY,                                                                                                                                    \
      "- 总部已解决问题时（例如重新开放了该月）：请负责本程序的人员运行：yardstick-agent outbox retry {1}",                                             \
      "- Where headquarters has put it right (say, opened the month again): let whoever looks after this program "                                      \
      "run: yardstick-agent outbox retry {1}")                                                                                                          \
    X(REFUSED_DROP, "- 不再需要时：yardstick-agent outbox drop {1}",                                                                                    \
      "- Where it is not wanted any more: yardstick-agent outbox drop {1}")

typedef enum {
#define REPORT_ENUM(name, zh, en) WORD_##name,
    REPORT_WORDS(REPORT_ENUM)
#undef REPORT_ENUM
        WORD_COUNT
} word_t;

/* The text as it stands in the table. */
const char *report_words_text(language_t language, word_t word);

/* Writes it with `values` (NULL behind the last) in their places, without a line end. Bytes of a value that are no
 * UTF-8, and control characters, become U+FFFD. */
void report_words_put(FILE *out, language_t language, word_t word, const char *const values[]);

/* The same and a line end: say(out, language, WORD_FILE, name). */
#define report_words_say(out, language, word, ...)                                                                     \
    do {                                                                                                               \
        report_words_put((out), (language), (word), (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL});           \
        fputc('\n', (out));                                                                                            \
    } while (0)

/* Why the hub refused, in words. Static storage. */
const char *report_words_status(language_t language, status_t status);
