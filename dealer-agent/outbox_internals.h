/* What the outbox's parts and its tests share. */
#pragma once

#include "dealer-agent/outbox.h"
#include "dealer-agent/outbox_files.h"
#include "dealer-agent/outbox_table.h"

struct outbox {
    char directory[PATH_MAX];
    outbox_tables_t *tables;
    int lock;
};

/* outbox_open with another size of the map than 64 GiB. */
status_t outbox_open_sized(const char *home_directory, size_t map_bytes, outbox_t **out, faults_t *faults) NODISCARD;
