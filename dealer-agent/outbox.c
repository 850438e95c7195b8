#include "dealer-agent/outbox.h"

#include "dealer-agent/outbox_internals.h"

#include <stdlib.h>
#include <unistd.h>

/* Address space only: the file is as large as what it holds, and its disk is full before this is. */
#define MAP_BYTES ((size_t)64 << 30)

static const char *advice(status_t status)
{
    switch (status) {
    case STATUS_DAMAGED:
        return TRANSLATED("; move the directory away (keep it: it may be read by hand), or restore it from a backup, "
                          "and file again what the hub does not have: what it has is answered as unchanged");
    case STATUS_NEWER_FORMAT:
        return TRANSLATED("; install that version of yardstick-agent");
    case STATUS_STORE_FULL:
        return TRANSLATED("; make room on its disk, then do it again: nothing was lost");
    case STATUS_BUSY:
        return TRANSLATED("; do it again a little later; where that goes on, see which process has its write.lock "
                          "open");
    case STATUS_IO:
        return TRANSLATED("; check that the disk is well and that this user may write there");
    default:
        return "";
    }
}

static const char *words_of(status_t status)
{
    switch (status) {
    case STATUS_STORE_FULL:
        return TRANSLATED("there is no room left");
    case STATUS_BUSY:
        return TRANSLATED("another program has had it locked for too long");
    default:
        return status_text(status);
    }
}

static status_t explain(const char *directory, status_t status, const char *why, faults_t *faults)
{
    faults_add(faults, 0, 0, "the outbox %s: %s%s", directory, faults_text(faults, *why ? why : words_of(status)),
               faults_text(faults, advice(status)));
    return status;
}

status_t outbox_explain(const outbox_t *outbox, status_t status, faults_t *faults)
{
    return explain(outbox->directory, status, "", faults);
}

static status_t open_tables(outbox_t *outbox, size_t map_bytes, char *out_why, size_t why_size)
{
    bool is_new;
    TRY(outbox_prepare(outbox->directory, &is_new, out_why, why_size));
    if (!is_new)
        TRY(outbox_tables_check(outbox->directory, out_why, why_size));
    TRY(outbox_tables_open(outbox->directory, map_bytes, outbox->lock, is_new, &outbox->tables));
    return is_new ? outbox_finish(outbox->directory, out_why, why_size) : STATUS_OK;
}

status_t outbox_open_sized(const char *home_directory, size_t map_bytes, outbox_t **out, faults_t *faults)
{
    CLEANUP(outbox_close) outbox_t *outbox = calloc(1, sizeof *outbox);
    char why[PATH_MAX + 200] = "";
    if (!outbox)
        return explain(home_directory, STATUS_NO_MEMORY, "", faults);
    outbox->lock = -1;
    if (!outbox_path(home_directory, NULL, outbox->directory))
        return explain(home_directory, STATUS_INVALID, "its path is too long", faults);
    status_t status = outbox_enter(outbox->directory, &outbox->lock, why, sizeof why);
    if (status == STATUS_OK) {
        status = open_tables(outbox, map_bytes, why, sizeof why);
        outbox_leave(outbox->lock);
    }
    if (status != STATUS_OK)
        return explain(outbox->directory, status, why, faults);
    *out = outbox;
    outbox = NULL;
    return STATUS_OK;
}

bool outbox_exists(const char *home_directory)
{
    char path[PATH_MAX];
    return *home_directory && outbox_path(home_directory, "FORMAT", path) && access(path, F_OK) == 0;
}

status_t outbox_open(const char *home_directory, outbox_t **out, faults_t *faults)
{
    return outbox_open_sized(home_directory, MAP_BYTES, out, faults);
}

void outbox_close(outbox_t **outbox)
{
    if (!outbox || !*outbox)
        return;
    outbox_tables_close(&(*outbox)->tables);
    if ((*outbox)->lock >= 0)
        close((*outbox)->lock);
    free(*outbox);
    *outbox = NULL;
}
