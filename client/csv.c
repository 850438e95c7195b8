#include "client/csv.h"

#include "client/encoding.h"
#include "client/files.h"
#include "core/scratch.h"
#include "core/text.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EXCERPT_CHARACTERS 40

/* ---- Finding the separator ---- */

/* Which of , ; and tab stand outside quotes in the line at *text, which is moved behind its end. */
static size_t find_separators(const char **text, char *out)
{
    bool quoted = false, found[3] = {false, false, false};
    const char *at = *text;
    for (; *at && (quoted || (*at != '\n' && *at != '\r')); at++) {
        if (*at == '"')
            quoted = !quoted;
        for (int i = 0; i < 3; i++)
            found[i] |= !quoted && *at == ",;\t"[i];
    }
    at += strncmp(at, "\r\n", 2) == 0 ? 2 : *at != '\0';
    *text = at;
    *out = found[1] ? ';' : found[2] ? '\t' : ',';
    return (size_t)found[0] + found[1] + found[2];
}

/* The only separator of the first line that holds one, for a caption above the header has none; 0 where that holds
 * several, with the number of the line. A file of one column is as good with a comma. */
static char separator_of(const char *text, uint32_t *out_line)
{
    char separator = ',';
    for (uint32_t line = 1; *text; line++) {
        size_t count = find_separators(&text, &separator);
        *out_line = line;
        if (count)
            return count == 1 ? separator : '\0';
    }
    return ',';
}

/* ---- One reading ---- */

typedef struct {
    struct csv_parser parser;
    csv_on_record_t *on_record;
    void *context;
    faults_t *faults;
    status_t status;
    uint32_t line;        /* of the chunk at hand */
    uint32_t record_line; /* where the record began */
    uint32_t cell_line;   /* where the cell at hand began */
    bool in_record;
    bool has_records;
    char *text; /* cells of the record, each with a NUL */
    size_t used, capacity;
    size_t offsets[CSV_COLUMNS_MAX];
    const char *cells[CSV_COLUMNS_MAX];
    size_t count;
} reading_t;

static void reading_destroy(reading_t **reading)
{
    if (!*reading)
        return;
    csv_free(&(*reading)->parser);
    free((*reading)->text);
    free(*reading);
    *reading = NULL;
}

static bool reserve(reading_t *reading, size_t size)
{
    if (reading->capacity - reading->used >= size)
        return true;
    size_t capacity = (reading->used + size) * 2;
    char *text = realloc(reading->text, capacity);
    if (!text)
        return false;
    reading->text = text;
    reading->capacity = capacity;
    return true;
}

static void on_cell(void *cell, size_t size, void *data)
{
    reading_t *reading = data;
    uint32_t began = reading->cell_line;
    reading->cell_line = reading->line;
    if (reading->status != STATUS_OK)
        return;
    if (reading->count == CSV_COLUMNS_MAX) {
        faults_add(reading->faults, began, CSV_COLUMNS_MAX + 1,
                   "the line has more than %d cells; leave out what is over", CSV_COLUMNS_MAX);
        reading->status = STATUS_INVALID;
        return;
    }
    if (!reserve(reading, size + 1)) {
        reading->status = STATUS_NO_MEMORY;
        return;
    }
    reading->offsets[reading->count++] = reading->used;
    if (size)
        memcpy(reading->text + reading->used, cell, size);
    reading->text[reading->used + size] = '\0';
    reading->used += size + 1;
}

static void on_row(int terminator, void *data)
{
    (void)terminator;
    reading_t *reading = data;
    reading->in_record = false;
    bool is_blank = reading->used == reading->count; /* nothing but the cells' NULs */
    if (reading->status == STATUS_OK && !is_blank) {
        for (size_t i = 0; i < reading->count; i++)
            reading->cells[i] = reading->text + reading->offsets[i];
        reading->has_records = true;
        csv_record_t record = {.cells = reading->cells, .count = reading->count, .line = reading->record_line};
        reading->status = reading->on_record(reading->context, &record);
    }
    reading->count = 0;
    reading->used = 0;
}

/* The bytes up to and with the next line end: LF, or a CR that stands alone. */
static size_t line_size(const char *text, size_t size)
{
    size_t end = 0;
    while (end < size && text[end] != '\n' && !(text[end] == '\r' && (end + 1 == size || text[end + 1] != '\n')))
        end++;
    return end < size ? end + 1 : size;
}

static bool is_blank_line(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!strchr(" \t\r\n", text[i]))
            return false;
    return true;
}

static status_t refuse_quote(reading_t *reading)
{
    if (csv_error(&reading->parser) == CSV_ENOMEM || csv_error(&reading->parser) == CSV_ETOOBIG)
        return STATUS_NO_MEMORY;
    faults_add(reading->faults, reading->line, (uint32_t)reading->count + 1,
               "a quote stands where none may; put the whole cell in quotes and double those inside");
    return STATUS_INVALID;
}

