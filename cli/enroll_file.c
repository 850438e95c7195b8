/* The files of `yardstick enroll`. */
#include "cli/enroll.h"

#include "client/csv.h"
#include "client/encoding.h"
#include "client/files.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "core/text.h"
#include "core/title_places.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_SIZE_MAX   (64u << 20)
#define BESIDE          ".partial"
#define TOKEN_FILE_HEAD "dealers,token,expires\n"

typedef struct {
    arena_t *arena;
    faults_t *faults;
    enroll_agent_t *items; /* on the heap while it grows */
    size_t count, capacity;
    uint32_t first_line;   /* of a CSV: lines before it */
    size_t column, tokens; /* of the stores, of the tokens; from 1, 0 = not known yet */
} reader_t;

/* ---- words */

/* Bytes of the blank or separator there, 0 where there is none. */
static size_t separator_at(const char *text)
{
    static const char *const SEPARATORS[] = {",", ";", "，", "；", "、"};
    const char *behind = text;
    if (text_is_blank(text_next(&behind)))
        return (size_t)(behind - text);
    for (size_t i = 0; i < sizeof SEPARATORS / sizeof *SEPARATORS; i++)
        if (strncmp(text, SEPARATORS[i], strlen(SEPARATORS[i])) == 0)
            return strlen(SEPARATORS[i]);
    return 0;
}

/* The next word of *text, ended by a NUL in its place; NULL behind the last one or at a comment. */
static char *next_word(char **text)
{
    char *at = *text;
    for (size_t size; *at && (size = separator_at(at)) != 0;)
        at += size;
    if (!*at || *at == '#')
        return NULL;
    char *word = at;
    while (*at && !separator_at(at))
        at++;
    *text = at + (*at ? separator_at(at) : 0);
    *at = '\0';
    return word;
}

/* ---- agents */

static bool grow(reader_t *reader)
{
    size_t capacity = reader->capacity ? 2 * reader->capacity : 256;
    enroll_agent_t *items = realloc(reader->items, capacity * sizeof *items);
    if (!items)
        return false;
    reader->items = items;
    reader->capacity = capacity;
    return true;
}

static void add_word(reader_t *reader, enroll_agent_t *agent, const char *word)
{
    if (!text_is_code(word))
        faults_add(reader->faults, agent->line, 0, "'%.80s' is no dealer's code", word);
    else if (agent->dealer_count == KEY_DEALERS_MAX)
        faults_add(reader->faults, agent->line, 0, "a line names at most %d stores; %.64s is one more", KEY_DEALERS_MAX,
                   word);
    else
        agent->dealers[agent->dealer_count++] = word;
}

/* The stores in a copy of `text`; a line without any is skipped, or a fault with `must_name`. */
static status_t add_agent(reader_t *reader, const char *text, uint32_t line, bool must_name)
{
    const char *words[KEY_DEALERS_MAX];
    enroll_agent_t agent = {.dealers = words, .line = line};
    char *copy = arena_strdup(reader->arena, text);
    if (!copy || (reader->count == reader->capacity && !grow(reader)))
        return STATUS_NO_MEMORY;
    for (char *word; (word = next_word(&copy)) != NULL;)
        add_word(reader, &agent, word);
    if (agent.dealer_count == 0) {
        if (must_name)
            faults_add(reader->faults, line, 0, "the line names no store");
        return STATUS_OK;
    }
    size_t size = agent.dealer_count * sizeof *words;
    agent.dealers = (const char **)(void *)arena_memdup(reader->arena, words, size);
    reader->items[reader->count++] = agent;
    return agent.dealers ? STATUS_OK : STATUS_NO_MEMORY;
}

static bool is_store_column(const char *cell)
{
    static const char *const NAMES[] = {"dealers", "stores", "code", "代码"}; /* beside those of files of facts */
    char folded[64];
    text_fold(cell, folded, sizeof folded);
    if (title_place_of(folded) == PLACE_DEALER)
        return true;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(folded, NAMES[i]) == 0)
            return true;
    return false;
}

static status_t take_record(void *context, const csv_record_t *record)
{
    reader_t *reader = context;
    uint32_t line = reader->first_line + record->line;
    if (!reader->column) {
        for (size_t i = 0; i < record->count && !reader->column; i++)
            reader->column = is_store_column(record->cells[i]) ? i + 1 : 0;
        return STATUS_OK;
    }
    if (record->cells[0][0] == '#')
        return STATUS_OK;
    return add_agent(reader, reader->column <= record->count ? record->cells[reader->column - 1] : "", line, true);
}

