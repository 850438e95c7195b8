#include "client/network_files.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILES TEST_DATA "/files/"

static arena_t *arena;
static faults_t faults;
static network_lines_t lines;

static void begin(void)
{
    arena = arena_create(1u << 26);
}

static void end(void)
{
    arena_destroy(&arena);
    faults_fini(&faults);
}

TestSuite(network_files, .init = begin, .fini = end);

static const char *fault_lines(const char *prefix)
{
    static char text[8000];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < faults.count && used < sizeof text; i++) {
        char line[1000];
        fault_format(&faults.items[i], line, sizeof line);
        const char *start = strncmp(line, prefix, strlen(prefix)) == 0 ? line + strlen(prefix) : line;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", start);
    }
    return text;
}

Test(network_files, the_four_files_become_lines_in_their_order)
{
    cr_assert_eq(network_files_read(FILES "network", arena, &lines, &faults), STATUS_OK, "%s", fault_lines(FILES));
    cr_assert_eq(lines.region_count, 2);
    cr_assert_str_eq(lines.regions[1].code, "sh");
    cr_assert_str_eq(lines.regions[1].parent, "east");
    cr_assert_str_eq(lines.regions[1].name, "上海, 浦东");
    cr_assert_eq(lines.regions[1].line, 3);
    cr_assert_eq(lines.dealer_count, 2);
    cr_assert_str_eq(lines.dealers[0].owner, "o1");
    cr_assert_str_eq(lines.dealers[1].owner, "");
    cr_assert_eq(lines.membership_count, 3);
    cr_assert_str_eq(lines.memberships[1].region, "");
    cr_assert_eq(lines.memberships[1].from, period_make(2025, 1));
    cr_assert_eq(lines.circle_count, 2);
    cr_assert_eq(lines.circles[0].from, PERIOD_NONE);
    cr_assert_eq(lines.circles[0].until, period_make(2024, 12));
    cr_assert_eq(lines.circles[1].until, PERIOD_NONE);
}

Test(network_files, every_fault_of_all_files_is_named_in_one_go)
{
    lines.region_count = 99;
    cr_assert_eq(network_files_read(FILES "network_bad", arena, &lines, &faults), STATUS_INVALID);
    cr_assert_str_eq(fault_lines(FILES "network_bad/"),
                     "regions.csv:1:3: regions.csv has no column 'colour'; correct it or leave the column out\n"
                     "regions.csv:1:4: column 'code' stands already as column 1; keep one\n"
                     "regions.csv:1: there is no column 'name'; add it\n"
                     "dealers.csv:2:1: code: the cell is empty; fill it in\n"
                     "dealers.csv:3: the line has 2 cells where the header has 3; give it one for each column\n"
                     "memberships.csv:1: there is no column 'region'; add it\n"
                     "memberships.csv:2:2: from: '2024' is no month; write it as YYYY-MM, 2025-06 for June 2025\n"
                     "memberships.csv:3:2: from: the cell is empty; fill it in\n");
    cr_assert_eq(lines.region_count, 99, "outputs change only on success");
}

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void remove_file(const char *directory, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    remove(path);
}

Test(network_files, what_the_network_finds_is_named_with_the_path_of_its_file)
{
    char directory[] = "/tmp/test_network_XXXXXX";
    cr_assert_not_null(mkdtemp(directory));
    write_file(directory, "regions.csv", "code,parent,name\neast,west,East\n");
    write_file(directory, "dealers.csv", "code,name,owner\nD1,x,\n");
    cr_assert_eq(network_files_read(directory, arena, &lines, &faults), STATUS_IO);
    char want[200];
    snprintf(want, sizeof want, "%s/memberships.csv", directory);
    cr_assert_str_eq(faults.items[0].source, want);
    cr_assert_str_eq(faults.items[0].message, "cannot be read: No such file or directory");
    write_file(directory, "memberships.csv", "dealer,region,from\nD9,east,2024-01\n");
    cr_assert_eq(network_files_read(directory, arena, &lines, &faults), STATUS_INVALID);
    snprintf(want, sizeof want, "%s/regions.csv", directory);
    cr_assert_str_eq(faults.items[1].source, want);
    cr_assert_eq(faults.items[1].line, 2);
    remove_file(directory, "regions.csv");
    remove_file(directory, "dealers.csv");
    remove_file(directory, "memberships.csv");
    remove(directory);
}

Test(network_files, the_golden_network_is_read)
{
    cr_assert_eq(network_files_read(TEST_DATA "/../golden", arena, &lines, &faults), STATUS_OK, "%s",
                 fault_lines(FILES));
    cr_assert_eq(lines.dealer_count, 60);
    cr_assert_eq(lines.circle_count, 12);
}
