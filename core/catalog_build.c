#include "core/catalog_build.h"

#include "core/formula_build.h"
#include "core/limits.h"
#include "core/number.h"
#include "core/title_places.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { LINK_WAITING, LINK_RUNNING, LINK_DONE } link_state_t;

typedef struct {
    catalog_t *catalog;
    catalog_internals_t *internals;
    const raw_catalog_t *raw;
    const places_t *places;
    faults_t *faults;
    bool has_fault;
    bool is_out_of_memory;
    formula_draft_t *drafts;    /* of each row; no operations: a fact, or a formula with a fault */
    const formula_t **formulas; /* of each row, as far as they are linked */
    link_state_t *states;       /* of each row */
    size_t *path;               /* rows that are being linked, each inside the one before */
    size_t path_length;
} build_t;

/* What a fault is about: an entry of a section, or the catalog itself. */
typedef struct {
    const char *section; /* "" for the catalog */
    size_t index;
    const char *id;
} subject_t;

static subject_t row_subject(const build_t *build, size_t row)
{
    size_t facts = build->raw->fact_count;
    if (row < facts)
        return (subject_t){"facts", row, build->raw->facts[row].id};
    return (subject_t){"kpis", row - facts, build->raw->kpis[row - facts].id};
}

static void subject_path(const subject_t *subject, const char *key, char *out, size_t size)
{
    if (*subject->section)
        snprintf(out, size, "%s[%zu].%s", subject->section, subject->index, key);
    else
        snprintf(out, size, "%s", key);
}

/* Adds "KEY of ID: MESSAGE" at the key's place, `offset` characters into its text. */
static void PRINTF(5, 6)
    complain(build_t *build, subject_t subject, const char *key, size_t offset, const char *format, ...)
{
    char path[100], message[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    subject_path(&subject, key, path, sizeof path);
    const place_t *place = places_find(build->places, path);
    uint32_t line = place ? place->line : 0, column = place ? place->column : 0;
    if (place && place->text_column && offset)
        column = place->text_column + (uint32_t)offset;
    if (!*subject.section)
        faults_add(build->faults, line, column, "%s: %s", key, message);
    else if (subject.id && text_is_id(subject.id))
        faults_add(build->faults, line, column, "%s of %s: %s", key, subject.id, message);
    else
        faults_add(build->faults, line, column, "%s of entry %zu of %s: %s", key, subject.index + 1, subject.section,
                   message);
    build->has_fault = true;
}

static const char *copy(build_t *build, const char *text)
{
    const char *copied = arena_strdup(build->internals->arena, text);
    build->is_out_of_memory |= !copied;
    return copied ? copied : "";
}

static bool is_line(const char *text)
{
    return text_is_clean((span_t){(const uint8_t *)text, strlen(text)}) && !strpbrk(text, "\t\n");
}

static void read_title(build_t *build, subject_t subject, const raw_title_t *raw, const char *out[LANGUAGE_COUNT])
{
    static const char *const KEYS[LANGUAGE_COUNT] = {[LANGUAGE_ZH] = "title.zh", [LANGUAGE_EN] = "title.en"};
    const char *const texts[LANGUAGE_COUNT] = {[LANGUAGE_ZH] = raw->zh, [LANGUAGE_EN] = raw->en};
    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        char folded[8];
        size_t characters = text_characters(texts[language]);
        if (characters > TITLE_CHARACTERS_MAX)
            complain(build, subject, KEYS[language], 0, "has %zu characters: at most %d", characters,
                     TITLE_CHARACTERS_MAX);
        else if (!text_fold(texts[language], folded, sizeof folded))
            complain(build, subject, KEYS[language], 0, "is empty");
        else if (!is_line(texts[language]))
            complain(build, subject, KEYS[language], 0, "must be one line");
        out[language] = copy(build, texts[language]);
    }
}

/* Index of `text` in `names`, after a fault 0. */
static int pick(build_t *build, subject_t subject, const char *key, const char *text, const char *const *names,
                int count)
{
    char allowed[80] = "";
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
        size_t length = strlen(allowed);
        snprintf(allowed + length, sizeof allowed - length, "%s%s", i ? i + 1 < count ? ", " : " or " : "", names[i]);
    }
    complain(build, subject, key, 0, "'%.60s' is not known: write %s", text, allowed);
    return 0;
}

