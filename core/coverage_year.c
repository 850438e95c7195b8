#include "core/limits.h"
#include "core/scratch.h"
#include "core/tables.h"

#include <string.h>

/* Counts of dealers; of a month, by the preorder number of a region, then summed up to it. */
typedef struct {
    uint32_t expected, reported, late;
} tally_t;

typedef struct {
    const coverage_year_input_t *input;
    bool has_nation;
    bool *covered;     /* [region_count]: in or below a region that is asked for */
    uint16_t *circled; /* [dealer_count]: bit m: in a circle that is asked for, in that month */
    tally_t *tallies;  /* [YEAR_MONTHS][region_count + 2]: at e + 1 all dealers whose regions come up to preorder e */
    uint8_t *marks;    /* [dealer_count][YEAR_MONTHS]: as a member of the network, whatever the scopes */
} grid_t;

static void grid_fini(grid_t *grid)
{
    free(grid->covered);
    free(grid->circled);
    free(grid->tallies);
    free(grid->marks);
}

static status_t grid_init(const coverage_year_input_t *input, grid_t *grid)
{
    const network_t *network = input->network;
    grid->input = input;
    grid->covered = calloc((size_t)network->region_count + 1, sizeof *grid->covered);
    grid->circled = calloc((size_t)network->dealer_count + 1, sizeof *grid->circled);
    grid->tallies = calloc(YEAR_MONTHS * ((size_t)network->region_count + 2), sizeof *grid->tallies);
    grid->marks = calloc((size_t)network->dealer_count + 1, YEAR_MONTHS);
    return grid->covered && grid->circled && grid->tallies && grid->marks ? STATUS_OK : STATUS_NO_MEMORY;
}

static period_t period_of(const grid_t *grid, unsigned month)
{
    return period_make(grid->input->year, 1) + (period_t)month;
}

static coverage_mark_t mark_of(const grid_t *grid, uint32_t dealer, unsigned month)
{
    switch ((filed_t)grid->input->filed[(size_t)month * grid->input->network->dealer_count + dealer]) {
    case FILED_ON_TIME:
        return MARK_ON_TIME;
    case FILED_LATE:
        return MARK_LATE;
    case FILED_WITHDRAWN:
        return MARK_WITHDRAWN;
    case FILED_NOTHING:
        break;
    }
    return grid->input->is_due[month] ? MARK_MISSING : MARK_AWAITED;
}

static void add_mark(tally_t *tally, coverage_mark_t mark)
{
    tally->expected++;
    tally->reported += mark == MARK_ON_TIME || mark == MARK_LATE;
    tally->late += mark == MARK_LATE;
}

static void add_tally(tally_t *tally, const tally_t *more)
{
    tally->expected += more->expected;
    tally->reported += more->reported;
    tally->late += more->late;
}

static tally_t *tallies_of(const grid_t *grid, unsigned month)
{
    return grid->tallies + (size_t)month * (grid->input->network->region_count + 2);
}

/* ---- the scopes */

static void find_circled(const grid_t *grid, uint32_t index)
{
    const circle_t *circle = &grid->input->network->circles[index];
    for (uint32_t i = 0; i < circle->member_count; i++)
        for (unsigned month = 0; month < YEAR_MONTHS; month++)
            if (circle_member_in(&circle->members[i], period_of(grid, month)))
                grid->circled[circle->members[i].dealer] |= (uint16_t)(1u << month);
}

static void find_covered(grid_t *grid, const scope_t *scopes, size_t scope_count)
{
    const network_t *network = grid->input->network;
    for (size_t i = 0; i < scope_count; i++) {
        if (scopes[i].kind == SCOPE_NATION)
            grid->has_nation = true;
        else if (scopes[i].kind == SCOPE_REGION)
            grid->covered[scopes[i].index] = true;
        else
            find_circled(grid, scopes[i].index);
    }
    /* Each region takes over from its parent, which may stand behind it: up the whole chain, at most its depth. */
    for (uint32_t region = 0; region < network->region_count; region++)
        for (uint32_t up = region; up != INDEX_NONE && !grid->covered[region]; up = network->regions[up].parent)
            grid->covered[region] = grid->covered[up];
}

static bool is_asked(const grid_t *grid, uint32_t dealer, unsigned month, uint32_t region)
{
    return grid->has_nation || (region != REGION_UNSEEN && grid->covered[region]) ||
           (grid->circled[dealer] >> month & 1u);
}

/* ---- dealers */

void coverage_year_count(coverage_year_dealer_t *dealer)
{
    dealer->expected = dealer->reported = 0;
    for (unsigned month = 0; month < YEAR_MONTHS; month++) {
        uint8_t mark = dealer->marks[month];
        dealer->expected += mark != MARK_NO_MEMBER && mark != MARK_AWAITED;
        dealer->reported += mark == MARK_ON_TIME || mark == MARK_LATE;
    }
}

