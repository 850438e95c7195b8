#include "dealer-agent/errand.h"
#include "tests/support/chance.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(errand, .timeout = 10);

#define NOW       ((moment_t){1000000})
#define LATER(ms) moment_after(NOW, (ms))

Test(errand, waits_twice_as_long_at_most_after_each_failure_up_to_five_minutes)
{
    static const int64_t MOST[] = {1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000};
    for (unsigned i = 0; i < sizeof MOST / sizeof *MOST; i++) {
        cr_assert_eq(errand_backoff_ms(i + 1, 0), 0, "failure %u", i + 1);
        cr_assert_eq(errand_backoff_ms(i + 1, UINT32_MAX), MOST[i] - 1, "failure %u", i + 1);
        cr_assert_eq(errand_backoff_ms(i + 1, 1u << 31), MOST[i] / 2, "failure %u", i + 1);
    }
    cr_assert_eq(errand_backoff_ms(UINT32_MAX, UINT32_MAX), 299999);
}

Test(errand, asks_again_after_its_time_a_quarter_more_or_less)
{
    cr_assert_eq(errand_refresh_ms(3600, 0), 2700000);
    cr_assert_eq(errand_refresh_ms(3600, 1u << 31), 3600000);
    cr_assert_eq(errand_refresh_ms(3600, UINT32_MAX), 4499999);
}

Test(errand, is_not_due_until_somebody_asks)
{
    errand_t errand;
    errand_init(&errand);
    cr_assert_not(errand_is_due(&errand, LATER(INT32_MAX)));
    errand_ask(&errand, NOW);
    cr_assert(errand_is_due(&errand, NOW));
}

Test(errand, starts_no_more_than_once_a_second)
{
    errand_t errand;
    errand_init(&errand);
    errand_ask(&errand, NOW);
    errand_start(&errand, NOW);
    cr_assert_not(errand_is_due(&errand, LATER(5000)), "it runs");
    errand_end(&errand, LATER(10), true, 0);
    cr_assert_eq(errand.due.ms, INT64_MAX, "it went well and nobody asked again");
    errand_ask(&errand, LATER(20));
    cr_assert_not(errand_is_due(&errand, LATER(999)));
    cr_assert(errand_is_due(&errand, LATER(1000)));
}

Test(errand, is_done_once_more_where_it_was_asked_for_while_it_ran)
{
    errand_t errand;
    errand_init(&errand);
    errand_start(&errand, NOW);
    for (int i = 0; i < 3; i++)
        errand_ask(&errand, LATER(100));
    errand_end(&errand, LATER(5000), true, 0);
    cr_assert(errand_is_due(&errand, LATER(5000)));
    errand_start(&errand, LATER(5000));
    errand_end(&errand, LATER(5001), true, 0);
    cr_assert_eq(errand.due.ms, INT64_MAX, "three wishes while it ran are one more run");
}

Test(errand, that_fails_comes_back_by_itself_and_forgets_its_failures_when_it_works)
{
    errand_t errand;
    errand_init(&errand);
    for (unsigned i = 1; i <= 4; i++) {
        errand_start(&errand, NOW);
        errand_end(&errand, NOW, false, UINT32_MAX);
        cr_assert_eq(errand.failures, i);
        int64_t wait = errand_backoff_ms(i, UINT32_MAX);
        cr_assert_eq(errand.due.ms, NOW.ms + (wait < ERRAND_PAUSE_MS ? ERRAND_PAUSE_MS : wait));
        errand.due = MOMENT_NEVER;
    }
    errand_start(&errand, NOW);
    errand_end(&errand, NOW, true, 0);
    cr_assert_eq(errand.failures, 0);
    cr_assert_eq(errand.due.ms, INT64_MAX);
}

Test(errand, is_tried_at_once_where_it_is_asked_for_in_its_back_off)
{
    errand_t errand;
    errand_init(&errand);
    errand.failures = 20;
    errand_start(&errand, NOW);
    errand_end(&errand, NOW, false, UINT32_MAX);
    cr_assert_not(errand_is_due(&errand, LATER(200000)));
    errand_ask(&errand, LATER(2000));
    cr_assert(errand_is_due(&errand, LATER(2000)));
}

/* ---- many agents */

#define AGENTS 30000

/* When an agent that has something to deliver since `since` is at the hub again, which is back at 0. A try that finds
 * nobody ends at once (connection_try_once). */
static int64_t comes_back(int64_t since, uint64_t *random)
{
    errand_t errand;
    errand_init(&errand);
    errand_ask(&errand, (moment_t){since});
    while (errand.due.ms < 0) {
        moment_t now = errand.due;
        errand_start(&errand, now);
        errand_end(&errand, moment_after(now, 5), false, (uint32_t)(chance_next(random) >> 16));
    }
    return errand.due.ms;
}

static int compare_moments(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The most that come within one second. */
static size_t busiest_second(const int64_t *sorted)
{
    size_t most = 0;
    for (size_t from = 0, to = 0; to < AGENTS; to++) {
        while (sorted[to] - sorted[from] >= 1000)
            from++;
        most = to - from + 1 > most ? to - from + 1 : most;
    }
    return most;
}

/* `together`: all lost the hub when it went; else they wanted it at any time of the outage. */
static size_t play_outage(int64_t seconds, bool together)
{
    static int64_t moments[AGENTS];
    uint64_t random = 20250601;
    for (size_t i = 0; i < AGENTS; i++)
        moments[i] =
            comes_back(-(int64_t)(seconds * 1000) + (together ? 0 : chance_next(&random) % (seconds * 1000)), &random);
    qsort(moments, AGENTS, sizeof *moments, compare_moments);
    size_t busiest = busiest_second(moments);
    printf("figures: %d agents, an outage of %lld s, %s: %zu in the busiest second, half within %.1f s, nine tenths "
           "within %.1f s\n",
           AGENTS, (long long)seconds, together ? "all lost at once" : "missed one by one", busiest,
           (double)moments[AGENTS / 2] / 1000, (double)moments[AGENTS * 9 / 10] / 1000);
    return busiest;
}

Test(errand, of_thirty_thousand_agents_few_come_back_in_one_second)
{
    static const struct {
        int64_t seconds;
        size_t together, one_by_one;
    } MOST[] = {{10, AGENTS / 5, AGENTS / 2}, {60, AGENTS / 40, AGENTS / 8}, {3600, AGENTS / 100, AGENTS / 100}};
    for (size_t i = 0; i < sizeof MOST / sizeof *MOST; i++) {
        cr_assert_lt(play_outage(MOST[i].seconds, true), MOST[i].together, "%lld s", (long long)MOST[i].seconds);
        cr_assert_lt(play_outage(MOST[i].seconds, false), MOST[i].one_by_one, "%lld s", (long long)MOST[i].seconds);
    }
}
