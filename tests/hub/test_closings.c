/* What the writer knows of closed months and exceptions, and that the log tells it the same. */
#include "hub/closings.h"
#include "hub/month_state.h"

#include "core/limits.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define MAY (JUNE - 1)
#define NOW UINT64_C(1000000)

static void destroy(closings_t **closings)
{
    closings_destroy(closings);
}

static void allow(closings_t *closings, const char *dealer, period_t period, uint64_t until_ms)
{
    OK(closings_reserve(closings, NOW));
    closings_allow(closings, dealer, period, until_ms);
}

Test(closings, a_month_is_open_until_it_is_closed, .timeout = 60)
{
    CLEANUP(destroy) closings_t *closings = closings_create();
    cr_assert_eq(closings_closed_ms(closings, JUNE), 0);
    closings_close(closings, JUNE, 77);
    cr_assert(closings_closed_ms(closings, JUNE) == 77 && closings_closed_ms(closings, MAY) == 0);
    closings_reopen(closings, JUNE);
    cr_assert_eq(closings_closed_ms(closings, JUNE), 0);
    static const period_t OUTSIDE[] = {PERIOD_NONE, PERIOD_YEAR_MIN * 12 - 1, (PERIOD_YEAR_MAX + 1) * 12};
    for (size_t i = 0; i < sizeof OUTSIDE / sizeof *OUTSIDE; i++)
        cr_assert_eq(closings_closed_ms(closings, OUTSIDE[i]), 0);
    closings_close(closings, PERIOD_YEAR_MIN * 12, 1);
    closings_close(closings, PERIOD_YEAR_MAX * 12 + 11, 2);
    cr_assert_eq(closings_closed_ms(closings, PERIOD_YEAR_MAX * 12 + 11), 2);
}

Test(closings, an_exception_is_of_one_dealer_and_month, .timeout = 60)
{
    CLEANUP(destroy) closings_t *closings = closings_create();
    closings_close(closings, JUNE, 1);
    closings_close(closings, MAY, 1);
    char code[16];
    for (int i = 99; i >= 0; i--) { /* in the wrong order */
        snprintf(code, sizeof code, "D%02d", i);
        allow(closings, code, i % 2 ? MAY : JUNE, NOW + (uint64_t)i);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(code, sizeof code, "D%02d", i);
        cr_assert_eq(closings_allowed_until(closings, code, i % 2 ? MAY : JUNE), NOW + (uint64_t)i);
        cr_assert_eq(closings_allowed_until(closings, code, i % 2 ? JUNE : MAY), 0);
    }
    allow(closings, "D07", MAY, 5);
    cr_assert_eq(closings_allowed_until(closings, "D07", MAY), 5, "the newest counts");
    allow(closings, "D07", MAY, 0);
    cr_assert_eq(closings_allowed_until(closings, "D07", MAY), 0);
    closings_reopen(closings, MAY);
    closings_close(closings, MAY, 2);
    cr_assert_eq(closings_allowed_until(closings, "D09", MAY), 0, "a closing begins without exceptions");
    cr_assert_eq(closings_allowed_until(closings, "D08", JUNE), NOW + 8, "another month's stay");
}

Test(closings, exceptions_are_bounded_and_those_that_ended_make_room, .timeout = 60)
{
    CLEANUP(destroy) closings_t *closings = closings_create();
    closings_close(closings, JUNE, 1);
    char code[16];
    for (int i = 0; i < GRANTS_MAX; i++) {
        snprintf(code, sizeof code, "D%06d", i);
        allow(closings, code, JUNE, NOW + (uint64_t)(i % 2));
    }
    cr_assert_eq(closings_reserve(closings, NOW), STATUS_LIMIT);
    cr_assert_eq(closings_reserve(closings, NOW + 1), STATUS_OK, "half of them are over");
    closings_allow(closings, "X", JUNE, NOW + 9);
    cr_assert_eq(closings_allowed_until(closings, "X", JUNE), NOW + 9);
    cr_assert_eq(closings_allowed_until(closings, "D000000", JUNE), 0);
    cr_assert_eq(closings_allowed_until(closings, "D000001", JUNE), NOW + 1);
}

/* ---- from the log */

static void enter(store_t *store, event_kind_t kind, const char *dealer, period_t period, uint64_t until_ms)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    char of[STORE_SUBJECT_SIZE], subject[STORE_SUBJECT_SIZE];
    snprintf(of, sizeof of, dealer ? "allow/%s" : "month", dealer);
    month_subject(of, period, subject);
    stored_event_t event = {
        .kind = kind, .subject = subject, .dealer = dealer, .period = period, .until_ms = until_ms, .text = "why"};
    store_actor_t actor = {.time_ms = NOW, .role = ROLE_HEADQUARTERS};
    OK(store_begin_write(store, &txn));
    store_set_actor(txn, &actor);
    OK(store_append_event(txn, &event));
    OK(store_commit(&txn));
}

Test(closings, the_log_tells_what_holds, .timeout = 60)
{
    directory_t directory = directory_make();
    store_t *store = store_at(&directory, MAP_BYTES);
    enter(store, EVENT_CLOSE, NULL, JUNE, 0);
    enter(store, EVENT_ALLOW, "D1", JUNE, NOW + 1);
    enter(store, EVENT_ALLOW, "D2", JUNE, NOW + 1);
    enter(store, EVENT_REOPEN, NULL, JUNE, 0);
    enter(store, EVENT_CLOSE, NULL, JUNE, 0);
    enter(store, EVENT_ALLOW, "D2", JUNE, NOW + 2);
    enter(store, EVENT_ALLOW, "D3", JUNE, NOW + 3);
    enter(store, EVENT_ALLOW, "D3", JUNE, 0);
    enter(store, EVENT_CLOSE, NULL, MAY, 0);
    enter(store, EVENT_ALLOW, "D1", MAY, NOW + 4);
    enter(store, EVENT_REOPEN, NULL, MAY, 0);
    CLEANUP(destroy) closings_t *closings = closings_create();
    store_txn_t *txn = NULL;
    OK(store_begin_read(store, &txn));
    OK(closings_load(closings, txn, NOW));
    store_abort(&txn);
    cr_assert(closings_closed_ms(closings, JUNE) == NOW && closings_closed_ms(closings, MAY) == 0);
    cr_assert_eq(closings_allowed_until(closings, "D1", JUNE), 0, "it was the first closing's");
    cr_assert_eq(closings_allowed_until(closings, "D2", JUNE), NOW + 2);
    cr_assert_eq(closings_allowed_until(closings, "D3", JUNE), 0, "it was taken back");
    cr_assert_eq(closings_allowed_until(closings, "D1", MAY), 0, "the month is open");
    store_close(&store);
    directory_remove(&directory);
}
