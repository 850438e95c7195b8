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
#define SIGNATURES_MAX      2

static status_t read_file(const char *directory, const char *name, size_t most, char **out, size_t *out_size)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    return length < 0 || length >= PATH_MAX ? STATUS_LIMIT : files_read(path, most, out, out_size);
}

/* The signatures that catalog.sig holds; how many. */
static size_t read_signatures(const char *directory, uint8_t out[SIGNATURES_MAX][SIGNATURE_SIZE])
{
    CLEANUP(scratch_free) char *text = NULL;
    size_t size = 0, count = 0;
    if (read_file(directory, SIGNATURE_FILE, (size_t)SIGNATURES_MAX * SIGNATURE_TEXT_SIZE, &text, &size) != STATUS_OK)
        return 0;
    for (char *line = text; size - (size_t)(line - text) >= SIGNATURE_TEXT_SIZE; line += SIGNATURE_TEXT_SIZE) {
        bool is_whole = line[SIGNATURE_TEXT_SIZE - 1] == '\n';
        line[SIGNATURE_TEXT_SIZE - 1] = '\0';
        count += is_whole && strlen(line) == SIGNATURE_TEXT_SIZE - 1 && zmq_z85_decode(out[count], line);
    }
    return count;
}

/* NULL where the home's hub has signed that text, else why not. */
static const char *find_flaw(const home_t *home, span_t yaml)
{
    uint8_t hub_key[KEY_SIZE], signing_key[SIGNING_KEY_SIZE], signatures[SIGNATURES_MAX][SIGNATURE_SIZE];
    if (home_hub_keys(home, hub_key, signing_key) != STATUS_OK)
        return "this home does not know yet with which key its hub signs";
    size_t count = read_signatures(home->directory, signatures);
    for (size_t i = 0; i < count; i++)
        if (signed_catalog_verify(hub_key, yaml, signing_key, signatures[i]) == STATUS_OK)
            return NULL;
    return count ? "it is not what the hub has signed (" SIGNATURE_FILE ")"
                 : "the hub's signature (" SIGNATURE_FILE ") is missing or cannot be read";
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

static size_t put_signature(char *text, const uint8_t signature[SIGNATURE_SIZE])
{
    zmq_z85_encode(text, signature, SIGNATURE_SIZE);
    text[SIGNATURE_TEXT_SIZE - 1] = '\n';
    return SIGNATURE_TEXT_SIZE;
}

void catalog_cache_write(const char *home_directory, span_t yaml, const uint8_t signature[SIGNATURE_SIZE])
{
    uint8_t kept[SIGNATURES_MAX][SIGNATURE_SIZE];
    char text[SIGNATURES_MAX * SIGNATURE_TEXT_SIZE + 1];
    size_t count = read_signatures(home_directory, kept), used = put_signature(text, signature);
    for (size_t i = 0; i < count && used == SIGNATURE_TEXT_SIZE; i++)
        if (memcmp(kept[i], signature, SIGNATURE_SIZE) != 0)
            used += put_signature(text + used, kept[i]);
    if (home_write_file(home_directory, SIGNATURE_FILE, text, used, false, false) == STATUS_OK)
        (void)!home_write_file(home_directory, CACHE_FILE, yaml.data, yaml.size, false, false);
}
