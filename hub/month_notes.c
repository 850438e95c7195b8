#include "hub/month_notes.h"

#include <stdlib.h>
#include <string.h>

typedef struct month_note {
    uint64_t sequence;
    uint32_t dealer;
    bool late, withdrawn, previous;
    int64_t facts[];
} month_note_t;

static bool make_room(month_notes_t *notes)
{
    if (notes->count < notes->room)
        return true;
    size_t room = notes->room ? notes->room * 2 : 16;
    month_note_t **items = notes->count < MONTH_NOTES_MAX ? realloc(notes->items, room * sizeof(month_note_t *)) : NULL;
    if (!items)
        return false;
    notes->items = items;
    notes->room = room;
    return true;
}

bool month_notes_add(month_notes_t *notes, const month_delta_t *delta, size_t fact_count, bool previous)
{
    size_t facts_size = delta->facts ? fact_count * sizeof(int64_t) : 0;
    month_note_t *note = make_room(notes) ? malloc(sizeof *note + facts_size) : NULL;
    if (!note)
        return false;
    note->sequence = delta->sequence;
    note->dealer = delta->dealer;
    note->late = delta->late;
    note->withdrawn = !delta->facts;
    note->previous = previous;
    if (delta->facts)
        memcpy(note->facts, delta->facts, facts_size);
    notes->items[notes->count++] = note;
    return true;
}

void month_notes_apply(const month_notes_t *notes, uint64_t sequence, month_t *month)
{
    for (size_t i = 0; i < notes->count; i++) {
        const month_note_t *note = notes->items[i];
        const int64_t *facts = note->withdrawn ? NULL : note->facts;
        if (note->sequence <= sequence)
            continue; /* the reading has seen it */
        if (note->previous)
            month_set_previous(month, note->dealer, facts);
        else
            month_set(month, note->dealer, facts, note->late);
    }
}

void month_notes_fini(month_notes_t *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->items[i]);
    free(notes->items);
    *notes = (month_notes_t){0};
}