/* A whole number without leading zeros, as YAML's readers disagree about 010; after a fault `least`. */
static uint32_t read_count(build_t *build, subject_t subject, const char *key, const char *text, uint32_t least,
                           uint32_t most)
{
    char *end = NULL;
    size_t digits = strspn(text, "0123456789");
    unsigned long value = digits && digits <= 10 ? strtoul(text, &end, 10) : 0;
    bool is_plain = digits && digits <= 10 && !text[digits] && (*text != '0' || digits == 1);
    if (is_plain && value >= least && value <= most)
        return (uint32_t)value;
    complain(build, subject, key, 0,
             "'%.60s' is not allowed: write a whole number from %u to %u, without leading zeros", text, least, most);
    return least;
}

static void check_id(build_t *build, subject_t subject)
{
    if (!text_is_id(subject.id))
        complain(
            build, subject, "id", 0,
            "'%.80s' is no id: an id is made of a-z, 0-9 and _, begins with a letter, and has at most %d characters",
            subject.id, CODE_LENGTH_MAX);
    else if (strcmp(subject.id, "previous") == 0)
        complain(build, subject, "id", 0, "is a word of formulas: choose another");
}

/* What facts and KPIs have in common. */
static void read_row(build_t *build, size_t index, const raw_row_t *raw)
{
    static const char *const BETTER[] = {"up", "down", "neither"};
    subject_t subject = row_subject(build, index);
    row_t *row = &build->catalog->rows[index];
    check_id(build, subject);
    row->id = copy(build, raw->id);
    read_title(build, subject, &raw->title, row->title);
    if (!*raw->unit || text_characters(raw->unit) > TITLE_CHARACTERS_MAX || !is_line(raw->unit))
        complain(build, subject, "unit", 0, "must be 1 to %d characters, such as CNY, count or ratio",
                 TITLE_CHARACTERS_MAX);
    row->unit = copy(build, raw->unit);
    row->decimals = read_count(build, subject, "decimals", raw->decimals, 0, FACT_DECIMALS_MAX);
    row->better = (better_t)pick(build, subject, "better", raw->better, BETTER, 3);
}

static status_t read_fact(build_t *build, size_t index)
{
    static const char *const KINDS[] = {"flow", "stock"};
    static const char *const BOOLEANS[] = {"false", "true"};
    const raw_row_t *raw = &build->raw->facts[index];
    row_t *row = &build->catalog->rows[index];
    read_row(build, index, raw);
    row->is_fact = true;
    row->kind = (kind_t)pick(build, row_subject(build, index), "kind", raw->kind, KINDS, 2);
    row->is_signed = raw->is_signed && pick(build, row_subject(build, index), "signed", raw->is_signed, BOOLEANS, 2);
    row->is_flow = row->kind == KIND_FLOW;
    row->formula = build->formulas[index] = formula_make_fact(build->internals->arena, (uint16_t)index, row->decimals);
    build->states[index] = LINK_DONE;
    return row->formula ? STATUS_OK : STATUS_NO_MEMORY;
}

static void read_kpi(build_t *build, size_t index)
{
    const raw_row_t *raw = &build->raw->kpis[index - build->raw->fact_count];
    row_t *row = &build->catalog->rows[index];
    read_row(build, index, raw);
    if (!raw->min_base)
        return;
    row->has_min_base = true;
    bool has_leading_zero = raw->min_base[0] == '0' && raw->min_base[1] >= '0' && raw->min_base[1] <= '9';
    if (has_leading_zero ||
        number_parse_decimal(raw->min_base, &row->min_base_units, &row->min_base_decimals) != STATUS_OK)
        complain(build, row_subject(build, index), "min_base", 0,
                 "'%.60s' is no number: write digits, at most 15, with a point for decimals, without leading zeros",
                 raw->min_base);
}

static status_t read_rows(build_t *build)
{
    catalog_t *catalog = build->catalog;
    for (size_t i = 0; i < catalog->fact_count; i++)
        TRY(read_fact(build, i));
    for (size_t i = catalog->fact_count; i < catalog->row_count; i++)
        read_kpi(build, i);
    return STATUS_OK;
}

