/* What tables say: the words of both languages, and numbers as people read them. */
#pragma once

#include "client/render.h"

/* Name, Chinese, English. */
#define WORD_LIST(X)                                                                                                                                  \
    X(OWN, "本店", "Own")                                                                                                                             \
    X(NATION_AVERAGE, "全国平均", "Nation avg")                                                                                                       \
    X(REGION_AVERAGE, "区域平均", "Region avg")                                                                                                       \
    X(NATION_BENCHMARK, "全国标杆", "Nation bmk")                                                                                                     \
    X(REGION_BENCHMARK, "区域标杆", "Region bmk")                                                                                                     \
    X(GAP, "差距", "Gap")                                                                                                                             \
    X(OTHER_ROWS, "其他", "Other rows")                                                                                                               \
    X(COMPARE_LEGEND, "↑ 越高越好  ↓ 越低越好  · 不分好坏  ▲ 优于区域平均  ▼ 劣于区域平均  — 无数据",                                                 \
      "↑ more is better  ↓ less is better  · neither  ▲ better, ▼ worse than the region's average  — no value")                                       \
    X(GAP_LEGEND, "差距：与其左边一列相比，+ 表示优于该列，- 表示劣于该列",                                                                           \
      "Gap: of own against the column before it, + is better than the reference, - is worse")                                                         \
    X(WEAKEST, "最需改进的比率（与区域平均相比）", "Weakest ratios (against the region's average)")                                                   \
    X(NO_WEAKEST, "没有基数足够而低于区域平均的比率指标",                                                                                             \
      "No ratio with a large enough base is below the region's average")                                                                              \
    X(RANK, "名次", "Rank")                                                                                                                           \
    X(DEALER, "经销商", "Dealer")                                                                                                                     \
    X(VALUE, "数值", "Value")                                                                                                                         \
    X(REASON, "未排名原因", "Not ranked because")                                                                                                     \
    X(NOT_REPORTED, "本月未上报", "not reported this month")                                                                                          \
    X(NO_VALUE, "缺少所需数据或分母为零", "a needed figure is absent or the denominator is zero")                                                     \
    X(SMALL_BASE, "基数过小", "base too small to be ranked")                                                                                          \
    X(NOBODY, "没有可排名的经销商", "No dealer can be ranked")                                                                                        \
    X(YEAR, "全年", "Year")                                                                                                                           \
    X(MONTHS, "月数", "Months")                                                                                                                       \
    X(LATEST_CHANGE, "最近环比", "Latest change")                                                                                                     \
    X(TREND_LEGEND, "↑ 越高越好  ↓ 越低越好  · 不分好坏  最近环比：最后一个有数据的月份与其上月相比，▲ 变好  ▼ 变差",                                 \
      "↑ more is better  ↓ less is better  · neither  Latest change: the last month with a value against the month "                             \
      "before, ▲ better, ▼ worse")                                                                                                                    \
    X(YEAR_LEGEND, "全年：当月发生的数量与金额为各月之和，其余（比率、存量）为月平均  月数：全年所依据的月份数",                                      \
      "Year: the sum of counts and money of each month, of everything else (ratios, stocks) the average month's  "                                    \
      "Months: how many it is made of")                                                                                                               \
    X(STORE, "全店", "Store")                                                                                                                         \
    X(CONSULTANT, "销售顾问", "Consultant")                                                                                                           \
    X(WEAKEST_ROW, "最需改进的指标", "Weakest row")                                                                                                   \
    X(CONSULTANTS_LEGEND, "▼ 该顾问最需改进的指标（与全店相比）",                                                                                     \
      "▼ the consultant's weakest row (against the store)")                                                                                           \
    X(NO_CONSULTANTS, "本月没有销售顾问数据", "No figures of consultants in this month")                                                              \
    X(UNUSUAL, "异常之处", "What is unusual")                                                                                                         \
    X(SCORE, "偏离", "Score")                                                                                                                         \
    X(REVISION, "修订", "Rev.")                                                                                                                       \
    X(CHECKS_LEGEND,                                                                                                                                  \
      "偏离：与中位数之差是通常波动的几倍，+ 偏高，- 偏低；! 不符合目录的检查。列出的数据照常计入各项平均",                                           \
      "Score: how many times the usual spread from the median, + above, - below; ! a check of the catalog. What is "                                  \
      "listed counts in every average all the same")                                                                                                  \
    X(SCOPE, "范围", "Scope")                                                                                                                         \
    X(EXPECTED, "应报", "Expected")                                                                                                                   \
    X(REPORTED, "已报", "Reported")                                                                                                                   \
    X(SHARE, "上报率", "Share")                                                                                                                       \
    X(LATE, "迟报", "Late")                                                                                                                           \
    X(MISSING, "未报", "Missing")                                                                                                                     \
    X(N, "家数", "n")                                                                                                                                 \
    X(VALUED, "有值", "Valued")                                                                                                                       \
    X(AVERAGE, "平均", "Average")                                                                                                                     \
    X(MEAN, "均值", "Mean")                                                                                                                           \
    X(MEDIAN, "中位数", "Median")                                                                                                                     \
    X(P25, "25分位", "P25")                                                                                                                           \
    X(P75, "75分位", "P75")                                                                                                                           \
    X(BEST, "最佳", "Best")                                                                                                                           \
    X(BENCHMARK, "标杆", "Benchmark")                                                                                                                 \
    X(BENCHMARK_N, "标杆店数", "of")                                                                                                                  \
    X(BENCHMARK_LEGEND,                                                                                                                               \
      "家数：具备该行全部数据的店数  有值：能算出数值的店数  平均：各店总和之比，均值：各店数值的均值\n" \
      "标杆店数：标杆所依据的店数  标杆为 —：合格的店不足最少家数，或该行不分好坏",                                                                   \
      "n: stores that hold all its facts  Valued: those with a value  Average: the ratio of the stores' sums, Mean: "                                 \
      "of the stores' values\n"                                                                                                                       \
      "of: stores behind the benchmark  — under Benchmark: fewer than the least eligible stores, or no direction of "                               \
      "good")                                                                                                                                         \
    X(KEY, "公钥", "Public key")                                                                                                                      \
    X(ROLE, "角色", "Role")                                                                                                                           \
    X(HOLDER, "归属", "Of")                                                                                                                           \
    X(ADMITTED, "准入时间", "Admitted")                                                                                                               \
    X(REVOKED, "吊销时间", "Revoked")                                                                                                                 \
    X(REGION, "区域", "Region")                                                                                                                       \
    X(NAME, "名称", "Name")                                                                                                                           \
    X(OWNER, "所有者", "Owner")                                                                                                                       \
    X(MEMBERSHIPS, "归属区域（起始月）", "Region (from)")                                                                                             \
    X(DEALERS, "经销商数", "Dealers")                                                                                                                 \
    X(LEFT, "已退出", "left")                                                                                                                         \
    X(CIRCLE, "圈子", "Circle")                                                                                                                       \
    X(MEMBERS, "成员", "Members")                                                                                                                     \
    X(COMPARISON, "横向对比", "Comparison")                                                                                                           \
    X(LONGITUDINAL, "纵向对比", "Month by month")                                                                                                     \
    X(CONSULTANTS, "销售顾问", "Consultants")                                                                                                         \
    X(CHARTS, "图表", "Charts")                                                                                                                       \
    X(FULL_NATION_AVERAGE, "全国平均", "National average")                                                                                            \
    X(FULL_REGION_AVERAGE, "区域平均", "Regional average")                                                                                            \
    X(FULL_NATION_BENCHMARK, "全国标杆", "National benchmark")                                                                                        \
    X(FULL_REGION_BENCHMARK, "区域标杆", "Regional benchmark")                                                                                        \
    X(GAP_TO_NATION_AVERAGE, "较全国平均", "Gap to national average")                                                                                 \
    X(GAP_TO_REGION_AVERAGE, "较区域平均", "Gap to regional average")                                                                                 \
    X(GAP_TO_NATION_BENCHMARK, "较全国标杆", "Gap to national benchmark")                                                                             \
    X(GAP_TO_REGION_BENCHMARK, "较区域标杆", "Gap to regional benchmark")                                                                             \
    X(DIRECTION, "方向", "Direction")                                                                                                                 \
    X(MORE_IS_BETTER, "↑ 越高越好", "↑ more is better")                                                                                               \
    X(LESS_IS_BETTER, "↓ 越低越好", "↓ less is better")                                                                                               \
    X(NEITHER_IS_BETTER, "· 不分好坏", "· neither")                                                                                                   \
    X(LEGEND, "图例", "Legend")                                                                                                                       \
    X(BETTER_THAN_REGION, "▲ 优于区域平均", "▲ better than the region's average")                                                                     \
    X(WORSE_THAN_REGION, "▼ 劣于区域平均", "▼ worse than the region's average")                                                                       \
    X(BETTER_THAN_BEFORE, "▲ 比上月变好", "▲ better than the month before")                                                                           \
    X(WORSE_THAN_BEFORE, "▼ 比上月变差", "▼ worse than the month before")                                                                             \
    X(RENEWED_BY_ITSELF, "本文件会自动更新，写在其中的内容会被覆盖；如需批注，请另存一份",                                                            \
      "This file is renewed by itself, over what is written into it: for notes of your own, save a copy")                                             \
    X(DASH_LEGEND, "— 无数据", "— no value")                                                                                                          \
    X(SIGN_LEGEND, "带“较”字的列是与该列相比的差距：+ 优于，- 劣于", "Gap: + is better than that column, - is worse")                                 \
    X(MONTHS_COUNTED, "月数", "Months counted")                                                                                                       \
    X(MONTHLY_CHANGES, "环比", "Monthly changes")                                                                                                     \
    X(CHANGE_RATE, "环比", "change from the month before")                                                                                            \
    X(CHARTS_NOTE, "没有数据的月份留空", "A month without a value is left empty")                                                                     \
    X(PERIOD, "月份", "Month")                                                                                                                        \
    X(STATUS, "状态", "Status")                                                                                                                       \
    X(MONTH_OPEN, "未关账", "open")                                                                                                                   \
    X(MONTH_CLOSED, "已关账", "closed")                                                                                                               \
    X(SINCE, "起始时间", "Since")                                                                                                                     \
    X(DUE, "截止日", "Due")                                                                                                                           \
    X(OVER, "（已过）", " (over)")                                                                                                                    \
    X(CORRECTIONS, "更正家数", "Corrected")                                                                                                           \
    X(EXCEPTION_FOR, "获准更正", "Exception for")                                                                                                     \
    X(UNTIL, "有效至", "Until")                                                                                                                       \
    X(GRANTED, "批准时间", "Granted")                                                                                                                 \
    X(WHY, "原因", "Why")                                                                                                                             \
    X(ROW, "指标", "Row")                                                                                                                             \
    X(STATISTIC, "统计量", "Statistic")                                                                                                               \
    X(FIGURES_PROVISIONAL, "暂定（未关账）", "Provisional (the month is open)")                                                                       \
    X(FIGURES_PUBLISHED, "已公布（关账时的数据）", "Published (as the month was closed)")                                                             \
    X(FIGURES_RESTATED, "重述（含关账后的更正）", "Restated (with corrections made since the month was closed)")                                      \
    X(PUBLISHED, "已公布", "Published")                                                                                                               \
    X(RESTATED, "重述", "Restated")                                                                                                                   \
    X(DIFFERENCE, "差额", "Difference")                                                                                                               \
    X(RELATIVE, "变动率", "Relative")                                                                                                                 \
    X(NO_DRIFT, "公布后没有变化", "Nothing has changed since it was published")                                                                       \
    X(FURTHER_CELLS, "另有未列出的变化：", "further changes, not listed:")                                                                            \
    X(CHANGED_BY, "更正者", "Changed by")                                                                                                             \
    X(FILED, "提交时间", "Filed")                                                                                                                     \
    X(EXCEPTION, "批准原因", "Exception")                                                                                                             \
    X(WITHDRAWN, "撤回 ", "withdrawn, ")                                                                                                              \
    X(PUBLISHED_AT, "公布于", "Published at")                                                                                                         \
    X(NETWORK_CHANGED, "此后网络有更改：", "The network was replaced since, last at")                                                                 \
    X(CATALOG_CHANGED, "此后目录有更改：", "The catalog was replaced since, last at")                                                                 \
    X(FIRST_REPORT, "首次上报", "First")                                                                                                              \
    X(LAST_REPORT, "最近上报", "Last")                                                                                                                \
    X(COVERAGE_LEGEND, "+ 按时  L 迟报  X 未报  W 已撤回  . 未到截止日  空白 = 当月不在所选范围内",                                                   \
      "+ on time  L late  X missing  W withdrawn  . not due yet  blank = not of these scopes in that month")                                          \
    X(NEVER_REPORTED, "本年从未上报:", "Never reported in that year:")                                                                                \
    X(ALL_REPORTED, "应报各店本年均有上报", "Every store that was expected has reported in that year")                                                \
    X(CHANGE, "变更", "Change")                                                                                                                       \
    X(CODE, "代码", "Code")                                                                                                                           \
    X(FROM, "原", "From")                                                                                                                             \
    X(TO, "新", "To")                                                                                                                                 \
    X(MONTHS_OF_CHANGE, "月份", "Months")                                                                                                             \
    X(CHANGES, "变更：", "changes:")                                                                                                                  \
    X(NO_CHANGES, "与现有网络相同，无变更", "nothing differs from the network as it is")                                                              \
    X(DRY_RUN, "试运行：未做任何更改", "dry run: nothing was changed")                                                                                \
    X(FURTHER_CHANGES, "另有未列出的变更：", "further changes, not listed:")                                                                          \
    X(REGION_ADDED, "新增区域", "region added")                                                                                                       \
    X(REGION_DROPPED, "删除区域", "region dropped")                                                                                                   \
    X(REGION_MOVED, "区域改属", "region moved")                                                                                                       \
    X(REGION_RENAMED, "区域改名", "region renamed")                                                                                                   \
    X(DEALER_ADDED, "新增经销商", "dealer added")                                                                                                     \
    X(DEALER_DROPPED, "删除经销商", "dealer dropped")                                                                                                 \
    X(DEALER_RENAMED, "经销商改名", "dealer renamed")                                                                                                 \
    X(OWNER_CHANGED, "所有者变更", "owner changed")                                                                                                   \
    X(OPENING, "入网", "opening")                                                                                                                     \
    X(MOVE, "转区域", "move")                                                                                                                         \
    X(CLOSING, "退网", "closing")                                                                                                                     \
    X(CIRCLE_JOINED, "加入圈子", "joins circle")                                                                                                      \
    X(CIRCLE_LEFT, "退出圈子", "leaves circle")                                                                                                       \
    X(KEY_DEALER_GONE, "密钥所属经销商不存在", "key names a dealer that is gone")                                                                     \
    X(KEY_REGION_GONE, "密钥所属区域不存在", "key names a region that is gone")