/* Whether the line is a header: one of its cells heads a column of stores. */
static bool is_header(const char *line, size_t size)
{
    char cell[64];
    for (const char *end = line + size; line < end;) {
        size_t length = strcspn(line, ",;\t\r\n");
        length = length < (size_t)(end - line) ? length : (size_t)(end - line);
        size_t quote = length >= 2 && line[0] == '"' && line[length - 1] == '"';
        if (length - 2 * quote < sizeof cell) {
            snprintf(cell, sizeof cell, "%.*s", (int)(length - 2 * quote), line + quote);
            if (is_store_column(cell))
                return true;
        }
        line += length + 1;
    }
    return false;
}

/* Lines as people type them, each ended by LF, CR or both; where the first of them is a header, the rest is a CSV. */
static status_t read_lines(reader_t *reader, char *text)
{
    uint32_t number = 0;
    bool is_first = true;
    for (char *line = text, *rest; *line; line = rest) {
        size_t size = strcspn(line, "\r\n"), blanks = strspn(line, " \t");
        bool is_empty = blanks >= size || line[blanks] == '#';
        number++;
        if (is_first && !is_empty && is_header(line, size)) {
            reader->first_line = number - 1;
            return csv_read_bytes((span_t){(const uint8_t *)line, strlen(line)}, take_record, reader, reader->faults);
        }
        is_first = is_first && is_empty;
        rest = line + size + (line[size] == '\r' && line[size + 1] == '\n' ? 2 : line[size] != '\0');
        line[size] = '\0';
        TRY(add_agent(reader, line, number, false));
    }
    return STATUS_OK;
}

/* ---- the same store twice */

typedef struct {
    const char *code;
    uint32_t line;
} place_t;

static int compare_places(const void *left, const void *right)
{
    const place_t *one = left, *other = right;
    int order = strcmp(one->code, other->code);
    return order ? order : (one->line > other->line) - (one->line < other->line);
}

static status_t check_twice(const reader_t *reader)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < reader->count; i++)
        count += reader->items[i].dealer_count;
    place_t *places = arena_array(reader->arena, count, sizeof *places);
    if (!places)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < reader->count; i++)
        for (size_t j = 0; j < reader->items[i].dealer_count; j++)
            places[at++] = (place_t){reader->items[i].dealers[j], reader->items[i].line};
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 1; i < count; i++)
        if (strcmp(places[i].code, places[i - 1].code) == 0)
            faults_add(reader->faults, places[i].line, 0,
                       "%s stands on line %u already; a store is served by one agent, with one line", places[i].code,
                       places[i - 1].line);
    return STATUS_OK;
}

/* ---- reading */

static status_t read_text(const char *path, char **out, faults_t *faults)
{
    CLEANUP(scratch_free) char *bytes = NULL;
    size_t size = 0;
    status_t status = files_read(path, FILE_SIZE_MAX, &bytes, &size);
    if (status == STATUS_LIMIT)
        faults_add(faults, 0, 0, "has more than %u bytes", FILE_SIZE_MAX);
    else if (status == STATUS_IO)
        faults_add(faults, 0, 0, "cannot be read: %s", strerror(errno));
    TRY(status);
    return encoding_to_utf8((span_t){(const uint8_t *)bytes, size}, out, &size, faults);
}

static status_t read_all(reader_t *reader, const char *path)
{
    CLEANUP(scratch_free) char *text = NULL;
    TRY(read_text(path, &text, reader->faults));
    TRY(read_lines(reader, text));
    if (reader->count == 0 && faults_empty(reader->faults))
        faults_add(reader->faults, 0, 0, "names no store; write a line for each agent, with the codes of its stores");
    TRY(check_twice(reader));
    return faults_empty(reader->faults) ? STATUS_OK : STATUS_INVALID;
}

status_t enroll_read_agents(const char *path, arena_t *arena, enroll_agents_t *out, faults_t *faults)
{
    reader_t reader = {.arena = arena, .faults = faults};
    faults->source = path;
    status_t status = read_all(&reader, path);
    faults->source = NULL;
    if (status == STATUS_OK) {
        out->items = (enroll_agent_t *)(void *)arena_memdup(arena, reader.items, reader.count * sizeof *reader.items);
        out->count = reader.count;
        status = out->items ? STATUS_OK : STATUS_NO_MEMORY;
    }
    free(reader.items);
    return status;
}

/* ---- tokens */

typedef struct {
    arena_t *arena;
    faults_t *faults;
    uint8_t (*digests)[DIGEST_SIZE]; /* on the heap while it grows */
    size_t count, capacity;
    size_t column; /* from 1; 0 = not known yet */
} token_reader_t;

static status_t take_header(token_reader_t *reader, const csv_record_t *record)
{
    for (size_t i = 0; i < record->count && !reader->column; i++)
        reader->column = strcmp(record->cells[i], "token") == 0 ? i + 1 : 0;
    if (reader->column)
        return STATUS_OK;
    faults_add(reader->faults, record->line, 0, "has no column token; name a file that `yardstick enroll` wrote");
    return STATUS_INVALID;
}

