/* The settings file: a flat mapping of texts. libyaml's events give the places and what libcyaml lets pass (a second
 * document); libcyaml gives the values. */
#include "hub/settings_table.h"

#include "core/scratch.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define FILE_SIZE_MAX 65536

/* The file as libcyaml fills it: NULL where it does not name the setting. */
typedef struct {
#define SETTING_MEMBER(kind, name, ...) char *name;
    SETTING_LIST(SETTING_MEMBER)
#undef SETTING_MEMBER
} raw_settings_t;

#define SETTING_OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
static const cyaml_schema_field_t raw_fields[] = {
#define SETTING_FIELD(kind, name, ...)                                                                                 \
    CYAML_FIELD_STRING_PTR(#name, SETTING_OPTIONAL, raw_settings_t, name, 0, CYAML_UNLIMITED),
    SETTING_LIST(SETTING_FIELD)
#undef SETTING_FIELD
        CYAML_FIELD_END};
static const cyaml_schema_value_t raw_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_settings_t, raw_fields)};
/* Unknown names are the walk's to complain of, so that they hide no other fault. */
static const cyaml_config_t raw_config = {
    .log_fn = NULL, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_IGNORE_UNKNOWN_KEYS};

static void raw_free(raw_settings_t **raw)
{
    cyaml_free(&raw_config, &raw_schema, *raw, 0);
}

/* State of the walk over the file's events. */
typedef struct {
    faults_t *faults;
    bool has_fault, has_unknown, is_empty; /* has_fault: the values cannot be looked at */
    unsigned documents, depth;
    size_t setting; /* whose value comes next; SETTING_COUNT = a key comes next */
    bool skips;     /* the next value belongs to a key that is none */
    setting_place_t places[SETTING_COUNT];
} walk_t;

static void complain(walk_t *walk, const yaml_mark_t *mark, const char *what, const char *name)
{
    walk->has_fault = true;
    faults_add(walk->faults, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, "%s%.64s%s", what, name,
               *name ? "'" : "");
}

static void take_key(walk_t *walk, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.scalar.value;
    size_t index = strlen(name) == event->data.scalar.length ? setting_find(name) : SETTING_COUNT;
    walk->skips = index == SETTING_COUNT;
    walk->setting = index;
    if (walk->skips) {
        faults_add(walk->faults, (uint32_t)event->start_mark.line + 1, (uint32_t)event->start_mark.column + 1,
                   "there is no setting '%.64s'", name);
        walk->has_unknown = true;
    } else if (walk->places[index].line) {
        complain(walk, &event->start_mark, "a second line for the setting '", name);
        walk->skips = true;
    }
}

static void take_value(walk_t *walk, const yaml_event_t *event)
{
    setting_place_t place = {(uint32_t)event->start_mark.line + 1, (uint32_t)event->start_mark.column + 1};
    if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
        complain(walk, &event->start_mark, "a value must be text without a NUL", "");
    else if (!walk->skips)
        walk->places[walk->setting] = place;
    walk->setting = SETTING_COUNT;
    walk->skips = false;
}

/* Whether the next node of the mapping is a key. */
static bool at_key(const walk_t *walk)
{
    return walk->setting == SETTING_COUNT && !walk->skips;
}

static void take_scalar(walk_t *walk, const yaml_event_t *event)
{
    if (walk->depth == 0) {
        bool is_null = event->data.scalar.length == 0; /* a file of comments only, behind --- */
        if (!is_null)
            complain(walk, &event->start_mark, "settings are lines of NAME: VALUE", "");
        walk->is_empty = true;
    } else if (walk->depth == 1) {
        if (at_key(walk))
            take_key(walk, event);
        else
            take_value(walk, event);
    }
}

static void take_collection(walk_t *walk, const yaml_event_t *event)
{
    bool is_settings = walk->depth == 0 && event->type == YAML_MAPPING_START_EVENT;
    if (!is_settings && walk->depth <= 1)
        complain(walk, &event->start_mark, "settings are lines of NAME: VALUE, without lists or further levels", "");
    if (walk->depth == 1) { /* in the place of a key or of a value */
        walk->skips = at_key(walk);
        walk->setting = SETTING_COUNT;
    }
    walk->depth++;
}

static void take_event(walk_t *walk, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++walk->documents > 1)
            complain(walk, &event->start_mark, "a second document begins here; settings are one", "");
        break;
    case YAML_ALIAS_EVENT:
        complain(walk, &event->start_mark, "aliases are not allowed; write the value out", "");
        walk->skips = walk->depth == 1 && at_key(walk);
        walk->setting = SETTING_COUNT;
        break;
    case YAML_SCALAR_EVENT:
        take_scalar(walk, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        take_collection(walk, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        walk->depth--;
        break;
    default:
        break;
    }
}

