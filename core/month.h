/* A month's facts as columns: one slot for each expected dealer, slots in the order of the region tree and within a
 * region by dealer code, so that every region with all below it is one run of slots. The writer of a month is alone;
 * once shared, it is read-only. */
#pragma once

#include "core/catalog.h"
#include "core/regions_view.h"

typedef struct {
    const catalog_t *catalog; /* borrowed: must outlive the month */
    const network_t *network; /* borrowed: must outlive the month */
    period_t period;
    regions_view_t view;       /* which regions the dealers are laid out by */
    uint32_t count;            /* expected dealers */
    uint32_t *dealers;         /* slot -> dealer index */
    uint32_t *slots;           /* dealer index -> slot, INDEX_NONE where it is no member in that month */
    uint32_t *region_first;    /* by preorder number e of a region: its slots start here; [region_count] = where
                                  those that count in no region start (REGION_UNSEEN), mostly count */
    int64_t **columns;         /* [2 * fact_count]: facts of the month, then of the month before (all absent unless
                                  catalog->rows_use_previous) */
    uint8_t *flags;            /* MONTH_REPORTED, MONTH_LATE */
    struct order_index *index; /* order statistics of its rows, as far as they are kept (core/order_index.h) */
    size_t bytes;              /* memory of all that but the cached orders and the index */
} month_t;

#define MONTH_REPORTED 1u
#define MONTH_LATE     2u

/* All dealers expected in that month, none reported, in the regions where they lay then. NULL when out of memory. */
month_t *month_create(const catalog_t *catalog, const network_t *network, period_t period);
/* The same, in the regions that the view tells. */
month_t *month_create_viewed(const catalog_t *catalog, const network_t *network, period_t period,
                             const regions_view_t *view);
/* A deep copy for copy-on-write, with its index as far as memory goes. NULL when out of
 * memory. */
month_t *month_clone(const month_t *month);
void month_destroy(month_t **month);

/* Sets a dealer's facts (fact_count values), or takes them away (NULL). A dealer that is not expected in that month is
 * ignored. Keeps the index up to date. */
void month_set(month_t *month, uint32_t dealer, const int64_t *facts, bool late);
/* The same for its facts of the month before. */
void month_set_previous(month_t *month, uint32_t dealer, const int64_t *facts);

/* The inputs of one slot: 2 * fact_count values into `out`. */
void month_inputs(const month_t *month, uint32_t slot, int64_t *out);
