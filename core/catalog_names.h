/* The names by which formulas and files mean a row: ids and titles, sorted. For core/catalog*.c only. */
#pragma once

#include "core/arena.h"
#include "core/catalog.h"

typedef struct {
    const char *text; /* folded */
    size_t row;
    const char *key; /* what of the row it is: "id", "title.zh" or "title.en" */
} row_name_t;

typedef struct {
    row_name_t *items; /* by text, then row, then key */
    size_t count;
} row_names_t;

/* text_fold or text_fold_title. */
typedef size_t (*fold_t)(const char *text, char *out, size_t size);

/* The ids, and where asked the titles, of a catalog's rows, each put through `fold`. Lives in the arena.
 * STATUS_NO_MEMORY. */
status_t row_names_make(arena_t *arena, const catalog_t *catalog, bool with_titles, fold_t fold,
                        row_names_t *out) NODISCARD;

/* The first row that goes by that name; ROW_NONE where there is none. */
size_t row_names_first(const row_names_t *names, const char *text);

/* The only row that goes by that name; ROW_NONE where there is none or several do. */
size_t row_names_only(const row_names_t *names, const char *text);
