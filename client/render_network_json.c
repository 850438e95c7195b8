/* The coverage of a year, and what a network changes, as JSON. */
#include "client/render_changes.h"
#include "client/render_regions.h"

static void put_counts(json_t *json, const char *key, const uint32_t *counts)
{
    open_list(json, key);
    for (size_t i = 0; i < YEAR_MONTHS; i++)
        put_integer(json, NULL, counts[i]);
    close_with(json, ']');
}

static void put_dealer(json_t *json, const coverage_year_dealer_t *dealer)
{
    open_braces(json, NULL);
    put_text(json, "dealer", dealer->dealer);
    open_list(json, "months");
    for (size_t month = 0; month < YEAR_MONTHS; month++)
        put_text(json, NULL, coverage_mark_names[dealer->marks[month]]);
    close_with(json, ']');
    put_integer(json, "expected", dealer->expected);
    put_integer(json, "reported", dealer->reported);
    put_period(json, "first", dealer->first);
    put_period(json, "last", dealer->last);
    close_with(json, '}');
}

void render_json_coverage_year(FILE *out, const coverage_year_answer_t *answer)
{
    json_t json = begin(out);
    put_integer(&json, "year", (uint64_t)answer->year);
    open_list(&json, "months");
    for (int month = 1; month <= YEAR_MONTHS; month++)
        put_period(&json, NULL, period_make(answer->year, month));
    close_with(&json, ']');
    open_list(&json, "scopes");
    for (size_t i = 0; i < answer->scope_count; i++) {
        open_braces(&json, NULL);
        put_text(&json, "scope", answer->scopes[i].scope);
        put_counts(&json, "expected", answer->scopes[i].expected);
        put_counts(&json, "reported", answer->scopes[i].reported);
        put_counts(&json, "late", answer->scopes[i].late);
        close_with(&json, '}');
    }
    close_with(&json, ']');
    open_list(&json, "dealers");
    for (size_t i = 0; i < answer->dealer_count; i++)
        put_dealer(&json, &answer->dealers[i]);
    close_with(&json, ']');
    open_list(&json, "never");
    for (size_t i = 0; i < answer->dealer_count; i++)
        if (answer->dealers[i].expected && !answer->dealers[i].reported)
            put_text(&json, NULL, answer->dealers[i].dealer);
    close_with(&json, ']');
    put_regions(&json, &answer->regions);
    end(&json);
}

static void put_change(json_t *json, const network_change_t *change)
{
    open_braces(json, NULL);
    put_text(json, "change", network_change_names[change->kind]);
    put_text(json, "code", change->code);
    put_text(json, "from", change->from);
    put_text(json, "to", change->to);
    put_period(json, "period", change->period);
    put_period(json, "until", change->until);
    put_bool(json, "rewrites_history", change->rewrites);
    close_with(json, '}');
}

void render_json_changes(FILE *out, const network_changes_t *changes)
{
    size_t rewrites, total = render_changes_total(changes, &rewrites);
    json_t json = begin(out);
    put_period(&json, "today", changes->today);
    put_integer(&json, "changes_count", total);
    put_integer(&json, "rewrites_history", rewrites);
    open_braces(&json, "counts");
    for (size_t kind = 0; kind < CHANGE_KIND_COUNT; kind++)
        if (changes->counts[kind])
            put_integer(&json, network_change_names[kind], changes->counts[kind]);
    close_with(&json, '}');
    open_list(&json, "changes");
    for (size_t i = 0; i < changes->count; i++)
        put_change(&json, &changes->list[i]);
    close_with(&json, ']');
    end(&json);
}
