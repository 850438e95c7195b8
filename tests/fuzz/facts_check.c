#include "facts_check.h"

#include "client/messages.h"
#include "core/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void require(bool holds)
{
    if (!holds)
        abort();
}

static const catalog_t *builtin(void)
{
    static catalog_t *catalog;
    faults_t faults = {0};
    if (!catalog)
        require(catalog_load(catalog_builtin(), &catalog, &faults) == STATUS_OK);
    return catalog;
}

/* Path of a file in memory with these bytes; `slot` 0 or 1: there are two. */
static const char *file_of(int slot, span_t bytes)
{
    static int files[2] = {-1, -1};
    static char paths[2][40];
    if (files[slot] < 0) {
        files[slot] = memfd_create("facts", MFD_CLOEXEC);
        require(files[slot] >= 0);
        snprintf(paths[slot], sizeof paths[slot], "/proc/self/fd/%d", files[slot]);
    }
    require(ftruncate(files[slot], 0) == 0);
    require(pwrite(files[slot], bytes.data, bytes.size, 0) == (ssize_t)bytes.size);
    return paths[slot];
}

/* ---- What is read, written and read again ---- */

static void write_line(FILE *out, const filed_month_t *month, const char *consultant, const int64_t *facts)
{
    char period[PERIOD_TEXT_SIZE], value[32];
    period_format(month->period, period);
    fprintf(out, "%s,\"%s\",%s", period, month->dealer, consultant);
    for (size_t i = 0; i < builtin()->fact_count; i++) {
        number_format_fact(facts[i], builtin()->rows[i].decimals, value, sizeof value);
        fprintf(out, ",%s", facts[i] == FACT_ABSENT ? "" : value);
    }
    fputc('\n', out);
}

static void write_set(FILE *out, const facts_set_t *set)
{
    fputs("period,dealer,consultant", out);
    for (size_t i = 0; i < builtin()->fact_count; i++)
        fprintf(out, ",%s", builtin()->rows[i].id);
    fputc('\n', out);
    for (size_t i = 0; i < set->count; i++) {
        const filed_month_t *month = &set->months[i];
        write_line(out, month, "", month->facts);
        for (size_t j = 0; j < month->consultant_count; j++)
            write_line(out, month, month->consultants[j].consultant, month->consultants[j].facts);
    }
}

static void compare_months(const filed_month_t *a, const filed_month_t *b)
{
    size_t size = builtin()->fact_count * sizeof *a->facts;
    require(strcmp(a->dealer, b->dealer) == 0 && a->period == b->period);
    require(memcmp(a->facts, b->facts, size) == 0);
    require(a->has_consultants == b->has_consultants && a->consultant_count == b->consultant_count);
    for (size_t i = 0; i < a->consultant_count; i++) {
        require(strcmp(a->consultants[i].consultant, b->consultants[i].consultant) == 0);
        require(memcmp(a->consultants[i].facts, b->consultants[i].facts, size) == 0);
    }
}

static void check_rewriting(const facts_set_t *set)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    require(out != NULL);
    write_set(out, set);
    fclose(out);
    facts_set_t again = {0};
    faults_t faults = {0};
    facts_options_t options = {.dealers = NULL};
    const char *path = file_of(1, (span_t){(uint8_t *)text, size});
    require(facts_set_read(&again, path, builtin(), &options, &faults, NULL) == STATUS_OK);
    require(facts_set_finish(&again, NULL, &faults) == STATUS_OK && again.count == set->count);
    for (size_t i = 0; i < set->count; i++)
        compare_months(&set->months[i], &again.months[i]);
    facts_set_fini(&again);
    free(text);
}

/* ---- One reading ---- */

static void check_month(const filed_month_t *month)
{
    require(text_is_code(month->dealer) && month->facts && month->line > 0 && month->has_facts);
    size_t present = 0;
    for (size_t i = 0; i < builtin()->fact_count; i++)
        present += month->facts[i] != FACT_ABSENT;
    require(present > 0);
    for (size_t i = 0; i < month->consultant_count; i++)
        require(text_is_code(month->consultants[i].consultant) && month->consultants[i].facts);
}

static void check_set(facts_set_t *set, faults_t *faults)
{
    faults_t warnings = {.translate = faults->translate};
    if (facts_set_finish(set, NULL, faults) != STATUS_OK) {
        require(!faults_empty(faults));
        return;
    }
    for (size_t i = 0; i < set->count; i++)
        check_month(&set->months[i]);
    facts_set_check(set, builtin(), LANGUAGE_EN, NULL, faults, &warnings);
    (void)facts_set_count_unchecked(set, builtin(), NULL);
    faults_fini(&warnings);
    if (set->count)
        check_rewriting(set);
}

static void check_reading(span_t bytes, facts_options_t options, bool is_chinese)
{
    facts_set_t set = {0};
    faults_t faults = {.translate = is_chinese ? messages_zh : NULL}, notes = faults;
    status_t status = facts_set_read(&set, file_of(0, bytes), builtin(), &options, &faults, &notes);
    require(status == STATUS_OK || status == STATUS_INVALID);
    require((status == STATUS_OK) == faults_empty(&faults));
    if (status == STATUS_OK)
        check_set(&set, &faults);
    facts_set_fini(&set);
    faults_fini(&faults);
    faults_fini(&notes);
}

void facts_check_as(span_t bytes, unsigned whose)
{
    static const char *const STORES[] = {"D0001", "D0002"};
    const facts_options_t options[] = {
        {.dealers = STORES, .dealer_count = 1, .year = 2025},
        {.dealers = STORES, .dealer_count = 2, .year = 2025, .sends_zeros = true},
        {.dealers = NULL},
        {.dealers = STORES, .dealer_count = 1, .of_consultants = true},
    };
    check_reading(bytes, options[whose], whose % 2);
}

void facts_check_bytes(span_t bytes)
{
    for (unsigned whose = 0; whose < 4; whose++)
        facts_check_as(bytes, whose);
}
