/* Tables that are plain lists: ranking, coverage, keys, the network, the hub's health. */
#include "client/render_blocks.h"
#include "client/render_internals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static status_t print_and_destroy(const render_t *render, grid_t **grid)
{
    status_t status = grid_print(*grid, render->out, render->colour);
    grid_destroy(grid);
    return status;
}

/* A grid whose columns have these heads, the first `left` of them aligned left. */
static grid_t *begin_list(const render_t *render, const word_t *heads, size_t count, size_t left)
{
    grid_t *grid = grid_create(count);
    for (size_t i = 0; grid && i < count; i++) {
        if (i < left)
            grid_left(grid, i);
        grid_cell(grid, STYLE_HEAD, render_word(render, heads[i]));
    }
    return grid;
}

/* ---- Ranking ---- */

static status_t print_ranked(const render_t *render, const rank_answer_t *answer, const shown_row_t *row)
{
    static const word_t HEADS[] = {WORD_RANK, WORD_DEALER, WORD_VALUE};
    if (answer->ranked_count == 0) {
        fprintf(render->out, "%s\n", render_word(render, WORD_NOBODY));
        return STATUS_OK;
    }
    grid_t *grid = begin_list(render, HEADS, 3, 0);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 1);
    for (size_t i = 0; i < answer->ranked_count; i++) {
        char value[VALUE_SIZE];
        render_value(row, answer->ranked[i].value, value);
        grid_cellf(grid, STYLE_PLAIN, "%u", answer->ranked[i].rank);
        grid_cell(grid, STYLE_PLAIN, answer->ranked[i].dealer);
        grid_cell(grid, STYLE_PLAIN, value);
    }
    return print_and_destroy(render, &grid);
}

static status_t print_unranked(const render_t *render, const rank_answer_t *answer)
{
    static const word_t HEADS[] = {WORD_DEALER, WORD_REASON};
    static const word_t REASONS[UNRANKED_COUNT] = {WORD_NOT_REPORTED, WORD_NO_VALUE, WORD_SMALL_BASE};
    if (answer->unranked_count == 0)
        return STATUS_OK;
    grid_t *grid = begin_list(render, HEADS, 2, 2);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < answer->unranked_count; i++) {
        grid_cell(grid, STYLE_PLAIN, answer->unranked[i].dealer);
        grid_cell(grid, STYLE_PLAIN, render_word(render, REASONS[answer->unranked[i].reason]));
    }
    fputc('\n', render->out);
    return print_and_destroy(render, &grid);
}

status_t render_table_rank(const render_t *render, const rank_answer_t *answer)
{
    char label[LABEL_SIZE], scope[LABEL_SIZE], month[LABEL_SIZE];
    shown_row_t row = render_row(render, answer->row);
    render_label(render, &row, label);
    render_scope(render, answer->scope, scope);
    render_month(render, answer->period, month);
    fprintf(render->out, render->language == LANGUAGE_ZH ? "%s %s  %s  %s  排名\n" : "%s %s, %s, %s, ranking\n", label,
            render_arrow(row.better), scope, month);
    render_status(render, &answer->status);
    render_regions_note(render, &answer->regions);
    fputc('\n', render->out);
    TRY(print_ranked(render, answer, &row));
    return print_unranked(render, answer);
}

/* ---- Coverage ---- */

static void print_codes(const render_t *render, const coverage_scope_t *scope, word_t word, const char *const *codes,
                        size_t count)
{
    char label[LABEL_SIZE], lead[2 * LABEL_SIZE];
    if (count == 0)
        return;
    render_scope(render, scope->scope, label);
    snprintf(lead, sizeof lead, render->language == LANGUAGE_ZH ? "%s，%s:" : "%s, %s:", label,
             render_word(render, word));
    render_code_list(render->out, lead, codes, count);
}

status_t render_table_coverage(const render_t *render, const coverage_answer_t *answer)
{
    static const word_t HEADS[] = {WORD_SCOPE, WORD_EXPECTED, WORD_REPORTED, WORD_SHARE, WORD_MISSING, WORD_LATE};
    char month[LABEL_SIZE];
    render_month(render, answer->period, month);
    fprintf(render->out, render->language == LANGUAGE_ZH ? "%s  上报情况\n" : "%s, who has reported\n", month);
    render_status(render, &answer->status);
    render_regions_note(render, &answer->regions);
    fputc('\n', render->out);
    grid_t *grid = begin_list(render, HEADS, 6, 1);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < answer->scope_count; i++) {
        const coverage_scope_t *scope = &answer->scopes[i];
        char label[LABEL_SIZE];
        render_scope(render, scope->scope, label);
        grid_cell(grid, STYLE_PLAIN, label);
        grid_cellf(grid, STYLE_PLAIN, "%u", scope->expected);
        grid_cellf(grid, STYLE_PLAIN, "%u", scope->reported);
        if (scope->expected)
            grid_cellf(grid, STYLE_PLAIN, "%" PRIu64 "%%", (uint64_t)scope->reported * 100 / scope->expected);
        else
            grid_cell(grid, STYLE_PLAIN, "—");
        grid_cellf(grid, scope->missing_count ? STYLE_BAD : STYLE_PLAIN, "%zu", scope->missing_count);
        grid_cellf(grid, STYLE_PLAIN, "%zu", scope->late_count);
    }
    TRY(print_and_destroy(render, &grid));
    fputc('\n', render->out);
    for (size_t i = 0; i < answer->scope_count; i++) {
        const coverage_scope_t *scope = &answer->scopes[i];
        print_codes(render, scope, WORD_MISSING, scope->missing, scope->missing_count);
        print_codes(render, scope, WORD_LATE, scope->late, scope->late_count);
    }
    return STATUS_OK;
}

