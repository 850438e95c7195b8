/* The data file before LMDB opens it, and while it is verified (storage/pages.h). */
#include "hub/store_internal.h"

#include "storage/pages.h"

#include <string.h>

static status_t read_head(span_t value, uint64_t *out_txn)
{
    span_t payload;
    store_head_t head;
    TRY(store_unframe(TABLE_META, (const uint8_t *)STORE_HEAD_KEY, strlen(STORE_HEAD_KEY), value.data, value.size,
                      &payload));
    TRY(store_head_decode(payload, &head));
    *out_txn = head.epoch;
    return STATUS_OK;
}

static pages_rules_t rules(void (*tick)(void *), void *context)
{
    return (pages_rules_t){.head_table = store_table_names[TABLE_META],
                           .head_key = STORE_HEAD_KEY,
                           .read_head = read_head,
                           .is_extended = true,
                           .tick = tick,
                           .context = context};
}

status_t store_check_file(const char *directory, char *out_why, size_t why_size)
{
    pages_rules_t without_tick = rules(NULL, NULL);
    return pages_check_file(directory, &without_tick, out_why, why_size);
}

status_t store_check_pages(const char *directory, void (*tick)(void *), void *context, char *out_why, size_t why_size)
{
    pages_rules_t with_tick = rules(tick, context);
    return pages_check_all(directory, &with_tick, out_why, why_size);
}
