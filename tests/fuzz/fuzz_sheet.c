/* Any bytes as a file of facts in either layout (tests/fuzz/facts_check.h); workbooks have their own target. */
#include "facts_check.h"

#include "client/kinds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span_t bytes = {data, size};
    if (!kind_is_zip(bytes))
        facts_check_bytes(bytes);
    return 0;
}
