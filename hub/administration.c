#include "hub/administration.h"

#include "hub/access.h"
#include "hub/administration_internal.h"
#include "hub/comments.h"
#include "hub/log.h"

#include "core/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define ARENA_BYTES (2ul * UPLOAD_SIZE_MAX)

administration_t *administration_create(hub_t *hub)
{
    administration_t *administration = calloc(1, sizeof *administration);
    if (administration)
        administration->hub = hub;
    return administration;
}

void administration_destroy(administration_t **administration)
{
    if (!administration || !*administration)
        return;
    upload_destroy(&(*administration)->upload);
    free(*administration);
    *administration = NULL;
}

void administration_tick(administration_t *administration)
{
    if (administration->upload && upload_age_ms(administration->upload) > UPLOAD_IDLE_MS)
        upload_destroy(&administration->upload);
}

/* ---- keys */

static status_t check_dealers(change_t *change, const key_entry_t *entry)
{
    if (entry->dealer_count == 0 || entry->dealer_count > KEY_DEALERS_MAX)
        return refuse(&change->refusal, STATUS_INVALID, "dealers", "a dealer's key names 1 to %d stores",
                      KEY_DEALERS_MAX);
    for (size_t i = 0; i < entry->dealer_count; i++) {
        const char *code = entry->dealers[i];
        if (network_find_dealer(change->world->network, code) == INDEX_NONE)
            return refuse(&change->refusal, STATUS_UNKNOWN, code, "the network has no dealer %s", code);
        for (size_t j = 0; j < i; j++)
            if (strcmp(entry->dealers[j], code) == 0)
                return refuse(&change->refusal, STATUS_INVALID, code, "dealer %s stands twice", code);
    }
    return STATUS_OK;
}

static status_t check_admission(change_t *change, const key_entry_t *entry)
{
    if (entry->role == ROLE_NONE || entry->role >= ROLE_COUNT)
        return refuse(&change->refusal, STATUS_INVALID, "role",
                      "a key needs a role: dealer, manager, headquarters or operator");
    if (entry->role == ROLE_HEADQUARTERS && change->job->principal->role != ROLE_HEADQUARTERS)
        return refuse(&change->refusal, STATUS_NOT_ALLOWED, "role", "only headquarters admits a headquarters key");
    if (entry->role == ROLE_DEALER)
        TRY(check_dealers(change, entry));
    else if (entry->dealer_count)
        return refuse(&change->refusal, STATUS_INVALID, "dealers", "only a dealer's key names dealers");
    if (entry->role != ROLE_MANAGER && *entry->region)
        return refuse(&change->refusal, STATUS_INVALID, "region", "only a manager's key names a region");
    if (entry->role == ROLE_MANAGER && !*entry->region)
        return refuse(&change->refusal, STATUS_INVALID, "region", "a manager's key names its region");
    if (entry->role == ROLE_MANAGER && network_find_region(change->world->network, entry->region) == INDEX_NONE)
        return refuse(&change->refusal, STATUS_UNKNOWN, entry->region, "the network has no region %s", entry->region);
    return STATUS_OK;
}

static bool has_dealer(const key_entry_t *entry, const char *code)
{
    for (size_t i = 0; i < entry->dealer_count; i++)
        if (strcmp(entry->dealers[i], code) == 0)
            return true;
    return false;
}

/* Whether all stores of `inner` are among those of `outer`. */
static bool has_all(const key_entry_t *outer, const key_entry_t *inner)
{
    for (size_t i = 0; i < inner->dealer_count; i++)
        if (!has_dealer(outer, inner->dealers[i]))
            return false;
    return true;
}

/* By role, region and stores, whatever the order of the stores. */
static key_standing_t standing_of(const key_entry_t *known, const key_entry_t *asked)
{
    if (known->role != asked->role || strcmp(known->region, asked->region) != 0)
        return KEY_OTHERWISE;
    if (has_all(known, asked))
        return has_all(asked, known) ? KEY_SAME : KEY_MORE;
    return has_all(asked, known) ? KEY_LESS : KEY_OTHERWISE;
}

