#include "core/limits.h"
#include "core/network_internals.h"
#include "core/scratch.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

/* A line of memberships.csv or circles.csv with its codes looked up. */
typedef struct {
    uint32_t dealer, group; /* group: region or circle; INDEX_NONE = none */
    period_t from, until;
    uint32_t line; /* index of the line */
} member_line_t;

static int compare_numbers(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

static period_t end_of(const member_line_t *line)
{
    return line->until == PERIOD_NONE ? INT32_MAX : line->until;
}

/* ---- Memberships of regions ---- */

static int compare_memberships(const void *left, const void *right)
{
    const member_line_t *a = left, *b = right;
    int order = compare_numbers(a->dealer, b->dealer);
    order = order ? order : compare_numbers(a->from, b->from);
    return order ? order : compare_numbers(a->line, b->line);
}

static void check_membership(const network_membership_line_t *line, const member_line_t *found, bool repeated,
                             faults_t *faults)
{
    if (found->dealer == INDEX_NONE)
        faults_add(faults, line->line, 0, "there is no dealer '%s' in dealers.csv; add it or correct it", line->dealer);
    if (*line->region && found->group == INDEX_NONE)
        faults_add(faults, line->line, 0, "there is no region '%s' in regions.csv; add it or correct it", line->region);
    if (line->from == PERIOD_NONE)
        faults_add(faults, line->line, 0, "dealer '%s' has no month to begin in; write it as YYYY-MM", line->dealer);
    else if (repeated)
        faults_add(faults, line->line, 0, "dealer '%s' has a line for that month already; keep one of them",
                   line->dealer);
}

static void look_up_memberships(const network_lines_t *lines, const network_t *network, member_line_t *out)
{
    for (uint32_t i = 0; i < lines->membership_count; i++) {
        const network_membership_line_t *line = &lines->memberships[i];
        out[i] = (member_line_t){network_find_dealer(network, line->dealer), INDEX_NONE, line->from, PERIOD_NONE, i};
        if (*line->region)
            out[i].group = network_find_region(network, line->region);
    }
}

/* Gives each dealer its part of one array of all memberships; `sorted` is by dealer and month. */
static status_t attach_memberships(network_t *network, const member_line_t *sorted, size_t count)
{
    network_internals_t *internals = network->internals;
    membership_t *memberships = arena_array(internals->arena, count, sizeof *memberships);
    if (!memberships)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count && sorted[i].dealer != INDEX_NONE; i++) {
        dealer_t *dealer = &network->dealers[sorted[i].dealer];
        memberships[i] = (membership_t){sorted[i].from, sorted[i].group};
        if (dealer->membership_count++ == 0)
            dealer->memberships = &memberships[i];
    }
    return STATUS_OK;
}

status_t network_build_memberships(const network_lines_t *lines, network_t *network, faults_t *faults)
{
    size_t count = lines->membership_count;
    faults->source = "memberships.csv";
    CLEANUP(scratch_free) member_line_t *sorted = calloc(count + 1, sizeof *sorted);
    CLEANUP(scratch_free) member_line_t *found = calloc(count + 1, sizeof *found);
    CLEANUP(scratch_free) bool *repeated = calloc(count + 1, sizeof *repeated);
    if (!sorted || !found || !repeated)
        return STATUS_NO_MEMORY;
    look_up_memberships(lines, network, found);
    memcpy(sorted, found, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_memberships);
    for (size_t i = 1; i < count; i++)
        repeated[sorted[i].line] = sorted[i].dealer != INDEX_NONE && sorted[i].dealer == sorted[i - 1].dealer &&
                                   sorted[i].from == sorted[i - 1].from;
    for (size_t i = 0; i < count; i++)
        check_membership(&lines->memberships[i], &found[i], repeated[i], faults);
    return attach_memberships(network, sorted, count);
}

/* ---- Circles ---- */

typedef struct {
    const char *code;
    member_line_t member;
} circle_line_t;

static int compare_circle_codes(const void *left, const void *right)
{
    const circle_line_t *a = left, *b = right;
    return strcmp(a->code, b->code);
}

static int compare_circle_lines(const void *left, const void *right)
{
    const circle_line_t *a = left, *b = right;
    int order = strcmp(a->code, b->code);
    order = order ? order : compare_numbers(a->member.dealer, b->member.dealer);
    order = order ? order : compare_numbers(a->member.from, b->member.from);
    return order ? order : compare_numbers(a->member.line, b->member.line);
}

static void check_circle_line(const network_circle_line_t *line, bool is_known, bool overlaps, faults_t *faults)
{
    if (!text_is_code(line->circle))
        faults_add(faults, line->line, 0,
                   "the circle's code must have 1 to %d bytes, without commas, colons, quotes or blanks at its ends",
                   CODE_LENGTH_MAX);
    if (!is_known)
        faults_add(faults, line->line, 0, "there is no dealer '%s' in dealers.csv; add it or correct it", line->dealer);
    if (line->until != PERIOD_NONE && line->from > line->until)
        faults_add(faults, line->line, 0, "dealer '%s' leaves the circle '%s' before it enters; exchange the months",
                   line->dealer, line->circle);
    if (overlaps)
        faults_add(faults, line->line, 0,
                   "dealer '%s' is in the circle '%s' by another line in the same months; keep one of them",
                   line->dealer, line->circle);
}

