#include "hub/registry.h"

#include "core/scratch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Open addressing, at most half full. Keys are points on a curve: their first bytes are hash enough, and a stranger's
 * key never gets in. */
struct registry {
    pthread_mutex_t lock;
    principal_t **slots;
    size_t slot_count; /* a power of two */
    size_t count;
};

registry_t *registry_create(void)
{
    registry_t *registry = calloc(1, sizeof *registry);
    if (!registry)
        return NULL;
    registry->slot_count = 64;
    registry->slots = calloc(registry->slot_count, sizeof(principal_t *));
    if (!registry->slots) {
        free(registry);
        return NULL;
    }
    pthread_mutex_init(&registry->lock, NULL);
    return registry;
}

void registry_destroy(registry_t **registry)
{
    if (!registry || !*registry)
        return;
    for (size_t i = 0; i < (*registry)->slot_count; i++)
        for (principal_t *principal = (*registry)->slots[i], *before; principal; principal = before) {
            before = principal->before;
            free(principal);
        }
    free((*registry)->slots);
    pthread_mutex_destroy(&(*registry)->lock);
    free(*registry);
    *registry = NULL;
}

/* The slot that holds the key, or the empty one where it belongs. */
static principal_t **find_slot(principal_t **slots, size_t slot_count, const uint8_t key[KEY_SIZE])
{
    uint64_t hash;
    memcpy(&hash, key, sizeof hash);
    size_t at = hash & (slot_count - 1);
    while (slots[at] && memcmp(slots[at]->key, key, KEY_SIZE) != 0)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static status_t grow(registry_t *registry)
{
    size_t slot_count = registry->slot_count * 2;
    principal_t **slots = calloc(slot_count, sizeof(principal_t *));
    if (!slots)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < registry->slot_count; i++)
        if (registry->slots[i])
            *find_slot(slots, slot_count, registry->slots[i]->key) = registry->slots[i];
    free(registry->slots);
    registry->slots = slots;
    registry->slot_count = slot_count;
    return STATUS_OK;
}

/* One block: the principal, its pointers, its texts. */
static principal_t *make_principal(const key_entry_t *entry)
{
    const char *region = entry->region ? entry->region : "";
    size_t size = sizeof(principal_t) + entry->dealer_count * sizeof(char *) + strlen(region) + 1;
    for (size_t i = 0; i < entry->dealer_count; i++)
        size += strlen(entry->dealers[i]) + 1;
    principal_t *principal = calloc(1, size);
    if (!principal)
        return NULL;
    const char **dealers = (const char **)(void *)(principal + 1);
    char *text = (char *)(dealers + entry->dealer_count);
    for (size_t i = 0; i < entry->dealer_count; i++) {
        dealers[i] = text;
        text = stpcpy(text, entry->dealers[i]) + 1;
    }
    strcpy(text, region);
    memcpy(principal->key, entry->public_key, KEY_SIZE);
    principal->role = entry->role;
    principal->dealers = dealers;
    principal->dealer_count = entry->dealer_count;
    principal->region = text;
    atomic_init(&principal->revoked, entry->revoked);
    return principal;
}

static status_t insert(registry_t *registry, principal_t **principal)
{
    if (2 * (registry->count + 1) > registry->slot_count)
        TRY(grow(registry));
    principal_t **slot = find_slot(registry->slots, registry->slot_count, (*principal)->key);
    if (*slot && atomic_load(&(*slot)->revoked))
        return STATUS_OK;
    registry->count += !*slot;
    (*principal)->before = *slot;
    *slot = *principal;
    *principal = NULL;
    return STATUS_OK;
}

status_t registry_admit(registry_t *registry, const key_entry_t *entry)
{
    CLEANUP(scratch_free) principal_t *principal = make_principal(entry);
    if (!principal)
        return STATUS_NO_MEMORY;
    pthread_mutex_lock(&registry->lock);
    status_t status = insert(registry, &principal);
    pthread_mutex_unlock(&registry->lock);
    return status;
}

static status_t admit_stored(void *registry, const stored_key_t *key)
{
    return registry_admit(registry, &key->entry);
}

status_t registry_load(registry_t *registry, store_txn_t *txn)
{
    return store_scan_keys(txn, admit_stored, registry);
}

principal_t *registry_find(registry_t *registry, const uint8_t key[KEY_SIZE])
{
    pthread_mutex_lock(&registry->lock);
    principal_t *principal = *find_slot(registry->slots, registry->slot_count, key);
    pthread_mutex_unlock(&registry->lock);
    return principal;
}

void registry_revoke(registry_t *registry, const uint8_t key[KEY_SIZE])
{
    for (principal_t *principal = registry_find(registry, key); principal; principal = principal->before)
        atomic_store(&principal->revoked, true); /* also for what is under way with the rights of before */
}

bool registry_accepts(registry_t *registry, const uint8_t key[KEY_SIZE])
{
    principal_t *principal = registry_find(registry, key);
    return principal && !atomic_load(&principal->revoked);
}

size_t registry_count(registry_t *registry, role_t role)
{
    size_t count = 0;
    pthread_mutex_lock(&registry->lock);
    for (size_t i = 0; i < registry->slot_count; i++) {
        const principal_t *principal = registry->slots[i];
        if (principal && !atomic_load(&principal->revoked) && (role == ROLE_NONE || principal->role == role))
            count++;
    }
    pthread_mutex_unlock(&registry->lock);
    return count;
}
