/* Which layout a table shows, told by its first line that is a header: one with a column of months (wide), or one with
 * months as its heads (the manual's sheet). Lines above it may hold one cell only: captions. */
#pragma once

#include "client/records.h"
#include "client/titles.h"

typedef enum {
    LAYOUT_NONE, /* no header was found */
    LAYOUT_WIDE,
    LAYOUT_SHEET,
} layout_kind_t;

typedef struct {
    layout_kind_t kind;
    bool has_dealers;    /* of WIDE: a column says whose each line is */
    uint32_t line;       /* of the header; of NONE the line that should have been it, 0 where every line is a caption */
    size_t first_column; /* of SHEET: the first that holds anything outside captions, from 0: the row titles' */
} layout_t;

/* Looks over a table. Its faults are left to the reading. STATUS_NO_MEMORY. */
status_t layout_find(const records_t *records, size_t table, const catalog_t *catalog, layout_t *out) NODISCARD;

/* Whether a line of the manual's sheet is a header: months as heads behind its first cell, which is no fact's title
 * unless there are two. */
bool layout_heads_months(const csv_record_t *record, const catalog_t *catalog);

/* How many cells hold something; *out_first is the first of them. */
size_t layout_count_cells(const csv_record_t *record, size_t *out_first);
