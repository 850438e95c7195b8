/* Any bytes as a receipt that somebody brings: refused with a fault, or read; what is read, written out, is read again
 * to the same. */
#include "dealer-agent/receipt_json.h"
#include "facts_check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read of it, written out; NULL where it is refused. */
static char *rewrite(span_t bytes)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 26);
    faults_t faults = {0};
    filing_t filing;
    status_t status = receipt_json_read_bytes(bytes, arena, &filing, &faults);
    require((status == STATUS_OK) == faults_empty(&faults));
    faults_fini(&faults);
    if (status != STATUS_OK)
        return NULL;
    json_t *object = receipt_json_whole(&filing, LANGUAGE_EN);
    require(object != NULL);
    char *text = json_dumps(object, JSON_COMPACT);
    require(text != NULL);
    json_decref(object);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *once = rewrite((span_t){data, size});
    char *twice = once ? rewrite((span_t){(const uint8_t *)once, strlen(once)}) : NULL;
    require(!once || (twice && strcmp(once, twice) == 0));
    free(once);
    free(twice);
    return 0;
}
