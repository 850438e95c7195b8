#include "cli/commands.h"
#include "client/files.h"
#include "client/network_files.h"
#include "client/render_changes.h"
#include "core/limits.h"
#include "core/scratch.h"

#include <errno.h>
#include <string.h>

/* A part stays well under REQUEST_SIZE_MAX, and what its decoding takes under REQUEST_MEMORY_MAX: each line is counted
 * with what it weighs beside its text. */
#define PART_WEIGHT (REQUEST_SIZE_MAX / 2)
#define LINE_WEIGHT 32

/* How many lines of each kind stand before a part. */
typedef struct {
    size_t regions, dealers, memberships, circles;
} position_t;

typedef struct {
    const network_lines_t *lines;
    uint8_t id[UPLOAD_ID_SIZE];
    position_t *starts; /* [part_count + 1] */
    size_t part_count;
    session_t *session;
    bool dry_run;
    imported_t imported; /* its texts are not kept: counts only */
    bool is_complete;
} upload_t;

static bool fits(size_t *weight, size_t text)
{
    if (*weight && *weight + text + LINE_WEIGHT > PART_WEIGHT)
        return false;
    *weight += text + LINE_WEIGHT;
    return true;
}

/* Where the part that begins at `from` ends. */
static position_t part_end(const network_lines_t *lines, position_t from)
{
    size_t weight = 0;
    position_t at = from;
    for (; at.regions < lines->region_count; at.regions++) {
        const network_region_line_t *line = &lines->regions[at.regions];
        if (!fits(&weight, strlen(line->code) + strlen(line->parent) + strlen(line->name)))
            return at;
    }
    for (; at.dealers < lines->dealer_count; at.dealers++) {
        const network_dealer_line_t *line = &lines->dealers[at.dealers];
        if (!fits(&weight, strlen(line->code) + strlen(line->name) + strlen(line->owner)))
            return at;
    }
    for (; at.memberships < lines->membership_count; at.memberships++) {
        const network_membership_line_t *line = &lines->memberships[at.memberships];
        if (!fits(&weight, strlen(line->dealer) + strlen(line->region)))
            return at;
    }
    for (; at.circles < lines->circle_count; at.circles++) {
        const network_circle_line_t *line = &lines->circles[at.circles];
        if (!fits(&weight, strlen(line->circle) + strlen(line->dealer)))
            return at;
    }
    return at;
}

static bool is_end(const network_lines_t *lines, position_t at)
{
    return at.regions == lines->region_count && at.dealers == lines->dealer_count &&
           at.memberships == lines->membership_count && at.circles == lines->circle_count;
}

/* Cuts the lines into parts; at least one, for an empty network too. */
static status_t cut(upload_t *upload, arena_t *arena)
{
    size_t count = 0;
    position_t at = {0};
    do {
        at = part_end(upload->lines, at);
        count++;
    } while (!is_end(upload->lines, at));
    upload->starts = arena_array(arena, count + 1, sizeof *upload->starts);
    if (!upload->starts)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        upload->starts[i + 1] = part_end(upload->lines, upload->starts[i]);
    upload->part_count = count;
    return STATUS_OK;
}

static status_t make_part(void *context, size_t index, arena_t *arena, request_t *out)
{
    (void)arena;
    const upload_t *upload = context;
    position_t from = upload->starts[index], to = upload->starts[index + 1];
    const network_lines_t *all = upload->lines;
    network_part_t part = {
        .part = (uint32_t)index, .last = index + 1 == upload->part_count, .dry_run = upload->dry_run};
    memcpy(part.upload_id, upload->id, sizeof part.upload_id);
    part.lines = (network_lines_t){all->regions + from.regions,         to.regions - from.regions,
                                   all->dealers + from.dealers,         to.dealers - from.dealers,
                                   all->memberships + from.memberships, to.memberships - from.memberships,
                                   all->circles + from.circles,         to.circles - from.circles};
    *out = (request_t){.kind = REQUEST_IMPORT_NETWORK, .network_part = part};
    return STATUS_OK;
}