typedef enum {
#define WORD_ENUM(name, zh, en) WORD_##name,
    WORD_LIST(WORD_ENUM)
#undef WORD_ENUM
} word_t;

const char *render_word(const render_t *render, word_t word);

/* What is known of a row that an answer names. */
typedef struct {
    const char *title; /* in the language asked for; the id where the catalog does not know it */
    const char *unit;
    unsigned decimals;
    bool is_known;
    bool is_counted; /* each store's value is whole, so that only a mean of several has a fraction */
    better_t better;
} shown_row_t;

shown_row_t render_row(const render_t *render, const char *id);
shown_row_t render_answer_row(const render_t *render, const answer_row_t *row);

#define LABEL_SIZE 512 /* a title of 60 characters, and a unit */

/* Title and unit: "单批次来店成本(元)". Counts and ratios stand without a unit (a ratio's values carry %). */
void render_label(const render_t *render, const shown_row_t *row, char out[LABEL_SIZE]);

/* "↑", "↓", "·". */
const char *render_arrow(better_t better);

#define VALUE_SIZE 400 /* the longest double in full digits, grouped */

/* How a number is shown: as percent of 1, always with its sign. */
typedef struct {
    uint8_t decimals;
    bool is_percent, is_signed;
} number_look_t;

/* A share of 1 with its sign, as gaps and changes are shown. */
#define LOOK_OF_SHARE ((number_look_t){1, true, true})

