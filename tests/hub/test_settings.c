/* The hub's settings file. */
#include "hub/settings.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_ROOT TEST_DATA "/../.."

static status_t read_text(const char *text, settings_t *out, faults_t *faults)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    file_write(path_in(&directory, "hub.yaml"), text, strlen(text));
    return settings_read(path_in(&directory, "hub.yaml"), out, faults);
}

Test(settings, defaults_are_those_that_the_header_names)
{
    settings_t settings;
    settings_defaults(&settings);
    cr_assert_str_eq(settings.enroll_listen, "", "nobody enrols unless it is set");
    cr_assert_eq(settings.enroll_per_minute, 30);
    cr_assert_str_eq(settings.time_zone, "Asia/Shanghai");
    cr_assert_eq(settings.due_day, 10);
    cr_assert_eq(settings.benchmark.share_numerator * 10, settings.benchmark.share_denominator);
    cr_assert(settings.benchmark.least_stores == 3 && settings.benchmark.least_eligible == 5);
    cr_assert_eq(settings.map_bytes, UINT64_C(64) << 30);
    cr_assert_eq(settings.month_cache_bytes, UINT64_C(512) << 20);
    cr_assert_not(settings.verify_first, "records are read beside serving");
    cr_assert(settings.query_workers == 2 && settings.commit_queue == 4096 && settings.commit_group == 1024);
    cr_assert(settings.query_queue == 1024 && settings.requests_per_key == 256);
    cr_assert(settings.handshake_ms && settings.heartbeat_ms && settings.backlog);
}

Test(settings, every_value_is_taken_from_the_file)
{
    settings_t settings;
    CLEANUP(faults_fini) faults_t faults = {0};
    settings_defaults(&settings);
    OK(read_text("listen: tcp://10.1.2.3:5555\n"
                 "enroll_listen: tcp://*:5556\nenroll_per_minute: 7\n"
                 "time_zone: Europe/Berlin # comment\n"
                 "due_day: '15'\n"
                 "benchmark_share: 0.25\nbenchmark_least_stores: 4\nbenchmark_least_eligible: 6\n"
                 "map_bytes: 2 GiB\nmonth_cache_bytes: 104857600\nquery_workers: 3\ncommit_queue: 100\n"
                 "commit_group: 7\nquery_queue: 8\nrequests_per_key: 9\nhandshake_ms: 1000\nheartbeat_ms: 2000\n"
                 "backlog: 100\nverify_at_start: first\n",
                 &settings, &faults));
    cr_assert_str_eq(settings.listen, "tcp://10.1.2.3:5555");
    cr_assert_str_eq(settings.enroll_listen, "tcp://*:5556");
    cr_assert_eq(settings.enroll_per_minute, 7);
    cr_assert_str_eq(settings.time_zone, "Europe/Berlin");
    cr_assert(settings.due_day == 15 && settings.map_bytes == UINT64_C(2) << 30);
    cr_assert(settings.benchmark.share_numerator == 25 && settings.benchmark.share_denominator == 100);
    cr_assert(settings.benchmark.least_stores == 4 && settings.benchmark.least_eligible == 6);
    cr_assert(settings.month_cache_bytes == 104857600 && settings.query_workers == 3);
    cr_assert(settings.commit_queue == 100 && settings.commit_group == 7 && settings.query_queue == 8);
    cr_assert(settings.requests_per_key == 9 && settings.handshake_ms == 1000 && settings.heartbeat_ms == 2000);
    cr_assert_eq(settings.backlog, 100);
    cr_assert(settings.verify_first);
    OK(read_text("verify_at_start: beside\n", &settings, &faults));
    cr_assert_not(settings.verify_first);
}

Test(settings, what_the_file_leaves_out_stays)
{
    const char *texts[] = {
        "", "# nothing\n", "---\n", "{}\n", "due_day: 3\n", "enroll_listen:\n", "enroll_listen: \"\"\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        settings_t settings, defaults;
        CLEANUP(faults_fini) faults_t faults = {0};
        settings_defaults(&defaults);
        settings_defaults(&settings);
        cr_assert_eq(read_text(texts[i], &settings, &faults), STATUS_OK, "%s", texts[i]);
        if (i == 4)
            defaults.due_day = 3;
        cr_assert_eq(memcmp(&settings, &defaults, sizeof settings), 0, "%s", texts[i]);
    }
}

