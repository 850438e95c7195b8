#include "client/render_checks.h"
#include "client/render_json_writer.h"
#include "client/render_regions.h"

#include "core/limits.h"

static void open_row(json_t *json, const answer_row_t *row)
{
    open_braces(json, NULL);
    put_text(json, "row", row->row);
    put_text(json, "unit", row->unit);
    put_text(json, "better", BETTER_NAME(row->better));
}

/* Behind all that an answer had before; null where it is not told. */
static void put_status(json_t *json, const figures_status_t *status)
{
    if (status->kind == FIGURES_NONE)
        return;
    put_text(json, "status", figures_kind_names[status->kind]);
    put_number(json, "reported", status->expected ? status->reported : NO_VALUE);
    put_number(json, "expected", status->expected ? status->expected : NO_VALUE);
}

/* ---- Answers ---- */

static void put_statistics(json_t *json, const char *scope, const scope_statistics_t *statistics)
{
    open_braces(json, NULL);
    put_text(json, "scope", scope);
    put_integer(json, "n", statistics->n);
    put_integer(json, "valued", statistics->valued);
    put_number(json, "average", statistics->average);
    put_number(json, "mean", statistics->mean);
    put_number(json, "median", statistics->median);
    put_number(json, "p25", statistics->p25);
    put_number(json, "p75", statistics->p75);
    put_number(json, "best", statistics->best);
    put_number(json, "benchmark", statistics->benchmark);
    put_integer(json, "benchmark_n", statistics->benchmark_n);
    close_with(json, '}');
}

