#include "client/network_files.h"

#include "client/csv.h"
#include "core/scratch.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FIELDS_MAX 4

/* What the files may hold; `next` takes a line whose cells stand in the fields' order ("" for a column that the file
 * leaves out). */
typedef struct network_reader network_reader_t;
typedef struct {
    const char *file;
    struct {
        const char *name;
        bool is_required; /* the column */
        bool is_filled;   /* each of its cells */
        bool is_month;
    } fields[FIELDS_MAX];
    size_t field_count;
    size_t line_size; /* of the struct that a line becomes */
    void (*make)(const char *const *cells, const period_t *months, uint32_t number, void *out);
} layout_t;

struct network_reader {
    const layout_t *layout;
    arena_t *arena;
    faults_t *faults;
    size_t at[FIELDS_MAX]; /* column from 1 of each field, 0 = not there */
    size_t column_count;
    bool has_header;
    char *lines; /* count structs of layout->line_size, on the heap while it grows */
    size_t count, capacity;
};

static void make_region(const char *const *cells, const period_t *months, uint32_t number, void *out)
{
    (void)months;
    *(network_region_line_t *)out = (network_region_line_t){cells[0], cells[1], cells[2], number};
}

static void make_dealer(const char *const *cells, const period_t *months, uint32_t number, void *out)
{
    (void)months;
    *(network_dealer_line_t *)out = (network_dealer_line_t){cells[0], cells[1], cells[2], number};
}

static void make_membership(const char *const *cells, const period_t *months, uint32_t number, void *out)
{
    *(network_membership_line_t *)out = (network_membership_line_t){cells[0], cells[1], months[2], number};
}

static void make_circle(const char *const *cells, const period_t *months, uint32_t number, void *out)
{
    *(network_circle_line_t *)out = (network_circle_line_t){cells[0], cells[1], months[2], months[3], number};
}

enum { REGIONS, DEALERS, MEMBERSHIPS, CIRCLES, LAYOUT_COUNT };

static const layout_t LAYOUTS[LAYOUT_COUNT] = {
    {"regions.csv",
     {{"code", true, true, false}, {"parent", true, false, false}, {"name", true, false, false}},
     3,
     sizeof(network_region_line_t),
     make_region},
    {"dealers.csv",
     {{"code", true, true, false}, {"name", true, false, false}, {"owner", true, false, false}},
     3,
     sizeof(network_dealer_line_t),
     make_dealer},
    {"memberships.csv",
     {{"dealer", true, true, false}, {"region", true, false, false}, {"from", true, true, true}},
     3,
     sizeof(network_membership_line_t),
     make_membership},
    {"circles.csv",
     {{"circle", true, true, false},
      {"dealer", true, true, false},
      {"from", false, false, true},
      {"until", false, false, true}},
     4,
     sizeof(network_circle_line_t),
     make_circle},
};

/* ---- The header ---- */

static void place_column(network_reader_t *reader, const csv_record_t *header, size_t index)
{
    const layout_t *layout = reader->layout;
    uint32_t number = (uint32_t)index + 1;
    char excerpt[CSV_EXCERPT_SIZE], folded[CSV_EXCERPT_SIZE];
    const char *title = csv_excerpt(header->cells[index], excerpt);
    text_fold_title(title, folded, sizeof folded);
    for (size_t i = 0; i < layout->field_count; i++) {
        if (strcmp(folded, layout->fields[i].name) != 0)
            continue;
        if (reader->at[i])
            faults_add(reader->faults, header->line, number, "column '%s' stands already as column %zu; keep one",
                       title, reader->at[i]);
        else
            reader->at[i] = index + 1;
        return;
    }
    faults_add(reader->faults, header->line, number, "%s has no column '%s'; correct it or leave the column out",
               layout->file, title);
}

static void read_header(network_reader_t *reader, const csv_record_t *header)
{
    reader->has_header = true;
    reader->column_count = header->count;
    for (size_t i = 0; i < header->count; i++)
        place_column(reader, header, i);
    for (size_t i = 0; i < reader->layout->field_count; i++)
        if (reader->layout->fields[i].is_required && !reader->at[i])
            faults_add(reader->faults, header->line, 0, "there is no column '%s'; add it",
                       reader->layout->fields[i].name);
}

/* ---- Lines ---- */

static bool read_month(network_reader_t *reader, const csv_record_t *record, size_t field, period_t *out)
{
    char excerpt[CSV_EXCERPT_SIZE];
    const char *cell = record->cells[reader->at[field] - 1];
    if (period_parse(cell, out))
        return true;
    faults_add(reader->faults, record->line, (uint32_t)reader->at[field],
               "%s: '%s' is no month; write it as YYYY-MM, 2025-06 for June 2025", reader->layout->fields[field].name,
               csv_excerpt(cell, excerpt));
    return false;
}

static status_t reserve_line(network_reader_t *reader)
{
    if (reader->count < reader->capacity)
        return STATUS_OK;
    size_t capacity = reader->capacity ? reader->capacity * 2 : 64;
    char *lines = realloc(reader->lines, capacity * reader->layout->line_size);
    if (!lines)
        return STATUS_NO_MEMORY;
    reader->lines = lines;
    reader->capacity = capacity;
    return STATUS_OK;
}

