#include "core/network_changes.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

const char *const network_change_names[CHANGE_KIND_COUNT] = {
#define CHANGE_NAME(name, text) text,
    NETWORK_CHANGES(CHANGE_NAME)
#undef CHANGE_NAME
};

/* From a month on this region or circle, NULL = none. */
typedef struct {
    period_t from; /* INT32_MIN = since ever */
    const char *code;
} step_t;

typedef struct {
    const network_t *current, *next;
    arena_t *arena;
    network_changes_t *out;
    bool rewriting;         /* the pass that takes what rewrites history; the other one takes the rest */
    step_t *before, *after; /* room for the steps of any one dealer */
} search_t;

static status_t copy_text(arena_t *arena, const char **text)
{
    *text = arena_strdup(arena, *text ? *text : "");
    return *text ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t network_changes_add(network_changes_t *changes, const network_change_t *change, arena_t *arena)
{
    changes->counts[change->kind]++;
    changes->rewrites[change->kind] += change->rewrites;
    if (changes->count == NETWORK_CHANGES_MAX)
        return STATUS_OK;
    if ((changes->count & (changes->count - 1)) == 0) { /* full at each power of two */
        size_t room = changes->count ? 2 * changes->count : 1;
        network_change_t *list = arena_array(arena, room, sizeof *list);
        if (!list)
            return STATUS_NO_MEMORY;
        if (changes->count)
            memcpy(list, changes->list, changes->count * sizeof *list);
        changes->list = list;
    }
    network_change_t *added = &changes->list[changes->count];
    *added = *change;
    TRY(copy_text(arena, &added->code));
    TRY(copy_text(arena, &added->from));
    TRY(copy_text(arena, &added->to));
    changes->count++;
    return STATUS_OK;
}

static status_t add(const search_t *search, network_change_t change)
{
    change.rewrites = change.rewrites && search->current->dealer_count > 0;
    return change.rewrites == search->rewriting ? network_changes_add(search->out, &change, search->arena) : STATUS_OK;
}

static network_change_t undated(network_change_kind_t kind, const char *code, const char *from, const char *to)
{
    return (network_change_t){kind, code, from, to, PERIOD_NONE, PERIOD_NONE, false};
}

/* ---- regions */

static const char *parent_code(const network_t *network, const region_t *region)
{
    return region->parent == INDEX_NONE ? "" : network->regions[region->parent].code;
}

static status_t find_regions_gone(const search_t *search)
{
    for (uint32_t i = 0; i < search->current->region_count; i++) {
        const region_t *region = &search->current->regions[i];
        network_change_t change =
            undated(CHANGE_REGION_DROPPED, region->code, parent_code(search->current, region), "");
        change.rewrites = true;
        if (network_find_region(search->next, region->code) == INDEX_NONE)
            TRY(add(search, change));
    }
    return STATUS_OK;
}

static status_t compare_region(const search_t *search, const region_t *before, const region_t *after)
{
    const char *from = parent_code(search->current, before), *to = parent_code(search->next, after);
    network_change_t moved = undated(CHANGE_REGION_MOVED, after->code, from, to);
    moved.rewrites = true;
    if (strcmp(from, to) != 0)
        TRY(add(search, moved));
    if (strcmp(before->name, after->name) != 0)
        TRY(add(search, undated(CHANGE_REGION_RENAMED, after->code, before->name, after->name)));
    return STATUS_OK;
}

static status_t find_regions(const search_t *search)
{
    TRY(find_regions_gone(search));
    for (uint32_t i = 0; i < search->next->region_count; i++) {
        const region_t *after = &search->next->regions[i];
        uint32_t before = network_find_region(search->current, after->code);
        if (before == INDEX_NONE)
            TRY(add(search, undated(CHANGE_REGION_ADDED, after->code, "", parent_code(search->next, after))));
        else
            TRY(compare_region(search, &search->current->regions[before], after));
    }
    return STATUS_OK;
}

/* ---- months: two lines of steps side by side */

typedef struct {
    network_change_kind_t came, moved, went; /* from nothing to something, between two, from something to nothing */
} step_kinds_t;

static bool is_same(const char *left, const char *right)
{
    return left == right || (left && right && strcmp(left, right) == 0);
}

/* Months `first` up to but without `end` (INT32_MIN, INT32_MAX: unbounded) in which two steps differ. */
static status_t add_months(const search_t *search, const step_kinds_t *kinds, const char *dealer, const step_t *before,
                           const step_t *after, period_t first, period_t end)
{
    network_change_kind_t kind = !before->code ? kinds->came : !after->code ? kinds->went : kinds->moved;
    network_change_t change = {kind, dealer, before->code, after->code, first, end - 1, first < search->out->today};
    if (first == INT32_MIN)
        change.period = PERIOD_NONE;
    if (end == INT32_MAX)
        change.until = PERIOD_NONE;
    return add(search, change);
}

static status_t compare_steps(const search_t *search, const step_kinds_t *kinds, const char *dealer,
                              size_t before_count, size_t after_count)
{
    static const step_t NOTHING = {INT32_MIN, NULL};
    const step_t *before = &NOTHING, *after = &NOTHING; /* what holds at the month that is reached */
    period_t since = INT32_MIN;                         /* it has held so, of both, since that month */
    for (size_t i = 0, j = 0; i < before_count || j < after_count;) {
        period_t end_before = i < before_count ? search->before[i].from : INT32_MAX;
        period_t end_after = j < after_count ? search->after[j].from : INT32_MAX;
        period_t at = end_before < end_after ? end_before : end_after;
        const step_t *next_before = at == end_before ? &search->before[i++] : before;
        const step_t *next_after = at == end_after ? &search->after[j++] : after;
        if (is_same(before->code, next_before->code) && is_same(after->code, next_after->code))
            continue;
        if (!is_same(before->code, after->code))
            TRY(add_months(search, kinds, dealer, before, after, since, at));
        before = next_before;
        after = next_after;
        since = at;
    }
    return is_same(before->code, after->code) ? STATUS_OK
                                              : add_months(search, kinds, dealer, before, after, since, INT32_MAX);
}

static size_t membership_steps(const network_t *network, const dealer_t *dealer, step_t *out)
{
    for (uint32_t i = 0; i < dealer->membership_count; i++) {
        const membership_t *membership = &dealer->memberships[i];
        out[i] = (step_t){membership->from,
                          membership->region == INDEX_NONE ? NULL : network->regions[membership->region].code};
    }
    return dealer->membership_count;
}

static status_t compare_memberships(const search_t *search, const char *code, const dealer_t *before,
                                    const dealer_t *after)
{
    static const step_kinds_t KINDS = {CHANGE_OPENING, CHANGE_MOVE, CHANGE_CLOSING};
    size_t before_count = before ? membership_steps(search->current, before, search->before) : 0;
    size_t after_count = after ? membership_steps(search->next, after, search->after) : 0;
    return compare_steps(search, &KINDS, code, before_count, after_count);
}

/* ---- dealers */

/* One dealer; NULL: it is in one of the two only. */
static status_t compare_dealer(const search_t *search, const char *code, const dealer_t *before, const dealer_t *after)
{
    if (!before)
        TRY(add(search, undated(CHANGE_DEALER_ADDED, code, "", after ? after->name : "")));
    else if (!after)
        TRY(add(search, undated(CHANGE_DEALER_DROPPED, code, before->name, "")));
    if (before && after && strcmp(before->name, after->name) != 0)
        TRY(add(search, undated(CHANGE_DEALER_RENAMED, code, before->name, after->name)));
    if (before && after && strcmp(before->owner, after->owner) != 0)
        TRY(add(search, undated(CHANGE_OWNER_CHANGED, code, before->owner, after->owner)));
    return compare_memberships(search, code, before, after);
}

static int compare_codes(const dealer_t *before, const dealer_t *after)
{
    return !before ? 1 : !after ? -1 : strcmp(before->code, after->code);
}

static status_t find_dealers(const search_t *search)
{
    const network_t *current = search->current, *next = search->next;
    for (uint32_t i = 0, j = 0; i < current->dealer_count || j < next->dealer_count;) {
        const dealer_t *before = i < current->dealer_count ? &current->dealers[i] : NULL;
        const dealer_t *after = j < next->dealer_count ? &next->dealers[j] : NULL;
        int order = compare_codes(before, after);
        const char *code = order <= 0 && before ? before->code : after ? after->code : "";
        TRY(compare_dealer(search, code, order <= 0 ? before : NULL, order >= 0 ? after : NULL));
        i += order <= 0;
        j += order >= 0;
    }
    return STATUS_OK;
}

/* ---- circles */

/* Steps of the members from `at` on that are the same dealer; *out_next: the first that is another. */
static size_t circle_steps(const circle_t *circle, uint32_t at, step_t *out, uint32_t *out_next)
{
    size_t count = 0;
    uint32_t i = at;
    for (; i < circle->member_count && circle->members[i].dealer == circle->members[at].dealer; i++) {
        const circle_member_t *member = &circle->members[i];
        period_t from = member->from == PERIOD_NONE ? INT32_MIN : member->from;
        if (count && out[count - 1].from == from)
            count--; /* begins where the one before ends */
        out[count++] = (step_t){from, circle->code};
        if (member->until != PERIOD_NONE)
            out[count++] = (step_t){member->until + 1, NULL};
    }
    *out_next = i;
    return count;
}

static const char *member_code(const network_t *network, const circle_t *circle, uint32_t at)
{
    return circle && at < circle->member_count ? network->dealers[circle->members[at].dealer].code : NULL;
}

/* One circle; NULL: it is in one of the two only. Members stand by dealer, so two lists are merged. */
static status_t compare_circle(const search_t *search, const circle_t *before, const circle_t *after)
{
    static const step_kinds_t KINDS = {CHANGE_CIRCLE_JOINED, CHANGE_CIRCLE_JOINED, CHANGE_CIRCLE_LEFT};
    for (uint32_t i = 0, j = 0;;) {
        const char *left = member_code(search->current, before, i), *right = member_code(search->next, after, j);
        if (!left && !right)
            return STATUS_OK;
        int order = !left ? 1 : !right ? -1 : strcmp(left, right);
        size_t before_count = order <= 0 ? circle_steps(before, i, search->before, &i) : 0;
        size_t after_count = order >= 0 ? circle_steps(after, j, search->after, &j) : 0;
        TRY(compare_steps(search, &KINDS, order <= 0 ? left : right, before_count, after_count));
    }
}

static status_t find_circles(const search_t *search)
{
    const network_t *current = search->current, *next = search->next;
    for (uint32_t i = 0, j = 0; i < current->circle_count || j < next->circle_count;) {
        const circle_t *before = i < current->circle_count ? &current->circles[i] : NULL;
        const circle_t *after = j < next->circle_count ? &next->circles[j] : NULL;
        int order = !before ? 1 : !after ? -1 : strcmp(before->code, after->code);
        TRY(compare_circle(search, order <= 0 ? before : NULL, order >= 0 ? after : NULL));
        i += order <= 0;
        j += order >= 0;
    }
    return STATUS_OK;
}

/* ---- all */

/* Most steps that one dealer may have, of the network or of a circle. */
static size_t most_steps(const network_t *network)
{
    size_t most = 0;
    for (uint32_t i = 0; i < network->dealer_count; i++)
        if (network->dealers[i].membership_count > most)
            most = network->dealers[i].membership_count;
    for (uint32_t i = 0; i < network->circle_count; i++)
        if (2ul * network->circles[i].member_count > most)
            most = 2ul * network->circles[i].member_count;
    return most;
}

status_t network_changes_find(const network_t *current, const network_t *next, period_t today, arena_t *arena,
                              network_changes_t *out)
{
    CLEANUP(scratch_free) step_t *before = calloc(most_steps(current) + 1, sizeof *before);
    CLEANUP(scratch_free) step_t *after = calloc(most_steps(next) + 1, sizeof *after);
    if (!before || !after)
        return STATUS_NO_MEMORY;
    *out = (network_changes_t){.today = today};
    search_t search = {current, next, arena, out, true, before, after};
    for (int pass = 0; pass < 2; pass++, search.rewriting = false) {
        TRY(find_regions(&search));
        TRY(find_dealers(&search));
        TRY(find_circles(&search));
    }
    return STATUS_OK;
}