void render_json_benchmark(FILE *out, const benchmark_answer_t *answer)
{
    json_t json = begin(out);
    put_text(&json, "catalog", answer->catalog);
    put_period(&json, "period", answer->period);
    open_list(&json, "scopes");
    for (size_t i = 0; i < answer->scope_count; i++) {
        open_braces(&json, NULL);
        put_text(&json, "scope", answer->scopes[i].scope);
        put_integer(&json, "expected", answer->scopes[i].expected);
        put_integer(&json, "reported", answer->scopes[i].reported);
        if (answer->scopes[i].exemplar)
            put_text(&json, "exemplar", answer->scopes[i].exemplar);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    open_list(&json, "rows");
    for (size_t i = 0; i < answer->row_count; i++) {
        open_row(&json, &answer->rows[i]);
        open_list(&json, "stats");
        for (size_t j = 0; j < answer->scope_count; j++)
            put_statistics(&json, answer->scopes[j].scope, &answer->statistics[i * answer->scope_count + j]);
        close_with(&json, ']');
        close_with(&json, '}');
    }
    close_with(&json, ']');
    put_status(&json, &answer->status);
    put_regions(&json, &answer->regions);
    end(&json);
}

static void put_compare_columns(json_t *json, const compare_answer_t *answer)
{
    open_list(json, "columns");
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        put_text(json, NULL, compare_column_names[i]);
    for (size_t i = 0; i < answer->peer_count; i++) {
        char name[CODE_LENGTH_MAX + 8];
        snprintf(name, sizeof name, "peer:%s", answer->peers[i]);
        put_text(json, NULL, name);
    }
    close_with(json, ']');
}

static void put_suppressed(json_t *json, uint32_t columns)
{
    open_list(json, "suppressed");
    for (size_t i = 0; i < COLUMN_PEERS; i++)
        if (columns >> i & 1u)
            put_text(json, NULL, compare_column_names[i]);
    close_with(json, ']');
}

/* Of a dealer's answer (null where the month has none yet), and of a manager's: its nation is of a release too. */
static void put_release(json_t *json, const compare_answer_t *answer)
{
    if (!answer->suppressed && !answer->release)
        return;
    if (!answer->release) {
        put_text(json, "release", NULL);
        return;
    }
    open_braces(json, "release");
    put_integer(json, "number", answer->release);
    put_time(json, "time", answer->release_ms);
    close_with(json, '}');
}

/* Where a benchmark column shows a designated store. */
static void put_exemplars(json_t *json, const compare_answer_t *answer)
{
    for (size_t i = 0; i < 2; i++)
        if (answer->exemplars[i])
            put_text(json, i ? "region_exemplar" : "nation_exemplar", answer->exemplars[i]);
}

void render_json_compare(FILE *out, const compare_answer_t *answer)
{
    size_t column_count = COLUMN_PEERS + answer->peer_count;
    json_t json = begin(out);
    put_text(&json, "dealer", answer->dealer);
    put_period(&json, "period", answer->period);
    put_text(&json, "region", answer->region);
    put_compare_columns(&json, answer);
    open_list(&json, "rows");
    for (size_t i = 0; i < answer->row_count; i++) {
        open_row(&json, &answer->rows[i]);
        put_numbers(&json, "values", answer->values + i * column_count, column_count);
        open_braces(&json, "gap");
        for (size_t j = 0; j < GAP_COUNT; j++)
            put_number(&json, compare_column_names[j + 1], answer->gaps[i * GAP_COUNT + j]);
        close_with(&json, '}');
        if (answer->suppressed)
            put_suppressed(&json, answer->suppressed[i]);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    put_texts(&json, "weakest", answer->weakest, answer->weakest_count);
    if (answer->peers_left_out)
        put_integer(&json, "peers_left_out", answer->peers_left_out);
    put_release(&json, answer);
    put_exemplars(&json, answer);
    put_status(&json, &answer->status);
    put_regions(&json, &answer->regions);
    end(&json);
}

void render_json_rank(FILE *out, const rank_answer_t *answer)
{
    json_t json = begin(out);
    put_text(&json, "row", answer->row);
    put_text(&json, "scope", answer->scope);
    put_period(&json, "period", answer->period);
    open_list(&json, "ranked");
    for (size_t i = 0; i < answer->ranked_count; i++) {
        open_braces(&json, NULL);
        put_integer(&json, "rank", answer->ranked[i].rank);
        put_text(&json, "dealer", answer->ranked[i].dealer);
        put_number(&json, "value", answer->ranked[i].value);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    open_list(&json, "unranked");
    for (size_t i = 0; i < answer->unranked_count; i++) {
        open_braces(&json, NULL);
        put_text(&json, "dealer", answer->unranked[i].dealer);
        put_text(&json, "reason", unranked_reason_names[answer->unranked[i].reason]);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    put_status(&json, &answer->status);
    put_regions(&json, &answer->regions);
    end(&json);
}

void render_json_trend(FILE *out, const trend_answer_t *answer)
{
    json_t json = begin(out);
    put_text(&json, "dealer", answer->dealer);
    put_integer(&json, "year", (uint64_t)answer->year);
    open_list(&json, "months");
    for (int month = 1; month <= 12; month++)
        put_period(&json, NULL, period_make(answer->year, month));
    close_with(&json, ']');
    open_list(&json, "rows");
    for (size_t i = 0; i < answer->row_count; i++) {
        open_row(&json, &answer->rows[i]);
        put_numbers(&json, "values", answer->values + 12 * i, 12);
        put_number(&json, "year", answer->year_values[i]);
        put_integer(&json, "months_counted", answer->months_counted[i]);
        put_numbers(&json, "change", answer->changes + 12 * i, 12);
        put_numbers(&json, "change_rate", answer->change_rates + 12 * i, 12);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    end(&json);
}

void render_json_consultants(FILE *out, const consultants_answer_t *answer)
{
    json_t json = begin(out);
    put_text(&json, "dealer", answer->dealer);
    put_period(&json, "period", answer->period);
    put_texts(&json, "rows", answer->rows, answer->row_count);
    put_numbers(&json, "store", answer->store, answer->row_count);
    open_list(&json, "consultants");
    for (size_t i = 0; i < answer->consultant_count; i++) {
        open_braces(&json, NULL);
        put_text(&json, "consultant", answer->consultants[i]);
        put_numbers(&json, "values", answer->values + i * answer->row_count, answer->row_count);
        put_text(&json, "weakest", answer->weakest[i]);
        put_number(&json, "gap", answer->gaps[i]);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    end(&json);
}

void render_json_coverage(FILE *out, const coverage_answer_t *answer)
{
    json_t json = begin(out);
    put_period(&json, "period", answer->period);
    open_list(&json, "scopes");
    for (size_t i = 0; i < answer->scope_count; i++) {
        const coverage_scope_t *scope = &answer->scopes[i];
        open_braces(&json, NULL);
        put_text(&json, "scope", scope->scope);
        put_integer(&json, "expected", scope->expected);
        put_integer(&json, "reported", scope->reported);
        put_texts(&json, "late", scope->late, scope->late_count);
        put_texts(&json, "missing", scope->missing, scope->missing_count);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    put_status(&json, &answer->status);
    put_regions(&json, &answer->regions);
    end(&json);
}

/* ---- What is administered ---- */

static void put_finding(json_t *json, const render_t *render, const finding_t *finding)
{
    char reason[REASON_SIZE], scope[LABEL_SIZE];
    bool is_check = finding->kind == FINDING_CHECK, has_scope = render_finding_scope(finding, scope);
    render_reason(render, finding, reason);
    open_braces(json, NULL);
    put_text(json, "dealer", finding->dealer);
    put_text(json, "kind", finding_kind_names[finding->kind]);
    put_text(json, "row", is_check ? NULL : finding->name);
    put_text(json, "check", is_check ? finding->name : NULL);
    put_number(json, "score", finding->score);
    put_number(json, "value", finding->value);
    put_number(json, "base", finding->base);
    put_number(json, "median", finding->median);
    put_number(json, "spread", finding->spread);
    put_bool(json, "relative", finding->is_relative);
    put_integer(json, "compared", finding->compared);
    put_text(json, "scope", has_scope ? scope : NULL);
    put_integer(json, "revision", finding->revision);
    put_text(json, "reason", reason);
    put_text(json, "comment", finding->comment);
    put_time(json, "commented", finding->comment_ms);
    close_with(json, '}');
}

void render_json_checks(const render_t *render, const checks_answer_t *answer)
{
    json_t json = begin(render->out);
    put_period(&json, "period", answer->period);
    put_integer(&json, "expected", answer->expected);
    put_integer(&json, "reported", answer->reported);
    put_integer(&json, "found", answer->found);
    open_list(&json, "findings");
    for (size_t i = 0; i < answer->finding_count; i++)
        put_finding(&json, render, &answer->findings[i]);
    close_with(&json, ']');
    end(&json);
}

void render_json_keys(FILE *out, const key_entry_t *keys, size_t count)
{
    json_t json = begin(out);
    open_list(&json, "keys");
    for (size_t i = 0; i < count; i++) {
        open_braces(&json, NULL);
        put_key(&json, "key", keys[i].public_key);
        put_text(&json, "role", role_names[keys[i].role]);
        put_texts(&json, "dealers", keys[i].dealers, keys[i].dealer_count);
        put_text(&json, "region", keys[i].region && *keys[i].region ? keys[i].region : NULL);
        put_time(&json, "admitted", keys[i].admitted_ms);
        if (keys[i].has_admitted_by)
            put_key(&json, "admitted_by", keys[i].admitted_by);
        else
            put_text(&json, "admitted_by", NULL);
        put_bool(&json, "revoked", keys[i].revoked);
        put_time(&json, "revoked_at", keys[i].revoked ? keys[i].revoked_ms : 0);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    end(&json);
}

static void put_network_top(json_t *json, const network_lines_t *lines)
{
    open_list(json, "regions");
    for (size_t i = 0; i < lines->region_count; i++) {
        open_braces(json, NULL);
        put_text(json, "code", lines->regions[i].code);
        put_text(json, "parent", lines->regions[i].parent);
        put_text(json, "name", lines->regions[i].name);
        close_with(json, '}');
    }
    close_with(json, ']');
    open_list(json, "dealers");
    for (size_t i = 0; i < lines->dealer_count; i++) {
        open_braces(json, NULL);
        put_text(json, "code", lines->dealers[i].code);
        put_text(json, "name", lines->dealers[i].name);
        put_text(json, "owner", lines->dealers[i].owner);
        close_with(json, '}');
    }
    close_with(json, ']');
}

void render_json_network(FILE *out, const network_lines_t *lines)
{
    json_t json = begin(out);
    put_network_top(&json, lines);
    open_list(&json, "memberships");
    for (size_t i = 0; i < lines->membership_count; i++) {
        open_braces(&json, NULL);
        put_text(&json, "dealer", lines->memberships[i].dealer);
        put_text(&json, "region", lines->memberships[i].region);
        put_period(&json, "from", lines->memberships[i].from);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    open_list(&json, "circles");
    for (size_t i = 0; i < lines->circle_count; i++) {
        open_braces(&json, NULL);
        put_text(&json, "circle", lines->circles[i].circle);
        put_text(&json, "dealer", lines->circles[i].dealer);
        put_period(&json, "from", lines->circles[i].from);
        put_period(&json, "until", lines->circles[i].until);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    end(&json);
}

void render_json_health(FILE *out, const health_t *health)
{
    json_t json = begin(out);
#define PUT_FIELD(name, as, zh, en)                                                                                    \
    if (SHOWN_##as == SHOWN_SELF_CHECK)                                                                                \
        put_text(&json, #name, self_check_names[health->self_check]);                                                  \
    else                                                                                                               \
        put_integer(&json, #name, health->name);
    HEALTH_FIELDS(PUT_FIELD)
#undef PUT_FIELD
    end(&json);
}
