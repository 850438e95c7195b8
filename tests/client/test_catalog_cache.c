#include "client/catalog_cache.h"

#include "proto/signed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* A home that is pinned to a hub whose signing key is known here. */
static home_t home;
static signing_keys_t keys;
static uint8_t hub_key[32], signature[SIGNATURE_SIZE];

static void set_up(void)
{
    static const uint8_t SEED[SIGNING_SEED_SIZE] = {7};
    home_t hub = {0};
    strcpy(home.directory, "/tmp/yardstick-cache-XXXXXX");
    cr_assert_not_null(mkdtemp(home.directory));
    cr_assert_eq(home_make_keys(&hub), STATUS_OK);
    strcpy(home.hub_key, hub.public_key);
    cr_assert_not_null(zmq_z85_decode(hub_key, hub.public_key));
    signing_keys_from_seed(SEED, &keys);
    home_format_key(keys.public_key, home.signing_key);
    signed_catalog_sign(hub_key, catalog_builtin(), &keys, signature);
    catalog_cache_write(home.directory, catalog_builtin(), signature);
}

static void tear_down(void)
{
    char command[PATH_MAX + 10];
    snprintf(command, sizeof command, "rm -rf '%s'", home.directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(catalog_cache, .init = set_up, .fini = tear_down, .timeout = 10);

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%.200s/%s", home.directory, name);
    return path;
}

/* The byte at `offset` becomes another. */
static void change(const char *name, long offset)
{
    FILE *file = fopen(path_of(name), "r+");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, offset, SEEK_SET), 0);
    int byte = fgetc(file);
    cr_assert_eq(fseek(file, offset, SEEK_SET), 0);
    cr_assert_neq(fputc(byte == '1' ? '2' : '1', file), EOF);
    cr_assert_eq(fclose(file), 0);
}

/* That the cache is not used, with a reason that holds `words`. */
static void expect_unused(const char *words)
{
    const char *why = NULL;
    cr_assert_null(catalog_cache_read(&home, &why));
    cr_assert_not_null(why, "no reason, instead of %s", words);
    cr_assert_not_null(strstr(why, words), "%s", why);
}

Test(catalog_cache, what_the_hub_signed_is_used)
{
    const char *why = "untouched";
    CLEANUP(catalog_destroy) catalog_t *catalog = catalog_cache_read(&home, &why);
    cr_assert_not_null(catalog);
    cr_assert_null(why);
    cr_assert_eq(catalog->yaml_size, catalog_builtin().size);
}

Test(catalog_cache, that_there_is_none_is_no_fault)
{
    const char *why = "untouched";
    cr_assert_eq(unlink(path_of("catalog.yaml")), 0);
    cr_assert_null(catalog_cache_read(&home, &why));
    cr_assert_null(why);
}

Test(catalog_cache, a_changed_text_is_not_used)
{
    change("catalog.yaml", 0); /* in a comment: the text would load */
    expect_unused("not what the hub has signed");
}

Test(catalog_cache, a_changed_signature_is_not_used)
{
    change("catalog.sig", 3);
    expect_unused("not what the hub has signed");
}

Test(catalog_cache, a_text_without_a_whole_signature_is_not_used)
{
    cr_assert_eq(truncate(path_of("catalog.sig"), 80), 0);
    expect_unused("missing or cannot be read");
    cr_assert_eq(unlink(path_of("catalog.sig")), 0);
    expect_unused("missing or cannot be read");
}

/* As after a loss of power between the two files, or for one who reads just then. */
Test(catalog_cache, a_new_signature_leaves_the_old_text_signed)
{
    const char *why;
    span_t builtin = catalog_builtin(), newer = {builtin.data, builtin.size - 1}; /* without the last newline */
    signed_catalog_sign(hub_key, newer, &keys, signature);
    for (int again = 0; again < 2; again++) {
        catalog_cache_write(home.directory, newer, signature);
        CLEANUP(catalog_destroy) catalog_t *catalog = catalog_cache_read(&home, &why);
        cr_assert(catalog && catalog->yaml_size == newer.size);
        cr_assert_eq(home_write_file(home.directory, "catalog.yaml", builtin.data, builtin.size, false, false),
                     STATUS_OK);
        CLEANUP(catalog_destroy) catalog_t *before = catalog_cache_read(&home, &why);
        cr_assert(before && before->yaml_size == builtin.size, "%s", why);
    }
}

Test(catalog_cache, another_hub_s_catalog_is_not_used)
{
    span_t builtin = catalog_builtin(), newer = {builtin.data, builtin.size - 1};
    hub_key[0] ^= 1;
    signed_catalog_sign(hub_key, newer, &keys, signature);
    catalog_cache_write(home.directory, newer, signature);
    expect_unused("not what the hub has signed");
}

Test(catalog_cache, a_home_that_is_not_pinned_has_nobody_to_believe)
{
    home.signing_key[0] = '\0';
    expect_unused("does not know yet");
}

Test(catalog_cache, what_is_signed_and_cannot_be_read_is_not_used)
{
    span_t yaml = {(const uint8_t *)"catalog: x\n", 11};
    signed_catalog_sign(hub_key, yaml, &keys, signature);
    catalog_cache_write(home.directory, yaml, signature);
    expect_unused("cannot read it");
    cr_assert_eq(truncate(path_of("catalog.yaml"), 200001), 0);
    expect_unused("cannot be read");
}
