#include "core/catalog_names.h"

#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

#define FOLDED_SIZE (TITLE_CHARACTERS_MAX * 4 + 1)

static int compare_names(const void *left, const void *right)
{
    const row_name_t *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    if (order == 0)
        order = a->row < b->row ? -1 : a->row > b->row;
    return order ? order : strcmp(a->key, b->key);
}

static status_t add_name(arena_t *arena, row_names_t *names, row_name_t name, fold_t fold)
{
    char folded[FOLDED_SIZE];
    fold(name.text, folded, sizeof folded);
    name.text = arena_strdup(arena, folded);
    if (!name.text)
        return STATUS_NO_MEMORY;
    names->items[names->count++] = name;
    return STATUS_OK;
}

status_t row_names_make(arena_t *arena, const catalog_t *catalog, bool with_titles, fold_t fold, row_names_t *out)
{
    row_names_t names = {arena_array(arena, catalog->row_count * (with_titles ? 3 : 1), sizeof *names.items), 0};
    if (!names.items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < catalog->row_count; i++) {
        const row_t *row = &catalog->rows[i];
        TRY(add_name(arena, &names, (row_name_t){row->id, i, "id"}, fold));
        if (!with_titles)
            continue;
        TRY(add_name(arena, &names, (row_name_t){row->title[LANGUAGE_ZH], i, "title.zh"}, fold));
        TRY(add_name(arena, &names, (row_name_t){row->title[LANGUAGE_EN], i, "title.en"}, fold));
    }
    qsort(names.items, names.count, sizeof *names.items, compare_names);
    *out = names;
    return STATUS_OK;
}

/* Position of the first item that is not below `text`. */
static size_t lower_bound(const row_names_t *names, const char *text)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(names->items[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t row_names_first(const row_names_t *names, const char *text)
{
    size_t at = lower_bound(names, text);
    return at < names->count && strcmp(names->items[at].text, text) == 0 ? names->items[at].row : ROW_NONE;
}

size_t row_names_only(const row_names_t *names, const char *text)
{
    size_t row = row_names_first(names, text);
    for (size_t i = lower_bound(names, text); i < names->count && strcmp(names->items[i].text, text) == 0; i++)
        if (names->items[i].row != row)
            return ROW_NONE;
    return row;
}
