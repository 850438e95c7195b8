/* A hub's data directory: what `init`, `key` and `verify` do. */
#include "core/catalog.h"
#include "hub/directory.h"
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

static status_t init(const char *path, const char *listen, const char *home, faults_t *faults)
{
    directory_plan_t plan = {.directory = path, .listen = listen, .headquarters_home = home};
    return directory_init(&plan, faults);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

Test(directory, init_makes_a_hub_and_a_home_for_headquarters)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(home_fini) home_t home = {0};
    char hub[100], public_key[HOME_KEY_SIZE], secret_key[HOME_KEY_SIZE], derived[HOME_KEY_SIZE];
    struct stat status;
    settings_t settings;
    store_counts_t counts;
    snprintf(hub, sizeof hub, "%s/hub", directory.path);
    cr_assert_eq(init(hub, "tcp://127.0.0.1:7001", NULL, &faults), STATUS_OK, "%s",
                 faults.count ? faults.items[0].message : "");
    OK(directory_verify(hub, &counts, &faults));
    cr_assert(counts.keys == 1 && counts.catalogs == 1 && counts.revisions == 0);

    OK(directory_read_keys(hub, public_key, secret_key, &faults));
    cr_assert_eq(zmq_curve_public(derived, secret_key), 0);
    cr_assert_str_eq(derived, public_key);
    cr_assert_eq(stat(path_in(&directory, "hub/hub.key"), &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);

    OK(directory_read_settings(hub, NULL, &settings, &faults));
    cr_assert_str_eq(settings.listen, "tcp://127.0.0.1:7001");
    cr_assert_eq(settings.due_day, 10);

    OK(home_open(path_in(&directory, "hub/headquarters"), &home, &faults));
    cr_assert_str_eq(home.endpoint, "tcp://127.0.0.1:7001");
    cr_assert_str_eq(home.hub_key, public_key);

    CLEANUP(store_close) store_t *store = NULL;
    CLEANUP(store_abort) store_txn_t *txn = NULL;
    CLEANUP(arena_destroy) arena_t *arena = arena_create(1u << 20);
    store_options_t options = {.map_bytes = MAP_BYTES};
    char why[500];
    uint8_t raw[KEY_SIZE];
    stored_key_t key;
    span_t yaml;
    OK(store_open(hub, &options, &store, why, sizeof why));
    OK(store_begin_read(store, &txn));
    zmq_z85_decode(raw, home.public_key);
    OK(store_get_key(txn, raw, arena, &key));
    cr_assert(key.entry.role == ROLE_HEADQUARTERS && !key.entry.revoked && !key.entry.has_admitted_by);
    OK(store_get_catalog(txn, 0, arena, &yaml));
    cr_assert_eq(yaml.size, catalog_builtin().size);
}

Test(directory, two_hubs_have_two_keys)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    char keys[2][HOME_KEY_SIZE], secret[HOME_KEY_SIZE];
    const char *names[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        OK(init(path_in(&directory, names[i]), "tcp://*:0", NULL, &faults));
        OK(directory_read_keys(path_in(&directory, names[i]), keys[i], secret, &faults));
    }
    cr_assert_str_neq(keys[0], keys[1]);
}

Test(directory, a_second_init_is_refused_and_harms_nothing)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    char hub[100];
    store_counts_t counts;
    snprintf(hub, sizeof hub, "%s/hub", directory.path);
    OK(init(hub, "tcp://*:7001", NULL, &faults));
    cr_assert_eq(init(hub, "tcp://*:7002", NULL, &faults), STATUS_CONFLICT);
    cr_assert(strstr(faults.items[0].message, "is not an empty directory"), "%s", faults.items[0].message);
    OK(directory_verify(hub, &counts, &faults));
    cr_assert_eq(counts.keys, 1);
}

Test(directory, an_init_that_fails_leaves_nothing_behind)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(faults_fini) faults_t second = {0};
    char hub[100], home[100];
    store_counts_t counts;
    snprintf(hub, sizeof hub, "%s/hub", directory.path);
    snprintf(home, sizeof home, "%s/home", directory.path);
    cr_assert_eq(init(hub, "tcp://*", NULL, &faults), STATUS_INVALID);
    cr_assert_not(exists(hub));
    file_write(home, "a file", 6); /* no home can be made here, and that shows late */
    cr_assert_neq(init(hub, "tcp://*:7001", home, &faults), STATUS_OK);
    cr_assert_geq(faults.count, 2);
    cr_assert_not(exists(hub));
    cr_assert(exists(home));
    cr_assert_eq(unlink(home), 0);
    OK(init(hub, "tcp://*:7001", home, &second));
    OK(directory_verify(hub, &counts, &second));
    cr_assert(exists(path_in(&directory, "home/secret.key")));
    cr_assert_not(exists(path_in(&directory, "hub/headquarters")));
}

