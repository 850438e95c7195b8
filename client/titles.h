/* What the titles of rows and columns in files of facts mean, in both layouts. */
#pragma once

#include "core/catalog.h"
#include "core/title_places.h"

/* Whether a cell holds nothing that shows: blanks, tabs, line ends, full-width blanks. */
bool title_is_blank(const char *cell);

/* Of the columns that say whose month a line is (core/title_places.h). */
title_place_t title_place(const char *title);

/* 年度合计, 合计, Total: a column of the manual's sheet that is ignored. */
bool title_is_total(const char *title);

/* Whether the title's bracketed unit is a multiple ("(万元)") that the catalog's own title does not name: dropped like
 * any other unit, it would make each figure wrong by that much. */
bool title_is_multiple(const row_t *row, const char *title);
