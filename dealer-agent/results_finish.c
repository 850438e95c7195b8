#include "dealer-agent/results_finish.h"

#include "core/number.h"
#include "core/scratch.h"

#include <expat.h>
#include <string.h>
#include <zip.h>

#define PART_SIZE_MAX (1u << 30) /* of one part, unpacked: expat counts in int */
#define DOS_DATE      0x0021     /* 1980-01-01, as libxlsxwriter has it */

static void close_source(zip_source_t **source)
{
    if (*source)
        zip_source_free(*source);
}

static void discard(zip_t **archive)
{
    if (*archive)
        zip_discard(*archive);
}

static void close_part(zip_file_t **part)
{
    if (*part)
        zip_fclose(*part);
}

/* ---- Sheets ---- */

static size_t count_numbers(const paper_t *paper)
{
    size_t count = 0;
    for (size_t i = 0; i < paper->line_count; i++)
        for (size_t j = 0; j < paper->lines[i].used; j++)
            count += paper->lines[i].cells[j].kind == PAPER_NUMBER;
    return count;
}

/* The number at a reference like "AB12"; NULL where the paper has none there. */
static const paper_cell_t *find_number(const paper_t *paper, const char *reference)
{
    size_t column = 0;
    for (; *reference >= 'A' && *reference <= 'Z'; reference++)
        column = column * 26 + (size_t)(*reference - 'A') + 1;
    size_t row = strtoul(reference, NULL, 10);
    if (!row || !column || row > paper->line_count || column > paper->lines[row - 1].used)
        return NULL;
    const paper_cell_t *cell = &paper->lines[row - 1].cells[column - 1];
    return cell->kind == PAPER_NUMBER ? cell : NULL;
}

/* Where the value of the cell at `cell` ("<c r=…") begins where it is a number, else NULL; *out_next: behind its tag.
 */
static const char *find_value(const char *cell, const char **out_next)
{
    const char *end = strchr(cell, '>');
    *out_next = end ? end + 1 : cell + strlen(cell);
    const char *type = strstr(cell, " t=\"");
    bool is_number = end && !(type && type < end) && !strncmp(end + 1, "<v>", 3);
    return is_number ? end + 1 + 3 : NULL;
}

/* Copies the sheet with its numbers in full; returns how many there were, SIZE_MAX where one belongs to no cell. */
static size_t copy_sheet(const char *xml, const paper_t *paper, FILE *out)
{
    static const char CELL[] = "<c r=\"";
    size_t count = 0;
    const char *from = xml, *next;
    for (const char *at = xml; (at = strstr(at, CELL)) != NULL; at = next) {
        const char *value = find_value(at, &next);
        if (!value)
            continue;
        const paper_cell_t *cell = find_number(paper, at + strlen(CELL));
        if (!cell)
            return SIZE_MAX;
        char number[32];
        number_format_double(cell->value, number, sizeof number);
        fwrite(from, 1, (size_t)(value - from), out);
        fputs(number, out);
        from = next = value + strcspn(value, "<");
        count++;
    }
    fputs(from, out);
    return count;
}

static status_t complete_sheet(const char *xml, const paper_t *paper, char **out, size_t *out_size)
{
    FILE *file = open_memstream(out, out_size);
    if (!file)
        return STATUS_NO_MEMORY;
    size_t count = copy_sheet(xml, paper, file);
    TRY(scratch_close(file));
    return count == count_numbers(paper) ? STATUS_OK : STATUS_IO;
}

/* ---- Parts of the workbook ---- */

static status_t read_part(zip_t *archive, zip_uint64_t index, char **out, size_t *out_size)
{
    zip_stat_t info;
    CLEANUP(close_part) zip_file_t *part = zip_fopen_index(archive, index, 0);
    if (!part || zip_stat_index(archive, index, 0, &info) != 0 || info.size > PART_SIZE_MAX)
        return STATUS_IO;
    char *text = malloc(info.size + 1);
    if (!text)
        return STATUS_NO_MEMORY;
    if (zip_fread(part, text, info.size) != (zip_int64_t)info.size) {
        free(text);
        return STATUS_IO;
    }
    text[info.size] = '\0';
    *out = text;
    *out_size = info.size;
    return STATUS_OK;
}

