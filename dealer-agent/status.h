/* The command `status`: how this agent stands with its hub. Reads the home alone; asks nobody. */
#pragma once

#include "client/session.h"

status_t status_command(session_t *session) NODISCARD;
