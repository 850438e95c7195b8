#include "core/catalog_scan.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define NESTING_MAX 16 /* a catalog's own is 4 */
#define KEYS_MAX    64 /* of one mapping */

typedef struct {
    bool is_mapping;
    size_t index;     /* of the next entry of a sequence */
    const char *path; /* of the collection itself, "" for the document */
    const char *key;  /* of the value that comes next; NULL where a key comes next */
    const char *keys[KEYS_MAX];
    size_t key_count;
} frame_t;

typedef struct {
    arena_t *arena;
    faults_t *faults;
    places_t places;
    size_t depth;
    size_t documents;
    bool has_fault;
    frame_t frames[NESTING_MAX];
} scanner_t;

static status_t complain(scanner_t *scanner, yaml_mark_t mark, const char *message)
{
    faults_add(scanner->faults, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, "%s", message);
    scanner->has_fault = true;
    return STATUS_INVALID;
}

/* libyaml takes other encodings and some control characters; a catalog is plain UTF-8. */
static status_t check_bytes(span_t yaml, faults_t *faults)
{
    uint32_t line = 1;
    for (size_t start = 0, at = 0; at <= yaml.size; at++) {
        if (at < yaml.size && yaml.data[at] != '\n')
            continue;
        size_t size = at - start;
        if (size && yaml.data[start + size - 1] == '\r')
            size--;
        if (!text_is_clean((span_t){yaml.data + start, size})) {
            faults_add(faults, line, 0,
                       "holds bytes that are no text: save the catalog as UTF-8 without control characters");
            return STATUS_INVALID;
        }
        start = at + 1;
        line++;
    }
    return STATUS_OK;
}

static status_t add_place(scanner_t *scanner, const char *path, const yaml_event_t *event)
{
    places_t *places = &scanner->places;
    if (places->count == places->capacity) {
        size_t capacity = places->capacity ? places->capacity * 2 : 256;
        place_t *items = arena_array(scanner->arena, capacity, sizeof *items);
        if (!items)
            return STATUS_NO_MEMORY;
        if (places->count)
            memcpy(items, places->items, places->count * sizeof *items);
        places->items = items;
        places->capacity = capacity;
    }
    place_t place = {path, (uint32_t)event->start_mark.line + 1, (uint32_t)event->start_mark.column + 1, 0};
    if (event->type == YAML_SCALAR_EVENT && event->start_mark.line == event->end_mark.line)
        place.text_column = place.column + (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE);
    places->items[places->count++] = place;
    return STATUS_OK;
}

static status_t take_key(scanner_t *scanner, frame_t *frame, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT)
        return complain(scanner, event->start_mark, "a key must be plain text");
    const char *key = arena_memdup(scanner->arena, event->data.scalar.value, event->data.scalar.length);
    if (!key)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < frame->key_count; i++) {
        if (strcmp(frame->keys[i], key) != 0)
            continue;
        faults_add(scanner->faults, (uint32_t)event->start_mark.line + 1, (uint32_t)event->start_mark.column + 1,
                   "the key '%.64s' stands twice in one entry: remove one", key);
        scanner->has_fault = true;
    }
    if (frame->key_count == KEYS_MAX)
        return complain(scanner, event->start_mark, "has more keys than any entry of a catalog");
    frame->keys[frame->key_count++] = key;
    frame->key = key;
    return STATUS_OK;
}

/* The path of the value that comes next in the innermost collection. */
static const char *next_path(scanner_t *scanner)
{
    if (!scanner->depth)
        return "";
    frame_t *frame = &scanner->frames[scanner->depth - 1];
    if (!frame->is_mapping)
        return arena_printf(scanner->arena, "%s[%zu]", frame->path, frame->index++);
    const char *key = frame->key;
    frame->key = NULL;
    return arena_printf(scanner->arena, "%s%s%s", frame->path, *frame->path ? "." : "", key);
}

static bool is_anchored(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL;
    default:
        return true; /* an alias */
    }
}

