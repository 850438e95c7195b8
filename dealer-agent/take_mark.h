/* HOME/taking.txt: the file whose months go into the outbox, by what only that very file has: the same dropped again
 * has another stamp. So that one whose reader was ended between the outbox and the move is not taken for one that was
 * dropped again. */
#pragma once

#include "core/status.h"
#include "dealer-agent/stamp.h"

#define TAKE_MARK_FILE "taking.txt"

/* STATUS_IO with errno. */
status_t take_mark_set(const char *home_directory, const stamp_t *stamp) NODISCARD;

bool take_mark_is_set(const char *home_directory, const stamp_t *stamp);
