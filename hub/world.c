#include "hub/world.h"

#include "core/limits.h"
#include "core/scratch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* An earlier catalog, and where its facts stand in the current one. */
typedef struct archive {
    struct archive *next;
    catalog_t *catalog;
    size_t places[CATALOG_FACTS_MAX]; /* fact of `catalog` -> fact of the world's, ROW_NONE where it is gone */
} archive_t;

struct world_internals {
    atomic_uint references;
    pthread_mutex_t lock; /* over `archives`; an archive never changes once it is in the list */
    archive_t *archives;
};

static void destroy_archives(archive_t *archive)
{
    while (archive) {
        archive_t *next = archive->next;
        catalog_destroy(&archive->catalog);
        free(archive);
        archive = next;
    }
}

static void destroy(world_t *world)
{
    catalog_destroy(&world->catalog);
    network_destroy(&world->network);
    if (world->internals) {
        destroy_archives(world->internals->archives);
        pthread_mutex_destroy(&world->internals->lock);
        free(world->internals);
    }
    free(world);
}

world_t *world_create(catalog_t **catalog, network_t **network, uint64_t number)
{
    world_t *world = calloc(1, sizeof *world);
    struct world_internals *internals = calloc(1, sizeof *internals);
    if (!world || !internals) {
        free(world);
        free(internals);
        catalog_destroy(catalog);
        network_destroy(network);
        return NULL;
    }
    atomic_init(&internals->references, 1);
    pthread_mutex_init(&internals->lock, NULL);
    *world = (world_t){.catalog = *catalog, .network = *network, .number = number, .internals = internals};
    *catalog = NULL;
    *network = NULL;
    return world;
}

static status_t load_catalog(store_txn_t *txn, uint64_t digest, arena_t *arena, catalog_t **out)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    span_t yaml = {0};
    status_t status = store_get_catalog(txn, digest, arena, &yaml);
    if (status == STATUS_OK)
        status = catalog_load(yaml, out, &faults);
    return status == STATUS_INVALID || status == STATUS_NOT_FOUND ? STATUS_DAMAGED : status;
}

static status_t load_network(store_txn_t *txn, uint64_t number, arena_t *arena, network_t **out)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    network_lines_t lines = {0};
    status_t status = store_get_network(txn, number, arena, &lines);
    if (status == STATUS_OK || status == STATUS_NOT_FOUND)
        status = network_build(&lines, out, &faults);
    return status == STATUS_INVALID ? STATUS_DAMAGED : status;
}

status_t world_load_at(store_txn_t *txn, uint64_t number, uint64_t catalog_digest, world_t **out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(UPLOAD_SIZE_MAX * 2ul);
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(network_destroy) network_t *network = NULL;
    if (!arena)
        return STATUS_NO_MEMORY;
    TRY(load_catalog(txn, catalog_digest, arena, &catalog));
    TRY(load_network(txn, number, arena, &network));
    if (number == 0)
        number = store_network_number(txn);
    world_t *world = world_create(&catalog, &network, number == NETWORK_NONE ? 0 : number);
    if (!world)
        return STATUS_NO_MEMORY;
    *out = world;
    return STATUS_OK;
}

status_t world_load(store_txn_t *txn, world_t **out)
{
    return world_load_at(txn, 0, 0, out);
}

world_t *world_retain(world_t *world)
{
    atomic_fetch_add(&world->internals->references, 1);
    return world;
}

void world_release(world_t **world)
{
    if (!world || !*world)
        return;
    if (atomic_fetch_sub(&(*world)->internals->references, 1) == 1)
        destroy(*world);
    *world = NULL;
}

static archive_t *find_archive(world_t *world, uint64_t digest)
{
    pthread_mutex_lock(&world->internals->lock);
    archive_t *archive = world->internals->archives;
    while (archive && archive->catalog->digest != digest)
        archive = archive->next;
    pthread_mutex_unlock(&world->internals->lock);
    return archive;
}

/* Two threads may load the same one; both stay in the list, and the newer is found. */
static status_t load_archive(world_t *world, store_txn_t *txn, uint64_t digest, archive_t **out)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(2ul * CATALOG_SIZE_MAX);
    CLEANUP(scratch_free) archive_t *archive = calloc(1, sizeof *archive);
    if (!arena || !archive)
        return STATUS_NO_MEMORY;
    TRY(load_catalog(txn, digest, arena, &archive->catalog));
    for (size_t fact = 0; fact < archive->catalog->fact_count; fact++) {
        size_t place = catalog_find_row(world->catalog, archive->catalog->rows[fact].id);
        archive->places[fact] = place < world->catalog->fact_count ? place : ROW_NONE;
    }
    *out = archive;
    pthread_mutex_lock(&world->internals->lock);
    archive->next = world->internals->archives;
    world->internals->archives = archive;
    pthread_mutex_unlock(&world->internals->lock);
    archive = NULL;
    return STATUS_OK;
}

static status_t get_archive(world_t *world, store_txn_t *txn, uint64_t digest, archive_t **out)
{
    archive_t *archive = find_archive(world, digest);
    if (!archive)
        TRY(load_archive(world, txn, digest, &archive));
    *out = archive;
    return STATUS_OK;
}

status_t world_find_catalog(world_t *world, store_txn_t *txn, uint64_t digest, const catalog_t **out)
{
    archive_t *archive = NULL;
    if (digest != world->catalog->digest)
        TRY(get_archive(world, txn, digest, &archive));
    *out = archive ? archive->catalog : world->catalog;
    return STATUS_OK;
}

static status_t unpack(const packed_facts_t *facts, const catalog_t *catalog, int64_t *out)
{
    size_t fact;
    const char *why;
    return packed_facts_unpack(facts, catalog, out, &fact, &why) == STATUS_OK ? STATUS_OK : STATUS_DAMAGED;
}

status_t world_unpack(world_t *world, store_txn_t *txn, uint64_t digest, const packed_facts_t *facts, int64_t *out)
{
    if (digest == world->catalog->digest)
        return unpack(facts, world->catalog, out);
    archive_t *archive = NULL;
    TRY(get_archive(world, txn, digest, &archive));
    int64_t earlier[CATALOG_FACTS_MAX];
    TRY(unpack(facts, archive->catalog, earlier));
    for (size_t fact = 0; fact < world->catalog->fact_count; fact++)
        out[fact] = FACT_ABSENT;
    for (size_t fact = 0; fact < archive->catalog->fact_count; fact++)
        if (archive->places[fact] != ROW_NONE)
            out[archive->places[fact]] = earlier[fact];
    return STATUS_OK;
}
