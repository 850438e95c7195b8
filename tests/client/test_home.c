#include "client/home.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDPOINT "tcp://127.0.0.1:5555"

static char base[64], directory[PATH_MAX];
static home_t hub;

static void make_base(void)
{
    strcpy(base, "/tmp/yardstick-home-XXXXXX");
    cr_assert_not_null(mkdtemp(base));
    snprintf(directory, sizeof directory, "%s/a/home", base);
    cr_assert_eq(home_make_keys(&hub), STATUS_OK);
}

static void remove_base(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    cr_assert_eq(system(command), 0);
}

TestSuite(home, .init = make_base, .fini = remove_base, .timeout = 10);

static void file_in_home(const char *name, char out[PATH_MAX])
{
    cr_assert_lt(snprintf(out, PATH_MAX, "%.200s/%s", directory, name), PATH_MAX);
}

static void write_text(const char *name, const char *text)
{
    char path[PATH_MAX];
    file_in_home(name, path);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

/* Opens the home, expects `status`, and the words in a fault. */
static void expect_refused(status_t status, const char *words)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t home = {.endpoint = "untouched"};
    cr_assert_eq(home_open(directory, &home, &faults), status);
    cr_assert_str_eq(home.endpoint, "untouched");
    cr_assert_eq(faults.count, 1, "%zu faults", faults.count);
    cr_assert_not_null(strstr(faults.items[0].message, words), "%s", faults.items[0].message);
}

static void create(home_t *out)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    cr_assert_eq(home_create(directory, ENDPOINT, hub.public_key, NULL, out, &faults), STATUS_OK);
}

Test(home, what_was_made_is_read_back)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t made, read;
    create(&made);
    cr_assert_eq(home_open(directory, &read, &faults), STATUS_OK);
    cr_assert_str_eq(read.endpoint, ENDPOINT);
    cr_assert_str_eq(read.hub_key, hub.public_key);
    cr_assert_str_eq(read.public_key, made.public_key);
    cr_assert_str_eq(read.secret_key, made.secret_key);
    cr_assert_str_neq(read.public_key, read.secret_key);
}

Test(home, a_given_key_pair_is_taken)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t keys = {0}, made;
    cr_assert_eq(home_make_keys(&keys), STATUS_OK);
    cr_assert_eq(home_create(directory, ENDPOINT, hub.public_key, &keys, &made, &faults), STATUS_OK);
    cr_assert_str_eq(made.secret_key, keys.secret_key);
}

/* ---- the hub's signing key */

static home_t signer; /* any key pair's public key passes for a signing key: 40 characters of Z85 */

static home_t open_home(void)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t home;
    cr_assert_eq(home_open(directory, &home, &faults), STATUS_OK, "%s", faults.count ? faults.items[0].message : "");
    return home;
}

Test(home, the_hub_s_signing_key_is_kept_where_it_is_known_from_the_beginning)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t made, known = {0};
    cr_assert_eq(home_make_keys(&signer), STATUS_OK);
    memcpy(known.signing_key, signer.public_key, HOME_KEY_SIZE);
    cr_assert_eq(home_create(directory, ENDPOINT, hub.public_key, &known, &made, &faults), STATUS_OK);
    cr_assert_str_eq(made.signing_key, signer.public_key);
    cr_assert(home_is_key(made.public_key), "a key pair was made all the same");
    cr_assert_str_eq(open_home().signing_key, signer.public_key);
    strcpy(known.signing_key, "short");
    cr_assert_eq(home_create("/nowhere", ENDPOINT, hub.public_key, &known, &made, &faults), STATUS_INVALID);
    cr_assert_not_null(strstr(faults.items[0].message, "signing key short is none"));
}

Test(home, pinning_adds_a_line_and_leaves_the_rest_as_it_is)
{
    home_t made;
    uint8_t hub_key[32], signing_key[32];
    char text[500];
    create(&made);
    cr_assert_str_eq(open_home().signing_key, "");
    cr_assert_eq(home_hub_keys(&made, hub_key, signing_key), STATUS_NOT_FOUND);
    snprintf(text, sizeof text, "# ours\nhub: tcp://moved:7\n\nhub_key: %s\npublic_key: %s", hub.public_key,
             made.public_key); /* edited by hand, and without a newline at its end */
    write_text("home.txt", text);
    cr_assert_eq(home_make_keys(&signer), STATUS_OK);
    cr_assert_eq(home_pin(&made, signer.public_key), STATUS_OK);
    cr_assert_str_eq(made.signing_key, signer.public_key);
    home_t read = open_home();
    cr_assert_str_eq(read.signing_key, signer.public_key);
    cr_assert_str_eq(read.endpoint, "tcp://moved:7");
    cr_assert_eq(home_hub_keys(&read, hub_key, signing_key), STATUS_OK);
    home_format_key(signing_key, text);
    cr_assert_str_eq(text, signer.public_key);
    home_format_key(hub_key, text);
    cr_assert_str_eq(text, hub.public_key);
    char path[PATH_MAX], found[500] = "", wanted[600];
    file_in_home("home.txt", path);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    snprintf(wanted, sizeof wanted, "# ours\nhub: tcp://moved:7\n\nhub_key: %s\npublic_key: %s\nsigning_key: %s\n",
             hub.public_key, made.public_key, signer.public_key);
    cr_assert_str_eq(found, wanted);
}

