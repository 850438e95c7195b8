#include "tests/support/chance.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t chance_seed(const char *name)
{
    const char *given = getenv("YARDSTICK_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : UINT64_C(0x9E3779B97F4A7C15);
    fprintf(stderr, "%s: YARDSTICK_SEED=%llu\n", name, (unsigned long long)seed);
    return seed;
}

uint64_t chance_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}
