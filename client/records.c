#include "client/records.h"

#include "client/encoding.h"
#include "client/kinds.h"
#include "client/xlsx.h"
#include "core/scratch.h"

#include <stdlib.h>

struct records {
    char *text; /* of a CSV file, as UTF-8; else NULL */
    size_t size;
    xlsx_t *book;
};

void records_close(records_t **records)
{
    if (!*records)
        return;
    free((*records)->text);
    xlsx_close(&(*records)->book);
    free(*records);
    *records = NULL;
}

status_t records_open(const char *path, records_t **out, faults_t *faults, faults_t *notes)
{
    CLEANUP(scratch_free) char *data = NULL;
    size_t size = 0;
    TRY(csv_load_file(path, &data, &size, faults));
    CLEANUP(records_close) records_t *records = calloc(1, sizeof *records);
    if (!records)
        return STATUS_NO_MEMORY;
    span_t bytes = {(const uint8_t *)data, size};
    if (kind_is_zip(bytes))
        TRY(xlsx_open(bytes, &records->book, faults, notes));
    else
        TRY(encoding_to_utf8(bytes, &records->text, &records->size, faults));
    *out = records;
    records = NULL;
    return STATUS_OK;
}

size_t records_table_count(const records_t *records)
{
    return records->book ? xlsx_sheet_count(records->book) : 1;
}

const char *records_table_name(const records_t *records, size_t table)
{
    return records->book ? xlsx_sheet_name(records->book, table) : "";
}

status_t records_read(const records_t *records, size_t table, csv_on_record_t *on_record, void *context,
                      faults_t *faults)
{
    if (records->book)
        return xlsx_read_sheet(records->book, table, on_record, context);
    return csv_read_text(records->text, records->size, on_record, context, faults);
}
