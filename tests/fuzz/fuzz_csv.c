/* Any bytes as a file that a person brings: refused with a fault, or read; what is read, written with every cell in
 * quotes, is read again to the same cells. The same bytes are then read as facts and as consultants' facts against the
 * builtin catalog. */
#include "client/csv.h"
#include "client/facts_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Writes the record with every cell in quotes. */
static status_t write_record(void *context, const csv_record_t *record)
{
    FILE *out = context;
    for (size_t i = 0; i < record->count; i++) {
        fputs(i ? ",\"" : "\"", out);
        for (const char *at = record->cells[i]; *at; at++)
            fprintf(out, *at == '"' ? "\"%c" : "%c", *at);
        fputc('"', out);
    }
    fputc('\n', out);
    return STATUS_OK;
}

static status_t rewrite(span_t bytes, char **out_text, size_t *out_size)
{
    faults_t faults = {0};
    FILE *out = open_memstream(out_text, out_size);
    require(out != NULL);
    status_t status = csv_read_bytes(bytes, write_record, out, &faults);
    fclose(out);
    require((status == STATUS_OK) == faults_empty(&faults));
    faults_fini(&faults);
    return status;
}

static void check_rewriting(span_t bytes)
{
    char *once = NULL, *twice = NULL;
    size_t once_size = 0, twice_size = 0;
    if (rewrite(bytes, &once, &once_size) == STATUS_OK) {
        require(rewrite((span_t){(uint8_t *)once, once_size}, &twice, &twice_size) == STATUS_OK);
        require(once_size == twice_size && memcmp(once, twice, once_size) == 0);
    }
    free(once);
    free(twice);
}

static const catalog_t *builtin(void)
{
    static catalog_t *catalog;
    faults_t faults = {0};
    if (!catalog)
        require(catalog_load(catalog_builtin(), &catalog, &faults) == STATUS_OK);
    return catalog;
}

static void check_month(const filed_month_t *month)
{
    require(text_is_code(month->dealer) && month->facts && month->line > 0);
    for (size_t i = 0; i < month->consultant_count; i++)
        require(text_is_code(month->consultants[i].consultant) && month->consultants[i].facts);
}

/* Reads the bytes as facts, as a store's or as headquarters'. What is refused names a fault. */
static void check_facts(const char *path, const char *const *dealers, size_t dealer_count)
{
    facts_set_t set = {0};
    faults_t faults = {0}, warnings = {0};
    facts_options_t options = {.dealers = dealers, .dealer_count = dealer_count}, people = options;
    people.of_consultants = true;
    status_t status = facts_set_read(&set, path, builtin(), &options, &faults, NULL);
    require((status == STATUS_OK) == faults_empty(&faults));
    if (facts_set_read(&set, path, builtin(), &people, &faults, NULL) != STATUS_OK)
        require(!faults_empty(&faults));
    if (facts_set_finish(&set, NULL, &faults) != STATUS_OK)
        require(!faults_empty(&faults));
    for (size_t i = 0; i < set.count; i++)
        check_month(&set.months[i]);
    facts_set_check(&set, builtin(), LANGUAGE_EN, NULL, &faults, &warnings);
    facts_set_fini(&set);
    faults_fini(&faults);
    faults_fini(&warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const DEALERS[] = {"D0001"};
    static int file = -1;
    static char path[40];
    check_rewriting((span_t){data, size});
    if (file < 0) {
        file = memfd_create("csv", MFD_CLOEXEC);
        require(file >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    require(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    check_facts(path, DEALERS, 1);
    check_facts(path, NULL, 0);
    return 0;
}
