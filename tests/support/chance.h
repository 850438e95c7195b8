/* Chance that can be told again. */
#pragma once

#include <stdint.h>

/* The seed of a run: $YARDSTICK_SEED, or always the same. Prints it under `name`. */
uint64_t chance_seed(const char *name);

/* The next number (xorshift); `state` is not 0. */
uint64_t chance_next(uint64_t *state);
