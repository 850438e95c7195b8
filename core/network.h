/* The network: the region tree, dealers with dated memberships, owners, circles (SPEC 1). Immutable once built; shared
 * between threads. */
#pragma once

#include "core/faults.h"
#include "core/period.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

/* Lines as the four files hold them. Strings are borrowed. `line` is the line in its file, for faults; 0 where it came
 * over the wire. */
typedef struct {
    const char *code, *parent, *name;
    uint32_t line;
} network_region_line_t; /* parent "" = under the nation */
typedef struct {
    const char *code, *name, *owner;
    uint32_t line;
} network_dealer_line_t; /* owner "" = itself */
typedef struct {
    const char *dealer, *region;
    period_t from;
    uint32_t line;
} network_membership_line_t; /* region "" = left the network */
typedef struct {
    const char *circle, *dealer;
    period_t from, until;
    uint32_t line;
} network_circle_line_t; /* PERIOD_NONE = unbounded; until is inclusive */

typedef struct {
    const network_region_line_t *regions;
    size_t region_count;
    const network_dealer_line_t *dealers;
    size_t dealer_count;
    const network_membership_line_t *memberships;
    size_t membership_count;
    const network_circle_line_t *circles;
    size_t circle_count;
} network_lines_t;

typedef struct {
    const char *code, *name;
    uint32_t parent;       /* region index, INDEX_NONE = the nation */
    uint32_t enter, leave; /* preorder interval: r lies in or below s where s.enter <= r.enter < s.leave */
} region_t;

typedef struct {
    period_t from;
    uint32_t region; /* INDEX_NONE = out of the network */
} membership_t;

typedef struct {
    const char *code, *name, *owner; /* owner: the dealer's own code where the file left it empty */
    const membership_t *memberships; /* by from, ascending */
    uint32_t membership_count;
} dealer_t;

typedef struct {
    uint32_t dealer;
    period_t from, until;
} circle_member_t; /* PERIOD_NONE = unbounded */
typedef struct {
    const char *code;
    const circle_member_t *members; /* by dealer code, then from */
    uint32_t member_count;
} circle_t;

typedef struct {
    region_t *regions;
    uint32_t region_count; /* in the file's order */
    dealer_t *dealers;
    uint32_t dealer_count; /* by code, byte order */
    circle_t *circles;
    uint32_t circle_count; /* by code, byte order */
    void *internals;
} network_t;

/* Builds a network from its lines. STATUS_INVALID with every fault (a cycle, an unknown parent, region or dealer, a
 * code twice, the same dealer and month twice, a limit exceeded …); faults_t.source is set to "regions.csv",
 * "dealers.csv", "memberships.csv" or "circles.csv" for each, with the line given. *out only on success; the caller
 * destroys it. All strings are copied. */
status_t network_build(const network_lines_t *lines, network_t **out, faults_t *faults) NODISCARD;
void network_destroy(network_t **network);

/* Index, or INDEX_NONE. */
uint32_t network_find_dealer(const network_t *network, const char *code);
uint32_t network_find_region(const network_t *network, const char *code);
uint32_t network_find_circle(const network_t *network, const char *code);

/* The region that the dealer is a member of in that month; INDEX_NONE where it is no member of the network. */
uint32_t network_region_of(const network_t *network, uint32_t dealer, period_t period);

/* Whether it is no member of the network in that month nor in any later one that is known. */
bool network_has_left(const network_t *network, uint32_t dealer, period_t period);

/* Whether region `inner` is `outer` or lies below it. */
bool network_region_within(const network_t *network, uint32_t inner, uint32_t outer);

/* Whether the months of that line of a circle hold the month; the dealer's membership of the network aside. */
bool circle_member_in(const circle_member_t *member, period_t period);

/* Whether the dealer belongs to the circle in that month, and is a member of the network in it. */
bool network_circle_holds(const network_t *network, uint32_t circle, uint32_t dealer, period_t period);

/* The circles that name the dealer, in whatever months, each once for each of its lines; *out_count of them. Borrowed.
 */
const uint32_t *network_circles_of(const network_t *network, uint32_t dealer, uint32_t *out_count);

/* Whether the two dealers are in one circle in that month. */
bool network_are_peers(const network_t *network, uint32_t dealer, uint32_t other, period_t period);

typedef enum { SCOPE_NATION, SCOPE_REGION, SCOPE_CIRCLE } scope_kind_t;
typedef struct {
    scope_kind_t kind;
    uint32_t index;
} scope_t; /* index of the region or circle */

/* "nation", "region:CODE", "circle:CODE". STATUS_UNKNOWN for anything else. */
status_t scope_parse(const network_t *network, const char *text, scope_t *out) NODISCARD;

/* Its text, at most CODE_LENGTH_MAX + 8 bytes with the NUL. */
void scope_format(const network_t *network, scope_t scope, char *out, size_t size);