/* ---- Keys ---- */

/* Stores or region that the key stands for, as text. */
static void add_holder(grid_t *grid, const key_entry_t *key)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    for (size_t i = 0; memory && i < key->dealer_count; i++)
        fprintf(memory, "%s%s", i ? "," : "", key->dealers[i]);
    if (memory && key->region)
        fputs(key->region, memory);
    if (memory)
        fclose(memory);
    grid_cell(grid, STYLE_PLAIN, text ? text : "");
    free(text);
}

status_t render_table_keys(const render_t *render, const key_entry_t *keys, size_t count)
{
    static const word_t HEADS[] = {WORD_KEY, WORD_ROLE, WORD_HOLDER, WORD_ADMITTED, WORD_REVOKED};
    grid_t *grid = begin_list(render, HEADS, 5, 5);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        char key[KEY_TEXT_SIZE], admitted[TIME_TEXT_SIZE], revoked[TIME_TEXT_SIZE];
        style_t style = keys[i].revoked ? STYLE_BAD : STYLE_PLAIN;
        render_key_text(keys[i].public_key, key);
        render_time_text(keys[i].admitted_ms, admitted);
        render_time_text(keys[i].revoked_ms, revoked);
        grid_cell(grid, style, key);
        grid_cell(grid, STYLE_PLAIN, role_names[keys[i].role]);
        add_holder(grid, &keys[i]);
        grid_cell(grid, STYLE_PLAIN, *admitted ? admitted : "—");
        grid_cell(grid, style, keys[i].revoked ? revoked : "—");
    }
    return print_and_destroy(render, &grid);
}

/* ---- The network ---- */

/* How many dealers lie in or below each region by their last membership. */
static uint32_t count_dealers(const network_t *network, uint32_t region)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < network->dealer_count; i++) {
        const dealer_t *dealer = &network->dealers[i];
        uint32_t last =
            dealer->membership_count ? dealer->memberships[dealer->membership_count - 1].region : INDEX_NONE;
        count += last != INDEX_NONE && network_region_within(network, last, region);
    }
    return count;
}

static void add_region(const network_t *network, grid_t *grid, uint32_t index)
{
    int depth = 0;
    for (uint32_t above = network->regions[index].parent; above != INDEX_NONE; above = network->regions[above].parent)
        depth++;
    grid_cellf(grid, STYLE_PLAIN, "%*s%s", 2 * depth, "", network->regions[index].code);
    grid_cell(grid, STYLE_PLAIN, network->regions[index].name);
    grid_cellf(grid, STYLE_PLAIN, "%u", count_dealers(network, index));
}

static status_t print_regions(const render_t *render, const network_t *network)
{
    static const word_t HEADS[] = {WORD_REGION, WORD_NAME, WORD_DEALERS};
    grid_t *grid = begin_list(render, HEADS, 3, 2);
    uint32_t *by_place = calloc(network->region_count + 1, sizeof *by_place); /* in the order of the tree */
    if (!grid || !by_place) {
        grid_destroy(&grid);
        free(by_place);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < network->region_count; i++)
        by_place[network->regions[i].enter] = i;
    for (uint32_t i = 0; i < network->region_count; i++)
        add_region(network, grid, by_place[i]);
    free(by_place);
    return print_and_destroy(render, &grid);
}

/* "east (2024-01), south (2025-03)". */
static void add_memberships(const render_t *render, grid_t *grid, const network_t *network, const dealer_t *dealer)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    for (uint32_t i = 0; memory && i < dealer->membership_count; i++) {
        const membership_t *at = &dealer->memberships[i];
        char from[PERIOD_TEXT_SIZE];
        period_format(at->from, from);
        fprintf(memory, "%s%s (%s)", i ? ", " : "",
                at->region == INDEX_NONE ? render_word(render, WORD_LEFT) : network->regions[at->region].code, from);
    }
    if (memory)
        fclose(memory);
    grid_cell(grid, STYLE_PLAIN, text ? text : "");
    free(text);
}

