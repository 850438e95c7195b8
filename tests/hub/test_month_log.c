/* A month's life as the log tells it. */
#include "hub/month_log.h"
#include "hub/month_state.h"

#include "support.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    directory_t directory;
    store_t *store;
    store_txn_t *txn;
    arena_t *arena;
} fixture_t;

static fixture_t set_up(void)
{
    fixture_t fixture = {.directory = directory_make(), .arena = arena_create(1u << 20)};
    fixture.store = store_at(&fixture.directory, MAP_BYTES);
    return fixture;
}

static void tear_down(fixture_t *fixture)
{
    store_abort(&fixture->txn);
    store_close(&fixture->store);
    arena_destroy(&fixture->arena);
    directory_remove(&fixture->directory);
}

static uint64_t enter(fixture_t *fixture, event_kind_t kind, const char *dealer, uint64_t time_ms, uint64_t until_ms)
{
    store_txn_t *txn = NULL;
    char of[STORE_SUBJECT_SIZE], subject[STORE_SUBJECT_SIZE];
    snprintf(of, sizeof of, dealer ? "allow/%s" : "month", dealer);
    month_subject(of, JUNE, subject);
    stored_event_t event = {
        .kind = kind, .subject = subject, .dealer = dealer, .period = JUNE, .until_ms = until_ms, .text = "why"};
    store_actor_t actor = {.time_ms = time_ms, .role = ROLE_HEADQUARTERS};
    OK(store_begin_write(fixture->store, &txn));
    store_set_actor(txn, &actor);
    OK(store_append_event(txn, &event));
    OK(store_commit(&txn));
    return event.event;
}

static void read_log(fixture_t *fixture)
{
    store_abort(&fixture->txn);
    OK(store_begin_read(fixture->store, &fixture->txn));
}

Test(month_log, the_last_closing_is_found_behind_a_reopening, .timeout = 60)
{
    fixture_t fixture = set_up();
    stored_event_t closing;
    read_log(&fixture);
    cr_assert_eq(month_log_closing(fixture.txn, JUNE, fixture.arena, &closing), STATUS_NOT_FOUND);
    enter(&fixture, EVENT_CLOSE, NULL, 10, 0);
    enter(&fixture, EVENT_REOPEN, NULL, 20, 0);
    uint64_t second = enter(&fixture, EVENT_CLOSE, NULL, 30, 0);
    enter(&fixture, EVENT_REOPEN, NULL, 40, 0);
    read_log(&fixture);
    OK(month_log_closing(fixture.txn, JUNE, fixture.arena, &closing));
    cr_assert(closing.event == second && closing.time_ms == 30);
    cr_assert_eq(month_log_closing(fixture.txn, JUNE - 1, fixture.arena, &closing), STATUS_NOT_FOUND);
    tear_down(&fixture);
}

Test(month_log, a_revision_s_exception_is_the_one_that_held_when_it_came, .timeout = 60)
{
    fixture_t fixture = set_up();
    exception_t exception;
    uint64_t first = put_one(fixture.store, "D1", JUNE, 1, 1);
    enter(&fixture, EVENT_CLOSE, NULL, 10, 0);
    enter(&fixture, EVENT_ALLOW, "D1", 20, 100);
    uint64_t second = put_one(fixture.store, "D1", JUNE, 2, 2);
    enter(&fixture, EVENT_ALLOW, "D1", 30, 200);
    uint64_t third = put_one(fixture.store, "D1", JUNE, 3, 3);
    enter(&fixture, EVENT_REOPEN, NULL, 40, 0);
    uint64_t fourth = put_one(fixture.store, "D1", JUNE, 4, 4);
    read_log(&fixture);
    cr_assert_eq(month_log_exception_of(fixture.txn, "D1", JUNE, first, fixture.arena, &exception), STATUS_NOT_FOUND);
    OK(month_log_exception_of(fixture.txn, "D1", JUNE, second, fixture.arena, &exception));
    cr_assert(exception.granted_ms == 20 && exception.until_ms == 100 && exception.has_by);
    cr_assert_str_eq(exception.why, "why");
    OK(month_log_exception_of(fixture.txn, "D1", JUNE, third, fixture.arena, &exception));
    cr_assert_eq(exception.until_ms, 200);
    cr_assert_eq(month_log_exception_of(fixture.txn, "D1", JUNE, fourth, fixture.arena, &exception), STATUS_NOT_FOUND,
                 "the month was open");
    tear_down(&fixture);
}

Test(month_log, the_exceptions_that_hold_are_listed, .timeout = 60)
{
    fixture_t fixture = set_up();
    month_exception_t *list;
    size_t count;
    enter(&fixture, EVENT_CLOSE, NULL, 10, 0);
    enter(&fixture, EVENT_ALLOW, "D3", 20, 100);
    enter(&fixture, EVENT_REOPEN, NULL, 21, 0);
    enter(&fixture, EVENT_CLOSE, NULL, 22, 0);
    enter(&fixture, EVENT_ALLOW, "D2", 30, 100);
    enter(&fixture, EVENT_ALLOW, "D1", 40, 50);
    enter(&fixture, EVENT_ALLOW, "D4", 40, 100);
    enter(&fixture, EVENT_ALLOW, "D4", 41, 0);
    read_log(&fixture);
    OK(month_log_list_exceptions(fixture.txn, JUNE - 3, JUNE, 50, fixture.arena, &list, &count));
    cr_assert_eq(count, 2);
    cr_assert_str_eq(list[0].exception.dealer, "D1");
    cr_assert_str_eq(list[1].exception.dealer, "D2");
    cr_assert_eq(list[1].period, JUNE);
    OK(month_log_list_exceptions(fixture.txn, JUNE, JUNE, 51, fixture.arena, &list, &count));
    cr_assert_eq(count, 1, "one ended at 50");
    OK(month_log_list_exceptions(fixture.txn, JUNE + 1, JUNE + 2, 50, fixture.arena, &list, &count));
    cr_assert_eq(count, 0);
    tear_down(&fixture);
}
