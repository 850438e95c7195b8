/* The releases of a month, and designated exemplars, as the log tells them. */
#include "hub/exemplars.h"
#include "hub/month_state.h"
#include "hub/release_sets.h"

#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define PLENTY (64ul << 20)

static const char CATALOG[] = "catalog: test\nversion: 1\ntitle: {zh: 试, en: Test}\nfacts:\n"
                              "  - {id: a, kind: flow, unit: count, decimals: 0, better: up, title: {zh: 甲, en: A}}\n"
                              "tables:\n  - {id: t, title: {zh: 表, en: Table}, rows: [a]}\nchecks: []\n";

typedef struct {
    directory_t directory;
    store_t *store;
    past_t *past;
    exemplar_log_t *exemplars;
    arena_t *arena;
    uint64_t digest;
} fixture_t;

static store_txn_t *begin(fixture_t *fixture)
{
    store_txn_t *txn = NULL;
    const store_actor_t actor = {.time_ms = 1000, .is_hub = true};
    OK(store_begin_write(fixture->store, &txn));
    store_set_actor(txn, &actor);
    return txn;
}

static void put_world(fixture_t *fixture)
{
    static const network_region_line_t REGIONS[] = {{"r", "", "R", 2}, {"s", "", "S", 3}};
    static const network_dealer_line_t DEALERS[] = {{"D1", "One", "", 2}, {"D2", "Two", "", 3}};
    static const network_membership_line_t MEMBERS[] = {{"D1", "r", JUNE - 12, 2}, {"D2", "s", JUNE - 12, 3}};
    const network_lines_t lines = {REGIONS, 2, DEALERS, 2, MEMBERS, 2, NULL, 0};
    const span_t text = {(const uint8_t *)CATALOG, strlen(CATALOG)};
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    OK(catalog_load(text, &catalog, &faults));
    fixture->digest = catalog->digest;
    store_txn_t *txn = begin(fixture);
    OK(store_put_catalog(txn, catalog->digest, text, 1));
    OK(store_put_network(txn, &lines, 1));
    OK(store_commit(&txn));
}

static fixture_t set_up(void)
{
    fixture_t fixture = {.directory = directory_make(), .arena = arena_create(PLENTY)};
    fixture.store = store_at(&fixture.directory, MAP_BYTES);
    fixture.past = past_create(fixture.store, NULL, PLENTY);
    fixture.exemplars = exemplar_log_create(fixture.store);
    cr_assert(fixture.past && fixture.exemplars && fixture.arena);
    put_world(&fixture);
    return fixture;
}

static void tear_down(fixture_t *fixture)
{
    arena_destroy(&fixture->arena);
    exemplar_log_destroy(&fixture->exemplars);
    past_destroy(&fixture->past);
    store_close(&fixture->store);
    directory_remove(&fixture->directory);
}

static uint64_t enter(fixture_t *fixture, stored_event_t event)
{
    store_txn_t *txn = begin(fixture);
    OK(store_append_event(txn, &event));
    OK(store_commit(&txn));
    return event.event;
}

/* ---- releases */

static uint64_t file(fixture_t *fixture, const char *dealer, uint32_t number, int64_t value)
{
    stored_revision_t revision = revision_of(dealer, JUNE, number, 1);
    uint64_t sequence;
    revision.catalog_digest = fixture->digest;
    revision.facts = (packed_facts_t){{(const uint8_t *)"\1", 1}, &value, 1};
    store_txn_t *txn = begin(fixture);
    OK(store_put_revision(txn, &revision, &sequence));
    OK(store_commit(&txn));
    return sequence;
}

static uint64_t release(fixture_t *fixture, uint32_t number, const held_revision_t *held, size_t held_count)
{
    char subject[STORE_SUBJECT_SIZE];
    month_subject("release", JUNE, subject);
    return enter(fixture, (stored_event_t){.kind = EVENT_RELEASE,
                                           .subject = subject,
                                           .period = JUNE,
                                           .number = number,
                                           .held = held,
                                           .held_count = held_count});
}

/* The fact of a dealer in one of the releases; -1: it stands in it with nothing. */
static int64_t value_in(const release_set_t *set, size_t index, const char *dealer)
{
    const month_t *month = set->months[index];
    uint32_t slot = month->slots[network_find_dealer(set->world->network, dealer)];
    return month->flags[slot] & MONTH_REPORTED ? month->columns[0][slot] : -1;
}

