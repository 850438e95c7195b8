/* Any bytes as a workbook. Those that begin with PK are the archive itself; others, so that the fuzzer gets past ZIP
 * and its checksums, are one part of a workbook that is right otherwise: the shared strings, styles or list of sheets
 * where they begin so, else the sheet. What is opened has cells that are in order and show something; then it is read
 * as facts (tests/fuzz/facts_check.h). */
#include "../client/workbook.h"
#include "facts_check.h"

#include "client/kinds.h"
#include "client/xlsx.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool begins(span_t bytes, const char *mark)
{
    return bytes.size >= strlen(mark) && memcmp(bytes.data, mark, strlen(mark)) == 0;
}

static span_t wrap(span_t bytes)
{
    static const char SHEET[] = "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c><c><v>2</v></c><c s=\"1\"><v>45658"
                                "</v></c></row></sheetData></worksheet>";
    static const struct {
        const char *mark, *part;
    } PARTS[] = {{"<sst", "xl/strings.xml"}, {"<styleSheet", "xl/styles.xml"}, {"<workbook", "xl/workbook.xml"}};
    workbook_t *workbook = workbook_create(false);
    const char *part = "xl/sheet.xml";
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (begins(bytes, PARTS[i].mark))
            part = PARTS[i].part;
    workbook_add_frame(workbook, (span_t){(const uint8_t *)SHEET, strlen(SHEET)}, NULL, NULL);
    workbook_add(workbook, part, bytes.data, bytes.size);
    return workbook_finish(&workbook);
}

typedef struct {
    uint32_t line;
    size_t width, rows;
} seen_t;

static status_t see(void *context, const csv_record_t *record)
{
    seen_t *seen = context;
    size_t filled = 0;
    require(record->line > seen->line && record->line <= XLSX_ROWS_MAX);
    require(record->count > 0 && record->count <= CSV_COLUMNS_MAX && (!seen->rows || record->count == seen->width));
    for (size_t i = 0; i < record->count; i++) {
        filled += *record->cells[i] != '\0';
        require(!record->merged[i] || *record->cells[i]);
        require(strlen(record->cells[i]) <= XLSX_TEXT_MAX + strlen("=…"));
    }
    require(filled > 0);
    *seen = (seen_t){record->line, record->count, seen->rows + 1};
    return STATUS_OK;
}

static void check_book(span_t bytes)
{
    xlsx_t *book = NULL;
    faults_t faults = {0}, notes = {0};
    status_t status = xlsx_open(bytes, &book, &faults, &notes);
    require(status == STATUS_OK || status == STATUS_INVALID);
    require((status == STATUS_OK) == faults_empty(&faults) && (status == STATUS_OK) == (book != NULL));
    for (size_t i = 0; book && i < xlsx_sheet_count(book); i++) {
        seen_t seen = {0};
        require(xlsx_read_sheet(book, i, see, &seen) == STATUS_OK && seen.rows > 0);
    }
    require(!book || xlsx_sheet_count(book) > 0);
    xlsx_close(&book);
    faults_fini(&faults);
    faults_fini(&notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span_t bytes = {data, size};
    bool is_archive = kind_is_zip(bytes);
    if (!is_archive)
        bytes = wrap(bytes);
    check_book(bytes);
    facts_check_as(bytes, size % 8 < 4 ? size % 4 : 0); /* all four would take the time of other inputs */
    if (!is_archive)
        free((void *)(uintptr_t)bytes.data);
    return 0;
}
