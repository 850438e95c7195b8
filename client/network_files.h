/* regions.csv, dealers.csv, memberships.csv, circles.csv of a directory (SPEC 6). */
#pragma once

#include "core/arena.h"
#include "core/network.h"

/* Reads the four files (circles.csv may be missing) into lines whose strings come from `arena`, and builds the network
 * to find every fault before anything is sent. */
status_t network_files_read(const char *directory, arena_t *arena, network_lines_t *out, faults_t *faults) NODISCARD;
