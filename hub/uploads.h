/* A network import under way: parts in order, kept until the last one. Not thread-safe. */
#pragma once

#include "hub/clock.h"

#include "core/arena.h"
#include "proto/message.h"

typedef struct upload upload_t;

/* `dry_run`: only to see what it would change. NULL when out of memory. */
upload_t *upload_create(const uint8_t id[UPLOAD_ID_SIZE], const uint8_t key[KEY_SIZE], bool dry_run);
void upload_destroy(upload_t **upload);

/* Whether `part` of that import by that key is the next one, and as dry as the first. */
bool upload_expects(const upload_t *upload, const uint8_t id[UPLOAD_ID_SIZE], const uint8_t key[KEY_SIZE],
                    uint32_t part, bool dry_run);

/* Copies a part's lines. STATUS_LIMIT where all parts together are larger than UPLOAD_SIZE_MAX; STATUS_NO_MEMORY. After
 * either it holds half a part and is only fit to be destroyed. */
status_t upload_add(upload_t *upload, const network_lines_t *lines) NODISCARD;

/* All lines so far, in order; they belong to the upload. */
network_lines_t upload_lines(const upload_t *upload);

/* Milliseconds since the last part. */
uint64_t upload_age_ms(const upload_t *upload);
