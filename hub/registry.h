/* Who is known: public key -> principal, in memory, as the store holds it. Any thread may ask; only the writer changes
 * it, after the commit. Principals are never freed while the registry lives (a revoked key stays known as revoked, one
 * whose rights have changed stays beside its successor), so a pointer to one may be kept. */
#pragma once

#include "hub/store.h"

#include <stdatomic.h>

typedef struct principal {
    uint8_t key[KEY_SIZE];
    role_t role;
    const char *const *dealers; /* of a dealer's key */
    size_t dealer_count;
    const char *region; /* of a manager's key, else "" */
    atomic_bool revoked;
    atomic_size_t unread; /* bytes of answers to it that libzmq holds */

    /* The server thread's alone: */
    uint32_t unanswered; /* requests in the hub */
    uint32_t changes;    /* those of them that change something */
    size_t bytes;        /* memory of all of them */
    uint64_t served;     /* turn at which a worker last took a question of it */

    struct principal *before; /* the registry's: the same key with other rights, until they changed */
} principal_t;

typedef struct registry registry_t;

/* Empty. NULL when out of memory. */
registry_t *registry_create(void);
void registry_destroy(registry_t **registry);

/* Takes over every key of the store. STATUS_NO_MEMORY, or what the store says. */
status_t registry_load(registry_t *registry, store_txn_t *txn) NODISCARD;

/* Adds a key (its texts are copied), or gives a known one these rights: it has another principal from then on, and what
 * is under way ends with the one of before. A revoked key is left as it is. STATUS_NO_MEMORY changes nothing. */
status_t registry_admit(registry_t *registry, const key_entry_t *entry) NODISCARD;

/* Marks a key, also for what is under way with its rights of before; no effect where it is unknown. */
void registry_revoke(registry_t *registry, const uint8_t key[KEY_SIZE]);

/* The principal, revoked ones too; NULL where the key is unknown. */
principal_t *registry_find(registry_t *registry, const uint8_t key[KEY_SIZE]);

/* Whether the key is known and not revoked: what ZAP asks. */
bool registry_accepts(registry_t *registry, const uint8_t key[KEY_SIZE]);

/* How many keys of a role are not revoked (ROLE_NONE: of all roles). */
size_t registry_count(registry_t *registry, role_t role);