static release_set_t read_set(fixture_t *fixture, period_t period, uint64_t most)
{
    release_set_t set = {0};
    store_txn_t *txn = NULL;
    OK(store_begin_read(fixture->store, &txn));
    OK(release_set_read(fixture->past, txn, period, most, &set));
    store_abort(&txn);
    return set;
}

Test(releases, a_set_holds_what_each_release_took, .timeout = 60)
{
    fixture_t fixture = set_up();
    release_set_t none = read_set(&fixture, JUNE, UINT64_MAX);
    cr_assert(none.count == 0 && !none.world);
    uint64_t stands = file(&fixture, "D1", 1, 10);
    uint64_t first = release(&fixture, 1, NULL, 0);
    file(&fixture, "D1", 2, 20);
    file(&fixture, "D2", 1, 30);
    const held_revision_t held[] = {{"D1", stands}, {"D2", 0}};
    release(&fixture, 2, held, 2);
    uint64_t third = release(&fixture, 3, held + 1, 1);
    file(&fixture, "D2", 2, 40); /* behind all releases */

    release_set_t set = read_set(&fixture, JUNE, UINT64_MAX);
    cr_assert(set.count == 3 && set.event == third && set.time_ms == 1000);
    cr_assert(value_in(&set, 0, "D1") == 10 && value_in(&set, 0, "D2") == -1);
    cr_assert(value_in(&set, 1, "D1") == 10 && value_in(&set, 1, "D2") == -1);
    cr_assert(value_in(&set, 2, "D1") == 20 && value_in(&set, 2, "D2") == -1);
    release_set_fini(&set);
    set = read_set(&fixture, JUNE, third - 1);
    cr_assert_eq(set.count, 2);
    release_set_fini(&set);
    set = read_set(&fixture, JUNE, first - 1);
    cr_assert_eq(set.count, 0);
    set = read_set(&fixture, JUNE + 1, UINT64_MAX);
    cr_assert_eq(set.count, 0, "another month's");
    tear_down(&fixture);
}

/* ---- kept sets */

Test(release_sets, a_set_is_kept_until_a_release_comes, .timeout = 60)
{
    fixture_t fixture = set_up();
    release_sets_t *sets = release_sets_create(fixture.store, fixture.past, PLENTY);
    release_hold_t hold, again, later;
    OK(release_sets_get(sets, JUNE, UINT64_MAX, &hold));
    cr_assert(hold.count == 0 && !hold.set);
    file(&fixture, "D1", 1, 10);
    uint64_t first = release(&fixture, 1, NULL, 0);
    OK(release_sets_get(sets, JUNE, UINT64_MAX, &hold));
    cr_assert(hold.count == 1 && hold.time_ms == 1000 && value_in(hold.set, 0, "D1") == 10);
    enter(&fixture, (stored_event_t){.kind = EVENT_EXEMPLAR, .subject = "exemplar/nation", .scope = "nation"});
    OK(release_sets_get(sets, JUNE, UINT64_MAX, &again));
    cr_assert_eq(again.set, hold.set, "nothing was released meanwhile");
    file(&fixture, "D1", 2, 20);
    release(&fixture, 2, NULL, 0);
    OK(release_sets_get(sets, JUNE, UINT64_MAX, &later));
    cr_assert(later.count == 2 && value_in(later.set, 1, "D1") == 20);
    cr_assert_eq(later.set->months[0], hold.set->months[0], "read once");
    release_hold_end(&later);
    OK(release_sets_get(sets, JUNE, first, &later));
    cr_assert(later.count == 1 && later.set->count == 2, "the first of them");
    release_hold_end(&later);
    OK(release_sets_get(sets, JUNE, first - 1, &later));
    cr_assert_eq(later.count, 0);
    OK(release_sets_get(sets, JUNE + 1, UINT64_MAX, &later));
    cr_assert_eq(later.count, 0, "another month's");
    release_sets_destroy(&sets);
    cr_assert_eq(value_in(hold.set, 0, "D1"), 10, "a hold outlives what keeps it");
    release_hold_end(&hold);
    release_hold_end(&again);
    tear_down(&fixture);
}

