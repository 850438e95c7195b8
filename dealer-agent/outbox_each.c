#include "dealer-agent/outbox_each.h"

#define PAGE 256 /* filings read at a time */

status_t outbox_each(outbox_t *outbox, filing_state_t state, outbox_visit_t visit, void *context)
{
    uint64_t after = 0;
    for (size_t count = 1; count;) {
        CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
        filing_t *filings;
        if (!arena)
            return STATUS_NO_MEMORY;
        TRY(outbox_list(outbox, state, after, PAGE, arena, &filings, &count));
        for (size_t i = 0; i < count; i++)
            TRY(visit(context, &filings[i]));
        after = count ? filings[count - 1].number : after;
    }
    return STATUS_OK;
}
