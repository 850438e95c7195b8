#include "client/facts_file.h"

#include "client/facts_set.h"
#include "client/layout.h"
#include "client/named_store.h"
#include "client/sheet.h"
#include "client/wide.h"

#include <stdio.h>
#include <stdlib.h>

/* One file while it is read. */
typedef struct {
    facts_set_t *set;
    const char *path;
    const catalog_t *catalog;
    const facts_options_t *options;
    month_year_t year;
    records_t *records;
    sheet_t *sheet;     /* the manual's sheets of all tables */
    bool leaves_dealer; /* a wide table says not whose its lines are */
    faults_t *faults;
} file_t;

static size_t fault_total(const faults_t *faults)
{
    return faults->count + faults->dropped;
}

/* Adds the table as a source of the set: the path, and the sheet's name where there are several. */
static status_t add_source(file_t *file, size_t table)
{
    if (records_table_count(file->records) == 1)
        return facts_set_add_source(file->set, file->path);
    char *source = NULL;
    if (asprintf(&source, "%s[%s]", file->path, records_table_name(file->records, table)) < 0)
        return STATUS_NO_MEMORY;
    status_t status = facts_set_add_source(file->set, source);
    free(source);
    return status;
}

static status_t pass_over(void *context, const csv_record_t *record)
{
    (void)context, (void)record;
    return STATUS_OK;
}

/* Says why a table is none: what its text is at fault with, or that no line is a header. */
static status_t refuse_table(file_t *file, size_t table, uint32_t line)
{
    TRY(records_read(file->records, table, pass_over, NULL, file->faults));
    if (line)
        faults_add(
            file->faults, line, 0,
            "this line is no header: it holds neither a column 'period' nor months as heads (1月, Jan, 2025-01); "
            "correct it (a line above the header may hold one cell only), or hide a sheet that holds no facts");
    else
        faults_add(
            file->faults, 0, 0,
            "there is no header: no line holds a column 'period' or months as heads (1月, Jan, 2025-01); add it, "
            "or hide a sheet that holds no facts");
    return STATUS_OK;
}

static status_t read_table(file_t *file, size_t table)
{
    layout_t layout;
    TRY(layout_find(file->records, table, file->catalog, &layout));
    switch (layout.kind) {
    case LAYOUT_WIDE:
        file->leaves_dealer |= !layout.has_dealers;
        return wide_read(file->set, file->records, table, layout.line, file->catalog, file->options, &file->year,
                         file->faults);
    case LAYOUT_SHEET:
        return sheet_read(file->sheet, file->records, table, &layout);
    default:
        return refuse_table(file, table, layout.line);
    }
}

/* Reads all tables, so that every fault of the file is named; the first status that is not about a fault ends it. */
static status_t read_tables(file_t *file)
{
    for (size_t i = 0; i < records_table_count(file->records); i++) {
        TRY(add_source(file, i));
        file->faults->source = file->set->sources[file->set->source_count - 1];
        status_t status = read_table(file, i);
        file->faults->source = file->path;
        if (status != STATUS_OK && status != STATUS_INVALID)
            return status;
    }
    return STATUS_OK;
}

static status_t read_file(file_t *file, faults_t *notes)
{
    size_t before = fault_total(file->faults);
    TRY(records_open(file->path, &file->records, file->faults, notes));
    TRY(sheet_create(file->set, file->catalog, file->options, &file->year, file->faults, notes, &file->sheet));
    TRY(read_tables(file));
    if (file->leaves_dealer)
        (void)named_store_check(file->path, file->options, file->faults);
    TRY(sheet_finish(file->sheet, file->path, before));
    return fault_total(file->faults) > before ? STATUS_INVALID : STATUS_OK;
}

static void file_fini(file_t *file)
{
    sheet_destroy(&file->sheet);
    records_close(&file->records);
}

status_t facts_set_read(facts_set_t *set, const char *path, const catalog_t *catalog, const facts_options_t *options,
                        faults_t *faults, faults_t *notes)
{
    facts_pending_t *pending;
    TRY(facts_set_open(set, &pending));
    pending->fact_count = catalog->fact_count;
    CLEANUP(file_fini)
    file_t file = {.set = set,
                   .path = path,
                   .catalog = catalog,
                   .options = options,
                   .year = month_year_of(path, options->year),
                   .faults = faults};
    const char *source = faults->source, *note_source = notes ? notes->source : NULL;
    faults->source = path;
    if (notes)
        notes->source = path;
    status_t status = read_file(&file, notes);
    faults->source = source;
    if (notes)
        notes->source = note_source;
    return status;
}