Test(home, moving_changes_the_hubs_line_and_leaves_the_rest_as_it_is)
{
    home_t made;
    char text[500], wanted[500], found[500] = "", path[PATH_MAX];
    create(&made);
    static const char format[] = "# hub: ours\n%s: %s\nhub_key: %s\npublic_key: %s\n# end";
    snprintf(text, sizeof text, format, "hub", made.endpoint, hub.public_key, made.public_key);
    write_text("home.txt", text);
    cr_assert_eq(home_move(&made, "tcp://moved:7"), STATUS_OK);
    cr_assert_str_eq(made.endpoint, "tcp://moved:7");
    cr_assert_str_eq(open_home().endpoint, "tcp://moved:7");
    file_in_home("home.txt", path);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    snprintf(wanted, sizeof wanted, format, "hub", "tcp://moved:7", hub.public_key, made.public_key);
    cr_assert_str_eq(found, wanted);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(home_move(&made, "tcp://elsewhere:7"), STATUS_IO);
    cr_assert_str_eq(made.endpoint, "tcp://moved:7", "nothing is changed");
}

Test(home, a_pin_of_another_process_is_not_replaced)
{
    home_t made;
    create(&made);
    home_t mine = open_home(), theirs = open_home();
    cr_assert_eq(home_make_keys(&signer), STATUS_OK);
    cr_assert_eq(home_pin(&theirs, signer.public_key), STATUS_OK);
    cr_assert_eq(home_pin(&mine, hub.public_key), STATUS_CONFLICT);
    cr_assert_str_eq(mine.signing_key, signer.public_key);
    cr_assert_str_eq(open_home().signing_key, signer.public_key);
    home_t same = made;
    cr_assert_eq(home_pin(&same, signer.public_key), STATUS_OK);
    cr_assert_str_eq(open_home().signing_key, signer.public_key);
}

Test(home, a_home_that_cannot_be_pinned_says_so)
{
    home_t made;
    char path[PATH_MAX], text[4096] = "";
    create(&made);
    cr_assert_eq(home_make_keys(&signer), STATUS_OK);
    memset(text, '#', 4090);
    write_text("home.txt", text);
    cr_assert_eq(home_pin(&made, signer.public_key), STATUS_IO);
    file_in_home("home.txt", path);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(home_pin(&made, signer.public_key), STATUS_IO);
    cr_assert_str_eq(made.signing_key, signer.public_key, "known for this run all the same");
}

Test(home, a_signing_key_that_is_none_is_refused_and_not_taken_for_none)
{
    home_t made;
    char text[500];
    create(&made);
    static const char *const BAD[] = {"", "short", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7x",
                                      "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8],f7"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        snprintf(text, sizeof text, "hub: %s\nhub_key: %s\npublic_key: %s\nsigning_key: %s\n", ENDPOINT, hub.public_key,
                 made.public_key, BAD[i]);
        write_text("home.txt", text);
        expect_refused(STATUS_INVALID, "signing_key: is none");
    }
}

Test(home, the_private_key_is_for_its_owner_only)
{
    home_t made;
    create(&made);
    struct stat info;
    char path[PATH_MAX];
    file_in_home("secret.key", path);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600);
    cr_assert_eq(stat(directory, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0700);
    cr_assert_eq(chmod(path, 0640), 0);
    expect_refused(STATUS_INVALID, "chmod 600 '");
}

Test(home, an_existing_key_is_never_replaced)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t made, again = {0}, read;
    create(&made);
    cr_assert_eq(home_create(directory, "tcp://elsewhere:1", hub.public_key, NULL, &again, &faults), STATUS_CONFLICT);
    cr_assert_eq(faults.count, 1);
    cr_assert_eq(home_open(directory, &read, &faults), STATUS_OK);
    cr_assert_str_eq(read.secret_key, made.secret_key);
    cr_assert_str_eq(read.endpoint, ENDPOINT);
}

