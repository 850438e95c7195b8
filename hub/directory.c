#include "hub/directory.h"

#include "hub/clock.h"

#include "core/catalog.h"
#include "core/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define KEY_FILE_SIZE (2 * HOME_KEY_SIZE) /* two keys, each with its newline; an older file is half of it */
#define WHY_SIZE      (PATH_MAX + 500)

static void path_of(char out[PATH_MAX], const char *directory, const char *name)
{
    if (snprintf(out, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        out[0] = '\0'; /* opening it then fails with what the system says of an empty name */
}

static void file_close(int *file)
{
    if (*file >= 0)
        close(*file);
}

static void remove_file(const char *directory, const char *name)
{
    char path[PATH_MAX];
    path_of(path, directory, name);
    unlink(path);
}

/* What directory_init has made so far, for its removal. */
typedef struct {
    const char *directory, *home;
    bool keeps; /* all went well */
    bool made_directory, made_home_directory, made_store, made_home;
} making_t;

static void making_undo(making_t *making)
{
    if (making->keeps)
        return;
    if (making->made_home) {
        remove_file(making->home, "home.txt");
        remove_file(making->home, "secret.key");
        if (making->made_home_directory)
            rmdir(making->home);
    }
    if (making->made_store) {
        remove_file(making->directory, DIRECTORY_KEY_FILE);
        remove_file(making->directory, DIRECTORY_SETTINGS_FILE);
        store_remove(making->directory);
        if (making->made_directory)
            rmdir(making->directory);
    }
}

static status_t make_store(const directory_plan_t *plan, const settings_t *settings, faults_t *faults)
{
    char why[WHY_SIZE];
    store_options_t options = {.map_bytes = settings->map_bytes};
    status_t status = store_create(plan->directory, &options, why, sizeof why);
    if (status != STATUS_OK)
        faults_add(faults, 0, 0, "%s", why);
    return status;
}

static status_t write_file(const char *directory, const char *name, const void *bytes, size_t size, bool is_private,
                           bool is_new, faults_t *faults)
{
    status_t status = home_write_file(directory, name, bytes, size, is_private, is_new);
    if (status != STATUS_OK)
        faults_add(faults, 0, 0, "%s/%s: cannot be written: %s", directory, name, strerror(errno));
    return status;
}

/* hub.key as it is read and written. */
typedef struct {
    char public_key[HOME_KEY_SIZE]; /* follows from the first line, the private CURVE key */
    char secret_key[HOME_KEY_SIZE];
    bool has_seed; /* an older file has one line */
    uint8_t seed[SIGNING_SEED_SIZE];
} hub_keys_t;

static void hub_keys_fini(hub_keys_t *keys)
{
    sodium_memzero(keys, sizeof *keys);
}

static status_t write_keys(const char *directory, const hub_keys_t *keys, bool is_new, faults_t *faults)
{
    char text[KEY_FILE_SIZE + 1], seed[HOME_KEY_SIZE];
    home_format_key(keys->seed, seed);
    snprintf(text, sizeof text, "%s\n%s\n", keys->secret_key, seed);
    status_t status = write_file(directory, DIRECTORY_KEY_FILE, text, KEY_FILE_SIZE, true, is_new, faults);
    sodium_memzero(text, sizeof text);
    sodium_memzero(seed, sizeof seed);
    return status;
}

static status_t make_keys(hub_keys_t *keys)
{
    CLEANUP(home_fini) home_t pair = {0};
    TRY(home_make_keys(&pair));
    memcpy(keys->public_key, pair.public_key, HOME_KEY_SIZE);
    memcpy(keys->secret_key, pair.secret_key, HOME_KEY_SIZE);
    randombytes_buf(keys->seed, sizeof keys->seed);
    keys->has_seed = true;
    return STATUS_OK;
}

static status_t write_settings(const directory_plan_t *plan, faults_t *faults)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return STATUS_NO_MEMORY;
    settings_print_sample(stream, plan->listen, true);
    status_t status = scratch_close(stream);
    if (status == STATUS_OK)
        status = write_file(plan->directory, DIRECTORY_SETTINGS_FILE, text, size, false, true, faults);
    free(text);
    return status;
}

/* The builtin catalog, and headquarters' key. */
static status_t fill_store(store_t *store, const home_t *headquarters)
{
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(catalog_destroy) catalog_t *catalog = NULL;
    CLEANUP(faults_fini) faults_t faults = {0};
    stored_key_t key = {.entry = {.role = ROLE_HEADQUARTERS, .region = "", .admitted_ms = clock_wall().ms}};
    if (!zmq_z85_decode(key.entry.public_key, headquarters->public_key))
        return STATUS_INTERNAL;
    TRY(catalog_load(catalog_builtin(), &catalog, &faults));
    TRY(store_begin_write(store, &txn));
    store_actor_t hub = {.time_ms = key.entry.admitted_ms, .is_hub = true};
    store_set_actor(txn, &hub);
    TRY(store_put_catalog(txn, catalog->digest, catalog_builtin(), key.entry.admitted_ms));
    TRY(store_put_key(txn, key.entry.public_key, &key));
    return store_commit(&txn);
}

static status_t open_and_fill(const directory_plan_t *plan, const settings_t *settings, const home_t *headquarters,
                              faults_t *faults)
{
    char why[WHY_SIZE] = "";
    CLEANUP(store_close) store_t *store = NULL;
    store_options_t options = {.map_bytes = settings->map_bytes};
    status_t status = store_open(plan->directory, &options, &store, why, sizeof why);
    if (status == STATUS_OK && (status = fill_store(store, headquarters)) != STATUS_OK)
        snprintf(why, sizeof why, "%s: cannot be filled: %s", plan->directory, status_text(status));
    if (status != STATUS_OK)
        faults_add(faults, 0, 0, "%s", why);
    return status;
}

static status_t make_all(const directory_plan_t *plan, making_t *making, faults_t *faults)
{
    CLEANUP(hub_keys_fini) hub_keys_t keys = {0};
    CLEANUP(signing_keys_fini) signing_keys_t signing = {0};
    CLEANUP(home_fini) home_t headquarters = {0};
    home_t known = {0}; /* of headquarters' home: whose signatures it takes */
    char endpoint[ENDPOINT_SIZE];
    settings_t settings;
    settings_defaults(&settings);
    TRY(settings_set(&settings, "listen", plan->listen, faults));
    if (!endpoint_of_listener(plan->listen, endpoint))
        return STATUS_INVALID;
    TRY(make_store(plan, &settings, faults));
    making->made_store = true;
    TRY(make_keys(&keys));
    TRY(write_keys(plan->directory, &keys, true, faults));
    TRY(write_settings(plan, faults));
    signing_keys_from_seed(keys.seed, &signing);
    home_format_key(signing.public_key, known.signing_key);
    TRY(home_create(making->home, endpoint, keys.public_key, &known, &headquarters, faults));
    making->made_home = true;
    return open_and_fill(plan, &settings, &headquarters, faults);
}

status_t directory_init(const directory_plan_t *plan, faults_t *faults)
{
    char home[PATH_MAX];
    if (strlen(plan->directory) > PATH_MAX - 32 ||
        (plan->headquarters_home && strlen(plan->headquarters_home) > PATH_MAX - 32)) {
        faults_add(faults, 0, 0, "the directory's name is too long");
        return STATUS_INVALID;
    }
    if (plan->headquarters_home)
        snprintf(home, sizeof home, "%s", plan->headquarters_home);
    else
        path_of(home, plan->directory, "headquarters");
    CLEANUP(making_undo)
    making_t making = {
        .directory = plan->directory,
        .home = home,
        .made_directory = access(plan->directory, F_OK) != 0,
        .made_home_directory = access(home, F_OK) != 0,
    };
    status_t status = make_all(plan, &making, faults);
    if (status != STATUS_OK && faults_empty(faults))
        faults_add(faults, 0, 0, "%s: cannot be made: %s", plan->directory, status_text(status));
    making.keeps = status == STATUS_OK;
    return status;
}

static status_t refuse_key(const char *directory, faults_t *faults, const char *reason)
{
    faults_add(faults, 0, 0, "%s/" DIRECTORY_KEY_FILE ": %s", directory, reason);
    return STATUS_INVALID;
}

/* Takes the lines apart. An older file ends behind the first; whatever else is not two keys is damage, and never taken
 * for an older one: another signing key would be refused by all who know this one. */
static status_t take_keys(const char *directory, char *text, size_t size, hub_keys_t *out, faults_t *faults)
{
    if (size < HOME_KEY_SIZE || text[HOME_KEY_SIZE - 1] != '\n')
        return refuse_key(directory, faults, "does not hold a key; restore it from a backup");
    text[HOME_KEY_SIZE - 1] = '\0';
    if (!home_is_key(text) || zmq_curve_public(out->public_key, text) != 0)
        return refuse_key(directory, faults, "does not hold a key; restore it from a backup");
    memcpy(out->secret_key, text, HOME_KEY_SIZE);
    out->has_seed = size > HOME_KEY_SIZE;
    if (!out->has_seed)
        return STATUS_OK;
    char *second = text + HOME_KEY_SIZE;
    bool is_whole = size == KEY_FILE_SIZE && second[HOME_KEY_SIZE - 1] == '\n';
    second[HOME_KEY_SIZE - 1] = '\0';
    if (!is_whole || !home_is_key(second) || !zmq_z85_decode(out->seed, second))
        return refuse_key(directory, faults,
                          "its second line is no signing key; restore the file from a backup, since agents that know "
                          "this hub take no other signing key");
    return STATUS_OK;
}

static status_t read_keys(const char *directory, hub_keys_t *out, faults_t *faults)
{
    char path[PATH_MAX], text[KEY_FILE_SIZE + 1] = "";
    struct stat status;
    path_of(path, directory, DIRECTORY_KEY_FILE);
    CLEANUP(file_close) int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        return refuse_key(directory, faults,
                          errno == ENOENT ? "is missing; `yardstick-hub init` makes a data directory, and a backup "
                                            "brings back the key that agents know"
                                          : strerror(errno));
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return refuse_key(directory, faults, "may be read by others than its owner; chmod 600 it");
    ssize_t size = read(file, text, sizeof text); /* a byte more than there may be shows here */
    if (size < 0)
        return refuse_key(directory, faults, strerror(errno));
    status_t taken = take_keys(directory, text, (size_t)size, out, faults);
    sodium_memzero(text, sizeof text);
    return taken;
}

status_t directory_read_keys(const char *directory, char out_public[HOME_KEY_SIZE], char out_secret[HOME_KEY_SIZE],
                             faults_t *faults)
{
    CLEANUP(hub_keys_fini) hub_keys_t keys = {0};
    TRY(read_keys(directory, &keys, faults));
    memcpy(out_public, keys.public_key, HOME_KEY_SIZE);
    memcpy(out_secret, keys.secret_key, HOME_KEY_SIZE);
    return STATUS_OK;
}

status_t directory_read_signing_keys(const char *directory, signing_keys_t *out, faults_t *faults)
{
    CLEANUP(hub_keys_fini) hub_keys_t keys = {0};
    TRY(read_keys(directory, &keys, faults));
    if (!keys.has_seed)
        return STATUS_NOT_FOUND;
    signing_keys_from_seed(keys.seed, out);
    return STATUS_OK;
}

status_t directory_make_signing_keys(const char *directory, signing_keys_t *out, bool *out_made, faults_t *faults)
{
    CLEANUP(hub_keys_fini) hub_keys_t keys = {0};
    TRY(read_keys(directory, &keys, faults));
    bool makes = !keys.has_seed;
    if (makes) {
        randombytes_buf(keys.seed, sizeof keys.seed);
        TRY(write_keys(directory, &keys, false, faults));
    }
    signing_keys_from_seed(keys.seed, out);
    *out_made = makes;
    return STATUS_OK;
}

status_t directory_read_settings(const char *directory, const char *config, settings_t *out, faults_t *faults)
{
    char path[PATH_MAX];
    settings_t settings;
    settings_defaults(&settings);
    path_of(path, directory, DIRECTORY_SETTINGS_FILE);
    if (access(path, F_OK) == 0)
        TRY(settings_read(path, &settings, faults));
    if (config)
        TRY(settings_read(config, &settings, faults));
    *out = settings;
    return STATUS_OK;
}

bool directory_is_keyless(const char *directory)
{
    char key[PATH_MAX], keyless[PATH_MAX];
    path_of(key, directory, DIRECTORY_KEY_FILE);
    path_of(keyless, directory, DIRECTORY_KEYLESS_FILE);
    return access(keyless, F_OK) == 0 && access(key, F_OK) != 0 && errno == ENOENT;
}

status_t directory_verify(const char *directory, store_counts_t *out_counts, faults_t *faults)
{
    char why[WHY_SIZE], public_key[HOME_KEY_SIZE], secret_key[HOME_KEY_SIZE];
    settings_t settings;
    status_t status = store_verify(directory, out_counts, why, sizeof why);
    if (status != STATUS_OK) {
        faults_add(faults, 0, 0, "%s", why);
        return status;
    }
    if (!directory_is_keyless(directory))
        status = directory_read_keys(directory, public_key, secret_key, faults);
    sodium_memzero(secret_key, sizeof secret_key);
    status_t second = directory_read_settings(directory, NULL, &settings, faults);
    return status != STATUS_OK ? status : second;
}