/* One dealer's months: marks of the months in which a scope holds it, and its part in the regions' counts. */
static void take_dealer(const grid_t *grid, uint32_t dealer, coverage_year_dealer_t *out)
{
    const network_t *network = grid->input->network;
    for (unsigned month = 0; month < YEAR_MONTHS; month++) {
        uint32_t region = regions_view_of(network, &grid->input->view, dealer, period_of(grid, month));
        if (region == INDEX_NONE)
            continue;
        coverage_mark_t mark = mark_of(grid, dealer, month);
        uint32_t place = region == REGION_UNSEEN ? network->region_count : network->regions[region].enter;
        add_mark(&tallies_of(grid, month)[place + 1], mark);
        grid->marks[(size_t)dealer * YEAR_MONTHS + month] = (uint8_t)mark;
        if (is_asked(grid, dealer, month, region))
            out->marks[month] = (uint8_t)mark;
    }
    coverage_year_count(out);
}

static bool is_listed(const grid_t *grid, const coverage_year_dealer_t *dealer)
{
    static const uint8_t NEVER[YEAR_MONTHS] = {MARK_NO_MEMBER};
    if (grid->input->never_only)
        return dealer->expected > 0 && dealer->reported == 0;
    return memcmp(dealer->marks, NEVER, sizeof NEVER) != 0;
}

static status_t take_dealers(const grid_t *grid, arena_t *arena, coverage_year_answer_t *answer)
{
    const network_t *network = grid->input->network;
    answer->dealers = arena_array(arena, network->dealer_count, sizeof *answer->dealers);
    if (!answer->dealers)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->dealer_count; i++) {
        coverage_year_dealer_t dealer = {.first = PERIOD_NONE, .last = PERIOD_NONE};
        take_dealer(grid, i, &dealer);
        if (!is_listed(grid, &dealer))
            continue;
        dealer.dealer = arena_strdup(arena, network->dealers[i].code);
        if (!dealer.dealer)
            return STATUS_NO_MEMORY;
        answer->dealers[answer->dealer_count++] = dealer;
    }
    return STATUS_OK;
}

/* ---- counts */

/* From counts of each region alone to running sums, so that a region with all below it is a difference of two. */
static void sum_up(const grid_t *grid)
{
    for (unsigned month = 0; month < YEAR_MONTHS; month++)
        for (uint32_t e = 0; e <= grid->input->network->region_count; e++)
            add_tally(&tallies_of(grid, month)[e + 1], &tallies_of(grid, month)[e]);
}

static tally_t count_circle(const grid_t *grid, const circle_t *circle, unsigned month)
{
    tally_t tally = {0};
    for (uint32_t i = 0; i < circle->member_count; i++) {
        const circle_member_t *member = &circle->members[i];
        coverage_mark_t mark = grid->marks[(size_t)member->dealer * YEAR_MONTHS + month];
        if (mark != MARK_NO_MEMBER && circle_member_in(member, period_of(grid, month)))
            add_mark(&tally, mark);
    }
    return tally;
}

static tally_t count_scope(const grid_t *grid, scope_t scope, unsigned month)
{
    const network_t *network = grid->input->network;
    const tally_t *sums = tallies_of(grid, month);
    if (scope.kind == SCOPE_CIRCLE)
        return count_circle(grid, &network->circles[scope.index], month);
    if (scope.kind == SCOPE_NATION)
        return sums[network->region_count + 1];
    const tally_t *before = &sums[network->regions[scope.index].enter];
    const tally_t *within = &sums[network->regions[scope.index].leave];
    return (tally_t){within->expected - before->expected, within->reported - before->reported,
                     within->late - before->late};
}

static status_t count_scopes(const grid_t *grid, const scope_t *scopes, size_t count, arena_t *arena,
                             coverage_year_answer_t *answer)
{
    answer->scope_count = count;
    answer->scopes = arena_array(arena, count, sizeof *answer->scopes);
    if (!answer->scopes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        char text[CODE_LENGTH_MAX + 8];
        scope_format(grid->input->network, scopes[i], text, sizeof text);
        answer->scopes[i].scope = arena_strdup(arena, text);
        if (!answer->scopes[i].scope)
            return STATUS_NO_MEMORY;
        for (unsigned month = 0; month < YEAR_MONTHS; month++) {
            tally_t tally = count_scope(grid, scopes[i], month);
            answer->scopes[i].expected[month] = tally.expected;
            answer->scopes[i].reported[month] = tally.reported;
            answer->scopes[i].late[month] = tally.late;
        }
    }
    return STATUS_OK;
}

status_t coverage_year_compute(const coverage_year_input_t *input, const scope_t *scopes, size_t scope_count,
                               arena_t *arena, coverage_year_answer_t **out)
{
    CLEANUP(grid_fini) grid_t grid = {0};
    coverage_year_answer_t *answer = arena_alloc(arena, sizeof *answer);
    if (!answer)
        return STATUS_NO_MEMORY;
    *answer = (coverage_year_answer_t){.year = input->year};
    TRY(grid_init(input, &grid));
    find_covered(&grid, scopes, scope_count);
    TRY(take_dealers(&grid, arena, answer));
    sum_up(&grid);
    TRY(count_scopes(&grid, scopes, scope_count, arena, answer));
    for (unsigned month = 0; month < YEAR_MONTHS; month++) {
        const tally_t *sums = tallies_of(&grid, month);
        uint32_t unseen = sums[input->network->region_count + 1].expected - sums[input->network->region_count].expected;
        answer->regions.unseen = unseen > answer->regions.unseen ? unseen : answer->regions.unseen;
    }
    *out = answer;
    return STATUS_OK;
}
