/* Facts by name, as the outbox keeps them, <-> facts in a catalog's order, as files are read and as they travel. */
#pragma once

#include "core/catalog.h"
#include "dealer-agent/outbox.h"

/* The present ones of fact_count values, by name. Ids are the catalog's, the array is from `arena`. */
status_t packing_name_facts(const int64_t *facts, const catalog_t *catalog, arena_t *arena, const named_fact_t **out,
                            size_t *out_count) NODISCARD;

/* Into fact_count values, FACT_ABSENT where absent. STATUS_INVALID where the catalog lacks one of them, or counts it in
 * other decimals: *out_fact is the first such. */
status_t packing_order_facts(const named_fact_t *facts, size_t count, const catalog_t *catalog, int64_t *out,
                             const named_fact_t **out_fact) NODISCARD;

/* What a filing is to the hub: a submission packed for the catalog (`id` is the filing's), or its withdrawal. Borrows
 * from the filing, arrays from `arena`. STATUS_INVALID where the catalog does not fit: `out_why` names fact and
 * reason. */
status_t packing_request(const filing_t *filing, const catalog_t *catalog, arena_t *arena, request_t *out,
                         char *out_why, size_t why_size) NODISCARD;

/* Where a request of packing_request holds the first receipt of what is sent again; without warnings, which prove
 * nothing. */
const receipt_t **packing_earlier(request_t *request);

/* STATUS_LIMIT where the request would take more than REQUEST_SIZE_MAX bytes. */
status_t packing_fits(const request_t *request) NODISCARD;

/* The same of a filing that is to be taken over: it must also fit with its first receipt, which it carries where the
 * hub loses it and it is sent again. */
status_t packing_fits_again(const request_t *request) NODISCARD;

/* Whether both hold the same facts and consultants, whatever their order. STATUS_NO_MEMORY. */
status_t packing_compare(const named_facts_t *a, const named_facts_t *b, bool *out_equal) NODISCARD;
