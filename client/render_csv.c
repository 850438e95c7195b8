#include "client/render_checks.h"
#include "client/render_csv_cells.h"

#include "core/limits.h"

static const row_t *find_row(const render_t *render, const char *id)
{
    size_t row = render->catalog ? catalog_find_row(render->catalog, id) : ROW_NONE;
    return row == ROW_NONE ? NULL : &render->catalog->rows[row];
}

static void put_row(csv_line_t *line, const render_t *render, const char *id)
{
    const row_t *row = find_row(render, id);
    put_text(line, id);
    put_text(line, row ? row->title[render->language] : id);
}

static void put_answer_row(csv_line_t *line, const render_t *render, const answer_row_t *row)
{
    put_row(line, render, row->row);
    put_text(line, row->unit);
    put_text(line, BETTER_NAME(row->better));
}

/* ---- Answers ---- */

void render_csv_benchmark(const render_t *render, const benchmark_answer_t *answer)
{
    csv_line_t line = {render->out, false};
    fputs("period,row,title,unit,better,scope,expected,reported,n,valued,average,mean,median,p25,p75,best,benchmark,"
          "benchmark_n\n",
          render->out);
    for (size_t i = 0; i < answer->row_count; i++) {
        for (size_t j = 0; j < answer->scope_count; j++) {
            const scope_statistics_t *at = &answer->statistics[i * answer->scope_count + j];
            put_period(&line, answer->period);
            put_answer_row(&line, render, &answer->rows[i]);
            put_text(&line, answer->scopes[j].scope);
            put_integer(&line, answer->scopes[j].expected);
            put_integer(&line, answer->scopes[j].reported);
            put_integer(&line, at->n);
            put_integer(&line, at->valued);
            put_numbers(&line, (double[]){at->average, at->mean, at->median, at->p25, at->p75, at->best, at->benchmark},
                        7);
            put_integer(&line, at->benchmark_n);
            end(&line);
        }
    }
}

static void put_compare_header(csv_line_t *line, const compare_answer_t *answer)
{
    fputs("dealer,period,region,row,title,unit,better", line->out);
    line->follows = true;
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        put_text(line, compare_column_names[i]);
    for (size_t i = 0; i < answer->peer_count; i++) {
        char name[CODE_LENGTH_MAX + 8];
        snprintf(name, sizeof name, "peer:%s", answer->peers[i]);
        put_text(line, name);
    }
    fputs(",gap_nation_average,gap_region_average,gap_nation_benchmark,gap_region_benchmark,weakest\n", line->out);
    line->follows = false;
}

void render_csv_compare(const render_t *render, const compare_answer_t *answer)
{
    size_t column_count = COLUMN_PEERS + answer->peer_count;
    csv_line_t line = {render->out, false};
    put_compare_header(&line, answer);
    for (size_t i = 0; i < answer->row_count; i++) {
        double weakest = NO_VALUE; /* its place among the weakest, from 1 */
        for (size_t j = 0; j < answer->weakest_count; j++)
            if (strcmp(answer->weakest[j], answer->rows[i].row) == 0)
                weakest = (double)j + 1;
        put_text(&line, answer->dealer);
        put_period(&line, answer->period);
        put_text(&line, answer->region);
        put_answer_row(&line, render, &answer->rows[i]);
        put_numbers(&line, answer->values + i * column_count, column_count);
        put_numbers(&line, answer->gaps + i * GAP_COUNT, GAP_COUNT);
        put_number(&line, weakest);
        end(&line);
    }
}

static void put_rank_place(csv_line_t *line, const rank_answer_t *answer)
{
    put_text(line, answer->row);
    put_text(line, answer->scope);
    put_period(line, answer->period);
}

void render_csv_rank(const render_t *render, const rank_answer_t *answer)
{
    csv_line_t line = {render->out, false};
    fputs("row,scope,period,rank,dealer,value,reason\n", render->out);
    for (size_t i = 0; i < answer->ranked_count; i++) {
        put_rank_place(&line, answer);
        put_integer(&line, answer->ranked[i].rank);
        put_text(&line, answer->ranked[i].dealer);
        put_number(&line, answer->ranked[i].value);
        put_text(&line, "");
        end(&line);
    }
    for (size_t i = 0; i < answer->unranked_count; i++) {
        put_rank_place(&line, answer);
        put_text(&line, "");
        put_text(&line, answer->unranked[i].dealer);
        put_text(&line, "");
        put_text(&line, unranked_reason_names[answer->unranked[i].reason]);
        end(&line);
    }
}

static void put_months(csv_line_t *line, const char *prefix, int year)
{
    for (int month = 1; month <= 12; month++) {
        lead(line);
        fprintf(line->out, "%s%04d-%02d", prefix, year, month);
    }
}

void render_csv_trend(const render_t *render, const trend_answer_t *answer)
{
    csv_line_t line = {render->out, true};
    fputs("dealer,row,title,unit,better", render->out);
    put_months(&line, "", answer->year);
    fputs(",year,months_counted", render->out);
    put_months(&line, "change:", answer->year);
    put_months(&line, "change_rate:", answer->year);
    end(&line);
    for (size_t i = 0; i < answer->row_count; i++) {
        put_text(&line, answer->dealer);
        put_answer_row(&line, render, &answer->rows[i]);
        put_numbers(&line, answer->values + 12 * i, 12);
        put_number(&line, answer->year_values[i]);
        put_integer(&line, answer->months_counted[i]);
        put_numbers(&line, answer->changes + 12 * i, 12);
        put_numbers(&line, answer->change_rates + 12 * i, 12);
        end(&line);
    }
}

