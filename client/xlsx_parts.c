#include "client/xlsx_internals.h"
#include "client/xlsx_values.h"
#include "core/scratch.h"

#include <stdlib.h>
#include <string.h>

#define ROOT_RELATIONS "_rels/.rels"

/* ---- Relationships: which part is what ---- */

typedef struct {
    const char *id, *type, *target; /* type: what stands behind the last slash */
} relation_t;

typedef struct {
    arena_t *arena;
    faults_t *faults;
    const char *folder; /* of the part whose relationships these are, with its slash; "" = the root */
    relation_t *items;  /* on the heap */
    size_t count, capacity;
} relations_t;

static void relations_fini(relations_t *relations)
{
    free(relations->items);
}

/* The part that a target names: from the root, or from the folder and upwards with "../". */
static const char *resolve(const relations_t *relations, const char *target)
{
    if (*target == '/')
        return arena_strdup(relations->arena, target + 1);
    size_t folder = strlen(relations->folder);
    for (; strncmp(target, "../", 3) == 0; target += 3)
        for (folder -= folder != 0; folder && relations->folder[folder - 1] != '/';)
            folder--;
    return arena_printf(relations->arena, "%.*s%s", (int)folder, relations->folder, target);
}

static void on_relation(part_t *part, const char *name, const char *const *attributes)
{
    relations_t *relations = part->context;
    const char *id = part_attribute(attributes, "Id"), *type = part_attribute(attributes, "Type");
    const char *target = part_attribute(attributes, "Target"), *mode = part_attribute(attributes, "TargetMode");
    if (strcmp(name, "Relationship") != 0 || !id || !type || !target || (mode && strcmp(mode, "External") == 0))
        return;
    if (relations->count == XLSX_RELATIONS_MAX) {
        faults_add(relations->faults, 0, 0, "the workbook has more than %d parts; copy the table into a new workbook",
                   XLSX_RELATIONS_MAX);
        part->status = STATUS_INVALID;
        return;
    }
    const char *slash = strrchr(type, '/');
    relation_t found = {arena_strdup(relations->arena, id), arena_strdup(relations->arena, slash ? slash + 1 : type),
                        resolve(relations, target)};
    if (!found.id || !found.type || !found.target ||
        !xlsx_reserve((void **)&relations->items, &relations->capacity, relations->count, sizeof found))
        part->status = STATUS_NO_MEMORY;
    else
        relations->items[relations->count++] = found;
}

static void on_nothing(part_t *part, const char *name)
{
    (void)part, (void)name;
}

static status_t read_relations(package_t *package, const char *part_name, relations_t *out)
{
    part_t part = {.context = out, .on_start = on_relation, .on_end = on_nothing};
    return package_parse(package, part_name, &part, out->faults);
}

/* The first part of a type; NULL where there is none. */
static const char *find_type(const relations_t *relations, const char *type)
{
    for (size_t i = 0; i < relations->count; i++)
        if (strcmp(relations->items[i].type, type) == 0)
            return relations->items[i].target;
    return NULL;
}

static const relation_t *find_id(const relations_t *relations, const char *id)
{
    for (size_t i = 0; i < relations->count; i++)
        if (strcmp(relations->items[i].id, id) == 0)
            return &relations->items[i];
    return NULL;
}

/* ---- The workbook's own part: its sheets ---- */

typedef struct {
    xlsx_t *book;
    const relations_t *relations;
    faults_t *faults;
} workbook_t;

static status_t add_sheet(workbook_t *workbook, const char *const *attributes)
{
    xlsx_t *book = workbook->book;
    const char *name = part_attribute(attributes, "name"), *id = part_attribute(attributes, "id");
    const char *state = part_attribute(attributes, "state");
    const relation_t *relation = id ? find_id(workbook->relations, id) : NULL;
    if (!name || !relation)
        return package_refuse(workbook->faults, TRANSLATED("its list of sheets"));
    if (strcmp(relation->type, "worksheet") != 0)
        return STATUS_OK; /* a sheet that is a chart has no cells */
    if (book->sheet_count == XLSX_SHEETS_MAX) {
        faults_add(workbook->faults, 0, 0, "the workbook has more than %d sheets; split it", XLSX_SHEETS_MAX);
        return STATUS_INVALID;
    }
    char excerpt[CSV_EXCERPT_SIZE];
    xlsx_sheet_t *sheet = &book->sheets[book->sheet_count];
    sheet->name = arena_strdup(book->arena, csv_excerpt(name, excerpt));
    sheet->part = relation->target;
    sheet->is_hidden = state && strcmp(state, "visible") != 0;
    if (!sheet->name)
        return STATUS_NO_MEMORY;
    book->sheet_count++;
    return STATUS_OK;
}