/* The disk's end after any number of pages: each step of init fails once. */
Test(directory, an_init_that_runs_out_of_space_leaves_nothing_behind)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    char hub[100], home[100];
    size_t failures = 0;
    snprintf(hub, sizeof hub, "%s/hub", directory.path);
    snprintf(home, sizeof home, "%s/home", directory.path);
    signal(SIGXFSZ, SIG_IGN);
    status_t status = STATUS_INTERNAL;
    for (rlim_t bytes = 0; status != STATUS_OK && bytes < 1u << 20; bytes += 2048) {
        CLEANUP(faults_fini) faults_t faults = {0};
        struct rlimit limit = {bytes, RLIM_INFINITY};
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        status = init(hub, "tcp://*:7001", home, &faults);
        cr_assert_eq(exists(hub), status == STATUS_OK, "%zu bytes", (size_t)bytes);
        cr_assert_eq(exists(home), status == STATUS_OK, "%zu bytes", (size_t)bytes);
        cr_assert_neq(faults_empty(&faults), status != STATUS_OK);
        failures += status != STATUS_OK;
    }
    OK(status);
    cr_assert_gt(failures, 5);
}

Test(directory, a_home_that_was_there_before_a_failed_init_stays)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(home_fini) home_t home = {0};
    char hub[100], other[100], path[100];
    snprintf(hub, sizeof hub, "%s/hub", directory.path);
    snprintf(other, sizeof other, "%s/other", directory.path);
    snprintf(path, sizeof path, "%s/home", directory.path);
    OK(init(hub, "tcp://*:7001", path, &faults));
    cr_assert_eq(init(other, "tcp://*:7001", path, &faults), STATUS_CONFLICT);
    cr_assert_not(exists(other));
    OK(home_open(path, &home, &faults));
}

Test(directory, a_key_that_is_missing_open_or_spoilt_is_refused)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    char hub[100], key[120], public_key[HOME_KEY_SIZE], secret_key[HOME_KEY_SIZE];
    store_counts_t counts;
    snprintf(hub, sizeof hub, "%s/hub", directory.path);
    snprintf(key, sizeof key, "%s/hub.key", hub);
    OK(init(hub, "tcp://*:7001", NULL, &faults));
    cr_assert_eq(chmod(key, 0640), 0);
    cr_assert_eq(directory_read_keys(hub, public_key, secret_key, &faults), STATUS_INVALID);
    cr_assert(strstr(faults.items[0].message, "chmod 600"), "%s", faults.items[0].message);
    cr_assert_eq(chmod(key, 0600), 0);
    file_write(key, "short\n", 6);
    cr_assert_eq(directory_read_keys(hub, public_key, secret_key, &faults), STATUS_INVALID);
    cr_assert_eq(unlink(key), 0);
    cr_assert_eq(directory_verify(hub, &counts, &faults), STATUS_INVALID);
    cr_assert(strstr(faults.items[faults.count - 1].message, "hub.key: is missing"), "%s",
              faults.items[faults.count - 1].message);
}

/* ---- hub.key's second line, the seed of the signing key */

/* A hub, and its hub.key as init made it: two lines. */
static void init_with_key(const directory_t *directory, char hub[100], char key[120], char text[2 * HOME_KEY_SIZE + 1])
{
    CLEANUP(faults_fini) faults_t faults = {0};
    size_t size;
    snprintf(hub, 100, "%s/hub", directory->path);
    snprintf(key, 120, "%s/hub.key", hub);
    OK(init(hub, "tcp://*:7001", NULL, &faults));
    uint8_t *bytes = file_read(key, &size);
    cr_assert_eq(size, 2 * HOME_KEY_SIZE);
    memcpy(text, bytes, size);
    text[size] = '\0';
    free(bytes);
}

static void expect_key_file(const char *key, const char *text, size_t size)
{
    size_t found;
    struct stat status;
    uint8_t *bytes = file_read(key, &found);
    cr_assert_eq(found, size);
    cr_assert_arr_eq(bytes, text, size);
    free(bytes);
    cr_assert_eq(stat(key, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);
}

Test(directory, init_makes_a_signing_key_and_pins_headquarters_to_it)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(home_fini) home_t home = {0};
    char hub[100], key[120], text[2 * HOME_KEY_SIZE + 1], signing_key[HOME_KEY_SIZE];
    signing_keys_t signing, again;
    bool made = true;
    init_with_key(&directory, hub, key, text);
    OK(directory_read_signing_keys(hub, &signing, &faults));
    OK(home_open(path_in(&directory, "hub/headquarters"), &home, &faults));
    home_format_key(signing.public_key, signing_key);
    cr_assert_str_eq(home.signing_key, signing_key);
    OK(directory_make_signing_keys(hub, &again, &made, &faults));
    cr_assert_not(made);
    cr_assert_arr_eq(signing.secret_key, again.secret_key, SIGNING_SECRET_SIZE);
    expect_key_file(key, text, 2 * HOME_KEY_SIZE);
    cr_assert_null(strstr(text, signing_key), "the public key is not what is kept");
}

