/* The hub's catalog as last seen, kept in the home as catalog.yaml, so that it is fetched once and can be used offline.
 */
#pragma once

#include "core/catalog.h"

/* The cached catalog; NULL where there is none that can be read (which is no fault: it is fetched anew). The caller
 * destroys it. */
catalog_t *catalog_cache_read(const char *home_directory);

/* Keeps the YAML text. A cache that cannot be written is no fault. */
void catalog_cache_write(const char *home_directory, span_t yaml);