Test(home, a_missing_home_is_not_found)
{
    expect_refused(STATUS_NOT_FOUND, "init");
}

Test(home, damaged_files_are_refused)
{
    home_t made;
    create(&made);
    char text[400];
    write_text("secret.key", "not a key\n");
    expect_refused(STATUS_INVALID, "secret.key");
    snprintf(text, sizeof text, "hub: %s\nhub_key: %sx\npublic_key: %s\n", ENDPOINT, hub.public_key, made.public_key);
    write_text("home.txt", text); /* 41 characters: not cut to 40 */
    expect_refused(STATUS_INVALID, "home.txt needs");
    snprintf(text, sizeof text, "hub: %s\nhub_key: %s\npublic_key: %s\ncolour: red\n", ENDPOINT, hub.public_key,
             made.public_key);
    write_text("home.txt", text);
    expect_refused(STATUS_INVALID, "no such setting");
}

Test(home, bad_arguments_are_all_named_and_make_nothing)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    home_t made;
    cr_assert_eq(home_create(directory, "localhost:5", "short", NULL, &made, &faults), STATUS_INVALID);
    cr_assert_eq(faults.count, 2);
    cr_assert_neq(access(directory, F_OK), 0);
}

Test(home, endpoints_are_checked)
{
    cr_assert(endpoint_is_valid("tcp://hub.example.com:5555"));
    cr_assert(endpoint_is_valid("tcp://[fe80::1]:5555"));
    cr_assert(endpoint_is_valid("tcp://127.0.0.1:0"));
    static const char *const BAD[] = {"",           "tcp://",        "tcp://host",  "tcp://:5",
                                      "tcp://a:",   "tcp://a:65536", "tcp://a:5x",  "tcp://*:5",
                                      "ipc:///tmp", "tcp://a b:5",   "tcp://a;b:5", "tcp://0.0.0.0:5",
                                      "udp://a:5",  "tcp://[zz]:5",  "tcp://a:-5",  "tcp://a\n:5"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        cr_assert_not(endpoint_is_valid(BAD[i]), "%s", BAD[i]);
    char longest[ENDPOINT_SIZE + 1];
    snprintf(longest, sizeof longest, "tcp://%0*d:5", ENDPOINT_SIZE - 1 - 8, 0);
    cr_assert_eq(strlen(longest), ENDPOINT_SIZE - 1);
    cr_assert(endpoint_is_valid(longest));
    snprintf(longest, sizeof longest, "tcp://%0*d:5", ENDPOINT_SIZE - 8, 0);
    cr_assert_not(endpoint_is_valid(longest));
}

Test(home, a_listener_is_reached_on_this_machine)
{
    char endpoint[ENDPOINT_SIZE] = "untouched";
    cr_assert_not(endpoint_of_listener("tcp://*", endpoint));
    cr_assert_str_eq(endpoint, "untouched");
    cr_assert(endpoint_of_listener("tcp://*:77", endpoint));
    cr_assert_str_eq(endpoint, "tcp://127.0.0.1:77");
    cr_assert(endpoint_of_listener("tcp://10.0.0.1:77", endpoint));
    cr_assert_str_eq(endpoint, "tcp://10.0.0.1:77");
}

Test(home, keys_are_forty_characters_of_z85)
{
    cr_assert(home_is_key(hub.public_key));
    cr_assert_not(home_is_key(""));
    char key[HOME_KEY_SIZE + 1];
    snprintf(key, sizeof key, "%s0", hub.public_key);
    cr_assert_not(home_is_key(key));
    key[39] = '\0';
    cr_assert_not(home_is_key(key));
    strcpy(key, hub.public_key);
    key[3] = ',';
    cr_assert_not(home_is_key(key));
}

Test(home, the_path_comes_from_the_option_then_the_environment)
{
    char path[PATH_MAX];
    setenv("HOME", "/h", 1);
    setenv("XDG_CONFIG_HOME", "/x", 1);
    setenv("YARDSTICK_HOME", "/y", 1);
    cr_assert(home_default_path("/o", path));
    cr_assert_str_eq(path, "/o");
    cr_assert(home_default_path(NULL, path));
    cr_assert_str_eq(path, "/y");
    unsetenv("YARDSTICK_HOME");
    cr_assert(home_default_path(NULL, path));
    cr_assert_str_eq(path, "/x/yardstick");
    unsetenv("XDG_CONFIG_HOME");
    cr_assert(home_default_path(NULL, path));
    cr_assert_str_eq(path, "/h/.config/yardstick");
    unsetenv("HOME");
    cr_assert_not(home_default_path(NULL, path));
}
