#include "client/catalog_cache.h"

#include "client/files.h"
#include "client/home.h"
#include "core/limits.h"
#include "core/scratch.h"

#include <stdio.h>

#define CACHE_FILE "catalog.yaml"

catalog_t *catalog_cache_read(const char *home_directory)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", home_directory, CACHE_FILE);
    if (length < 0 || length >= PATH_MAX)
        return NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(scratch_free) char *yaml = NULL;
    size_t size = 0;
    catalog_t *catalog = NULL;
    if (files_read(path, CATALOG_SIZE_MAX, &yaml, &size) != STATUS_OK ||
        catalog_load((span_t){(const uint8_t *)yaml, size}, &catalog, &faults) != STATUS_OK)
        return NULL;
    return catalog;
}

void catalog_cache_write(const char *home_directory, span_t yaml)
{
    (void)!home_write_file(home_directory, CACHE_FILE, yaml.data, yaml.size, false, false);
}
