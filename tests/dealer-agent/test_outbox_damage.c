/* Each kind of damage to an outbox: it is found and said with what to do, and never ends the process or passes for
 * what was filed. */
#include "support.h"
#include "tests/support/chance.h"

#include "core/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILINGS = 60, PAGE_SIZE = 4096 };

static directory_t home;
static uint8_t *whole; /* data.mdb as it should be */
static size_t size;

/* Filings of which each third is delivered and each fourth put aside. */
static void fill(outbox_t *outbox)
{
    receipt_t receipt = receipt_of(7);
    for (uint64_t number = 1; number <= FILINGS; number++) {
        add_one(outbox, number % 2 ? "D0001" : "D0002", JUNE + (period_t)number, (int64_t)number);
        if (number % 3 == 0)
            OK(put_receipt(outbox, number, &receipt));
        else if (number % 4 == 0)
            OK(outbox_put_aside(outbox, number, STATUS_INVALID, "a reason"));
    }
}

static void begin(void)
{
    home = directory_make();
    outbox_t *outbox = outbox_at(&home);
    fill(outbox);
    outbox_close(&outbox);
    whole = file_read(path_in(&home, "outbox/data.mdb"), &size);
}

static void end(void)
{
    free(whole);
    directory_remove(&home);
}

TestSuite(damaged_outbox, .init = begin, .fini = end, .timeout = 240);

static void write_data(const uint8_t *bytes, size_t count)
{
    file_write(path_in(&home, "outbox/data.mdb"), bytes, count);
}

/* Reads all; STATUS_OK only where each filing is there and right. */
static status_t read_all(outbox_t *outbox, uint64_t count)
{
    CLEANUP(arena_destroy) arena_t *arena = arena_create(SIZE_MAX / 4);
    for (uint64_t number = 1; number <= FILINGS; number++) {
        filing_t filing;
        TRY(outbox_get(outbox, number, arena, &filing));
        cr_assert(holds(&filing, (int64_t)number), "number %llu holds something else", (unsigned long long)number);
        cr_assert_eq(filing.state, number % 3 == 0   ? FILING_DELIVERED
                                   : number % 4 == 0 ? FILING_ASIDE
                                                     : FILING_WAITING);
    }
    outbox_status_t status;
    TRY(outbox_read_status(outbox, &status));
    cr_assert_eq(status.waiting + status.delivered + status.aside, count);
    return STATUS_OK;
}

/* True where the damage is found: at opening, or at reading. Where it is not, all must be right, and still be after
 * something was added. */
static bool is_found(const char *what, size_t where)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    CLEANUP(outbox_close) outbox_t *outbox = NULL;
    status_t status = outbox_open(home.path, &outbox, &faults);
    if (status == STATUS_OK)
        status = read_all(outbox, FILINGS);
    else
        cr_assert(strstr(fault_lines(&faults), home.path) && strstr(fault_lines(&faults), "move the directory away"),
                  "%s", fault_lines(&faults));
    if (status != STATUS_OK) {
        cr_assert_eq(status, STATUS_DAMAGED, "%s at %zu: %s", what, where, status_name(status));
        return true;
    }
    for (int i = 0; i < 3; i++)
        add_one(outbox, "D0003", JUNE, i);
    outbox_close(&outbox);
    outbox = outbox_at(&home);
    cr_assert_eq(read_all(outbox, FILINGS + 3), STATUS_OK, "%s at %zu: not sound after something was added", what,
                 where);
    return false;
}

Test(damaged_outbox, without_damage_none_is_found)
{
    cr_assert_not(is_found("nothing", 0));
}