static status_t check_well_formed(const char *xml, size_t size)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser)
        return STATUS_NO_MEMORY;
    bool is_whole = XML_Parse(parser, xml, (int)size, XML_TRUE) == XML_STATUS_OK;
    XML_ParserFree(parser);
    return is_whole ? STATUS_OK : STATUS_IO;
}

/* Puts `text`, allocated, in the part's place. */
static status_t replace_part(zip_t *archive, zip_uint64_t index, char *text, size_t size)
{
    zip_source_t *source = zip_source_buffer(archive, text, size, 1);
    if (!source) {
        free(text);
        return STATUS_NO_MEMORY;
    }
    if (zip_file_replace(archive, index, source, 0) != 0) {
        zip_source_free(source);
        return STATUS_NO_MEMORY;
    }
    return zip_file_set_dostime(archive, index, 0, DOS_DATE, 0) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Which paper the part is the sheet of; `count` where it is none. */
static size_t find_paper(const char *name, size_t count)
{
    unsigned number = 0;
    int end = 0;
    bool is_sheet = name && sscanf(name, "xl/worksheets/sheet%u.xml%n", &number, &end) == 1 && end && !name[end];
    return is_sheet && number >= 1 && number <= count ? number - 1 : count;
}

static status_t finish_part(zip_t *archive, zip_uint64_t index, const paper_t *papers, size_t count, size_t *sheets)
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    TRY(read_part(archive, index, &text, &size));
    TRY(check_well_formed(text, size));
    size_t paper = find_paper(zip_get_name(archive, index, 0), count);
    if (paper == count)
        return STATUS_OK;
    CLEANUP(scratch_free) char *whole = NULL;
    size_t whole_size = 0;
    TRY(complete_sheet(text, &papers[paper], &whole, &whole_size));
    char *moved = whole;
    whole = NULL;
    ++*sheets;
    return replace_part(archive, index, moved, whole_size);
}

static status_t finish_parts(zip_t *archive, const paper_t *papers, size_t count)
{
    size_t sheets = 0;
    zip_int64_t parts = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < parts; i++)
        TRY(finish_part(archive, (zip_uint64_t)i, papers, count, &sheets));
    return sheets == count ? STATUS_OK : STATUS_IO;
}

/* ---- The archive ---- */

static status_t read_source(zip_source_t *source, char **out, size_t *out_size)
{
    zip_stat_t info;
    if (zip_source_stat(source, &info) != 0 || zip_source_open(source) != 0)
        return STATUS_IO;
    char *bytes = malloc(info.size);
    bool is_read = bytes && zip_source_read(source, bytes, info.size) == (zip_int64_t)info.size;
    zip_source_close(source);
    if (!is_read) {
        free(bytes);
        return STATUS_NO_MEMORY;
    }
    *out = bytes;
    *out_size = info.size;
    return STATUS_OK;
}

status_t results_finish(const char *bytes, size_t size, const paper_t *papers, size_t count, char **out,
                        size_t *out_size)
{
    CLEANUP(close_source) zip_source_t *source = zip_source_buffer_create(bytes, size, 0, NULL);
    if (!source)
        return STATUS_NO_MEMORY;
    CLEANUP(discard) zip_t *archive = zip_open_from_source(source, ZIP_CHECKCONS, NULL);
    if (!archive)
        return STATUS_IO;
    zip_source_keep(source); /* the archive owns one hold of it, this function the other */
    TRY(finish_parts(archive, papers, count));
    if (zip_close(archive) != 0)
        return STATUS_IO;
    archive = NULL;
    return read_source(source, out, out_size);
}
