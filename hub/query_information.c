/* Questions about the hub itself: who am I, which catalog, which keys, which network, how is it. */
#include "hub/access.h"
#include "hub/queries.h"

#include "core/limits.h"

#include <string.h>

status_t query_describe(const query_t *query)
{
    const principal_t *principal = query->principal;
    query->response->kind = RESPONSE_DESCRIPTION;
    query->response->description = (description_t){
        .role = principal->role,
        .dealers = (const char **)principal->dealers,
        .dealer_count = principal->dealer_count,
        .region = principal->region,
        .catalog_digest = query->world->catalog->digest,
        .hub_version = YARDSTICK_VERSION,
        .time_zone = query->hub->settings->time_zone,
        .time_ms = clock_wall().ms,
        .has_signing_key = true,
    };
    memcpy(query->response->description.signing_key, query->hub->signing.public_key, SIGNING_KEY_SIZE);
    return STATUS_OK;
}

status_t query_get_catalog(const query_t *query)
{
    const catalog_t *catalog = query->world->catalog;
    span_t yaml = {(const uint8_t *)catalog->yaml, catalog->yaml_size};
    query->response->kind = RESPONSE_CATALOG;
    query->response->catalog.digest = catalog->digest;
    if (query->request->known_digest != catalog->digest)
        query->response->catalog.yaml = yaml;
    signed_catalog_sign(query->hub->public_key, yaml, &query->hub->signing, query->response->catalog.signature);
    query->response->catalog.is_signed = true;
    return STATUS_OK;
}

status_t query_list_keys(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    stored_key_t *stored = NULL;
    size_t count = 0;
    TRY(store_begin_read(query->hub->store, &txn));
    TRY(store_list_keys(txn, query->arena, &stored, &count));
    key_entry_t *keys = arena_array(query->arena, count, sizeof *keys);
    if (!keys)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        keys[i] = stored[i].entry;
    query->response->kind = RESPONSE_KEYS;
    query->response->keys.items = keys;
    query->response->keys.count = count;
    return STATUS_OK;
}

status_t query_list_tokens(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    stored_token_t *stored = NULL;
    size_t count = 0;
    token_page_t *page = &query->response->tokens;
    const uint8_t *after = query->request->list_tokens.has_after ? query->request->list_tokens.after : NULL;
    TRY(store_begin_read(query->hub->store, &txn));
    TRY(store_list_tokens(txn, after, TOKENS_MAX, query->arena, &stored, &count, &page->more));
    token_entry_t *tokens = arena_array(query->arena, count, sizeof *tokens);
    if (!tokens)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        tokens[i] = stored[i].entry;
    query->response->kind = RESPONSE_TOKENS;
    page->list = (token_entries_t){tokens, count};
    page->port = atomic_load(&query->hub->enrolment_port);
    return STATUS_OK;
}

status_t query_get_health(const query_t *query)
{
    hub_t *hub = query->hub;
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    store_counts_t counts = {0};
    TRY(store_begin_read(hub->store, &txn));
    TRY(store_counts(txn, &counts));
    health_t health = {
        .uptime_ms = clock_monotonic().ms - hub->started.ms,
        .revisions = counts.revisions,
        .keys = (uint32_t)registry_count(hub->registry, ROLE_NONE),
        .dealers = query->world->network->dealer_count,
        .commits_queued = (uint32_t)atomic_load(&hub->commits_queued),
        .queries_queued = (uint32_t)atomic_load(&hub->queries_queued),
        .requests = atomic_load(&hub->requests),
        .refusals = atomic_load(&hub->refusals),
        .busy = atomic_load(&hub->busy),
        .self_check = (self_check_t)atomic_load(&hub->self_check),
        .self_check_records = atomic_load(&hub->self_check_records),
        .self_check_ms = atomic_load(&hub->self_check_ms),
    };
    store_sizes(hub->store, &health.stored_bytes, &health.map_bytes);
    months_measure(hub->months, &health.months_cached, &health.month_bytes);
    query->response->kind = RESPONSE_HEALTH;
    query->response->health = health;
    return STATUS_OK;
}

/* ---- the network, whole or a manager's part */

static bool holds_region(const query_t *query, const char *code)
{
    const network_t *network = query->world->network;
    return access_holds_region(network, query->principal, network_find_region(network, code));
}

/* Whether the dealer ever lay in the manager's region. */
static bool holds_dealer(const query_t *query, const char *code)
{
    const network_t *network = query->world->network;
    uint32_t index = network_find_dealer(network, code);
    if (index == INDEX_NONE)
        return false;
    const dealer_t *dealer = &network->dealers[index];
    for (uint32_t i = 0; i < dealer->membership_count; i++)
        if (access_holds_region(network, query->principal, dealer->memberships[i].region))
            return true;
    return false;
}

static status_t keep_regions(const query_t *query, const network_lines_t *all, network_lines_t *part)
{
    network_region_line_t *kept = arena_array(query->arena, all->region_count, sizeof *kept);
    if (!kept)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < all->region_count; i++) {
        if (!holds_region(query, all->regions[i].code))
            continue;
        kept[part->region_count] = all->regions[i];
        if (!holds_region(query, all->regions[i].parent))
            kept[part->region_count].parent = ""; /* its own region is the top of what it sees */
        part->region_count++;
    }
    part->regions = kept;
    return STATUS_OK;
}

static status_t keep_dealers(const query_t *query, const network_lines_t *all, network_lines_t *part)
{
    network_dealer_line_t *kept = arena_array(query->arena, all->dealer_count, sizeof *kept);
    if (!kept)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < all->dealer_count; i++)
        if (holds_dealer(query, all->dealers[i].code))
            kept[part->dealer_count++] = all->dealers[i];
    part->dealers = kept;
    return STATUS_OK;
}

/* Of its dealers' memberships: those in its region as they are, the others as being out of it. */
static status_t keep_memberships(const query_t *query, const network_lines_t *all, network_lines_t *part)
{
    network_membership_line_t *kept = arena_array(query->arena, all->membership_count, sizeof *kept);
    if (!kept)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < all->membership_count; i++) {
        if (!holds_dealer(query, all->memberships[i].dealer))
            continue;
        kept[part->membership_count] = all->memberships[i];
        if (!holds_region(query, all->memberships[i].region))
            kept[part->membership_count].region = "";
        part->membership_count++;
    }
    part->memberships = kept;
    return STATUS_OK;
}

static status_t keep_circles(const query_t *query, const network_lines_t *all, network_lines_t *part)
{
    network_circle_line_t *kept = arena_array(query->arena, all->circle_count, sizeof *kept);
    if (!kept)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < all->circle_count; i++)
        if (holds_dealer(query, all->circles[i].dealer))
            kept[part->circle_count++] = all->circles[i];
    part->circles = kept;
    return STATUS_OK;
}

status_t query_show_network(const query_t *query)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    network_lines_t all = {0}, part = {0};
    TRY(store_begin_read(query->hub->store, &txn));
    status_t status = store_get_network(txn, 0, query->arena, &all);
    if (status != STATUS_NOT_FOUND)
        TRY(status);
    if (query->principal->role == ROLE_MANAGER) {
        TRY(keep_regions(query, &all, &part));
        TRY(keep_dealers(query, &all, &part));
        TRY(keep_memberships(query, &all, &part));
        TRY(keep_circles(query, &all, &part));
        all = part;
    }
    query->response->kind = RESPONSE_NETWORK;
    query->response->network = all;
    return STATUS_OK;
}
