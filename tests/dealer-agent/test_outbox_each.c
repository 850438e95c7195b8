/* Walking through more filings than a page holds. */
#include "dealer-agent/outbox_each.h"

#include "support.h"

#define COUNT 600 /* three pages */

static directory_t home;
static outbox_t *outbox;

static void begin(void)
{
    static filing_t filings[COUNT];
    home = directory_make();
    outbox = outbox_at(&home);
    for (size_t i = 0; i < COUNT; i++)
        filings[i] = (filing_t){.dealer = "D0001", .period = JUNE, .is_withdrawal = true, .why = "x"};
    OK(outbox_add(outbox, filings, COUNT));
}

static void end(void)
{
    outbox_close(&outbox);
    directory_remove(&home);
}

TestSuite(outbox_each, .init = begin, .fini = end, .timeout = 60);

typedef struct {
    uint64_t last, stop; /* numbers */
} walk_t;

static status_t follow(void *context, const filing_t *filing)
{
    walk_t *walk = context;
    cr_assert_eq(filing->number, walk->last + 1);
    walk->last = filing->number;
    return filing->number == walk->stop ? STATUS_REFUSED_KEY : STATUS_OK;
}

Test(outbox_each, visits_all_of_a_state_in_order)
{
    walk_t walk = {0, 0};
    OK(outbox_each(outbox, FILING_WAITING, follow, &walk));
    cr_assert_eq(walk.last, COUNT);
    OK(outbox_each(outbox, FILING_DELIVERED, follow, &(walk_t){0, 0}));
}

Test(outbox_each, ends_with_the_first_failure)
{
    walk_t walk = {0, 300};
    cr_assert_eq(outbox_each(outbox, FILING_WAITING, follow, &walk), STATUS_REFUSED_KEY);
    cr_assert_eq(walk.last, 300);
}

static status_t put_aside(void *context, const filing_t *filing)
{
    TRY(follow(context, filing));
    return outbox_put_aside(outbox, filing->number, STATUS_INVALID, "");
}

Test(outbox_each, misses_none_where_each_leaves_the_state)
{
    walk_t walk = {0, 0};
    OK(outbox_each(outbox, FILING_WAITING, put_aside, &walk));
    cr_assert_eq(walk.last, COUNT);
}
