#include "core/catalog_schema.h"

#include "core/limits.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#define TEXT(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 0, CYAML_UNLIMITED)
#define OPTIONAL_TEXT(key, type, member)                                                                               \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, CYAML_UNLIMITED)
#define TITLE(type) CYAML_FIELD_MAPPING("title", CYAML_FLAG_DEFAULT, type, title, TITLE_FIELDS)
#define LIST(key, flags, type, member, count, entry, least, most)                                                      \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), type, member, count, entry, least, most)

static const cyaml_schema_field_t TITLE_FIELDS[] = {
    TEXT("zh", raw_title_t, zh),
    TEXT("en", raw_title_t, en),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t FACT_FIELDS[] = {
    TEXT("id", raw_row_t, id),
    TEXT("kind", raw_row_t, kind),
    TEXT("unit", raw_row_t, unit),
    TEXT("decimals", raw_row_t, decimals),
    TEXT("better", raw_row_t, better),
    OPTIONAL_TEXT("signed", raw_row_t, is_signed),
    TITLE(raw_row_t),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t KPI_FIELDS[] = {
    TEXT("id", raw_row_t, id),
    TEXT("formula", raw_row_t, formula),
    TEXT("unit", raw_row_t, unit),
    TEXT("decimals", raw_row_t, decimals),
    TEXT("better", raw_row_t, better),
    OPTIONAL_TEXT("min_base", raw_row_t, min_base),
    TITLE(raw_row_t),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t TABLE_ROW = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t TABLE_FIELDS[] = {
    TEXT("id", raw_table_t, id),
    TITLE(raw_table_t),
    LIST("rows", CYAML_FLAG_DEFAULT, raw_table_t, rows, row_count, &TABLE_ROW, 1, CATALOG_ROWS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t CHECK_FIELDS[] = {
    TEXT("id", raw_check_t, id),
    TEXT("rule", raw_check_t, rule),
    TEXT("level", raw_check_t, level),
    TITLE(raw_check_t),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t FACT = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_row_t, FACT_FIELDS)};
static const cyaml_schema_value_t KPI = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_row_t, KPI_FIELDS)};
static const cyaml_schema_value_t TABLE = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_table_t, TABLE_FIELDS)};
static const cyaml_schema_value_t CHECK = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_check_t, CHECK_FIELDS)};

static const cyaml_schema_field_t CATALOG_FIELDS[] = {
    TEXT("catalog", raw_catalog_t, catalog),
    TEXT("version", raw_catalog_t, version),
    TITLE(raw_catalog_t),
    LIST("facts", CYAML_FLAG_DEFAULT, raw_catalog_t, facts, fact_count, &FACT, 1, CATALOG_FACTS_MAX),
    LIST("kpis", CYAML_FLAG_OPTIONAL, raw_catalog_t, kpis, kpi_count, &KPI, 0, CATALOG_ROWS_MAX),
    LIST("tables", CYAML_FLAG_DEFAULT, raw_catalog_t, tables, table_count, &TABLE, 1, CATALOG_TABLES_MAX),
    LIST("checks", CYAML_FLAG_OPTIONAL, raw_catalog_t, checks, check_count, &CHECK, 0, CATALOG_CHECKS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t CATALOG = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_catalog_t, CATALOG_FIELDS)};

/* What libcyaml said: its first line names the fault, the second the innermost place. */
typedef struct {
    char message[300];
    uint32_t line, column;
} complaint_t;

static void PRINTF(3, 0) take_log(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    (void)level;
    complaint_t *complaint = context;
    char text[300];
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    const char *place = strstr(text, "(line: ");
    if (!*complaint->message)
        snprintf(complaint->message, sizeof complaint->message, "%s", text);
    else if (place && !complaint->line &&
             sscanf(place, "(line: %u, column: %u)", &complaint->line, &complaint->column) != 2)
        complaint->line = complaint->column = 0;
}

static const char *plain_kind(const char *name)
{
    static const char *const NAMES[][2] = {{"STRING", "text"},
                                           {"SCALAR", "text"},
                                           {"SEQUENCE_START", "a list"},
                                           {"SEQUENCE", "a list"},
                                           {"MAPPING_START", "keys with values"},
                                           {"MAPPING", "keys with values"}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strncmp(name, NAMES[i][0], strlen(NAMES[i][0])) == 0)
            return NAMES[i][1];
    return "something else";
}

/* What follows `prefix` in `text`, NULL where it does not begin so. */
static const char *behind(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* libcyaml's words in ours. */
static void add_complaint(const complaint_t *complaint, const places_t *places, faults_t *faults)
{
    const char *message = complaint->message, *rest;
    uint32_t line = complaint->line, column = complaint->column;
    if ((rest = behind(message, "Load: Unexpected key: "))) {
        const place_t *place = places_find_key(places, rest, line);
        faults_add(faults, place ? place->line : line, place ? place->column : column,
                   "unknown key '%s': remove it, or correct its spelling", rest);
    } else if ((rest = behind(message, "Load: Missing required mapping field: "))) {
        faults_add(faults, line, column, "the key '%s' is missing from this entry", rest);
    } else if ((rest = behind(message, "Load: Expecting "))) {
        const char *found = strstr(rest, "got event: ");
        faults_add(faults, line, column, "expected %s, found %s", plain_kind(rest),
                   found ? plain_kind(found + strlen("got event: ")) : "something else");
    } else if (behind(message, "Load: Insufficient entries")) {
        faults_add(faults, line, column, "the list is empty: it needs at least one entry");
    } else if (behind(message, "Load: Excessive entries")) {
        faults_add(faults, line, column, "the list is too long: at most %d facts, %d rows, %d tables and %d checks",
                   CATALOG_FACTS_MAX, CATALOG_ROWS_MAX, CATALOG_TABLES_MAX, CATALOG_CHECKS_MAX);
    } else {
        faults_add(faults, line, column, "%s", (rest = behind(message, "Load: ")) ? rest : message);
    }
}

static cyaml_config_t configure(complaint_t *complaint)
{
    return (cyaml_config_t){.log_fn = complaint ? take_log : NULL,
                            .log_ctx = complaint,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_WARNING};
}

status_t raw_catalog_load(span_t yaml, const places_t *places, raw_catalog_t **out, faults_t *faults)
{
    complaint_t complaint = {0};
    cyaml_config_t config = configure(&complaint);
    raw_catalog_t *raw = NULL;
    cyaml_err_t error = cyaml_load_data(yaml.data, yaml.size, &config, &CATALOG, (cyaml_data_t **)&raw, NULL);
    if (error == CYAML_ERR_OOM)
        return STATUS_NO_MEMORY;
    if (error == CYAML_OK && raw) {
        *out = raw;
        return STATUS_OK;
    }
    if (!*complaint.message)
        snprintf(complaint.message, sizeof complaint.message, "%s", cyaml_strerror(error));
    add_complaint(&complaint, places, faults);
    return STATUS_INVALID;
}

void raw_catalog_destroy(raw_catalog_t **raw)
{
    if (!raw || !*raw)
        return;
    cyaml_config_t config = configure(NULL);
    cyaml_free(&config, &CATALOG, *raw, 0);
    *raw = NULL;
}