static status_t read_cells(network_reader_t *reader, const csv_record_t *record)
{
    const layout_t *layout = reader->layout;
    const char *cells[FIELDS_MAX] = {"", "", "", ""};
    period_t months[FIELDS_MAX] = {PERIOD_NONE, PERIOD_NONE, PERIOD_NONE, PERIOD_NONE};
    bool fine = true;
    for (size_t i = 0; i < layout->field_count; i++) {
        const char *cell = reader->at[i] ? record->cells[reader->at[i] - 1] : "";
        if (*cell && layout->fields[i].is_month)
            fine = read_month(reader, record, i, &months[i]) && fine;
        else if (!*cell && layout->fields[i].is_filled && reader->at[i]) {
            faults_add(reader->faults, record->line, (uint32_t)reader->at[i], "%s: the cell is empty; fill it in",
                       layout->fields[i].name);
            fine = false;
        } else if (*cell && !(cells[i] = arena_strdup(reader->arena, cell)))
            return STATUS_NO_MEMORY;
    }
    if (!fine)
        return STATUS_OK;
    TRY(reserve_line(reader));
    layout->make(cells, months, record->line, reader->lines + reader->count++ * layout->line_size);
    return STATUS_OK;
}

static status_t on_record(void *context, const csv_record_t *record)
{
    network_reader_t *reader = context;
    if (!reader->has_header) {
        read_header(reader, record);
        return STATUS_OK;
    }
    if (!csv_check_width(record, reader->column_count, reader->faults))
        return STATUS_OK;
    return read_cells(reader, record);
}

/* ---- The directory ---- */

static size_t fault_total(const faults_t *faults)
{
    return faults->count + faults->dropped;
}

/* Reads one file into *out_lines and *out_count. What is wrong with it is left in the faults; any other failure is the
 * status. */
static status_t read_layout(const char *path, const layout_t *layout, arena_t *arena, void **out_lines,
                            size_t *out_count, faults_t *faults)
{
    network_reader_t reader = {.layout = layout, .arena = arena, .faults = faults};
    faults->source = path;
    status_t status = csv_read_file(path, on_record, &reader, faults);
    CLEANUP(scratch_free) char *lines = reader.lines;
    if (status != STATUS_OK && status != STATUS_INVALID)
        return status;
    void *copy = arena_array(arena, reader.count, layout->line_size);
    if (!copy)
        return STATUS_NO_MEMORY;
    if (reader.count)
        memcpy(copy, lines, reader.count * layout->line_size);
    *out_lines = copy;
    *out_count = reader.count;
    return STATUS_OK;
}

static status_t read_all(const char *directory, arena_t *arena, const char *paths[LAYOUT_COUNT], network_lines_t *out,
                         faults_t *faults)
{
    void *lines[LAYOUT_COUNT] = {NULL};
    size_t counts[LAYOUT_COUNT] = {0};
    status_t worst = STATUS_OK;
    for (size_t i = 0; i < LAYOUT_COUNT; i++) {
        paths[i] = arena_printf(arena, "%s/%s", directory, LAYOUTS[i].file);
        if (!paths[i])
            return STATUS_NO_MEMORY;
        if (i == CIRCLES && access(paths[i], F_OK) != 0)
            continue;
        status_t status = read_layout(paths[i], &LAYOUTS[i], arena, &lines[i], &counts[i], faults);
        if (status == STATUS_NO_MEMORY)
            return status;
        if (status != STATUS_OK)
            worst = status; /* name what is wrong with the other files too */
    }
    *out = (network_lines_t){lines[REGIONS],     counts[REGIONS],     lines[DEALERS], counts[DEALERS],
                             lines[MEMBERSHIPS], counts[MEMBERSHIPS], lines[CIRCLES], counts[CIRCLES]};
    return worst;
}

/* network_build names files; a person gave a directory. */
static void name_paths(faults_t *faults, size_t first, const char *const paths[LAYOUT_COUNT])
{
    for (size_t i = first; i < faults->count; i++) {
        for (size_t j = 0; faults->items[i].source && j < LAYOUT_COUNT; j++) {
            char *path = strcmp(faults->items[i].source, LAYOUTS[j].file) == 0 ? strdup(paths[j]) : NULL;
            if (!path)
                continue;
            free(faults->items[i].source);
            faults->items[i].source = path;
            break;
        }
    }
}

status_t network_files_read(const char *directory, arena_t *arena, network_lines_t *out, faults_t *faults)
{
    const char *source = faults->source, *paths[LAYOUT_COUNT];
    size_t before = fault_total(faults), first = faults->count;
    network_lines_t lines;
    status_t status = read_all(directory, arena, paths, &lines, faults);
    if (status == STATUS_OK && fault_total(faults) > before)
        status = STATUS_INVALID;
    network_t *network = NULL;
    if (status == STATUS_OK) {
        status = network_build(&lines, &network, faults);
        name_paths(faults, first, paths);
    }
    network_destroy(&network);
    faults->source = source;
    if (status == STATUS_OK)
        *out = lines;
    return status;
}