Test(directory, an_older_key_file_gets_its_second_line_and_keeps_the_first)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    char hub[100], key[120], text[2 * HOME_KEY_SIZE + 1], names[2][2][HOME_KEY_SIZE];
    signing_keys_t first, second;
    store_counts_t counts;
    bool made = false;
    init_with_key(&directory, hub, key, text);
    OK(directory_read_keys(hub, names[0][0], names[0][1], &faults));
    cr_assert_eq(truncate(key, HOME_KEY_SIZE), 0);
    OK(directory_verify(hub, &counts, &faults));
    cr_assert_eq(directory_read_signing_keys(hub, &first, &faults), STATUS_NOT_FOUND);
    cr_assert_eq(faults.count, 0);
    OK(directory_make_signing_keys(hub, &first, &made, &faults));
    cr_assert(made);
    OK(directory_read_signing_keys(hub, &second, &faults));
    cr_assert_arr_eq(first.public_key, second.public_key, SIGNING_KEY_SIZE);
    OK(directory_read_keys(hub, names[1][0], names[1][1], &faults));
    cr_assert_str_eq(names[0][0], names[1][0]);
    cr_assert_str_eq(names[0][1], names[1][1]);
    size_t size;
    uint8_t *bytes = file_read(key, &size);
    cr_assert_eq(size, 2 * HOME_KEY_SIZE);
    expect_key_file(key, (const char *)bytes, size);
    free(bytes);
}

Test(directory, a_damaged_second_line_is_refused_and_never_replaced)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    char hub[100], key[120], text[2 * HOME_KEY_SIZE + 1], names[2][HOME_KEY_SIZE];
    signing_keys_t signing;
    store_counts_t counts;
    bool made = false;
    init_with_key(&directory, hub, key, text);
    /* Cut at every place (but behind the first line, which is an older file), then three that are long enough. */
    enum { NOT_OF_Z85 = HOME_KEY_SIZE, OVER_32_BITS, ONE_BYTE_MORE, CASES };
    for (size_t i = 1; i < CASES; i++) {
        CLEANUP(faults_fini) faults_t faults = {0};
        char damaged[2 * HOME_KEY_SIZE + 1];
        size_t size = i < HOME_KEY_SIZE ? HOME_KEY_SIZE + i : 2 * HOME_KEY_SIZE + (i == ONE_BYTE_MORE);
        memcpy(damaged, text, 2 * HOME_KEY_SIZE);
        damaged[2 * HOME_KEY_SIZE] = '\n';
        if (i == NOT_OF_Z85)
            damaged[HOME_KEY_SIZE + 7] = ',';
        if (i == OVER_32_BITS)
            memset(damaged + HOME_KEY_SIZE, '#', 5);
        file_write(key, damaged, size);
        cr_assert_eq(directory_make_signing_keys(hub, &signing, &made, &faults), STATUS_INVALID, "%zu", i);
        cr_assert_eq(directory_read_signing_keys(hub, &signing, &faults), STATUS_INVALID);
        cr_assert_eq(directory_read_keys(hub, names[0], names[1], &faults), STATUS_INVALID);
        if (i >= NOT_OF_Z85) /* it reads the whole store: a few times are enough */
            cr_assert_eq(directory_verify(hub, &counts, &faults), STATUS_INVALID);
        for (size_t j = 0; j < faults.count; j++)
            cr_assert(strstr(faults.items[j].message, "second line is no signing key; restore"), "%s",
                      faults.items[j].message);
        expect_key_file(key, damaged, size);
        cr_assert_not(made);
    }
}

/* The disk is full, or the directory may not be written: the older file stays as it is. */
Test(directory, an_older_key_file_survives_that_it_cannot_be_written)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    char hub[100], key[120], text[2 * HOME_KEY_SIZE + 1];
    signing_keys_t signing;
    bool made = false;
    struct rlimit limit = {HOME_KEY_SIZE, RLIM_INFINITY};
    init_with_key(&directory, hub, key, text);
    cr_assert_eq(truncate(key, HOME_KEY_SIZE), 0);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(directory_make_signing_keys(hub, &signing, &made, &faults), STATUS_IO);
    cr_assert(strstr(faults.items[0].message, "hub.key: cannot be written"), "%s", faults.items[0].message);
    cr_assert_not(made);
    expect_key_file(key, text, HOME_KEY_SIZE);
}

Test(directory, settings_of_the_directory_come_before_those_of_a_named_file)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    char hub[100], config[100];
    settings_t settings;
    snprintf(hub, sizeof hub, "%s/hub", directory.path);
    snprintf(config, sizeof config, "%s/other.yaml", directory.path);
    OK(init(hub, "tcp://*:7001", NULL, &faults));
    file_write(config, "due_day: 12\n", 12);
    OK(directory_read_settings(hub, config, &settings, &faults));
    cr_assert_eq(settings.due_day, 12);
    cr_assert_str_eq(settings.listen, "tcp://*:7001");
    file_write(config, "due_day: 40\n", 12);
    cr_assert_eq(directory_read_settings(hub, config, &settings, &faults), STATUS_INVALID);
    cr_assert_eq(unlink(config), 0);
    cr_assert_eq(directory_read_settings(hub, config, &settings, &faults), STATUS_IO);
}
