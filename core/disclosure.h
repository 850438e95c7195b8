/* What one key is shown of a month's last release (SPEC 4; docs/disclosure.md). Worked out for a key once and good for
 * as many answers as the releases last: it may be kept by (releases, key). Not thread-safe: used by one thread at a
 * time. */
#pragma once

#include "core/exemplar.h"
#include "core/release.h"
#include "core/tables.h"

typedef struct disclosure disclosure_t;

/* `today`: the network as it is now, which `stores` (count >= 0 indices of its dealers: the key's) are numbered by;
 * often the releases' own. Exemplars that are shown with their owner's consent are known to everybody; they are
 * numbered by the releases' network. `releases`, `today` and `exemplars` are borrowed as long as *out lives.
 * STATUS_NO_MEMORY. */
status_t disclosure_create(const releases_t *releases, const network_t *today, const uint32_t *stores, size_t count,
                           const disclosure_rule_t *rule, const exemplars_t *exemplars, disclosure_t **out) NODISCARD;
/* The same, as it was when there were only the first `release_count` (>= 1) of the releases. */
status_t disclosure_create_of(const releases_t *releases, size_t release_count, const network_t *today,
                              const uint32_t *stores, size_t count, const disclosure_rule_t *rule,
                              const exemplars_t *exemplars, disclosure_t **out) NODISCARD;
/* Accepts NULL and *NULL; sets *disclosure to NULL. */
void disclosure_destroy(disclosure_t **disclosure);

/* The release that is shown: contributors only. Its network numbers the scopes below. */
const month_t *disclosure_month(const disclosure_t *disclosure);

/* As given; may be NULL. */
const exemplars_t *disclosure_exemplars(const disclosure_t *disclosure);

/* Whether the key may ask for the scope: the nation, or a region over one of its stores. */
bool disclosure_lists_scope(const disclosure_t *disclosure, scope_t scope);

typedef enum {
    SHOWN,
    HIDDEN_NOT_LISTED,   /* no scope of this key's */
    HIDDEN_PREVIOUS,     /* the row reads the month before */
    HIDDEN_RING,         /* `ring` less the scopes below it that were still in fails the test */
    HIDDEN_CHANGE,       /* what changed in it since release `earlier` does */
    HIDDEN_NO_DIVISION,  /* a benchmark of a row without a division */
    HIDDEN_WITH_AVERAGE, /* a benchmark of a scope whose average is hidden */
    HIDDEN_BENCHMARK,    /* the benchmark's stores have too few owners or fail the p% part */
    HIDDEN_REST,         /* what they leave of the scope does */
    HIDDEN_EXEMPLAR,     /* a designated store's figure without its owner's consent */
    HIDDEN_NO_RELEASE    /* there is none yet; for callers, never found here */
} disclosure_reason_t;

/* Why a figure is hidden. */
typedef struct {
    disclosure_reason_t reason;
    scope_t ring;            /* of HIDDEN_RING, HIDDEN_CHANGE */
    size_t fact;             /* that failed, of the reasons that test */
    size_t earlier;          /* of HIDDEN_CHANGE: index of the release */
    tally_verdict_t verdict; /* of the reasons that test; `greatest` as releases_t.owners numbers it */
} disclosure_why_t;

typedef struct {
    double value; /* rounded; NO_VALUE where it is hidden or there is none */
    bool exists;  /* there is a figure: null and not `exists` is null by itself */
    disclosure_why_t why;
} disclosure_figure_t;

/* Average and benchmark of a table row (index into catalog->rows) in the nation or a region. STATUS_NO_MEMORY. */
status_t disclosure_row(disclosure_t *disclosure, size_t row, scope_t scope, const benchmark_rule_t *rule,
                        disclosure_figure_t *out_average, disclosure_figure_t *out_benchmark) NODISCARD;

/* One English clause that says why, without figures; at most `size` bytes with the NUL. */
void disclosure_why_format(const disclosure_t *disclosure, const disclosure_why_t *why, char *out, size_t size);

/* SPEC 4.7: what "%.3g" shows of it. */
double disclosure_round(double value);
