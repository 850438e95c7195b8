/* yardstick-hub: the server (SPEC 6). */
#include "hub/clock.h"
#include "hub/directory.h"
#include "hub/run.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

typedef struct {
    const char *command, *directory, *listen, *config, *headquarters_home;
    bool signing, help, version;
} options_t;

static const char HELP[] =
    "yardstick-hub: stores what dealerships report and answers with the comparison\n"
    "\n"
    "  yardstick-hub init DIR --listen ENDPOINT [--headquarters-home HOME]\n"
    "      make a data directory, and a home for headquarters in DIR/headquarters (or HOME)\n"
    "  yardstick-hub key DIR [--signing]\n"
    "      print the hub's public key, which every client's home needs; with --signing the public\n"
    "      key with which it signs receipts and catalogs\n"
    "  yardstick-hub run DIR [--config FILE] [--listen ENDPOINT]\n"
    "      serve; prints `ready tcp://ADDRESS:PORT` when it does, and `enrolling …` behind it where\n"
    "      it takes enrolments. SIGTERM or SIGINT ends it.\n"
    "  yardstick-hub verify DIR\n"
    "      read everything in the data directory and say whether it is sound\n"
    "\n"
    "ENDPOINT is tcp://ADDRESS:PORT; port 0 lets the system choose. --help, --version.\n"
    "Exit status: 0 done, 1 refused, 2 wrong usage.\n"
    "\n"
    "Settings (DIR/hub.yaml, over it --config FILE; `name: value` a line):\n";

static int usage(const char *what)
{
    fprintf(stderr, "yardstick-hub: %s; see yardstick-hub --help\n", what);
    return EXIT_USAGE;
}

/* The exit status of a command whose result went to standard output. */
static int end_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    fputs("yardstick-hub: standard output cannot be written\n", stderr);
    return EXIT_REFUSED;
}

static int refuse_with(const faults_t *faults, status_t status)
{
    char line[1200];
    for (size_t i = 0; i < faults->count; i++) {
        fault_format(&faults->items[i], line, sizeof line);
        fprintf(stderr, "yardstick-hub: %s\n", line);
    }
    if (faults->count == 0)
        fprintf(stderr, "yardstick-hub: %s\n", status_text(status));
    return EXIT_REFUSED;
}

/* Whether --listen, where given, names an endpoint; says what is wrong with it. */
static bool is_listen_sound(const options_t *options)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    settings_t settings;
    settings_defaults(&settings);
    status_t status = options->listen ? settings_set(&settings, "listen", options->listen, &faults) : STATUS_OK;
    if (status != STATUS_OK)
        refuse_with(&faults, status);
    return status == STATUS_OK;
}

static int command_init(const options_t *options)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    if (!options->listen)
        return usage("init needs --listen ENDPOINT");
    if (!is_listen_sound(options))
        return EXIT_USAGE;
    const directory_plan_t plan = {
        .directory = options->directory,
        .listen = options->listen,
        .headquarters_home = options->headquarters_home,
    };
    clock_stand();
    status_t status = directory_init(&plan, &faults);
    if (status != STATUS_OK)
        return refuse_with(&faults, status);
    const char *home = options->headquarters_home;
    printf("made %s; headquarters' home is %s%s; serve it with: yardstick-hub run %s\n", options->directory,
           home ? home : options->directory, home ? "" : "/headquarters", options->directory);
    return EXIT_DONE;
}

static int print_signing_key(const options_t *options)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(signing_keys_fini) signing_keys_t signing = {0};
    char text[HOME_KEY_SIZE];
    status_t status = directory_read_signing_keys(options->directory, &signing, &faults);
    if (status == STATUS_NOT_FOUND)
        faults_add(&faults, 0, 0, "%s has no signing key yet; `yardstick-hub run` makes it", options->directory);
    if (status != STATUS_OK)
        return refuse_with(&faults, status);
    home_format_key(signing.public_key, text);
    puts(text);
    return end_output();
}

