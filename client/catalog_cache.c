#include "client/catalog_cache.h"

#include "client/files.h"
#include "core/limits.h"
#include "core/scratch.h"
#include "proto/signed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define CACHE_FILE          "catalog.yaml"
#define SIGNATURE_FILE      "catalog.sig"
#define SIGNATURE_TEXT_SIZE (SIGNATURE_SIZE / 4 * 5 + 1) /* Z85, and a newline or NUL */

static status_t read_file(const char *directory, const char *name, size_t most, char **out, size_t *out_size)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    return length < 0 || length >= PATH_MAX ? STATUS_LIMIT : files_read(path, most, out, out_size);
}

/* Whether catalog.sig holds a signature, as text. */
static bool read_signature(const char *directory, uint8_t out[SIGNATURE_SIZE])
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0;
    if (read_file(directory, SIGNATURE_FILE, SIGNATURE_TEXT_SIZE, &text, &size) != STATUS_OK ||
        size != SIGNATURE_TEXT_SIZE || text[size - 1] != '\n')
        return false;
    text[size - 1] = '\0';
    return strlen(text) == SIGNATURE_TEXT_SIZE - 1 && zmq_z85_decode(out, text);
}

/* NULL where the home's hub has signed that text, else why not. */
static const char *find_flaw(const home_t *home, span_t yaml)
{
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE], signature[SIGNATURE_SIZE];
    if (home_hub_keys(home, hub_key, signing_key) != STATUS_OK)
        return "this home does not know yet with which key its hub signs";
    if (!read_signature(home->directory, signature))
        return "the hub's signature (" SIGNATURE_FILE ") is missing or cannot be read";
    if (signed_catalog_verify(hub_key, yaml, signing_key, signature) != STATUS_OK)
        return "it is not what the hub has signed (" SIGNATURE_FILE ")";
    return NULL;
}

catalog_t *catalog_cache_read(const home_t *home, const char **out_why)
{
    CLEANUP(scratch_free) char *text = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    size_t size = 0;
    catalog_t *catalog = NULL;
    status_t status = read_file(home->directory, CACHE_FILE, CATALOG_SIZE_MAX, &text, &size);
    bool is_missing = status == STATUS_IO && (errno == ENOENT || errno == ENOTDIR);
    *out_why = NULL;
    if (is_missing)
        return NULL;
    span_t yaml = {(const uint8_t *)text, size};
    *out_why = status == STATUS_OK ? find_flaw(home, yaml) : "it cannot be read";
    if (!*out_why && catalog_load(yaml, &catalog, &faults) != STATUS_OK)
        *out_why = "this program cannot read it; the program may be older than the hub";
    return catalog;
}

void catalog_cache_write(const char *home_directory, span_t yaml, const uint8_t signature[SIGNATURE_SIZE])
{
    char text[SIGNATURE_TEXT_SIZE + 1];
    zmq_z85_encode(text, signature, SIGNATURE_SIZE);
    text[SIGNATURE_TEXT_SIZE - 1] = '\n';
    (void)!home_write_file(home_directory, CACHE_FILE, yaml.data, yaml.size, false, false);
    (void)!home_write_file(home_directory, SIGNATURE_FILE, text, SIGNATURE_TEXT_SIZE, false, false);
}
