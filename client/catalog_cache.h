/* The hub's catalog as last seen, kept in the home, so that it is fetched once and can be used offline: catalog.yaml,
 * and catalog.sig, the hub's signature of it (proto/README.md, section 4), on a second line that of the one before: it
 * is written first, so that whoever reads or loses power between the two files has a catalog that is signed. Each has
 * 80 characters of Z85 and a newline. */
#pragma once

#include "client/home.h"
#include "core/catalog.h"
#include "proto/message.h"

/* The cached catalog, where it bears the signature of the hub that the home is pinned to; the caller destroys it. NULL
 * where there is none that may be used, which is no fault: it is fetched anew. *out_why then says why one that is there
 * is not used, a clause in static storage, or is NULL where there is none. */
catalog_t *catalog_cache_read(const home_t *home, const char **out_why);

/* Keeps the YAML text and its signature. A cache that cannot be written is no fault. */
void catalog_cache_write(const char *home_directory, span_t yaml, const uint8_t signature[SIGNATURE_SIZE]);
