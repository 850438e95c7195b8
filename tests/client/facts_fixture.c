#include "facts_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

catalog_t *catalog;
facts_set_t set;
faults_t faults, notes;
static char folder[] = "/tmp/test_facts_XXXXXX"; /* made at its first use, removed at the end */
static bool has_folder;

static const char *const STORES[] = {"D0001", "D0002"};
const facts_options_t one_store = {.dealers = STORES, .dealer_count = 1};
const facts_options_t several_stores = {.dealers = STORES, .dealer_count = 2};
const facts_options_t headquarters = {.dealers = NULL};

void facts_begin(void)
{
    faults_t loading = {0};
    cr_assert_eq(catalog_load(catalog_builtin(), &catalog, &loading), STATUS_OK);
}

void facts_reset(void)
{
    facts_set_fini(&set);
    faults_fini(&faults);
    faults_fini(&notes);
}

void facts_end(void)
{
    facts_reset();
    catalog_destroy(&catalog);
    if (has_folder)
        rmdir(folder);
}

int64_t fact(const int64_t *facts, const char *id)
{
    return facts[catalog_find_row(catalog, id)];
}

/* Appends a line with the folders of its sources left out, wherever they stand. */
static void append_line(char *text, size_t size, const char *line)
{
    static const char *const FOLDERS[] = {FILES, folder};
    size_t used = strlen(text);
    while (*line && used + 2 < size) {
        size_t skipped = 0;
        for (size_t i = 0; i < 2 && !skipped; i++)
            skipped = strncmp(line, FOLDERS[i], strlen(FOLDERS[i])) == 0 ? strlen(FOLDERS[i]) + i : 0;
        line += skipped;
        if (!skipped)
            text[used++] = *line++;
    }
    text[used++] = '\n';
    text[used] = '\0';
}

const char *fault_lines(const faults_t *of)
{
    static char texts[2][16000]; /* both faults and notes may be asked for at once */
    static int next;
    char *text = texts[next++ % 2];
    text[0] = '\0';
    for (size_t i = 0; i < of->count; i++) {
        char line[2000];
        fault_format(&of->items[i], line, sizeof line);
        append_line(text, sizeof texts[0], line);
    }
    return text;
}

status_t read_with(const char *path, const facts_options_t *options)
{
    return facts_set_read(&set, path, catalog, options, &faults, &notes);
}

status_t read_store(const char *path)
{
    return read_with(path, &one_store);
}

status_t read_bytes(const char *name, span_t bytes, const facts_options_t *options)
{
    char path[200];
    if (!has_folder)
        cr_assert_not_null(mkdtemp(folder));
    has_folder = true;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    status_t status = read_with(path, options);
    remove(path);
    return status;
}

status_t read_text(const char *name, const char *text, const facts_options_t *options)
{
    return read_bytes(name, (span_t){(const uint8_t *)text, strlen(text)}, options);
}

void expect_faults(const char *name, const char *text, const char *want)
{
    facts_reset();
    cr_assert_eq(read_text(name, text, &one_store), STATUS_INVALID, "accepted: %s", text);
    cr_assert_str_eq(fault_lines(&faults), want);
}
