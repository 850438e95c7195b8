/* What the renderers share; nobody outside client/render*.c includes it. */
#pragma once

#include "client/render.h"

/* One line of JSON for each answer, key for key as SPEC 6. */
void render_json_benchmark(FILE *out, const benchmark_answer_t *answer);
void render_json_compare(FILE *out, const compare_answer_t *answer);
void render_json_rank(FILE *out, const rank_answer_t *answer);
void render_json_trend(FILE *out, const trend_answer_t *answer);
void render_json_consultants(FILE *out, const consultants_answer_t *answer);
void render_json_coverage(FILE *out, const coverage_answer_t *answer);
void render_json_checks(const render_t *render, const checks_answer_t *answer); /* with the reasons in words */
void render_json_coverage_year(FILE *out, const coverage_year_answer_t *answer);
void render_json_keys(FILE *out, const key_entry_t *keys, size_t count);
void render_json_network(FILE *out, const network_lines_t *lines);
void render_json_health(FILE *out, const health_t *health);

/* CSV: a header line, then a line for each row, or for each row and scope or consultant. Numbers plain, null empty. */
void render_csv_benchmark(const render_t *render, const benchmark_answer_t *answer);
void render_csv_compare(const render_t *render, const compare_answer_t *answer);
void render_csv_rank(const render_t *render, const rank_answer_t *answer);
void render_csv_trend(const render_t *render, const trend_answer_t *answer);
void render_csv_consultants(const render_t *render, const consultants_answer_t *answer);
void render_csv_coverage(const render_t *render, const coverage_answer_t *answer);
void render_csv_checks(const render_t *render, const checks_answer_t *answer);
void render_csv_coverage_year(const render_t *render, const coverage_year_answer_t *answer);
void render_csv_keys(const render_t *render, const key_entry_t *keys, size_t count);
void render_csv_network(const render_t *render, const network_lines_t *lines);
void render_csv_health(const render_t *render, const health_t *health);

/* Tables for people. STATUS_NO_MEMORY, else STATUS_OK; whether writing failed is asked of the file afterwards. */
status_t render_table_benchmark(const render_t *render, const benchmark_answer_t *answer) NODISCARD;
status_t render_table_compare(const render_t *render, const compare_answer_t *answer) NODISCARD;
status_t render_table_rank(const render_t *render, const rank_answer_t *answer) NODISCARD;
status_t render_table_trend(const render_t *render, const trend_answer_t *answer) NODISCARD;
status_t render_table_consultants(const render_t *render, const consultants_answer_t *answer) NODISCARD;
status_t render_table_coverage(const render_t *render, const coverage_answer_t *answer) NODISCARD;
status_t render_table_checks(const render_t *render, const checks_answer_t *answer) NODISCARD;
status_t render_table_coverage_year(const render_t *render, const coverage_year_answer_t *answer) NODISCARD;
status_t render_table_keys(const render_t *render, const key_entry_t *keys, size_t count) NODISCARD;
status_t render_table_network(const render_t *render, const network_lines_t *lines) NODISCARD;
status_t render_table_health(const render_t *render, const health_t *health) NODISCARD;

/* How a table shows one of the hub's counters; files hold numbers, and the name of a SELF_CHECK. */
typedef enum { SHOWN_COUNT, SHOWN_BYTES, SHOWN_TIME, SHOWN_MOMENT, SHOWN_SELF_CHECK } shown_as_t;

/* The hub's counters: name, how tables show it, Chinese, English. */
#define HEALTH_FIELDS(X)                                                                                               \
    X(uptime_ms, TIME, "已运行（时:分:秒）", "Running for (h:m:s)")                                                    \
    X(revisions, COUNT, "修订数", "Revisions")                                                                         \
    X(stored_bytes, BYTES, "已用存储", "Stored")                                                                       \
    X(map_bytes, BYTES, "存储上限", "Store limit")                                                                     \
    X(keys, COUNT, "密钥数", "Keys")                                                                                   \
    X(dealers, COUNT, "经销商数", "Dealers")                                                                           \
    X(commits_queued, COUNT, "等待提交", "Commits waiting")                                                            \
    X(queries_queued, COUNT, "等待查询", "Queries waiting")                                                            \
    X(requests, COUNT, "请求数", "Requests")                                                                           \
    X(refusals, COUNT, "拒绝数", "Refusals")                                                                           \
    X(busy, COUNT, "繁忙答复", "Answered busy")                                                                        \
    X(months_cached, COUNT, "缓存月数", "Months in memory")                                                            \
    X(month_bytes, BYTES, "缓存占用", "Their memory")                                                                  \
    X(self_check, SELF_CHECK, "数据全检", "Check of all records")                                                      \
    X(self_check_records, COUNT, "已检记录", "Records checked")                                                        \
    X(self_check_ms, MOMENT, "完成于", "Done at")

#define KEY_TEXT_SIZE  41 /* Z85 and NUL */
#define TIME_TEXT_SIZE 24 /* 2025-06-30T08:00:00Z and NUL */

void render_key_text(const uint8_t key[KEY_SIZE], char out[KEY_TEXT_SIZE]);

/* In UTC; "" for 0. */
void render_time_text(uint64_t time_ms, char out[TIME_TEXT_SIZE]);
