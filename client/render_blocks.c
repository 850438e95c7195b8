#include "client/render_blocks.h"

#include "core/scratch.h"

#include <string.h>

#define LINE_WIDTH 100

static void destroy_grid(grid_t **grid)
{
    grid_destroy(grid);
}

/* Index of the answer's row with that id; SIZE_MAX where it has none. */
static size_t find(const blocks_t *blocks, const char *id)
{
    for (size_t i = 0; i < blocks->row_count; i++)
        if (strcmp(blocks->row_id(blocks->answer, i), id) == 0)
            return i;
    return SIZE_MAX;
}

/* Prints one block; nothing where `count` is 0. */
static status_t print_block(const blocks_t *blocks, const char *title, const size_t *rows, size_t count)
{
    const render_t *render = blocks->render;
    if (count == 0)
        return STATUS_OK;
    CLEANUP(destroy_grid) grid_t *grid = blocks->begin(render, blocks->answer, title, blocks->part);
    if (!grid)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        blocks->add_row(render, blocks->answer, grid, rows[i], blocks->part);
    fputc('\n', render->out);
    return grid_print(grid, render->out, render->colour);
}

/* Rows of `table` that the answer holds and no earlier block showed. */
static size_t gather(const blocks_t *blocks, const table_t *table, bool *shown, size_t *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        size_t row = find(blocks, blocks->render->catalog->rows[table->rows[i]].id);
        if (row == SIZE_MAX || shown[row])
            continue;
        shown[row] = true;
        rows[count++] = row;
    }
    return count;
}

/* The table whose rows are just the answer's: what `--table` asked for; NULL where there is none. */
static const table_t *find_whole(const blocks_t *blocks)
{
    const catalog_t *catalog = blocks->render->catalog;
    for (size_t i = 0; catalog && i < catalog->table_count; i++) {
        const table_t *table = &catalog->tables[i];
        size_t same = 0;
        while (same < table->row_count && same < blocks->row_count &&
               strcmp(catalog->rows[table->rows[same]].id, blocks->row_id(blocks->answer, same)) == 0)
            same++;
        if (same == table->row_count && same == blocks->row_count)
            return table;
    }
    return NULL;
}

static status_t print_rest(const blocks_t *blocks, const bool *shown, size_t *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < blocks->row_count; i++)
        if (!shown[i])
            rows[count++] = i;
    return print_block(blocks, render_word(blocks->render, WORD_OTHER_ROWS), rows, count);
}

status_t render_blocks(const blocks_t *blocks)
{
    const catalog_t *catalog = blocks->render->catalog;
    CLEANUP(scratch_free) bool *shown = calloc(blocks->row_count + 1, sizeof *shown);
    CLEANUP(scratch_free) size_t *rows = calloc(blocks->row_count + 1, sizeof *rows);
    if (!shown || !rows)
        return STATUS_NO_MEMORY;
    const table_t *whole = find_whole(blocks);
    if (whole)
        return print_block(blocks, whole->title[blocks->render->language], rows, gather(blocks, whole, shown, rows));
    for (size_t i = 0; catalog && i < catalog->table_count; i++) {
        size_t count = gather(blocks, &catalog->tables[i], shown, rows);
        TRY(print_block(blocks, catalog->tables[i].title[blocks->render->language], rows, count));
    }
    return print_rest(blocks, shown, rows);
}

void render_code_list(FILE *out, const char *lead, const char *const *codes, size_t count)
{
    size_t indent = text_width(lead), width = indent;
    fputs(lead, out);
    for (size_t i = 0; i < count; i++) {
        size_t step = text_width(codes[i]) + 1;
        if (width + step > LINE_WIDTH && width > indent) {
            fprintf(out, "\n%*s", (int)indent, "");
            width = indent;
        }
        fprintf(out, " %s", codes[i]);
        width += step;
    }
    fputc('\n', out);
}
