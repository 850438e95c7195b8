/* Where a hub is, as people write it. */
#pragma once

#include <stdbool.h>

#define ENDPOINT_SIZE 300 /* with NUL */

/* Whether `text` is tcp://HOST:PORT that a client can connect to, at most ENDPOINT_SIZE - 1 bytes: HOST a name or
 * address ([…] around IPv6), no wildcard; PORT 0..65535 (0 stands for a port that is not known yet: --hub then names
 * it). */
bool endpoint_is_valid(const char *text);

/* The endpoint at which this machine reaches a hub that listens on `listen`: a wildcard (*, 0.0.0.0, [::]) becomes
 * 127.0.0.1. False where it is none, *out untouched. */
bool endpoint_of_listener(const char *listen, char out[ENDPOINT_SIZE]);
