/* Borrowed bytes: never owned, valid as long as whoever lent them says. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *data;
    size_t size;
} span_t;
