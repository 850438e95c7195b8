/* The tables behind client/messages.h. tests/client/check_messages.py reads them: each message of the sources has its
 * pair, and both have the same conversions. */
#pragma once

#include <stddef.h>

typedef struct {
    const char *english, *chinese;
} message_pair_t;

/* Formats and clauses of the agent, its commands, and the line to its hub. Ends with a pair of NULLs. */
extern const message_pair_t messages_agent[];

/* Formats by which the hub, or what the agent keeps in its outbox, makes sentences; in the Chinese ones `{1}` to `{9}`
 * stand for what stands at the conversions, in their order. Ends with a pair of NULLs. */
extern const message_pair_t messages_hub[];