void render_csv_consultants(const render_t *render, const consultants_answer_t *answer)
{
    csv_line_t line = {render->out, false};
    fputs("dealer,period,consultant,row,title,value,store,weakest_gap\n", render->out);
    for (size_t i = 0; i < answer->consultant_count; i++) {
        for (size_t j = 0; j < answer->row_count; j++) {
            bool is_weakest = answer->weakest[i] && strcmp(answer->weakest[i], answer->rows[j]) == 0;
            put_text(&line, answer->dealer);
            put_period(&line, answer->period);
            put_text(&line, answer->consultants[i]);
            put_row(&line, render, answer->rows[j]);
            put_number(&line, answer->values[i * answer->row_count + j]);
            put_number(&line, answer->store[j]);
            put_number(&line, is_weakest ? answer->gaps[i] : NO_VALUE);
            end(&line);
        }
    }
}

void render_csv_coverage(const render_t *render, const coverage_answer_t *answer)
{
    csv_line_t line = {render->out, false};
    fputs("period,scope,expected,reported,late,missing\n", render->out);
    for (size_t i = 0; i < answer->scope_count; i++) {
        const coverage_scope_t *scope = &answer->scopes[i];
        put_period(&line, answer->period);
        put_text(&line, scope->scope);
        put_integer(&line, scope->expected);
        put_integer(&line, scope->reported);
        put_codes(&line, scope->late, scope->late_count);
        put_codes(&line, scope->missing, scope->missing_count);
        end(&line);
    }
}

void render_csv_checks(const render_t *render, const checks_answer_t *answer)
{
    csv_line_t line = {render->out, false};
    fputs("period,dealer,kind,name,score,value,base,median,spread,relative,compared,scope,revision,reason,comment,"
          "commented\n",
          render->out);
    for (size_t i = 0; i < answer->finding_count; i++) {
        const finding_t *at = &answer->findings[i];
        char reason[REASON_SIZE], scope[LABEL_SIZE] = "";
        render_reason(render, at, reason);
        (void)render_finding_scope(at, scope);
        put_period(&line, answer->period);
        put_text(&line, at->dealer);
        put_text(&line, finding_kind_names[at->kind]);
        put_text(&line, at->name);
        put_numbers(&line, (double[]){at->score, at->value, at->base, at->median, at->spread}, 5);
        put_integer(&line, at->is_relative);
        put_integer(&line, at->compared);
        put_text(&line, scope);
        put_integer(&line, at->revision);
        put_text(&line, reason);
        put_text(&line, at->comment);
        put_time(&line, at->comment_ms);
        end(&line);
    }
}

/* ---- What is administered ---- */

void render_csv_keys(const render_t *render, const key_entry_t *keys, size_t count)
{
    csv_line_t line = {render->out, false};
    fputs("key,role,dealers,region,admitted,admitted_by,revoked\n", render->out);
    for (size_t i = 0; i < count; i++) {
        char key[KEY_TEXT_SIZE], by[KEY_TEXT_SIZE] = "";
        render_key_text(keys[i].public_key, key);
        if (keys[i].has_admitted_by)
            render_key_text(keys[i].admitted_by, by);
        put_text(&line, key);
        put_text(&line, role_names[keys[i].role]);
        put_codes(&line, keys[i].dealers, keys[i].dealer_count);
        put_text(&line, keys[i].region);
        put_time(&line, keys[i].admitted_ms);
        put_text(&line, by);
        put_time(&line, keys[i].revoked ? keys[i].revoked_ms : 0);
        end(&line);
    }
}

/* One line of the network's four kinds, with "" where a kind has no such cell. */
static void put_network_line(csv_line_t *line, const char *const cells[7], period_t from, period_t until)
{
    for (size_t i = 0; i < 7; i++)
        put_text(line, cells[i]);
    put_period(line, from);
    put_period(line, until);
    end(line);
}

void render_csv_network(const render_t *render, const network_lines_t *lines)
{
    csv_line_t line = {render->out, false};
    fputs("kind,code,parent,name,owner,dealer,region,from,until\n", render->out);
    for (size_t i = 0; i < lines->region_count; i++) {
        const network_region_line_t *at = &lines->regions[i];
        put_network_line(&line, (const char *[]){"region", at->code, at->parent, at->name, "", "", ""}, PERIOD_NONE,
                         PERIOD_NONE);
    }
    for (size_t i = 0; i < lines->dealer_count; i++) {
        const network_dealer_line_t *at = &lines->dealers[i];
        put_network_line(&line, (const char *[]){"dealer", at->code, "", at->name, at->owner, "", ""}, PERIOD_NONE,
                         PERIOD_NONE);
    }
    for (size_t i = 0; i < lines->membership_count; i++) {
        const network_membership_line_t *at = &lines->memberships[i];
        put_network_line(&line, (const char *[]){"membership", "", "", "", "", at->dealer, at->region}, at->from,
                         PERIOD_NONE);
    }
    for (size_t i = 0; i < lines->circle_count; i++) {
        const network_circle_line_t *at = &lines->circles[i];
        put_network_line(&line, (const char *[]){"circle", at->circle, "", "", "", at->dealer, ""}, at->from,
                         at->until);
    }
}

void render_csv_health(const render_t *render, const health_t *health)
{
    fputs("name,value\n", render->out);
#define PUT_FIELD(name, as, zh, en)                                                                                    \
    if (SHOWN_##as == SHOWN_SELF_CHECK)                                                                                \
        fprintf(render->out, #name ",%s\n", self_check_names[health->self_check]);                                     \
    else                                                                                                               \
        fprintf(render->out, #name ",%" PRIu64 "\n", (uint64_t)health->name);
    HEALTH_FIELDS(PUT_FIELD)
#undef PUT_FIELD
}
