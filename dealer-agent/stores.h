/* The stores of this agent's key: asked from the hub, and kept in the home (stores.txt) for checking files offline. */
#pragma once

#include "client/session.h"
#include "core/limits.h"

typedef struct {
    arena_t *arena;
    const char *codes[KEY_DEALERS_MAX];
    size_t count;
} stores_t;
void stores_fini(stores_t *stores);

/* Asks the hub, pins its signing key, and keeps the answer. A key that is no dealer's has none. */
status_t stores_ask(session_t *session, stores_t *out) NODISCARD;

/* Keeps what is known by other ways: one code a line. That it cannot be kept is no fault. */
void stores_keep(const char *home_directory, const char *const *codes, size_t count);

/* As last kept; none where nothing was. */
status_t stores_recall(const char *home_directory, stores_t *out) NODISCARD;

bool stores_hold(const stores_t *stores, const char *code);

/* The store that a command is about: --dealer, else the only one; wrong usage where there are several or none. The
 * string belongs to the command line or to `stores`. */
status_t stores_pick(session_t *session, const stores_t *stores, const char **out) NODISCARD;

/* The same of the stores that the hub names, which is asked only without --dealer. */
status_t stores_choose(session_t *session, stores_t *stores, const char **out) NODISCARD;