/* Ids and titles share one namespace in files, together with the columns that are no facts. */
static void check_names(build_t *build)
{
    const row_names_t *names = &build->internals->names;
    const row_name_t *first = names->items; /* of those that read the same */
    for (size_t i = 0; i < names->count; i++) {
        const row_name_t *name = &names->items[i];
        if (strcmp(first->text, name->text) != 0)
            first = name;
        if (title_place_of(name->text) != PLACE_NONE)
            complain(build, row_subject(build, name->row), name->key, 0,
                     "reads the same as the column '%s' of facts files: choose another", name->text);
        if (!*name->text || first->row == name->row)
            continue;
        complain(build, row_subject(build, name->row), name->key, 0,
                 "reads the same as the %s of entry %zu of %s (%.64s): ids and titles are unique, blanks, width and "
                 "case aside",
                 first->key, row_subject(build, first->row).index + 1, row_subject(build, first->row).section,
                 row_subject(build, first->row).id);
    }
}

static status_t read_names(build_t *build)
{
    catalog_internals_t *internals = build->internals;
    TRY(row_names_make(internals->arena, build->catalog, false, text_fold, &internals->ids));
    TRY(row_names_make(internals->arena, build->catalog, true, text_fold, &internals->names));
    TRY(row_names_make(internals->arena, build->catalog, true, text_fold_title, &internals->loose));
    check_names(build);
    return STATUS_OK;
}

/* Who asked the formula builder, so that its faults find their place. */
typedef struct {
    build_t *build;
    subject_t subject;
    const char *key;
} origin_t;

static size_t find_row(void *context, const char *id)
{
    const origin_t *origin = context;
    return row_names_first(&origin->build->internals->ids, id);
}

static void report(void *context, size_t place, const char *message)
{
    origin_t *origin = context;
    complain(origin->build, origin->subject, origin->key, place, "%s", message);
}

static formula_builder_t make_builder(origin_t *origin)
{
    return (formula_builder_t){origin->build->internals->arena, find_row, report, origin};
}

/* A fault is noted already; only what ends the whole build remains. */
static status_t unless_invalid(status_t status)
{
    return status == STATUS_INVALID ? STATUS_OK : status;
}

static status_t parse_formulas(build_t *build)
{
    for (size_t i = build->catalog->fact_count; i < build->catalog->row_count; i++) {
        origin_t origin = {build, row_subject(build, i), "formula"};
        formula_builder_t builder = make_builder(&origin);
        const char *text = build->raw->kpis[i - build->catalog->fact_count].formula;
        TRY(unless_invalid(formula_parse(&builder, text, &build->drafts[i])));
    }
    return STATUS_OK;
}

/* Names the chain of KPIs that leads back to `row`. */
static void complain_cycle(build_t *build, size_t row)
{
    char chain[400] = "";
    size_t start = 0;
    while (build->path[start] != row)
        start++;
    for (size_t i = start; i < build->path_length; i++) {
        size_t length = strlen(chain);
        if (length > sizeof chain - CODE_LENGTH_MAX * 2) {
            snprintf(chain + length, sizeof chain - length, "… → ");
            break;
        }
        snprintf(chain + length, sizeof chain - length, "%.64s → ", build->catalog->rows[build->path[i]].id);
    }
    complain(build, row_subject(build, build->path[build->path_length - 1]), "formula", 0,
             "leads back to itself: %s%.64s", chain, build->catalog->rows[row].id);
}

/* Links a KPI after the KPIs inside it. Recursion: at most one level for each row. */
static status_t link_row(build_t *build, size_t row)
{
    formula_draft_t *draft = &build->drafts[row];
    build->states[row] = LINK_RUNNING;
    build->path[build->path_length++] = row;
    for (size_t i = 0; i < draft->count; i++) {
        if (draft->ops[i].kind != OP_ROW && draft->ops[i].kind != OP_PREVIOUS)
            continue;
        size_t inner = draft->ops[i].number;
        if (build->states[inner] == LINK_RUNNING) {
            complain_cycle(build, inner);
            draft->count = 0;
        } else if (build->states[inner] == LINK_WAITING) {
            TRY(link_row(build, inner));
        }
    }
    build->path_length--;
    build->states[row] = LINK_DONE;
    origin_t origin = {build, row_subject(build, row), "formula"};
    formula_builder_t builder = make_builder(&origin);
    formula_t *formula = NULL;
    if (draft->count)
        TRY(unless_invalid(formula_link(&builder, draft, build->formulas, build->catalog->fact_count, &formula)));
    build->catalog->rows[row].formula = build->formulas[row] = formula;
    return STATUS_OK;
}

