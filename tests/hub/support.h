/* Stores in temporary directories, filled with records that can be told again. */
#pragma once

#include "hub/store.h"
#include "tests/support/files.h"

#define JUNE ((period_t)(2025 * 12 + 5))

/* A store in `directory`/store, made where it is missing; a failure fails the test. */
store_t *store_at(const directory_t *directory, size_t map_bytes);
#define MAP_BYTES ((size_t)64 << 20)

/* Facts with three values that `value` decides; static storage, overwritten by the next call. */
packed_facts_t some_facts(int64_t value);

/* A revision as the writer makes it. Dealer's string is borrowed. */
stored_revision_t revision_of(const char *dealer, period_t period, uint32_t number, int64_t value);

/* Puts one revision in a transaction of its own. */
uint64_t put_one(store_t *store, const char *dealer, period_t period, uint32_t number, int64_t value);

/* First fact of the current revision; -1 where there is none. */
int64_t current_value(store_t *store, const char *dealer, period_t period);

/* A store of several hundred records in all tables, the last of them in a transaction of its own; and whether a store
 * holds exactly these. */
void fill(store_t *store);
bool is_as_filled(store_t *store);