static int command_key(const options_t *options)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    if (options->signing)
        return print_signing_key(options);
    char public_key[HOME_KEY_SIZE], secret_key[HOME_KEY_SIZE];
    status_t status = directory_read_keys(options->directory, public_key, secret_key, &faults);
    explicit_bzero(secret_key, sizeof secret_key);
    if (status != STATUS_OK)
        return refuse_with(&faults, status);
    puts(public_key);
    return end_output();
}

static int command_run(const options_t *options)
{
    if (!is_listen_sound(options))
        return EXIT_USAGE;
    return run_hub(options->directory, options->config, options->listen);
}

static int command_verify(const options_t *options)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    store_counts_t counts = {0};
    status_t status = directory_verify(options->directory, &counts, &faults);
    if (status != STATUS_OK)
        return refuse_with(&faults, status);
    printf("sound: %llu revisions of %llu dealer months, %llu answers, %llu keys, %llu catalogs, %llu networks, %llu "
           "tokens, %llu events\n",
           (unsigned long long)counts.revisions, (unsigned long long)counts.dealer_months,
           (unsigned long long)counts.answers, (unsigned long long)counts.keys, (unsigned long long)counts.catalogs,
           (unsigned long long)counts.networks, (unsigned long long)counts.tokens, (unsigned long long)counts.events);
    if (counts.format < STORE_FORMAT)
        printf("of format %u; the next `yardstick-hub run` upgrades it to format %d, which earlier versions do not "
               "read\n",
               counts.format, STORE_FORMAT);
    return end_output();
}

static const struct {
    const char *name;
    const char *options; /* the long options that it takes, by their letters */
    int (*run)(const options_t *);
} COMMANDS[] = {
    {"init", "lh", command_init},
    {"key", "s", command_key},
    {"run", "lc", command_run},
    {"verify", "", command_verify},
};

static int dispatch(const options_t *options, const char *given)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        if (strcmp(COMMANDS[i].name, options->command) != 0)
            continue;
        if (!options->directory)
            return usage("the data directory is missing");
        if (strspn(given, COMMANDS[i].options) != strlen(given))
            return usage("an option that this command does not take");
        return COMMANDS[i].run(options);
    }
    return usage("no such command");
}

static bool parse(int argc, char **argv, options_t *out, char given[8])
{
    static const struct option LONG[] = {
        {"listen", required_argument, NULL, 'l'},
        {"config", required_argument, NULL, 'c'},
        {"headquarters-home", required_argument, NULL, 'h'},
        {"signing", no_argument, NULL, 's'},
        {"help", no_argument, NULL, 'H'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    size_t count = 0;
    for (int letter; (letter = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        switch (letter) {
        case 'l':
            out->listen = optarg;
            break;
        case 'c':
            out->config = optarg;
            break;
        case 'h':
            out->headquarters_home = optarg;
            break;
        case 's':
            out->signing = true;
            break;
        case 'H':
            out->help = true;
            continue;
        case 'V':
            out->version = true;
            continue;
        default:
            return false;
        }
        if (!strchr(given, letter))
            given[count++] = (char)letter;
    }
    out->command = optind < argc ? argv[optind] : NULL;
    out->directory = optind + 1 < argc ? argv[optind + 1] : NULL;
    return optind + 2 >= argc;
}

/* A program started with a closed standard stream would get that number for a file of the store, and write its log into
 * it. */
static bool hold_standard_streams(void)
{
    for (int file; (file = open("/dev/null", O_RDWR)) >= 0;)
        if (file > STDERR_FILENO)
            return close(file) == 0;
    return false;
}

static int run(int argc, char **argv)
{
    options_t options = {0};
    char given[8] = "";
    if (!parse(argc, argv, &options, given))
        return usage("wrong options or too many arguments");
    if (options.help) {
        fputs(HELP, stdout);
        settings_print_help(stdout);
        return end_output();
    }
    if (options.version) {
        puts("yardstick-hub " YARDSTICK_VERSION);
        return end_output();
    }
    return options.command ? dispatch(&options, given) : usage("no command");
}

int main(int argc, char **argv)
{
    if (!hold_standard_streams())
        return EXIT_REFUSED;
    return run(argc, argv);
}