static void finish_kpi(build_t *build, size_t index)
{
    row_t *row = &build->catalog->rows[index];
    if (!row->formula)
        return;
    if (row->has_min_base && !formula_denominator(row->formula))
        complain(build, row_subject(build, index), "min_base", 0,
                 "needs a denominator, and the formula's top operation is no division: remove it");
    size_t count;
    const uint16_t *inputs = formula_inputs(row->formula, &count);
    row->is_flow = !formula_holds_division(row->formula);
    for (size_t i = 0; i < count; i++)
        row->is_flow &= build->catalog->rows[inputs[i] % build->catalog->fact_count].kind == KIND_FLOW;
}

static status_t link_formulas(build_t *build)
{
    for (size_t i = build->catalog->fact_count; i < build->catalog->row_count; i++)
        if (build->states[i] == LINK_WAITING)
            TRY(link_row(build, i));
    for (size_t i = build->catalog->fact_count; i < build->catalog->row_count; i++)
        finish_kpi(build, i);
    return STATUS_OK;
}

static void list_row(build_t *build, size_t row)
{
    catalog_t *catalog = build->catalog;
    if (build->internals->is_listed[row])
        return;
    build->internals->is_listed[row] = true;
    catalog->table_rows[catalog->table_row_count++] = row;
    size_t count = 0;
    const uint16_t *inputs = catalog->rows[row].formula ? formula_inputs(catalog->rows[row].formula, &count) : NULL;
    if (count && inputs[count - 1] >= catalog->fact_count)
        catalog->rows_use_previous = true;
}

static status_t read_table_rows(build_t *build, subject_t subject, const raw_table_t *raw, table_t *table)
{
    size_t *rows = arena_array(build->internals->arena, raw->row_count, sizeof *rows);
    bool *seen = arena_array(build->internals->arena, build->catalog->row_count, sizeof *seen);
    if (!rows || !seen)
        return STATUS_NO_MEMORY;
    origin_t origin = {build, subject, "rows"};
    for (size_t i = 0; i < raw->row_count; i++) {
        char key[32];
        snprintf(key, sizeof key, "rows[%zu]", i);
        size_t row = find_row(&origin, raw->rows[i]);
        if (row == SIZE_MAX) {
            complain(build, subject, key, 0, "'%.64s' is neither a fact nor a KPI of this catalog", raw->rows[i]);
            continue;
        }
        if (seen[row])
            complain(build, subject, key, 0, "'%.64s' stands twice in this table: remove one", raw->rows[i]);
        seen[row] = true;
        rows[table->row_count++] = row;
        list_row(build, row);
    }
    table->rows = rows;
    return STATUS_OK;
}

static status_t read_tables(build_t *build)
{
    catalog_t *catalog = build->catalog;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const raw_table_t *raw = &build->raw->tables[i];
        table_t *table = &catalog->tables[i];
        subject_t subject = {"tables", i, raw->id};
        check_id(build, subject);
        for (size_t other = 0; other < i; other++)
            if (strcmp(build->raw->tables[other].id, raw->id) == 0)
                complain(build, subject, "id", 0, "is the id of table %zu too: ids of tables are unique", other + 1);
        table->id = copy(build, raw->id);
        read_title(build, subject, &raw->title, table->title);
        TRY(read_table_rows(build, subject, raw, table));
    }
    return STATUS_OK;
}

static status_t read_rule(build_t *build, subject_t subject, const char *text, const rule_t **out)
{
    origin_t origin = {build, subject, "rule"};
    formula_builder_t builder = make_builder(&origin);
    rule_draft_t draft;
    rule_t *rule = NULL;
    TRY(rule_parse(&builder, text, &draft));
    TRY(rule_link(&builder, &draft, build->formulas, build->catalog->fact_count, &rule));
    *out = rule;
    return STATUS_OK;
}