static status_t check_value(scanner_t *scanner, const yaml_event_t *event)
{
    if (is_anchored(event))
        return complain(scanner, event->start_mark, "anchors (&) and aliases (*) are not allowed: write the value out");
    if (event->type != YAML_SCALAR_EVENT)
        return STATUS_OK;
    span_t text = {event->data.scalar.value, event->data.scalar.length};
    if (!text_is_clean(text))
        return complain(scanner, event->start_mark, "holds control characters: remove them");
    return STATUS_OK;
}

/* A scalar, or the beginning of a collection, as key, value or entry. */
static status_t take_node(scanner_t *scanner, const yaml_event_t *event)
{
    TRY(check_value(scanner, event));
    frame_t *frame = scanner->depth ? &scanner->frames[scanner->depth - 1] : NULL;
    if (frame && frame->is_mapping && !frame->key)
        return take_key(scanner, frame, event);
    const char *path = next_path(scanner);
    if (!path)
        return STATUS_NO_MEMORY;
    TRY(add_place(scanner, path, event));
    if (event->type == YAML_SCALAR_EVENT)
        return STATUS_OK;
    if (scanner->depth == NESTING_MAX)
        return complain(scanner, event->start_mark, "is nested deeper than anything in a catalog");
    frame = &scanner->frames[scanner->depth++];
    frame->is_mapping = event->type == YAML_MAPPING_START_EVENT;
    frame->index = frame->key_count = 0;
    frame->path = path;
    frame->key = NULL;
    return STATUS_OK;
}

static status_t take_event(scanner_t *scanner, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++scanner->documents > 1)
            return complain(scanner, event->start_mark, "a second document begins here: a catalog is one document");
        return STATUS_OK;
    case YAML_SCALAR_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
    case YAML_ALIAS_EVENT:
        return take_node(scanner, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        scanner->depth--;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

static status_t complain_syntax(scanner_t *scanner, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return STATUS_NO_MEMORY;
    char message[300];
    snprintf(message, sizeof message, "is no YAML: %s%s%s", parser->problem ? parser->problem : "it cannot be read",
             parser->context ? ", " : "", parser->context ? parser->context : "");
    return complain(scanner, parser->problem_mark, message);
}

static status_t walk(scanner_t *scanner, yaml_parser_t *parser)
{
    for (bool at_end = false; !at_end;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return complain_syntax(scanner, parser);
        at_end = event.type == YAML_STREAM_END_EVENT;
        status_t status = take_event(scanner, &event);
        yaml_event_delete(&event);
        TRY(status);
    }
    if (!scanner->documents)
        faults_add(scanner->faults, 0, 0, "the catalog is empty");
    return scanner->has_fault || !scanner->documents ? STATUS_INVALID : STATUS_OK;
}

status_t catalog_scan(arena_t *arena, span_t yaml, places_t *out, faults_t *faults)
{
    TRY(check_bytes(yaml, faults));
    scanner_t *scanner = arena_alloc(arena, sizeof *scanner);
    if (!scanner)
        return STATUS_NO_MEMORY;
    scanner->arena = arena;
    scanner->faults = faults;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return STATUS_NO_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, yaml.data, yaml.size);
    status_t status = walk(scanner, &parser);
    yaml_parser_delete(&parser);
    *out = scanner->places;
    return status;
}

const place_t *places_find(const places_t *places, const char *path)
{
    const place_t *best = NULL;
    size_t best_length = 0;
    for (size_t i = 0; i < places->count; i++) {
        const place_t *place = &places->items[i];
        size_t length = strlen(place->path);
        if (strncmp(place->path, path, length) != 0 || (best && length <= best_length))
            continue;
        if (!strchr("[.", path[length]) && length)
            continue; /* strchr finds the NUL too: the whole path */
        best = place;
        best_length = length;
    }
    return best;
}

const place_t *places_find_key(const places_t *places, const char *key, uint32_t line)
{
    for (size_t i = 0; i < places->count; i++) {
        const char *dot = strrchr(places->items[i].path, '.');
        if (places->items[i].line >= line && strcmp(dot ? dot + 1 : places->items[i].path, key) == 0)
            return &places->items[i];
    }
    return NULL;
}