static void on_workbook(part_t *part, const char *name, const char *const *attributes)
{
    workbook_t *workbook = part->context;
    if (part->depth == 1 && strcmp(name, "workbook") != 0) {
        faults_add(workbook->faults, 0, 0, "is an Office file, but no workbook; save the table as .xlsx or CSV UTF-8");
        part->status = STATUS_INVALID;
    } else if (part->depth == 3 && strcmp(name, "sheet") == 0)
        part->status = add_sheet(workbook, attributes);
    else if (part->depth == 2 && strcmp(name, "workbookPr") == 0)
        workbook->book->is_1904 = part_flag(attributes, "date1904");
    else if (part->depth == 2 && strcmp(name, "calcPr") == 0)
        workbook->book->distrusts_results = part_flag(attributes, "fullCalcOnLoad");
}

static status_t read_workbook(workbook_t *workbook, package_t *package, const char *name)
{
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".bin") == 0) {
        faults_add(workbook->faults, 0, 0, "is a binary workbook (.xlsb); save it as .xlsx or CSV UTF-8");
        return STATUS_INVALID;
    }
    part_t part = {.context = workbook, .on_start = on_workbook, .on_end = on_nothing};
    return package_parse(package, name, &part, workbook->faults);
}

/* ---- Shared strings ---- */

typedef struct {
    xlsx_t *book;
    faults_t *faults;
    xlsx_text_t text;
    unsigned phonetic; /* depth of a phonetic guide around; 0 = none */
    bool in_text;
} strings_t;

static void on_string_start(part_t *part, const char *name, const char *const *attributes)
{
    (void)attributes;
    strings_t *strings = part->context;
    if (strcmp(name, "rPh") == 0 && !strings->phonetic)
        strings->phonetic = part->depth;
    strings->in_text = strcmp(name, "t") == 0 && !strings->phonetic;
}

static status_t add_string(strings_t *strings)
{
    xlsx_t *book = strings->book;
    if (book->string_count == XLSX_STRINGS_MAX) {
        faults_add(strings->faults, 0, 0, "the workbook has more than %d different texts; split it", XLSX_STRINGS_MAX);
        return STATUS_INVALID;
    }
    const char *text = xlsx_text_finish(&strings->text, book->arena);
    if (!text || !xlsx_reserve((void **)(uintptr_t)&book->strings, &book->string_capacity, book->string_count,
                               sizeof *book->strings))
        return STATUS_NO_MEMORY;
    book->strings[book->string_count++] = text;
    return STATUS_OK;
}

static void on_string_end(part_t *part, const char *name)
{
    strings_t *strings = part->context;
    strings->in_text = false;
    if (strings->phonetic == part->depth)
        strings->phonetic = 0;
    if (part->depth == 2 && strcmp(name, "si") == 0)
        part->status = add_string(strings);
}

static void on_string_text(part_t *part, const char *text, size_t size)
{
    strings_t *strings = part->context;
    if (strings->in_text)
        xlsx_text_add(&strings->text, text, size);
}

static status_t read_strings(xlsx_t *book, package_t *package, const char *name, faults_t *faults)
{
    CLEANUP(scratch_free) strings_t *strings = calloc(1, sizeof *strings);
    if (!strings)
        return STATUS_NO_MEMORY;
    strings->book = book;
    strings->faults = faults;
    part_t part = {.context = strings, .on_start = on_string_start, .on_end = on_string_end, .on_text = on_string_text};
    return package_parse(package, name, &part, faults);
}

/* ---- Styles: which cells show dates ---- */

typedef struct {
    unsigned long number;
    xlsx_style_t style;
} format_t;

typedef struct {
    xlsx_t *book;
    faults_t *faults;
    format_t *formats; /* the workbook's own */
    size_t format_count, format_capacity;
    bool in_cell_styles;
} styles_t;

static void styles_fini(styles_t *styles)
{
    free(styles->formats);
}