Test(damaged_outbox, an_overwritten_page_is_found_or_free)
{
    uint64_t random = chance_seed("overwritten pages");
    CLEANUP(scratch_free) uint8_t *bytes = malloc(size);
    size_t found = 0;
    for (size_t page = 0; page < size / PAGE_SIZE; page++)
        for (int kind = 0; kind < 3; kind++) {
            memcpy(bytes, whole, size);
            for (size_t i = 0; i < PAGE_SIZE; i++)
                bytes[page * PAGE_SIZE + i] = kind == 0 ? 0 : kind == 1 ? (uint8_t)chance_next(&random) : 0xFF;
            write_data(bytes, size);
            found += is_found("page", page);
        }
    cr_assert_gt(found, 20);
}

Test(damaged_outbox, a_flipped_byte_is_found_or_does_no_harm)
{
    uint64_t random = chance_seed("flipped bytes");
    CLEANUP(scratch_free) uint8_t *bytes = malloc(size);
    size_t found = 0;
    for (int i = 0; i < 600; i++) {
        size_t at = chance_next(&random) % size;
        memcpy(bytes, whole, size);
        bytes[at] ^= (uint8_t)(1 + chance_next(&random) % 255);
        write_data(bytes, size);
        found += is_found("byte", at);
    }
    cr_assert_gt(found, 50);
}

Test(damaged_outbox, a_file_that_is_cut_is_found_or_was_cut_behind_all_that_is_used)
{
    size_t found = 0;
    for (size_t cut = 0; cut < size; cut += PAGE_SIZE / 2) {
        write_data(whole, cut);
        found += is_found("cut", cut);
    }
    cr_assert_gt(found, 10);
}

Test(damaged_outbox, a_missing_or_empty_data_file_is_damage_and_no_new_outbox)
{
    write_data(whole, 0);
    cr_assert(is_found("empty", 0));
    unlink(path_in(&home, "outbox/data.mdb"));
    cr_assert(is_found("missing", 0));
}

static const char *refusal(status_t expected)
{
    static char text[2000];
    CLEANUP(faults_fini) faults_t faults = {0};
    outbox_t *outbox = NULL;
    cr_assert_eq(outbox_open(home.path, &outbox, &faults), expected);
    snprintf(text, sizeof text, "%s", fault_lines(&faults));
    return text;
}

Test(damaged_outbox, a_newer_format_is_refused)
{
    file_write(path_in(&home, "outbox/FORMAT"), "yardstick-outbox 2\n", 19);
    cr_assert(strstr(refusal(STATUS_NEWER_FORMAT), "install that version"));
    file_write(path_in(&home, "outbox/FORMAT"), "something else\n", 15);
    cr_assert(strstr(refusal(STATUS_DAMAGED), "FORMAT"));
}

Test(damaged_outbox, an_outbox_whose_making_was_cut_off_is_made_again_and_the_rest_is_kept)
{
    unlink(path_in(&home, "outbox/FORMAT"));
    outbox_t *outbox = outbox_at(&home);
    cr_assert_str_eq(numbers(outbox, FILING_WAITING), "");
    cr_assert_eq(add_one(outbox, "D0001", JUNE, 1), 1);
    outbox_close(&outbox);
    CLEANUP(scratch_free) uint8_t *kept = NULL;
    size_t kept_size;
    kept = file_read(path_in(&home, "outbox/data.mdb.unfinished"), &kept_size);
    cr_assert_eq(kept_size, size);
    cr_assert_eq(memcmp(kept, whole, size), 0, "in case that it is FORMAT which was lost");
}

Test(damaged_outbox, a_home_that_is_no_directory_or_does_not_exist_is_said)
{
    CLEANUP(faults_fini) faults_t faults = {0};
    outbox_t *outbox = NULL;
    cr_assert_eq(outbox_open(path_in(&home, "nowhere"), &outbox, &faults), STATUS_IO);
    cr_assert_eq(outbox_open(path_in(&home, "outbox/FORMAT"), &outbox, &faults), STATUS_IO);
    cr_assert_eq(faults.count, 2);
    cr_assert(strstr(fault_lines(&faults), "nowhere/outbox"));
}
