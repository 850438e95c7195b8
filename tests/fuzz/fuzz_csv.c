/* Any bytes as a file that a person brings: refused with a fault, or read; what is read, written with every cell in
 * quotes, is read again to the same cells. The same bytes are then read as facts (tests/fuzz/facts_check.h). */
#include "client/csv.h"
#include "facts_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span_t bytes = {data, size};
    check_rewriting(bytes);
    facts_check_bytes(bytes);
    return 0;
}
