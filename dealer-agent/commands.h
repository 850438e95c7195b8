/* yardstick-agent: the program at the dealership (SPEC 6). Its table of commands. */
#pragma once

#include "client/session.h"

extern const program_t agent_program;