static status_t walk_events(walk_t *walk, yaml_parser_t *parser)
{
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            if (parser->error == YAML_MEMORY_ERROR)
                return STATUS_NO_MEMORY;
            const char *problem = parser->problem ? parser->problem : "it cannot be read";
            faults_add(walk->faults, (uint32_t)parser->problem_mark.line + 1, (uint32_t)parser->problem_mark.column + 1,
                       "is no YAML: %.200s", problem);
            return STATUS_INVALID;
        }
        take_event(walk, &event);
        ended = event.type == YAML_STREAM_END_EVENT || walk->documents > 1;
        yaml_event_delete(&event);
    }
    walk->is_empty = walk->is_empty || walk->documents == 0;
    return walk->has_fault ? STATUS_INVALID : STATUS_OK;
}

static status_t find_places(span_t text, walk_t *walk)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return STATUS_NO_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.data, text.size);
    status_t status = walk_events(walk, &parser);
    yaml_parser_delete(&parser);
    return status;
}

static status_t apply_all(const raw_settings_t *raw, const walk_t *walk, settings_t *settings, faults_t *faults)
{
    const char *const texts[SETTING_COUNT] = {
#define SETTING_TEXT(kind, name, ...) raw->name,
        SETTING_LIST(SETTING_TEXT)
#undef SETTING_TEXT
    };
    status_t status = STATUS_OK;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (texts[i] && setting_apply(&setting_table[i], texts[i], walk->places[i], settings, faults) != STATUS_OK)
            status = STATUS_INVALID;
    if (status == STATUS_OK && settings->benchmark.least_eligible < settings->benchmark.least_stores) {
        setting_place_t place = walk->places[SETTING_INDEX_benchmark_least_eligible];
        faults_add(faults, place.line, place.column,
                   "benchmark_least_eligible: %u is less than benchmark_least_stores (%u); raise it",
                   settings->benchmark.least_eligible, settings->benchmark.least_stores);
        return STATUS_INVALID;
    }
    return status;
}

static status_t read_text(span_t text, settings_t *settings, faults_t *faults)
{
    walk_t walk = {.faults = faults, .setting = SETTING_COUNT};
    CLEANUP(raw_free) raw_settings_t *raw = NULL;
    TRY(find_places(text, &walk));
    if (walk.is_empty)
        return STATUS_OK;
    cyaml_err_t error = cyaml_load_data(text.data, text.size, &raw_config, &raw_schema, (void **)&raw, NULL);
    if (error == CYAML_ERR_OOM)
        return STATUS_NO_MEMORY;
    if (error != CYAML_OK) {
        faults_add(faults, 0, 0, "cannot be read as settings: %s", cyaml_strerror(error));
        return STATUS_INVALID;
    }
    TRY(apply_all(raw, &walk, settings, faults));
    return walk.has_unknown ? STATUS_INVALID : STATUS_OK;
}

static void file_close(FILE **file)
{
    if (*file)
        fclose(*file);
}

static status_t read_file(const char *path, uint8_t *out, size_t *out_size, faults_t *faults)
{
    CLEANUP(file_close) FILE *file = fopen(path, "rbe");
    if (!file) {
        faults_add(faults, 0, 0, "cannot be opened: %s", strerror(errno));
        return STATUS_IO;
    }
    size_t size = fread(out, 1, FILE_SIZE_MAX + 1, file);
    if (ferror(file)) {
        faults_add(faults, 0, 0, "cannot be read: %s", strerror(errno));
        return STATUS_IO;
    }
    if (size > FILE_SIZE_MAX) {
        faults_add(faults, 0, 0, "has more than %d bytes; settings need far less", FILE_SIZE_MAX);
        return STATUS_INVALID;
    }
    *out_size = size;
    return STATUS_OK;
}

status_t settings_read(const char *path, settings_t *settings, faults_t *faults)
{
    CLEANUP(scratch_free) uint8_t *bytes = malloc(FILE_SIZE_MAX + 1);
    if (!bytes)
        return STATUS_NO_MEMORY;
    const char *source = faults->source;
    faults->source = path;
    size_t size;
    settings_t read = *settings;
    status_t status = read_file(path, bytes, &size, faults);
    if (status == STATUS_OK)
        status = read_text((span_t){bytes, size}, &read, faults);
    faults->source = source;
    if (status == STATUS_OK)
        *settings = read;
    return status;
}