static status_t read_checks(build_t *build)
{
    static const char *const LEVELS[] = {"error", "warning"};
    for (size_t i = 0; i < build->catalog->check_count; i++) {
        const raw_check_t *raw = &build->raw->checks[i];
        check_t *check = &build->catalog->checks[i];
        subject_t subject = {"checks", i, raw->id};
        check_id(build, subject);
        for (size_t other = 0; other < i; other++)
            if (strcmp(build->raw->checks[other].id, raw->id) == 0)
                complain(build, subject, "id", 0, "is the id of check %zu too: ids of checks are unique", other + 1);
        check->id = copy(build, raw->id);
        read_title(build, subject, &raw->title, check->title);
        check->level = (level_t)pick(build, subject, "level", raw->level, LEVELS, 2);
        TRY(unless_invalid(read_rule(build, subject, raw->rule, &check->rule)));
    }
    return STATUS_OK;
}

/* [a-z][a-z0-9_-]* */
static bool is_catalog_id(const char *text)
{
    size_t length = strlen(text);
    return length <= CODE_LENGTH_MAX && *text >= 'a' && *text <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static void read_head(build_t *build)
{
    catalog_t *catalog = build->catalog;
    subject_t subject = {.section = ""};
    if (!is_catalog_id(build->raw->catalog))
        complain(build, subject, "catalog", 0,
                 "'%.80s' is no id: a catalog's id is made of a-z, 0-9, _ and -, begins with a letter, and has at most "
                 "%d characters",
                 build->raw->catalog, CODE_LENGTH_MAX);
    catalog->id = copy(build, build->raw->catalog);
    catalog->version = read_count(build, subject, "version", build->raw->version, 1, UINT32_MAX);
    read_title(build, subject, &build->raw->title, catalog->title);
}

static status_t make_room(build_t *build)
{
    catalog_t *catalog = build->catalog;
    arena_t *arena = build->internals->arena;
    catalog->fact_count = build->raw->fact_count;
    catalog->row_count = (size_t)build->raw->fact_count + build->raw->kpi_count;
    catalog->table_count = build->raw->table_count;
    catalog->check_count = build->raw->check_count;
    catalog->rows = arena_array(arena, catalog->row_count, sizeof *catalog->rows);
    catalog->tables = arena_array(arena, catalog->table_count, sizeof *catalog->tables);
    catalog->checks = arena_array(arena, catalog->check_count, sizeof *catalog->checks);
    catalog->table_rows = arena_array(arena, catalog->row_count, sizeof *catalog->table_rows);
    build->internals->is_listed = arena_array(arena, catalog->row_count, sizeof(bool));
    build->drafts = arena_array(arena, catalog->row_count, sizeof *build->drafts);
    build->formulas = arena_array(arena, catalog->row_count, sizeof *build->formulas);
    build->states = arena_array(arena, catalog->row_count, sizeof *build->states);
    build->path = arena_array(arena, catalog->row_count, sizeof *build->path);
    bool has_memory = catalog->rows && catalog->tables && catalog->checks && catalog->table_rows &&
                      build->internals->is_listed && build->drafts && build->formulas && build->states && build->path;
    return has_memory ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t catalog_build(catalog_t *catalog, const raw_catalog_t *raw, const places_t *places, faults_t *faults)
{
    build_t build = {
        .catalog = catalog, .internals = catalog->internals, .raw = raw, .places = places, .faults = faults};
    if ((size_t)raw->fact_count + raw->kpi_count > CATALOG_ROWS_MAX) {
        complain(&build, (subject_t){.section = ""}, "kpis", 0, "facts and KPIs are %u together: at most %d",
                 raw->fact_count + raw->kpi_count, CATALOG_ROWS_MAX);
        return STATUS_INVALID;
    }
    TRY(make_room(&build));
    read_head(&build);
    TRY(read_rows(&build));
    TRY(read_names(&build));
    TRY(parse_formulas(&build));
    TRY(link_formulas(&build));
    TRY(read_tables(&build));
    TRY(read_checks(&build));
    return build.is_out_of_memory ? STATUS_NO_MEMORY : build.has_fault ? STATUS_INVALID : STATUS_OK;
}