Test(release_sets, what_does_not_fit_is_not_kept, .timeout = 60)
{
    fixture_t fixture = set_up();
    release_sets_t *sets = release_sets_create(fixture.store, fixture.past, 1);
    release_hold_t hold, again;
    file(&fixture, "D1", 1, 10);
    release(&fixture, 1, NULL, 0);
    OK(release_sets_get(sets, JUNE, UINT64_MAX, &hold));
    OK(release_sets_get(sets, JUNE, UINT64_MAX, &again));
    cr_assert(again.count == 1 && again.set != hold.set);
    release_hold_end(&hold);
    release_hold_end(&again);
    release_sets_destroy(&sets);
    tear_down(&fixture);
}

typedef struct {
    release_sets_t *sets;
    atomic_size_t acknowledged; /* releases that were */
    atomic_size_t asked;
    atomic_bool is_over;
} watch_t;

/* Counts the questions whose answer lacked what had been acknowledged before. */
static void *watch(void *context)
{
    watch_t *seen = context;
    size_t missing = 0;
    while (!atomic_load(&seen->is_over)) {
        size_t least = atomic_load(&seen->acknowledged);
        release_hold_t hold = {0};
        missing += release_sets_get(seen->sets, JUNE, UINT64_MAX, &hold) != STATUS_OK || hold.count < least;
        release_hold_end(&hold);
        atomic_fetch_add(&seen->asked, 1);
    }
    return (void *)missing;
}

Test(release_sets, who_asks_after_an_acknowledgement_sees_it, .timeout = 60)
{
    fixture_t fixture = set_up();
    watch_t seen = {.sets = release_sets_create(fixture.store, fixture.past, PLENTY)};
    pthread_t threads[2];
    void *missing[2];
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, watch, &seen), 0);
    for (uint32_t number = 1; number <= RELEASES_MAX; number++) {
        size_t before = atomic_load(&seen.asked);
        file(&fixture, "D1", number, number);
        release(&fixture, number, NULL, 0);
        atomic_store(&seen.acknowledged, number);
        while (atomic_load(&seen.asked) < before + 20)
            ;
    }
    atomic_store(&seen.is_over, true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], &missing[i]);
    cr_assert(!missing[0] && !missing[1]);
    release_sets_destroy(&seen.sets);
    tear_down(&fixture);
}

#define ASKING 2u

typedef struct {
    release_sets_t *sets;
    pthread_barrier_t together;
    atomic_uint begun;
} crowd_at_once_t;

static void *ask_at_once(void *context)
{
    crowd_at_once_t *crowd = context;
    release_hold_t hold = {0};
    pthread_barrier_wait(&crowd->together);
    atomic_fetch_add(&crowd->begun, 1);
    while (atomic_load(&crowd->begun) < ASKING) /* a barrier lets them go one after the other */
        ;
    bool found = release_sets_get(crowd->sets, JUNE, UINT64_MAX, &hold) == STATUS_OK;
    const void *set = found ? hold.set : NULL;
    pthread_barrier_wait(&crowd->together); /* nobody lets go before all have asked */
    release_hold_end(&hold);
    return (void *)set;
}

Test(release_sets, who_asks_at_once_shares_one_reading, .timeout = 60)
{
    enum { ROUNDS = 300 };
    fixture_t fixture = set_up();
    pthread_t threads[ASKING];
    void *sets[ASKING];
    file(&fixture, "D1", 1, 10);
    release(&fixture, 1, NULL, 0);
    for (size_t round = 0; round < ROUNDS; round++) {
        crowd_at_once_t crowd = {.sets = release_sets_create(fixture.store, fixture.past, PLENTY)};
        pthread_barrier_init(&crowd.together, NULL, ASKING);
        for (size_t i = 0; i < ASKING; i++)
            cr_assert_eq(pthread_create(&threads[i], NULL, ask_at_once, &crowd), 0);
        for (size_t i = 0; i < ASKING; i++)
            pthread_join(threads[i], &sets[i]);
        for (size_t i = 0; i < ASKING; i++)
            cr_assert(sets[i] && sets[i] == sets[0]);
        pthread_barrier_destroy(&crowd.together);
        release_sets_destroy(&crowd.sets);
    }
    tear_down(&fixture);
}

/* ---- exemplars */