/* The answer of the last part. The list of a dry run is shown here, where it lives. */
static status_t take_last(upload_t *upload, const response_t *response)
{
    if (response->kind == RESPONSE_IMPORTED) {
        upload->imported = response->imported;
        upload->is_complete = response->imported.complete;
    }
    if (response->kind != RESPONSE_NETWORK_CHANGES || !upload->dry_run)
        return STATUS_OK;
    upload->is_complete = true;
    render_t render = session_render(upload->session);
    return render_changes(&render, &response->network_changes);
}

static status_t take_part(void *context, size_t index, const response_t *response, arena_t **arena)
{
    (void)arena;
    upload_t *upload = context;
    if (response->status != STATUS_OK) {
        session_add_refusal(upload->session, "network import", response);
        return response->status;
    }
    return index + 1 == upload->part_count ? take_last(upload, response) : STATUS_OK;
}

static void print_imported(const session_t *session, const imported_t *imported)
{
    printf("imported: %u regions, %u dealers, %u memberships, %u circle members\n", imported->regions,
           imported->dealers, imported->memberships, imported->circles);
    render_t render = session_render(session);
    render_changes_summary(&render, &imported->changes);
}

status_t run_network_import(session_t *session)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    if (!arena)
        return STATUS_NO_MEMORY;
    network_lines_t lines = {0};
    TRY(network_files_read(session->invocation->arguments[0], arena, &lines, &session->faults));
    upload_t upload = {.lines = &lines, .session = session};
    upload.dry_run = invocation_value(session->invocation, "dry-run");
    arc4random_buf(upload.id, sizeof upload.id);
    TRY(cut(&upload, arena));
    /* One at a time: the hub takes the parts in their order. */
    exchange_t exchange = {upload.part_count, 1, &upload, make_part, take_part};
    TRY(connection_exchange(session->connection, &exchange, &session->faults));
    if (!upload.is_complete)
        return session_fail(session, STATUS_MALFORMED,
                            "network import: the hub still awaits parts after the last; import it again");
    if (!upload.dry_run)
        print_imported(session, &upload.imported);
    return STATUS_OK;
}

status_t run_network_show(session_t *session)
{
    request_t request = {.kind = REQUEST_SHOW_NETWORK};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "network show", &request, RESPONSE_NETWORK, &answer));
    render_t render = session_render(session);
    return render_network(&render, &answer.response->network);
}

/* Every fault of the file is named here, with its name and line; the hub decides only what it alone can know. */
static status_t check_catalog(session_t *session, const char *path, span_t yaml)
{
    catalog_t *catalog = NULL;
    session->faults.source = path;
    status_t status = catalog_load(yaml, &catalog, &session->faults);
    session->faults.source = NULL;
    catalog_destroy(&catalog);
    return status;
}

status_t run_catalog_install(session_t *session)
{
    const char *path = session->invocation->arguments[0];
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    status_t status = files_read(path, CATALOG_SIZE_MAX, &text, &size);
    if (status == STATUS_LIMIT)
        return session_fail(session, status, "%s: a catalog has at most %d bytes", path, CATALOG_SIZE_MAX);
    if (status != STATUS_OK)
        return session_fail(session, status, "%s: cannot be read: %s", path, strerror(errno));
    span_t yaml = {(const uint8_t *)text, size};
    TRY(check_catalog(session, path, yaml));
    request_t request = {.kind = REQUEST_INSTALL_CATALOG, .catalog_yaml = yaml};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "catalog install", &request, RESPONSE_NONE, &answer));
    printf("installed %s\n", path);
    return STATUS_OK;
}

status_t run_status(session_t *session)
{
    request_t request = {.kind = REQUEST_GET_HEALTH};
    CLEANUP(answer_fini) answer_t answer = {0};
    TRY(session_ask(session, "status", &request, RESPONSE_HEALTH, &answer));
    render_t render = session_render(session);
    return render_health(&render, &answer.response->health);
}