static void log_key(const char *event, const uint8_t key[KEY_SIZE], const uint8_t by[KEY_SIZE])
{
    char about[41], by_text[41];
    zmq_z85_encode(about, key, KEY_SIZE);
    zmq_z85_encode(by_text, by, KEY_SIZE);
    log_event(LOG_INFO, event, "key=\"%s\" by=\"%s\"", about, by_text);
}

status_t change_find_key(change_t *change, const key_entry_t *asked, key_standing_t *out, stored_key_t *out_known)
{
    status_t status = store_get_key(change->txn, asked->public_key, change->arena, out_known);
    *out = KEY_UNKNOWN;
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (out_known->entry.revoked)
        return refuse(&change->refusal, STATUS_CONFLICT, "public_key",
                      "this key was revoked and cannot come back; make a new key and admit that");
    *out = standing_of(&out_known->entry, asked);
    return STATUS_OK;
}

status_t change_put_key(change_t *change, const key_entry_t *asked, const uint8_t by[KEY_SIZE], key_entry_t *out)
{
    stored_key_t key = {.entry = *asked};
    key.entry.revoked = false;
    key.entry.revoked_ms = 0;
    key.entry.admitted_ms = change->now.ms;
    key.entry.has_admitted_by = true;
    memcpy(key.entry.admitted_by, by, KEY_SIZE);
    *out = key.entry;
    return store_put_key(change->txn, asked->public_key, &key);
}

status_t change_publish_key(change_t *change, const key_entry_t *key)
{
    if (registry_admit(change->hub->registry, key) != STATUS_OK)
        /* It is stored; a restart knows it. */
        return refuse(&change->refusal, STATUS_INTERNAL, "public_key",
                      "the key is stored, but the hub has no memory to let it in before a restart");
    return STATUS_OK;
}

static status_t admit(change_t *change)
{
    const key_entry_t *asked = &change->job->request->admit;
    key_entry_t key;
    stored_key_t known;
    key_standing_t standing;
    TRY(change_find_key(change, asked, &standing, &known));
    TRY(check_admission(change, asked));
    if (standing == KEY_SAME)
        return STATUS_OK;
    if (standing != KEY_UNKNOWN)
        return refuse(&change->refusal, STATUS_CONFLICT, "public_key",
                      "this key is already admitted with other rights; revoke it and admit a new one");
    TRY(change_put_key(change, asked, change->job->principal->key, &key));
    TRY(store_commit(&change->txn));
    TRY(change_publish_key(change, &key));
    log_key("admitted", key.public_key, key.admitted_by);
    return STATUS_OK;
}

static status_t revoke(change_t *change)
{
    const uint8_t *public_key = change->job->request->revoke;
    stored_key_t key = {0};
    status_t status = store_get_key(change->txn, public_key, change->arena, &key);
    if (status == STATUS_NOT_FOUND)
        return refuse(&change->refusal, STATUS_UNKNOWN, "public_key", "no such key was ever admitted");
    TRY(status);
    if (key.entry.role == ROLE_HEADQUARTERS && change->job->principal->role != ROLE_HEADQUARTERS)
        return refuse(&change->refusal, STATUS_NOT_ALLOWED, "public_key",
                      "only headquarters revokes a headquarters key");
    if (key.entry.revoked)
        return STATUS_OK;
    if (key.entry.role == ROLE_HEADQUARTERS && registry_count(change->hub->registry, ROLE_HEADQUARTERS) <= 1)
        return refuse(&change->refusal, STATUS_CONFLICT, "public_key",
                      "this is the last headquarters key; admit another one first");
    key.entry.revoked = true;
    key.entry.revoked_ms = change->now.ms;
    key.has_revoked_by = true;
    memcpy(key.revoked_by, change->job->principal->key, KEY_SIZE);
    TRY(store_put_key(change->txn, public_key, &key));
    TRY(store_commit(&change->txn));
    registry_revoke(change->hub->registry, public_key);
    /* Its own connection would be cut before the answer has left; the next request on it is (server.c). */
    change->job->cuts = memcmp(public_key, change->job->principal->key, KEY_SIZE) != 0;
    memcpy(change->job->cut_key, public_key, KEY_SIZE);
    log_key("revoked", public_key, change->job->principal->key);
    return STATUS_OK;
}

/* ---- catalog */

