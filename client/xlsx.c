#include "client/xlsx.h"

#include "client/xlsx_internals.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Above what XLSX_UNPACKED_MAX lets in. */
#define MEMORY_MAX ((size_t)1 << 30)

/* ---- Memory ---- */

bool xlsx_reserve(void **items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : 64;
    void *moved = realloc(*items, larger * size);
    if (!moved)
        return false;
    *items = moved;
    *capacity = larger;
    return true;
}

void xlsx_close(xlsx_t **book)
{
    if (!*book)
        return;
    for (size_t i = 0; i < (*book)->sheet_count; i++)
        free((*book)->sheets[i].rows);
    free((*book)->strings);
    free((*book)->styles);
    arena_destroy(&(*book)->arena);
    free(*book);
    *book = NULL;
}

/* ---- Texts ---- */

void xlsx_text_add(xlsx_text_t *text, const char *bytes, size_t size)
{
    size_t room = XLSX_TEXT_MAX - text->size;
    if (size > room) {
        text->is_cut = true;
        size = room;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

/* The character of an escape "_xHHHH_" at `at`; 0 where there is none, or none that shows. */
static unsigned escape_at(const char *at)
{
    static const char HEX[] = "0123456789abcdefABCDEF";
    if (at[0] != '_' || at[1] != 'x' || strspn(at + 2, HEX) != 4 || at[6] != '_')
        return 0;
    unsigned long point = strtoul(at + 2, NULL, 16);
    if (point < 0x20 || (point >= 0x7F && point < 0xA0))
        return ' ';
    return point >= 0xD800 && point < 0xE000 ? 0 : (unsigned)point;
}

/* Undoes escapes (ECMA-376 part 1, 22.9.2.19: ST_Xstring) in place; no character is longer than its escape. */
static void undo_escapes(char *text)
{
    char *to = text;
    for (const char *at = text; *at;) {
        unsigned point = escape_at(at);
        if (point) {
            to += text_encode(point, to);
            at += 7;
        } else
            *to++ = *at++;
    }
    *to = '\0';
}

/* Without blanks of any kind at its ends. */
static const char *trim(char *text)
{
    const char *start = NULL, *end = text;
    for (const char *at = text; *at;) {
        const char *before = at;
        if (text_is_blank(text_next(&at)))
            continue;
        start = start ? start : before;
        end = at;
    }
    text[end - text] = '\0';
    return start ? start : "";
}

const char *xlsx_text_finish(xlsx_text_t *text, arena_t *arena)
{
    while (text->is_cut && text->size && (text->bytes[text->size - 1] & 0xC0) == 0x80)
        text->size--; /* a character that was cut in two, or the last whole one */
    if (text->is_cut && text->size && (text->bytes[text->size - 1] & 0x80))
        text->size--;
    text->bytes[text->size] = '\0';
    undo_escapes(text->bytes);
    const char *trimmed = trim(text->bytes);
    bool is_cut = text->is_cut;
    text->size = 0;
    text->is_cut = false;
    if (is_cut)
        return arena_printf(arena, "%s…", trimmed);
    return *trimmed ? arena_strdup(arena, trimmed) : "";
}

/* ---- Opening ---- */

static void add_notes(const xlsx_sheet_t *sheet, faults_t *notes)
{
    if (sheet->hidden_line)
        faults_add(notes, sheet->hidden_line, 0, "the line is hidden and read like the others");
    if (sheet->hidden_column)
        faults_add(notes, sheet->rows[0].line, sheet->hidden_column, "the column is hidden and read like the others");
}

/* Reads one sheet, with its name in the source of its faults and notes where there are others. */
static status_t read_sheet(xlsx_t *book, xlsx_sheet_t *sheet, package_t *package, faults_t *faults, faults_t *notes)
{
    const char *source = faults->source, *note_source = notes ? notes->source : NULL;
    if (book->sheet_count > 1 &&
        !(faults->source = arena_printf(book->arena, "%s[%s]", source ? source : "", sheet->name))) {
        faults->source = source;
        return STATUS_NO_MEMORY;
    }
    status_t status = xlsx_read_cells(book, sheet, package, faults);
    if (status == STATUS_OK && notes && sheet->row_count) {
        notes->source = faults->source;
        add_notes(sheet, notes);
        notes->source = note_source;
    }
    faults->source = source;
    return status;
}

/* Reads the visible sheets and keeps those that hold something. */
static status_t read_sheets(xlsx_t *book, package_t *package, faults_t *faults, faults_t *notes)
{
    size_t kept = 0;
    for (size_t i = 0; i < book->sheet_count; i++) {
        xlsx_sheet_t *sheet = &book->sheets[i];
        if (sheet->is_hidden) {
            if (notes)
                faults_add(notes, 0, 0, "the sheet '%s' is hidden and left out", sheet->name);
            continue;
        }
        TRY(read_sheet(book, sheet, package, faults, notes));
        if (!sheet->row_count)
            continue;
        xlsx_sheet_t found = *sheet;
        *sheet = book->sheets[kept];
        book->sheets[kept++] = found;
    }
    for (size_t i = kept; i < book->sheet_count; i++)
        free(book->sheets[i].rows);
    book->sheet_count = kept;
    if (kept)
        return STATUS_OK;
    faults_add(faults, 0, 0, "the workbook has no visible sheet with anything in it; fill one in, or show it");
    return STATUS_INVALID;
}

status_t xlsx_open(span_t bytes, xlsx_t **out, faults_t *faults, faults_t *notes)
{
    CLEANUP(package_close) package_t *package = NULL;
    TRY(package_open(bytes, &package, faults));
    CLEANUP(xlsx_close) xlsx_t *book = calloc(1, sizeof *book);
    if (!book || !(book->arena = arena_create(MEMORY_MAX)))
        return STATUS_NO_MEMORY;
    TRY(xlsx_read_parts(book, package, faults));
    TRY(read_sheets(book, package, faults, notes));
    *out = book;
    book = NULL;
    return STATUS_OK;
}

/* ---- Reading ---- */

size_t xlsx_sheet_count(const xlsx_t *book)
{
    return book->sheet_count;
}

const char *xlsx_sheet_name(const xlsx_t *book, size_t sheet)
{
    return book->sheets[sheet].name;
}

status_t xlsx_read_sheet(const xlsx_t *book, size_t sheet, csv_on_record_t *on_record, void *context)
{
    const xlsx_sheet_t *from = &book->sheets[sheet];
    const char *cells[CSV_COLUMNS_MAX];
    bool merged[CSV_COLUMNS_MAX];
    for (size_t i = 0; i < from->row_count; i++) {
        const xlsx_row_t *row = &from->rows[i];
        for (size_t j = 0; j < from->width; j++)
            cells[j] = "";
        memset(merged, 0, from->width);
        for (size_t j = 0; j < row->count; j++) {
            cells[row->cells[j].column - 1] = row->cells[j].text;
            merged[row->cells[j].column - 1] = row->cells[j].is_merged;
        }
        csv_record_t record = {cells, from->width, row->line, merged};
        TRY(on_record(context, &record));
    }
    return STATUS_OK;
}
