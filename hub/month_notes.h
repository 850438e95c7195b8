/* What commits while a month lies in memory, kept until somebody asks for the month. Not thread-safe: who keeps it
 * locks.
 */
#pragma once

#include "hub/months.h"

#define MONTH_NOTES_MAX 16384 /* for one month; beyond it reading the month anew is cheaper */

struct month_note;

/* All zero: none. */
typedef struct {
    struct month_note **items;
    size_t count, room;
} month_notes_t;

/* Notes a delta, with a copy of its facts. `previous`: for the columns of the month before. False where memory is short
 * or there are MONTH_NOTES_MAX. */
bool month_notes_add(month_notes_t *notes, const month_delta_t *delta, size_t fact_count, bool previous) NODISCARD;

/* Applies them in their order, except those up to `sequence`. */
void month_notes_apply(const month_notes_t *notes, uint64_t sequence, month_t *month);

/* Fit for CLEANUP. */
void month_notes_fini(month_notes_t *notes);
