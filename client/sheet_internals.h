/* The manual's sheets of a file while they are read. For client/sheet*.c only. */
#pragma once

#include "client/facts_cell.h"
#include "client/sheet.h"

/* As many months as there are periods. */
#define MONTHS_MAX ((PERIOD_YEAR_MAX - PERIOD_YEAR_MIN + 1) * 12)

typedef struct {
    uint32_t file, line; /* line 0: none */
} place_t;

/* A month, from all tables. */
typedef struct {
    period_t period;
    place_t place; /* of the first header that holds it */
    uint32_t column;
    int64_t *facts; /* fact_count values, FACT_ABSENT where there is none */
    place_t *rows;  /* of each fact: the row that said something of it */
} sheet_month_t;

typedef enum { HEAD_NONE, HEAD_MONTH, HEAD_IGNORED } head_kind_t;

typedef struct {
    head_kind_t kind;
    sheet_month_t *month;
} head_t;

/* A caption with another year than the file's name. */
typedef struct {
    uint32_t file, line, column;
    char text[CSV_EXCERPT_SIZE]; /* "" = there is none */
} odd_year_t;

struct sheet {
    facts_set_t *set;
    facts_pending_t *pending;
    const catalog_t *catalog;
    const facts_options_t *options;
    const month_year_t *year;
    faults_t *faults, *notes;
    sheet_month_t *months[MONTHS_MAX]; /* by period; NULL = no header holds it */
    bool has_header;                   /* in any table */
    bool takes_named_year;             /* a head has no year but that of the file's name */
    odd_year_t odd_year;

    /* Of the table at hand. */
    uint32_t header_line; /* its first */
    size_t first_column;  /* of the row titles, from 0 */
    head_t heads[CSV_COLUMNS_MAX];
    size_t head_count; /* columns of the last header */
};

/* Looks at what stands above a table, or as its name: a multiple as the unit of its figures is a fault; another year
 * than that of the file's name is one where a head relies on the name, which sheet_finish knows. Line and column from
 * 1; 0 and 0: the sheet's name. */
void sheet_read_caption(sheet_t *sheet, const char *text, uint32_t line, uint32_t column);

/* Takes a line as the header of the lines below it. STATUS_NO_MEMORY. */
status_t sheet_read_header(sheet_t *sheet, const csv_record_t *record) NODISCARD;