static status_t take_token(void *context, const csv_record_t *record)
{
    token_reader_t *reader = context;
    CLEANUP(token_fini) token_t token = {0};
    const char *why;
    if (!reader->column)
        return take_header(reader, record);
    const char *text = reader->column <= record->count ? record->cells[reader->column - 1] : "";
    if (token_read(text, &token, &why) != STATUS_OK) {
        faults_add(reader->faults, record->line, (uint32_t)reader->column, "token: %s", why);
        return STATUS_OK;
    }
    if (reader->count == reader->capacity) {
        size_t capacity = reader->capacity ? 2 * reader->capacity : 256;
        void *digests = realloc(reader->digests, capacity * sizeof *reader->digests);
        if (!digests)
            return STATUS_NO_MEMORY;
        reader->digests = digests;
        reader->capacity = capacity;
    }
    token_digest(token.secret, reader->digests[reader->count++]);
    return STATUS_OK;
}

status_t enroll_read_digests(const char *path, arena_t *arena, enroll_digests_t *out, faults_t *faults)
{
    token_reader_t reader = {.arena = arena, .faults = faults};
    faults->source = path;
    status_t status = csv_read_file(path, take_token, &reader, faults);
    if (status == STATUS_OK && faults_empty(faults) && reader.count == 0)
        faults_add(faults, 0, 0, "holds no token");
    if (status == STATUS_OK && !faults_empty(faults))
        status = STATUS_INVALID;
    faults->source = NULL;
    if (status == STATUS_OK) {
        out->digests = (void *)arena_memdup(arena, reader.digests, reader.count * sizeof *reader.digests);
        out->count = reader.count;
        status = out->digests ? STATUS_OK : STATUS_NO_MEMORY;
    }
    free(reader.digests);
    return status;
}

/* ---- writing */

void enroll_time_text(uint64_t time_ms, char out[ENROLL_TIME_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc = {0};
    out[0] = '\0';
    if (time_ms && gmtime_r(&seconds, &utc))
        strftime(out, ENROLL_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

period_t enroll_period(uint64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    return period_make(utc.tm_year + 1900, utc.tm_mon + 1);
}

static void beside(const char *path, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s" BESIDE, path);
}

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static bool write_tokens(FILE *file, const enroll_agents_t *agents, uint64_t expires_ms)
{
    char expires[ENROLL_TIME_SIZE];
    enroll_time_text(expires_ms, expires);
    fputs(TOKEN_FILE_HEAD, file);
    for (size_t i = 0; i < agents->count; i++) {
        const enroll_agent_t *agent = &agents->items[i];
        for (size_t j = 0; j < agent->dealer_count; j++)
            fprintf(file, "%s%s", j ? " " : "", agent->dealers[j]);
        fprintf(file, ",%s,%s\n", agent->text, expires);
    }
    return fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0;
}

static status_t refuse_existing(const char *path, const char *partial, faults_t *faults)
{
    if (access(path, F_OK) == 0)
        faults_add(faults, 0, 0, "%s is there already and is not overwritten; name another file, or move it away",
                   path);
    else
        faults_add(faults, 0, 0,
                   "%s is left over from a run that was cut off; see which of its tokens were made (`yardstick enroll "
                   "list`), revoke them with `yardstick enroll revoke --file %s`, then remove it",
                   partial, partial);
    return STATUS_CONFLICT;
}

status_t enroll_write_beside(const char *path, const enroll_agents_t *agents, uint64_t expires_ms, faults_t *faults)
{
    char partial[PATH_MAX];
    beside(path, partial);
    if (strlen(path) > PATH_MAX - 32) {
        faults_add(faults, 0, 0, "%.80s…: the name is too long", path);
        return STATUS_INVALID;
    }
    if (access(path, F_OK) == 0)
        return refuse_existing(path, partial, faults);
    int number = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (number < 0 && errno == EEXIST)
        return refuse_existing(path, partial, faults);
    CLEANUP(close_file) FILE *file = number < 0 ? NULL : fdopen(number, "w");
    if (file && write_tokens(file, agents, expires_ms))
        return STATUS_OK;
    faults_add(faults, 0, 0, "%s cannot be written: %s", partial, strerror(errno));
    if (number >= 0)
        unlink(partial);
    return STATUS_IO;
}

static bool sync_parent(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = directory >= 0 && fsync(directory) == 0;
    if (directory >= 0)
        close(directory);
    return is_synced;
}

status_t enroll_move_into_place(const char *path, faults_t *faults)
{
    char partial[PATH_MAX];
    beside(path, partial);
    if (link(partial, path) == 0 && unlink(partial) == 0 && sync_parent(path))
        return STATUS_OK;
    faults_add(faults, 0, 0, "%s cannot be written (%s); the tokens, which are good, are in %s", path, strerror(errno),
               partial);
    return STATUS_IO;
}

void enroll_remove_beside(const char *path)
{
    char partial[PATH_MAX];
    beside(path, partial);
    unlink(partial);
}