/* Feeds libcsv line by line, for it does not count lines itself. */
static status_t feed(reading_t *reading, const char *text, size_t size)
{
    for (size_t at = 0; at < size && reading->status == STATUS_OK; reading->line++) {
        size_t step = line_size(text + at, size - at);
        if (!reading->in_record) {
            reading->record_line = reading->cell_line = reading->line;
            reading->in_record = !is_blank_line(text + at, step);
        }
        if (csv_parse(&reading->parser, text + at, step, on_cell, on_row, reading) != step)
            return refuse_quote(reading);
        at += step;
    }
    TRY(reading->status);
    uint32_t column = (uint32_t)reading->count + 1, line = reading->cell_line;
    if (csv_fini(&reading->parser, on_cell, on_row, reading) != 0) {
        faults_add(reading->faults, line, column, "the quote that opens here is never closed; close it, or remove it");
        return STATUS_INVALID;
    }
    return reading->status;
}

status_t csv_read_text(const char *text, size_t size, csv_on_record_t *on_record, void *context, faults_t *faults)
{
    uint32_t line = 1;
    char separator = separator_of(text, &line);
    if (!separator) {
        faults_add(faults, line, 0,
                   "the line holds several of comma, semicolon and tab; keep one as the separator, and put titles that "
                   "hold another in quotes");
        return STATUS_INVALID;
    }
    CLEANUP(reading_destroy) reading_t *reading = calloc(1, sizeof *reading);
    if (!reading || csv_init(&reading->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
        return STATUS_NO_MEMORY;
    csv_set_delim(&reading->parser, (unsigned char)separator);
    reading->on_record = on_record;
    reading->context = context;
    reading->faults = faults;
    reading->line = 1;
    TRY(feed(reading, text, size));
    if (reading->has_records)
        return STATUS_OK;
    faults_add(faults, 0, 0, "the file is empty; it needs a header line");
    return STATUS_INVALID;
}

status_t csv_read_bytes(span_t bytes, csv_on_record_t *on_record, void *context, faults_t *faults)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    TRY(encoding_to_utf8(bytes, &text, &size, faults));
    return csv_read_text(text, size, on_record, context, faults);
}

/* ---- Files ---- */

status_t csv_load_file(const char *path, char **out, size_t *out_size, faults_t *faults)
{
    status_t status = files_read(path, INPUT_SIZE_MAX, out, out_size);
    if (status == STATUS_IO)
        faults_add(faults, 0, 0, "cannot be read: %s", faults_text(faults, strerror(errno)));
    if (status != STATUS_LIMIT)
        return status;
    faults_add(faults, 0, 0, "is larger than %u MiB; split it", INPUT_SIZE_MAX >> 20);
    return STATUS_INVALID;
}

status_t csv_read_file(const char *path, csv_on_record_t *on_record, void *context, faults_t *faults)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    TRY(csv_load_file(path, &bytes, &size, faults));
    return csv_read_bytes((span_t){(const uint8_t *)bytes, size}, on_record, context, faults);
}

/* ---- Help for those who read records ---- */

bool csv_check_width(const csv_record_t *record, size_t columns, faults_t *faults)
{
    size_t count = record->count;
    while (count > columns && !*record->cells[count - 1])
        count--;
    if (count == columns)
        return true;
    faults_add(faults, record->line, 0, "the line has %zu cells where the header has %zu; give it one for each column",
               record->count, columns);
    return false;
}

const char *csv_excerpt(const char *cell, char out[CSV_EXCERPT_SIZE])
{
    const char *end = cell;
    size_t characters = 0;
    while (characters < EXCERPT_CHARACTERS && text_next(&end))
        characters++;
    size_t size = (size_t)(end - cell);
    for (size_t i = 0; i < size; i++)
        out[i] = strchr("\t\r\n", cell[i]) ? ' ' : cell[i];
    snprintf(out + size, CSV_EXCERPT_SIZE - size, "%s", cell[size] ? "…" : "");
    return out;
}

static void write_cell(FILE *out, const char *guard, const char *text)
{
    bool is_quoted = strpbrk(text, ",;\"\t\r\n") != NULL;
    fprintf(out, "%s%s", is_quoted ? "\"" : "", guard);
    for (; *text; text++)
        fprintf(out, "%s%c", *text == '"' ? "\"" : "", *text);
    fputs(is_quoted ? "\"" : "", out);
}

void csv_write_text(FILE *out, const char *text)
{
    write_cell(out, *text && strchr("=+-@\t\r", *text) ? "'" : "", text);
}

void csv_write_exact(FILE *out, const char *text)
{
    write_cell(out, "", text);
}