/* Marks (by line index) every line whose months another line of the same circle and dealer holds already. */
static void mark_overlaps(const circle_line_t *sorted, size_t count, bool *out)
{
    period_t end = PERIOD_NONE;
    for (size_t i = 0; i < count; i++) {
        const member_line_t *member = &sorted[i].member;
        bool same = i > 0 && compare_circle_codes(&sorted[i], &sorted[i - 1]) == 0 &&
                    member->dealer == sorted[i - 1].member.dealer;
        out[member->line] = same && member->dealer != INDEX_NONE && member->from <= end;
        end = same && end > end_of(member) ? end : end_of(member);
    }
}

static status_t attach_circles(network_t *network, const circle_line_t *sorted, size_t count)
{
    arena_t *arena = ((network_internals_t *)network->internals)->arena;
    circle_member_t *members = arena_array(arena, count, sizeof *members);
    if (!members)
        return STATUS_NO_MEMORY;
    circle_t *circle = network->circles;
    for (size_t i = 0; i < count; i++) {
        const member_line_t *member = &sorted[i].member;
        if (i == 0 || compare_circle_codes(&sorted[i], &sorted[i - 1]) != 0) {
            circle += i > 0;
            circle->code = arena_strdup(arena, sorted[i].code);
            circle->members = &members[i];
            if (!circle->code)
                return STATUS_NO_MEMORY;
        }
        members[i] = (circle_member_t){member->dealer, member->from, member->until};
        circle->member_count++;
    }
    return STATUS_OK;
}

/* For each dealer the circles that name it. */
static status_t index_circles(network_t *network, size_t line_count)
{
    network_internals_t *internals = network->internals;
    uint32_t *first = arena_array(internals->arena, (size_t)network->dealer_count + 2, sizeof *first);
    uint32_t *circles = arena_array(internals->arena, line_count, sizeof *circles);
    if (!first || !circles)
        return STATUS_NO_MEMORY;
    /* Counted two places ahead, so that filling moves each start to where it belongs. */
    for (uint32_t c = 0; c < network->circle_count; c++)
        for (uint32_t m = 0; m < network->circles[c].member_count; m++)
            first[network->circles[c].members[m].dealer + 2]++;
    for (uint32_t d = 2; d < network->dealer_count + 2; d++)
        first[d] += first[d - 1];
    for (uint32_t c = 0; c < network->circle_count; c++)
        for (uint32_t m = 0; m < network->circles[c].member_count; m++)
            circles[first[network->circles[c].members[m].dealer + 1]++] = c;
    internals->dealer_first = first;
    internals->dealer_circles = circles;
    return STATUS_OK;
}

/* Makes room for the distinct circles of `sorted`. */
static status_t count_circles(network_t *network, const circle_line_t *sorted, size_t count, faults_t *faults)
{
    size_t circles = 0;
    for (size_t i = 0; i < count; i++)
        circles += i == 0 || compare_circle_codes(&sorted[i], &sorted[i - 1]) != 0;
    if (circles > NETWORK_CIRCLES_MAX)
        faults_add(faults, 0, 0, "has %zu circles, and at most %d are allowed; leave out what is over", circles,
                   NETWORK_CIRCLES_MAX);
    network->circle_count = (uint32_t)circles;
    network->circles =
        arena_array(((network_internals_t *)network->internals)->arena, circles, sizeof *network->circles);
    return network->circles ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t network_build_circles(const network_lines_t *lines, network_t *network, faults_t *faults)
{
    size_t count = lines->circle_count, before = faults->count + faults->dropped;
    faults->source = "circles.csv";
    CLEANUP(scratch_free) circle_line_t *sorted = calloc(count + 1, sizeof *sorted);
    CLEANUP(scratch_free) bool *overlaps = calloc(count + 1, sizeof *overlaps);
    if (!sorted || !overlaps)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const network_circle_line_t *line = &lines->circles[i];
        uint32_t dealer = network_find_dealer(network, line->dealer);
        sorted[i] = (circle_line_t){line->circle, {dealer, INDEX_NONE, line->from, line->until, i}};
    }
    qsort(sorted, count, sizeof *sorted, compare_circle_lines);
    mark_overlaps(sorted, count, overlaps);
    for (size_t i = 0; i < count; i++) {
        const network_circle_line_t *line = &lines->circles[i];
        check_circle_line(line, network_find_dealer(network, line->dealer) != INDEX_NONE, overlaps[i], faults);
    }
    TRY(count_circles(network, sorted, count, faults));
    if (faults->count + faults->dropped != before)
        return STATUS_OK; /* unknown dealers have no place in what follows, and there is no network anyway */
    TRY(attach_circles(network, sorted, count));
    return index_circles(network, count);
}