static uint64_t designate(fixture_t *fixture, const char *scope, const char *dealer, period_t from, bool consented)
{
    char subject[STORE_SUBJECT_SIZE];
    snprintf(subject, sizeof subject, "exemplar/%s", scope);
    return enter(fixture, (stored_event_t){.kind = EVENT_EXEMPLAR,
                                           .subject = subject,
                                           .scope = scope,
                                           .dealer = dealer,
                                           .period = from,
                                           .flag = consented,
                                           .text = "why"});
}

/* "nation=D1! region:r=D2": whose, in order; ! = consented. Static storage. */
static const char *standing(fixture_t *fixture, period_t period, uint64_t most)
{
    static char text[256];
    char scope[CODE_LENGTH_MAX + 8];
    CLEANUP(world_release) world_t *world = NULL;
    exemplars_t found;
    store_txn_t *txn = NULL;
    size_t used = 0;
    uint64_t newest, time_ms;
    OK(store_begin_read(fixture->store, &txn));
    store_newest_event(txn, &newest, &time_ms);
    store_abort(&txn);
    OK(past_world(fixture->past, newest, &world));
    OK(exemplars_at(fixture->exemplars, world->network, period, most, fixture->arena, &found));
    text[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        scope_format(world->network, found.items[i].scope, scope, sizeof scope);
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%s=%s%s", i ? " " : "", scope,
                             world->network->dealers[found.items[i].dealer].code, found.items[i].consented ? "!" : "");
    }
    return text;
}

Test(exemplars, the_newest_that_has_begun_stands, .timeout = 60)
{
    fixture_t fixture = set_up();
    cr_assert_str_eq(standing(&fixture, JUNE, UINT64_MAX), "");
    uint64_t first = designate(&fixture, "nation", "D1", JUNE, false);
    designate(&fixture, "region:s", "D2", JUNE - 1, true);
    cr_assert_str_eq(standing(&fixture, JUNE, UINT64_MAX), "nation=D1 region:s=D2!");
    cr_assert_str_eq(standing(&fixture, JUNE - 1, UINT64_MAX), "region:s=D2!");
    designate(&fixture, "nation", "D2", JUNE + 1, true);
    cr_assert_str_eq(standing(&fixture, JUNE, UINT64_MAX), "nation=D1 region:s=D2!", "the newer one begins later");
    cr_assert_str_eq(standing(&fixture, JUNE + 1, UINT64_MAX), "nation=D2! region:s=D2!");
    designate(&fixture, "region:s", "", JUNE, false);
    cr_assert_str_eq(standing(&fixture, JUNE, UINT64_MAX), "nation=D1", "withdrawn");
    cr_assert_str_eq(standing(&fixture, JUNE - 1, UINT64_MAX), "region:s=D2!", "withdrawn from June on only");
    cr_assert_str_eq(standing(&fixture, JUNE, first), "nation=D1");
    cr_assert_str_eq(standing(&fixture, JUNE, first - 1), "");
    tear_down(&fixture);
}

Test(exemplars, what_the_network_does_not_know_is_left_out, .timeout = 60)
{
    fixture_t fixture = set_up();
    designate(&fixture, "nation", "D9", JUNE, true);
    designate(&fixture, "region:gone", "D1", JUNE, true);
    designate(&fixture, "region:r", "D1", JUNE, true);
    cr_assert_str_eq(standing(&fixture, JUNE, UINT64_MAX), "region:r=D1!");
    tear_down(&fixture);
}

Test(exemplars, a_list_tells_the_newest_of_each_scope, .timeout = 60)
{
    fixture_t fixture = set_up();
    exemplar_entry_t *entries;
    size_t count;
    store_txn_t *txn = NULL;
    designate(&fixture, "nation", "D1", JUNE, true);
    designate(&fixture, "region:r", "D1", JUNE, true);
    designate(&fixture, "nation", "", JUNE + 1, false);
    OK(store_begin_read(fixture.store, &txn));
    OK(exemplars_list(txn, fixture.arena, &entries, &count));
    store_abort(&txn);
    cr_assert_eq(count, 2);
    cr_assert_str_eq(entries[0].scope, "nation");
    cr_assert_str_eq(entries[0].dealer, "");
    cr_assert(entries[0].from == JUNE + 1 && entries[0].time_ms == 1000 && !entries[0].consented);
    cr_assert_str_eq(entries[1].scope, "region:r");
    cr_assert(entries[1].from == JUNE && entries[1].consented);
    cr_assert_str_eq(entries[1].why, "why");
    tear_down(&fixture);
}