/* The row's decimals for that value; a ratio as percent, a mean of counted things with one decimal. */
number_look_t render_number_look(const shown_row_t *row, double value);

/* A number as text, a point before its decimals whatever the locale, grouped by three; "—" for none. */
void render_number(double value, number_look_t look, char out[VALUE_SIZE]);

/* A value with the row's decimals and grouping, a ratio as percent, "—" for none. A mean of counted things gets
 * one decimal. */
void render_value(const shown_row_t *row, double value, char out[VALUE_SIZE]);

/* The decimals that suit a whole line of values in few columns: the row's, and none where a value reaches 1000. */
unsigned render_decimals_short(const shown_row_t *row, const double *values, size_t count);

/* render_value with that many decimals; a ratio keeps its own. */
void render_value_at(const shown_row_t *row, double value, unsigned decimals, char out[VALUE_SIZE]);

/* A share with its sign: "+5.2%"; "—" for none. */
void render_share(double share, char out[VALUE_SIZE]);

/* "全国", "区域 east", "circle circle-1". */
void render_scope(const render_t *render, const char *scope, char out[LABEL_SIZE]);

/* In place of a figure that is not shown since it could tell another owner's. */
#define HIDDEN_MARK "×"

#define NOTE_SIZE   512

/* What the figures are and how many have reported; "" where that is not told. */
void render_status_text(const render_t *render, const figures_status_t *status, char out[NOTE_SIZE]);
/* The same as a line of its own; nothing where it is "". */
void render_status(const render_t *render, const figures_status_t *status);

enum { SOURCES_MAX = 4 };

/* Which release a comparison's nation and region are of (`time`: that release's, as it is to be shown), which stores
 * stand as benchmarks, and how many peers are left out: a text each; returns how many there are. */
size_t render_sources(const render_t *render, const compare_answer_t *answer, const char *time,
                      char out[SOURCES_MAX][NOTE_SIZE]);

/* Whether a column 1..4 of that row is hidden, not without a value by itself. */
bool render_is_hidden(const compare_answer_t *answer, size_t row, size_t column);

/* Whether some row can be held against the region's average: else nothing is said of what is weakest. */
bool render_has_region_gap(const compare_answer_t *answer);

/* "2025年6月", "June 2025". */
void render_month(const render_t *render, period_t period, char out[LABEL_SIZE]);

/* "6月", "Jun" of month 1..12. */
void render_month_short(const render_t *render, int month, char out[LABEL_SIZE]);

/* A line below a table's title where it was computed by the regions of today, and one where stores were left out. */
void render_regions_note(const render_t *render, const answer_regions_t *regions);