/* One fault: its place, and a piece of its message. */
static const struct {
    const char *text;
    uint32_t line, column;
    const char *message;
} bad[] = {
    {"enroll_listen: 7421\n", 1, 16, "enroll_listen: '7421' is not tcp://ADDRESS:PORT"},
    {"enroll_per_minute: 0\n", 1, 20, "'0' is out of range: 1 to 100000 connections"},
    {"verify_at_start: never\n", 1, 18, "verify_at_start: 'never' is not beside or first"},
    {"verify_at_start: besides\n", 1, 18, "'besides' is not beside or first"},
    {"verify_at_start: firs\n", 1, 18, "'firs' is not beside or first"},
    {"verify_at_start:\n", 1, 17, "'' is not beside or first"},
    {"due_day: 010\n", 1, 10, "'010' is not a whole number: write plain digits without a leading zero"},
    {"due_day: 2.5\n", 1, 10, "'2.5' is not a whole number"},
    {"due_day: 1e1\n", 1, 10, "'1e1' is not a whole number"},
    {"due_day: +5\n", 1, 10, "'+5' is not a whole number"},
    {"due_day: -5\n", 1, 10, "'-5' is not a whole number"},
    {"due_day: 0x5\n", 1, 10, "'0x5' is not a whole number"},
    {"due_day: ten\n", 1, 10, "'ten' is not a whole number"},
    {"due_day:\n", 1, 9, "'' is not a whole number"},
    {"due_day: ~\n", 1, 10, "'~' is not a whole number"},
    {"due_day: 0\n", 1, 10, "'0' is out of range: 1 to 28"},
    {"due_day: 29\n", 1, 10, "'29' is out of range: 1 to 28 day"},
    {"due_day: 18446744073709551626\n", 1, 10, "is not a whole number"},
    {"\ncommit_group: 65537\n", 2, 15, "'65537' is out of range: 1 to 65536 submissions"},
    {"map_bytes: 64 GB\n", 1, 12, "'64 GB' is not a size"},
    {"map_bytes: 1.5 GiB\n", 1, 12, "is not a size"},
    {"map_bytes: 999999999999999999 TiB\n", 1, 12, "is not a size"},
    {"map_bytes: 1023 KiB\n", 1, 12, "out of range: 1048576 to"},
    {"benchmark_share: 1.01\n", 1, 18, "'1.01' is not a share"},
    {"benchmark_share: 10%\n", 1, 18, "'10%' is not a share"},
    {"benchmark_share: 0.1234567\n", 1, 18, "is not a share"},
    {"benchmark_least_eligible: 2\n", 1, 27, "2 is less than benchmark_least_stores (3)"},
    {"time_zone: Asia/Atlantis\n", 1, 12, "'Asia/Atlantis' is not a time zone of this machine"},
    {"time_zone: ../../etc/passwd\n", 1, 12, "is not a time zone"},
    {"time_zone: /usr/share/zoneinfo/UTC\n", 1, 12, "is not a time zone"},
    {"time_zone: Asia\n", 1, 12, "is not a time zone"},
    {"listen: 10.0.0.1:5\n", 1, 9, "is not tcp://ADDRESS:PORT"},
    {"listen: tcp://*:70000\n", 1, 9, "is not tcp://ADDRESS:PORT"},
    {"due_dai: 5\n", 1, 1, "there is no setting 'due_dai'"},
    {"due_day: 5\nquery_workers: 1\ndue_day: 6\n", 3, 1, "a second line for the setting 'due_day'"},
    {"due_day: [5]\n", 1, 10, "without lists or further levels"},
    {"due_day: {a: 5}\n", 1, 10, "without lists or further levels"},
    {"- due_day\n", 1, 1, "without lists or further levels"},
    {"? [a]\n: 5\n", 1, 3, "without lists or further levels"},
    {"due_day\n", 1, 1, "lines of NAME: VALUE"},
    {"due_day: &a 5\nquery_workers: *a\n", 2, 16, "aliases are not allowed"},
    {"due_day: 5\n---\ndue_day: 6\n", 2, 1, "a second document begins here"},
    {"due_day: 5\n\tquery_workers: 1\n", 2, 1, "is no YAML"},
    {"due_day: \"\\0\"\n", 1, 10, "without a NUL"},
    {"due_day: \xff\n", 1, 1, "is no YAML"},
};

