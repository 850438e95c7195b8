#include "client/session.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(session, .timeout = 10);

static const struct {
    status_t status;
    const char *message, *where, *reason;
} REASONS[] = {
    {STATUS_INVALID, "June 2099 has not begun", "period", "June 2099 has not begun"},
    {STATUS_CONFLICT, "this key is admitted already", "public_key", "this key is admitted already"},
    {STATUS_UNKNOWN, "the network has no dealer D9", "D9", "the network has no dealer D9"},
    {STATUS_INVALID, "too many", "D9", "too many (D9)"},
    {STATUS_MALFORMED, "not in its range", "year", "not in its range (year)"},
    {STATUS_INVALID, "too many", NULL, "too many"},
    {STATUS_BUSY, "", "", "the hub's queue is full; send it again a little later"},
};

Test(session, a_reason_names_a_place_only_where_that_says_more)
{
    for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++) {
        response_t response = {.status = REASONS[i].status, .message = REASONS[i].message, .where = REASONS[i].where};
        char reason[200];
        response_reason(&response, reason, sizeof reason);
        cr_assert_str_eq(reason, REASONS[i].reason);
    }
}
