/* A network import: parts put together, checked, told what it changes, made current. */
#include "hub/administration_internal.h"
#include "hub/log.h"

#include "core/limits.h"

#include <string.h>
#include <zmq.h>

/* A dealer with facts may not be dropped: every one of the current network must be in the next, or have none. */
static status_t check_dropped(change_t *change, const network_t *next)
{
    const network_t *current = change->world->network;
    change->faults.source = "dealers.csv";
    for (uint32_t i = 0; i < current->dealer_count; i++) {
        bool has_facts = false;
        if (network_find_dealer(next, current->dealers[i].code) != INDEX_NONE)
            continue;
        TRY(store_has_revisions(change->txn, current->dealers[i].code, &has_facts));
        if (has_facts)
            faults_add(&change->faults, 0, 0,
                       "dealer %s has facts and may not be dropped; let it leave the network with a membership of no "
                       "region instead",
                       current->dealers[i].code);
    }
    return faults_empty(&change->faults) ? STATUS_OK : STATUS_INVALID;
}

/* The world with another network; its catalog is loaded anew, because a world owns what it holds. */
static status_t make_world(change_t *change, network_t **network, world_t **out)
{
    const catalog_t *current = change->world->catalog;
    catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    TRY(catalog_load((span_t){(const uint8_t *)current->yaml, current->yaml_size}, &catalog, &faults));
    world_t *world = world_create(&catalog, network, store_network_number(change->txn));
    if (!world)
        return STATUS_NO_MEMORY;
    *out = world;
    return STATUS_OK;
}

/* ---- what it changes */

/* A key that stands for something that `next` has no more (and the current network has). */
static status_t check_key(change_t *change, const network_t *next, const key_entry_t *key, network_changes_t *changes)
{
    const network_t *current = change->world->network;
    char text[KEY_SIZE * 5 / 4 + 1];
    network_change_t gone = {.kind = CHANGE_KEY_DEALER_GONE, .period = PERIOD_NONE, .until = PERIOD_NONE};
    gone.code = zmq_z85_encode(text, key->public_key, KEY_SIZE);
    for (size_t i = 0; i < key->dealer_count; i++) {
        gone.from = key->dealers[i];
        if (network_find_dealer(current, gone.from) != INDEX_NONE && network_find_dealer(next, gone.from) == INDEX_NONE)
            TRY(network_changes_add(changes, &gone, change->arena));
    }
    gone.kind = CHANGE_KEY_REGION_GONE;
    gone.from = key->region;
    if (key->role == ROLE_MANAGER && network_find_region(current, gone.from) != INDEX_NONE &&
        network_find_region(next, gone.from) == INDEX_NONE)
        TRY(network_changes_add(changes, &gone, change->arena));
    return STATUS_OK;
}

static status_t find_changes(change_t *change, const network_t *next, network_changes_t *out)
{
    stored_key_t *keys = NULL;
    size_t count = 0;
    TRY(network_changes_find(change->world->network, next, clock_period(change->now), change->arena, out));
    TRY(store_list_keys(change->txn, change->arena, &keys, &count));
    for (size_t i = 0; i < count; i++)
        if (!keys[i].entry.revoked)
            TRY(check_key(change, next, &keys[i].entry, out));
    return STATUS_OK;
}

/* ---- the import */

static status_t build_network(change_t *change, const network_lines_t *lines, network_t **out)
{
    CLEANUP(network_destroy) network_t *network = NULL;
    status_t status = network_build(lines, &network, &change->faults);
    if (status == STATUS_OK)
        status = check_dropped(change, network);
    if (status == STATUS_INVALID)
        return refuse(&change->refusal, STATUS_INVALID, "", "faults in the network: %zu; nothing was changed",
                      change->faults.count + change->faults.dropped);
    TRY(status);
    *out = network;
    network = NULL;
    return STATUS_OK;
}

static status_t replace_network(change_t *change, const network_lines_t *lines, network_t **network)
{
    CLEANUP(world_release) world_t *world = NULL;
    TRY(store_put_network(change->txn, lines, change->now.ms));
    TRY(make_world(change, network, &world)); /* behind it: a world tells its network's number */
    TRY(store_commit(&change->txn));
    months_set_world(change->hub->months, &world);
    log_event(LOG_INFO, "network", "regions=%zu dealers=%zu memberships=%zu circles=%zu", lines->region_count,
              lines->dealer_count, lines->membership_count, lines->circle_count);
    return STATUS_OK;
}

static status_t take_part(change_t *change, network_lines_t *out)
{
    administration_t *administration = change->administration;
    const network_part_t *part = &change->job->request->network_part;
    if (part->part == 0) {
        upload_destroy(&administration->upload);
        administration->upload = upload_create(part->upload_id, change->job->principal->key, part->dry_run);
        if (!administration->upload)
            return STATUS_NO_MEMORY;
    }
    upload_t *upload = administration->upload;
    if (!upload || !upload_expects(upload, part->upload_id, change->job->principal->key, part->part, part->dry_run))
        return refuse(
            &change->refusal, STATUS_CONFLICT, "part",
            "part %u does not follow: another import began, or this one waited too long; send all parts again",
            part->part);
    status_t status = upload_add(upload, &part->lines);
    if (status == STATUS_OK)
        *out = upload_lines(upload);
    else
        upload_destroy(&administration->upload); /* half a part is in it */
    if (status == STATUS_LIMIT)
        return refuse(&change->refusal, STATUS_INVALID, "", "the network is larger than %d bytes", UPLOAD_SIZE_MAX);
    return status;
}

/* All lines are there: checks them, and makes them current unless it is a dry run. */
static status_t complete(change_t *change, const network_lines_t *lines, bool dry_run)
{
    CLEANUP(network_destroy) network_t *network = NULL;
    network_changes_t changes = {0};
    TRY(build_network(change, lines, &network));
    TRY(find_changes(change, network, &changes));
    if (dry_run) {
        change->response.kind = RESPONSE_NETWORK_CHANGES;
        change->response.network_changes = changes;
        return STATUS_OK;
    }
    change->response.imported.complete = true;
    change->response.imported.changes = changes;
    return replace_network(change, lines, &network);
}

status_t network_import(change_t *change)
{
    const network_part_t *part = &change->job->request->network_part;
    network_lines_t lines = {0};
    TRY(take_part(change, &lines));
    change->response.kind = RESPONSE_IMPORTED;
    change->response.imported = (imported_t){
        .regions = (uint32_t)lines.region_count,
        .dealers = (uint32_t)lines.dealer_count,
        .memberships = (uint32_t)lines.membership_count,
        .circles = (uint32_t)lines.circle_count,
    };
    if (!part->last)
        return STATUS_OK;
    status_t status = complete(change, &lines, part->dry_run);
    upload_destroy(&change->administration->upload);
    return status;
}