static status_t refuse_styles(styles_t *styles, int most)
{
    faults_add(styles->faults, 0, 0,
               "the workbook has more than %d cell styles or number formats; copy the table into a new workbook", most);
    return STATUS_INVALID;
}

static status_t add_format(styles_t *styles, const char *const *attributes)
{
    const char *number = part_attribute(attributes, "numFmtId"), *code = part_attribute(attributes, "formatCode");
    if (!number || !code)
        return STATUS_OK;
    if (styles->format_count == XLSX_FORMATS_MAX)
        return refuse_styles(styles, XLSX_FORMATS_MAX);
    if (!xlsx_reserve((void **)&styles->formats, &styles->format_capacity, styles->format_count,
                      sizeof *styles->formats))
        return STATUS_NO_MEMORY;
    styles->formats[styles->format_count++] =
        (format_t){strtoul(number, NULL, 10), {value_code_shows(code), value_code_multiple(code)}};
    return STATUS_OK;
}

/* The workbook's own formats come before the cell styles, and may give a known number another meaning. */
static xlsx_style_t style_of(const styles_t *styles, unsigned long number)
{
    for (size_t i = 0; i < styles->format_count; i++)
        if (styles->formats[i].number == number)
            return styles->formats[i].style;
    return (xlsx_style_t){value_builtin_shows(number), NULL};
}

static status_t add_style(styles_t *styles, const char *const *attributes)
{
    xlsx_t *book = styles->book;
    const char *number = part_attribute(attributes, "numFmtId");
    if (book->style_count == XLSX_STYLES_MAX)
        return refuse_styles(styles, XLSX_STYLES_MAX);
    if (!xlsx_reserve((void **)&book->styles, &book->style_capacity, book->style_count, sizeof *book->styles))
        return STATUS_NO_MEMORY;
    book->styles[book->style_count++] = style_of(styles, number ? strtoul(number, NULL, 10) : 0);
    return STATUS_OK;
}

static void on_style(part_t *part, const char *name, const char *const *attributes)
{
    styles_t *styles = part->context;
    if (part->depth == 2)
        styles->in_cell_styles = strcmp(name, "cellXfs") == 0;
    else if (part->depth == 3 && strcmp(name, "numFmt") == 0)
        part->status = add_format(styles, attributes);
    else if (part->depth == 3 && styles->in_cell_styles && strcmp(name, "xf") == 0)
        part->status = add_style(styles, attributes);
}

static status_t read_styles(xlsx_t *book, package_t *package, const char *name, faults_t *faults)
{
    CLEANUP(styles_fini) styles_t styles = {.book = book, .faults = faults};
    part_t part = {.context = &styles, .on_start = on_style, .on_end = on_nothing};
    return package_parse(package, name, &part, faults);
}

/* ---- All of them ---- */

/* "xl/" and "xl/_rels/workbook.xml.rels" of "xl/workbook.xml". */
static const char *relations_of(arena_t *arena, const char *part, const char **out_folder)
{
    const char *slash = strrchr(part, '/'), *name = slash ? slash + 1 : part;
    *out_folder = arena_memdup(arena, part, (size_t)(name - part));
    return *out_folder ? arena_printf(arena, "%s_rels/%s.rels", *out_folder, name) : NULL;
}

status_t xlsx_read_parts(xlsx_t *book, package_t *package, faults_t *faults)
{
    CLEANUP(relations_fini) relations_t root = {.arena = book->arena, .faults = faults, .folder = ""};
    TRY(read_relations(package, ROOT_RELATIONS, &root));
    const char *workbook_part = find_type(&root, "officeDocument");
    if (!workbook_part)
        return package_refuse(faults, TRANSLATED("its relationships"));
    CLEANUP(relations_fini) relations_t relations = {.arena = book->arena, .faults = faults};
    const char *relations_part = relations_of(book->arena, workbook_part, &relations.folder);
    if (!relations_part)
        return STATUS_NO_MEMORY;
    if (package_has(package, relations_part))
        TRY(read_relations(package, relations_part, &relations));
    workbook_t workbook = {book, &relations, faults};
    TRY(read_workbook(&workbook, package, workbook_part));
    const char *strings = find_type(&relations, "sharedStrings"), *styles = find_type(&relations, "styles");
    if (strings)
        TRY(read_strings(book, package, strings, faults));
    return styles ? read_styles(book, package, styles, faults) : STATUS_OK;
}