static status_t check_catalog(change_t *change, span_t yaml, catalog_t **out)
{
    store_counts_t counts = {0};
    CLEANUP(catalog_destroy) catalog_t *next = NULL;
    TRY(store_counts(change->txn, &counts));
    status_t status = catalog_load(yaml, &next, &change->faults);
    if (status == STATUS_OK && counts.revisions)
        status = catalog_check_successor(change->world->catalog, next, &change->faults);
    if (status == STATUS_INVALID)
        return refuse(&change->refusal, STATUS_INVALID, "", "faults in the catalog: %zu; nothing was changed",
                      change->faults.count + change->faults.dropped);
    TRY(status);
    *out = next;
    next = NULL;
    return STATUS_OK;
}

static status_t install_catalog(change_t *change)
{
    span_t yaml = change->job->request->catalog_yaml;
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(world_release) world_t *world = NULL;
    TRY(check_catalog(change, yaml, &catalog));
    assert(catalog);
    uint64_t digest = catalog->digest;
    change->response.kind = RESPONSE_CATALOG;
    change->response.catalog.digest = digest;
    if (digest == change->world->catalog->digest)
        return STATUS_OK;
    TRY(store_put_catalog(change->txn, digest, yaml, change->now.ms));
    /* Built of what the transaction will make current, before it does. */
    TRY(world_load(change->txn, &world));
    TRY(store_commit(&change->txn));
    months_set_world(change->hub->months, &world);
    log_event(LOG_INFO, "catalog", "digest=%016llx", (unsigned long long)digest);
    return STATUS_OK;
}

/* ---- one job */

static status_t run(change_t *change)
{
    if (change->job->enrols) /* a key that is nobody's yet */
        return change->job->request->kind == REQUEST_ENROLL ? tokens_enroll(change) : STATUS_UNSUPPORTED;
    if (atomic_load(&change->job->principal->revoked))
        return refuse(&change->refusal, STATUS_NOT_ALLOWED, "", "this key is revoked");
    switch (change->job->request->kind) {
    case REQUEST_ADMIT_KEY:
        return admit(change);
    case REQUEST_REVOKE_KEY:
        return revoke(change);
    case REQUEST_IMPORT_NETWORK:
        return network_import(change);
    case REQUEST_INSTALL_CATALOG:
        return install_catalog(change);
    case REQUEST_MAKE_TOKENS:
        return tokens_make(change);
    case REQUEST_REVOKE_TOKENS:
        return tokens_revoke(change);
    case REQUEST_RELEASE_MONTH:
        return month_release(change);
    case REQUEST_DESIGNATE_EXEMPLAR:
        return exemplar_designate(change);
    case REQUEST_CLOSE_MONTH:
        return month_close(change);
    case REQUEST_REOPEN_MONTH:
        return month_reopen(change);
    case REQUEST_ALLOW_CORRECTION:
        return month_allow(change);
    case REQUEST_COMMENT:
        return comments_add(change);
    default:
        return STATUS_UNSUPPORTED;
    }
}

status_t administration_process(administration_t *administration, job_t *job)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(ARENA_BYTES);
    if (!arena)
        return STATUS_NO_MEMORY;
    CLEANUP(world_release) world_t *world = months_world(administration->hub->months);
    change_t change = {
        .administration = administration,
        .hub = administration->hub,
        .job = job,
        .world = world,
        .arena = arena,
        .now = clock_wall(),
    };
    TRY(store_begin_write(administration->hub->store, &change.txn));
    store_actor_t actor = {.time_ms = change.now.ms, .is_hub = !job->principal}; /* who enrols is nobody yet */
    if (job->principal) {
        actor.role = job->principal->role;
        memcpy(actor.public_key, job->principal->key, KEY_SIZE);
    }
    store_set_actor(change.txn, &actor);
    status_t status = run(&change);
    store_abort(&change.txn); /* nothing where it was committed */
    bool is_internal = status >= STATUS_NO_MEMORY || status == STATUS_STORE_FULL;
    if (status == STATUS_OK)
        job_answer(job, &change.response);
    else if (!is_internal)
        job_refuse(job, status, change.refusal.message, change.refusal.where, &change.faults);
    faults_fini(&change.faults);
    return is_internal ? status : STATUS_OK;
}