static status_t print_dealers(const render_t *render, const network_t *network)
{
    static const word_t HEADS[] = {WORD_DEALER, WORD_NAME, WORD_OWNER, WORD_MEMBERSHIPS};
    grid_t *grid = begin_list(render, HEADS, 4, 4);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->dealer_count; i++) {
        const dealer_t *dealer = &network->dealers[i];
        grid_cell(grid, STYLE_PLAIN, dealer->code);
        grid_cell(grid, STYLE_PLAIN, dealer->name);
        grid_cell(grid, STYLE_PLAIN, dealer->owner);
        add_memberships(render, grid, network, dealer);
    }
    fputc('\n', render->out);
    return print_and_destroy(render, &grid);
}

/* Members of a circle with the months in which they are; from and until where they are bounded. */
static void add_members(grid_t *grid, const network_t *network, const circle_t *circle)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    for (uint32_t i = 0; memory && i < circle->member_count; i++) {
        const circle_member_t *at = &circle->members[i];
        char from[PERIOD_TEXT_SIZE] = "", until[PERIOD_TEXT_SIZE] = "";
        if (at->from != PERIOD_NONE)
            period_format(at->from, from);
        if (at->until != PERIOD_NONE)
            period_format(at->until, until);
        fprintf(memory, "%s%s", i ? ", " : "", network->dealers[at->dealer].code);
        if (*from || *until)
            fprintf(memory, " (%s–%s)", from, until);
    }
    if (memory)
        fclose(memory);
    grid_cell(grid, STYLE_PLAIN, text ? text : "");
    free(text);
}

static status_t print_circles(const render_t *render, const network_t *network)
{
    static const word_t HEADS[] = {WORD_CIRCLE, WORD_MEMBERS};
    if (network->circle_count == 0)
        return STATUS_OK;
    grid_t *grid = begin_list(render, HEADS, 2, 2);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->circle_count; i++) {
        grid_cell(grid, STYLE_PLAIN, network->circles[i].code);
        add_members(grid, network, &network->circles[i]);
    }
    fputc('\n', render->out);
    return print_and_destroy(render, &grid);
}

static status_t print_network(const render_t *render, const network_t *network)
{
    TRY(print_regions(render, network));
    TRY(print_dealers(render, network));
    return print_circles(render, network);
}

status_t render_table_network(const render_t *render, const network_lines_t *lines)
{
    faults_t faults = {0};
    network_t *network = NULL;
    status_t status = network_build(lines, &network, &faults);
    if (status == STATUS_OK)
        status = print_network(render, network);
    network_destroy(&network);
    faults_fini(&faults);
    return status;
}

/* ---- Health ---- */

static const char *const SELF_CHECK_WORDS[SELF_CHECK_COUNT][LANGUAGE_COUNT] = {
    [SELF_CHECK_UNKNOWN] = {"—", "—"},
    [SELF_CHECK_AT_WORK] = {"进行中", "at work"},
    [SELF_CHECK_DONE] = {"完成", "done"},
    [SELF_CHECK_CUT_OFF] = {"中断", "cut off"},
};

static void add_counter(const render_t *render, grid_t *grid, shown_as_t as, const char *const words[LANGUAGE_COUNT],
                        uint64_t value)
{
    static const shown_row_t WHOLE = {.title = "", .unit = "", .is_known = true, .better = BETTER_NEITHER};
    char text[VALUE_SIZE];
    grid_cell(grid, STYLE_PLAIN, words[render->language]);
    if (as == SHOWN_TIME) {
        uint64_t seconds = value / 1000;
        grid_cellf(grid, STYLE_PLAIN, "%" PRIu64 ":%02u:%02u", seconds / 3600, (unsigned)(seconds / 60 % 60),
                   (unsigned)(seconds % 60));
    } else if (as == SHOWN_MOMENT) {
        char moment[TIME_TEXT_SIZE];
        render_time_text(value, moment);
        grid_cell(grid, STYLE_PLAIN, *moment ? moment : "—");
    } else if (as == SHOWN_SELF_CHECK) {
        grid_cell(grid, STYLE_PLAIN, SELF_CHECK_WORDS[value][render->language]);
    } else if (as == SHOWN_BYTES) {
        grid_cellf(grid, STYLE_PLAIN, "%" PRIu64 ".%u MiB", value >> 20, (unsigned)((value & 0xFFFFF) * 10 >> 20));
    } else {
        render_value(&WHOLE, (double)value, text);
        grid_cell(grid, STYLE_PLAIN, text);
    }
}

status_t render_table_health(const render_t *render, const health_t *health)
{
    grid_t *grid = grid_create(2);
    if (!grid)
        return STATUS_NO_MEMORY;
    grid_left(grid, 0);
#define ADD_COUNTER(name, as, zh, en)                                                                                  \
    add_counter(render, grid, SHOWN_##as, (const char *const[]){zh, en}, health->name);
    HEALTH_FIELDS(ADD_COUNTER)
#undef ADD_COUNTER
    return print_and_destroy(render, &grid);
}