Test(settings, a_fault_is_named_with_its_place_and_changes_nothing)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        settings_t settings, before;
        CLEANUP(faults_fini) faults_t faults = {0};
        settings_defaults(&settings);
        before = settings;
        cr_assert_eq(read_text(bad[i].text, &settings, &faults), STATUS_INVALID, "%s", bad[i].text);
        cr_assert_eq(faults.count, 1, "%s: %zu faults", bad[i].text, faults.count);
        cr_assert(strstr(faults.items[0].message, bad[i].message), "%s: %s", bad[i].text, faults.items[0].message);
        cr_assert(strstr(faults.items[0].source, "hub.yaml"));
        if (!strstr(bad[i].message, "is no YAML"))
            cr_assert(faults.items[0].line == bad[i].line && faults.items[0].column == bad[i].column, "%s: %u:%u",
                      bad[i].text, faults.items[0].line, faults.items[0].column);
        cr_assert_eq(memcmp(&settings, &before, sizeof settings), 0, "%s", bad[i].text);
    }
}

Test(settings, all_faults_are_named_in_one_go)
{
    settings_t settings;
    CLEANUP(faults_fini) faults_t unknown = {0};
    CLEANUP(faults_fini) faults_t values = {0};
    settings_defaults(&settings);
    cr_assert_eq(read_text("no_such: 1\ndue_day: 5\nnor_this: {}\nalso: [1, 2]\n", &settings, &unknown),
                 STATUS_INVALID);
    cr_assert_eq(unknown.count, 5, "%zu", unknown.count); /* three names, two collections */
    cr_assert_eq(read_text("due_day: 99\nmap_bytes: much\nquery_workers: 0\n", &settings, &values), STATUS_INVALID);
    cr_assert_eq(values.count, 3);
}

Test(settings, a_file_that_cannot_be_read_or_is_too_long_is_refused)
{
    CLEANUP(directory_remove) directory_t directory = directory_make();
    CLEANUP(faults_fini) faults_t faults = {0};
    settings_t settings;
    settings_defaults(&settings);
    cr_assert_eq(settings_read(path_in(&directory, "none"), &settings, &faults), STATUS_IO);
    cr_assert(strstr(faults.items[0].message, "No such file"), "%s", faults.items[0].message);
    cr_assert_eq(settings_read(directory.path, &settings, &faults), STATUS_IO);
    char *text = malloc(65538);
    memset(text, '\n', 65537);
    file_write(path_in(&directory, "long"), text, 65536);
    OK(settings_read(path_in(&directory, "long"), &settings, &faults));
    file_write(path_in(&directory, "long"), text, 65537);
    cr_assert_eq(settings_read(path_in(&directory, "long"), &settings, &faults), STATUS_INVALID);
    free(text);
}

Test(settings, the_sample_file_names_all_with_their_defaults)
{
    settings_t settings, defaults;
    CLEANUP(faults_fini) faults_t faults = {0};
    char *sample;
    size_t size, file_size;
    settings_defaults(&defaults);
    memset(&settings, 0, sizeof settings); /* so that what the file leaves out would show */
    OK(settings_read(SOURCE_ROOT "/deploy/hub.yaml", &settings, &faults));
    cr_assert_eq(memcmp(&settings, &defaults, sizeof settings), 0);
    FILE *stream = open_memstream(&sample, &size);
    settings_print_sample(stream, NULL, false);
    fclose(stream);
    char *file = (char *)file_read(SOURCE_ROOT "/deploy/hub.yaml", &file_size);
    cr_assert_str_eq(file, sample); /* write it anew: settings_print_sample */
    free(file);
    free(sample);
}

Test(settings, help_names_each_with_its_range)
{
    char *help;
    size_t size;
    FILE *stream = open_memstream(&help, &size);
    settings_print_help(stream);
    fclose(stream);
    cr_assert(strstr(help, "due_day (1 to 28 day; default 10)"));
    cr_assert(strstr(help, "map_bytes (1048576 to 70368744177664 bytes; default 64 GiB)"));
    free(help);
}
