#include "tests/core/golden_fixture.h"

#include "core/limits.h"
#include "core/number.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 32

/* A file of plain comma-separated lines, without quotes, as the golden files are. */
typedef struct {
    char **header;
    char ***lines;
    size_t count, columns;
} sheet_t;

static char **split(arena_t *arena, char *line, size_t *out_count)
{
    char **cells = arena_array(arena, COLUMNS_MAX, sizeof *cells);
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *cell; (cell = strsep(&line, ",")) && count < COLUMNS_MAX;)
        cells[count++] = arena_strdup(arena, cell);
    for (size_t i = count; i < COLUMNS_MAX; i++)
        cells[i] = arena_strdup(arena, "");
    *out_count = count;
    return cells;
}

static sheet_t read_sheet(arena_t *arena, const char *name)
{
    char path[1000], line[4000];
    snprintf(path, sizeof path, "%s/../golden/%s", TEST_DATA, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "cannot open %s", path);
    sheet_t sheet = {.lines = arena_array(arena, 10000, sizeof *sheet.lines)};
    size_t columns;
    while (fgets(line, sizeof line, file)) {
        char **cells = split(arena, line, &columns);
        if (!sheet.header) {
            sheet.header = cells;
            sheet.columns = columns;
        } else {
            cr_assert(sheet.count < 10000);
            sheet.lines[sheet.count++] = cells;
        }
    }
    fclose(file);
    return sheet;
}

static const char *cell(const sheet_t *sheet, size_t line, const char *column)
{
    for (size_t i = 0; i < sheet->columns; i++)
        if (strcmp(sheet->header[i], column) == 0)
            return sheet->lines[line][i];
    return "";
}

static period_t period_cell(const sheet_t *sheet, size_t line, const char *column)
{
    period_t period = PERIOD_NONE;
    const char *text = cell(sheet, line, column);
    cr_assert(*text == '\0' || period_parse(text, &period), "%s is no month", text);
    return period;
}

static void open_network(golden_t *golden)
{
    arena_t *arena = golden->arena;
    sheet_t regions = read_sheet(arena, "regions.csv"), dealers = read_sheet(arena, "dealers.csv"),
            memberships = read_sheet(arena, "memberships.csv"), circles = read_sheet(arena, "circles.csv");
    network_region_line_t *region = arena_array(arena, regions.count, sizeof *region);
    network_dealer_line_t *dealer = arena_array(arena, dealers.count, sizeof *dealer);
    network_membership_line_t *membership = arena_array(arena, memberships.count, sizeof *membership);
    network_circle_line_t *circle = arena_array(arena, circles.count, sizeof *circle);
    for (uint32_t i = 0; i < regions.count; i++)
        region[i] = (network_region_line_t){cell(&regions, i, "code"), cell(&regions, i, "parent"),
                                            cell(&regions, i, "name"), i + 2};
    for (uint32_t i = 0; i < dealers.count; i++)
        dealer[i] = (network_dealer_line_t){cell(&dealers, i, "code"), cell(&dealers, i, "name"),
                                            cell(&dealers, i, "owner"), i + 2};
    for (uint32_t i = 0; i < memberships.count; i++)
        membership[i] = (network_membership_line_t){cell(&memberships, i, "dealer"), cell(&memberships, i, "region"),
                                                    period_cell(&memberships, i, "from"), i + 2};
    for (uint32_t i = 0; i < circles.count; i++)
        circle[i] = (network_circle_line_t){cell(&circles, i, "circle"), cell(&circles, i, "dealer"),
                                            period_cell(&circles, i, "from"), period_cell(&circles, i, "until"), i + 2};
    network_lines_t lines = {region,     regions.count,     dealer, dealers.count,
                             membership, memberships.count, circle, circles.count};
    CLEANUP(faults_fini) faults_t faults = {0};
    cr_assert_eq(network_build(&lines, &golden->network, &faults), STATUS_OK);
}

static golden_submission_t *submission_at(const golden_t *golden, const sheet_t *sheet, size_t line)
{
    uint32_t dealer = network_find_dealer(golden->network, cell(sheet, line, "dealer"));
    period_t period = period_cell(sheet, line, "period");
    cr_assert(dealer != INDEX_NONE && period >= period_make(GOLDEN_YEAR, 1));
    golden_submission_t *submission = &golden->by_dealer[dealer][period - period_make(GOLDEN_YEAR, 1)];
    submission->period = period;
    return submission;
}

static int64_t *facts_of(const golden_t *golden, const sheet_t *sheet, size_t line)
{
    const catalog_t *catalog = golden->catalog;
    int64_t *facts = arena_array(golden->arena, catalog->fact_count, sizeof *facts);
    for (size_t i = 0; i < catalog->fact_count; i++) {
        const char *text = cell(sheet, line, catalog->rows[i].id), *reason;
        facts[i] = FACT_ABSENT;
        if (*text)
            cr_assert_eq(number_parse_fact(text, catalog->rows[i].decimals, false, &facts[i], &reason), STATUS_OK);
    }
    return facts;
}

static void open_facts(golden_t *golden)
{
    sheet_t facts = read_sheet(golden->arena, "facts.csv"), consultants = read_sheet(golden->arena, "consultants.csv");
    golden->by_dealer = arena_array(golden->arena, golden->network->dealer_count, sizeof *golden->by_dealer);
    for (uint32_t dealer = 0; dealer < golden->network->dealer_count; dealer++) {
        golden->by_dealer[dealer] = arena_array(golden->arena, GOLDEN_MONTHS, sizeof **golden->by_dealer);
        for (size_t i = 0; i < GOLDEN_MONTHS; i++)
            golden->by_dealer[dealer][i].period = PERIOD_NONE;
    }
    for (size_t i = 0; i < facts.count; i++)
        submission_at(golden, &facts, i)->facts = facts_of(golden, &facts, i);
    for (size_t i = 0; i < consultants.count; i++) {
        golden_submission_t *submission = submission_at(golden, &consultants, i);
        cr_assert_not_null(submission->facts);
        if (!submission->consultants)
            submission->consultants = arena_array(golden->arena, CONSULTANTS_MAX, sizeof *submission->consultants);
        submission->consultants[submission->consultant_count++] =
            (consultant_facts_t){cell(&consultants, i, "consultant"), facts_of(golden, &consultants, i)};
    }
}

void golden_open(golden_t *golden)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    *golden = (golden_t){.arena = arena_create(SIZE_MAX)};
    cr_assert_eq(catalog_load(catalog_builtin(), &golden->catalog, &faults), STATUS_OK);
    open_network(golden);
    open_facts(golden);
}

void golden_close(golden_t *golden)
{
    network_destroy(&golden->network);
    catalog_destroy(&golden->catalog);
    arena_destroy(&golden->arena);
}

const golden_submission_t *golden_find(const golden_t *golden, uint32_t dealer, period_t period)
{
    period_t first = period_make(GOLDEN_YEAR, 1);
    if (period < first || period >= first + GOLDEN_MONTHS)
        return NULL;
    const golden_submission_t *found = &golden->by_dealer[dealer][period - first];
    return found->period == PERIOD_NONE ? NULL : found;
}

month_t *golden_month(const golden_t *golden, period_t period)
{
    month_t *month = month_create(golden->catalog, golden->network, period);
    cr_assert_not_null(month);
    for (uint32_t dealer = 0; dealer < golden->network->dealer_count; dealer++) {
        const golden_submission_t *submission = golden_find(golden, dealer, period);
        if (submission)
            month_set(month, dealer, submission->facts, false);
    }
    return month;
}
