#include "dealer-agent/report.h"

#include "dealer-agent/report_receipts.h"
#include "dealer-agent/report_refused.h"

#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES TEST_DATA "/files/report/"
#define TIME  1751537702000 /* 2025-07-03 10:15:02 UTC */

static void begin(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
}

TestSuite(report, .init = begin, .timeout = 30);

/* Byte for byte what the file of that name holds. */
static void assert_file(const char *name, const char *bytes, size_t size)
{
    char path[300];
    size_t wanted_size = 0;
    snprintf(path, sizeof path, FILES "%s", name);
    uint8_t *wanted = file_read(path, &wanted_size);
    cr_assert(size == wanted_size && memcmp(bytes, wanted, size) == 0, "%s:\n%.*s", name, (int)size, bytes);
    free(wanted);
}

static void assert_report(const report_t *report, const char *name)
{
    static const char *const ENDINGS[] = {[LANGUAGE_ZH] = "zh", [LANGUAGE_EN] = "en"};
    for (language_t i = 0; i < LANGUAGE_COUNT; i++) {
        char *bytes = NULL, file[100];
        size_t size = 0;
        report_t in_language = *report;
        in_language.language = i;
        OK(report_make(&in_language, &bytes, &size));
        snprintf(file, sizeof file, "%s.%s.txt", name, ENDINGS[i]);
        assert_file(file, bytes, size);
        free(bytes);
    }
}

static const report_t READ = {.name = "2025\xE5\xB9\xB4.xlsx",
                              .path = "desk/inbox/2025\xE5\xB9\xB4.xlsx",
                              .read_ms = TIME,
                              .catalog = "auto-dealer",
                              .catalog_version = 3};

Test(report, of_an_accepted_file_says_what_became_of_each_month)
{
    static const report_month_t MONTHS[] = {
        {"D0001", JUNE - 2, MONTH_NEW, 0, 0, ""},
        {"D0001", JUNE - 1, MONTH_CHANGED, 12, TIME - 86400000, "may.csv"},
        {"D0001", JUNE, MONTH_RETURNED, 0, TIME - 3600000, ""},
        {"D0002", JUNE, MONTH_UNCHANGED, 1, TIME - 7200000, "both.csv"},
    };
    faults_t warnings = {.source = READ.path}, notes = {0};
    faults_add(&warnings, 3, 0, "D0001 2025-06: more deliveries than orders (deliveries_le_orders)");
    char sheet[100];
    snprintf(sheet, sizeof sheet, "%s [Sheet \xE9\x97\xA8]", READ.path);
    notes.source = sheet;
    faults_add(&notes, 1, 8, "2025-07 is not filled: left out");
    report_t report = READ;
    report.months = MONTHS;
    report.month_count = 4;
    report.warnings = &warnings;
    report.notes = &notes;
    assert_report(&report, "accepted");
    faults_fini(&warnings);
    faults_fini(&notes);
}

Test(report, of_a_file_that_says_nothing_new_says_so)
{
    static const report_month_t MONTH = {"D0001", JUNE, MONTH_UNCHANGED, 0, TIME - 7200000, "june.csv"};
    report_t report = READ;
    report.months = &MONTH;
    report.month_count = 1;
    report.is_builtin = true;
    assert_report(&report, "nothing_new");
}

Test(report, of_a_rejected_file_names_each_fault_with_its_cell)
{
    faults_t faults = {.source = READ.path};
    faults_add(&faults, 5, 3, "来店批次: '1O9' is no number; correct it, or empty it where the figure is unknown");
    faults_add(&faults, 12, 0, "has 3 cells, and the header has 4; add what is missing");
    faults_add(&faults, 0, 0, "holds no month");
    faults_add(&faults, 9, 0, "D0001 in 2025-06 stands already in %s:2; keep one of the two lines", READ.path);
    char sheet[100];
    snprintf(sheet, sizeof sheet, "%s [Sheet2]", READ.path);
    faults.source = sheet;
    faults_add(&faults, 7, 28, "no month; write it as 2025-06");
    faults.dropped = 2;
    report_t report = READ;
    report.faults = &faults;
    assert_report(&report, "rejected");
    faults_fini(&faults);
}

Test(report, shows_names_and_words_of_any_bytes_without_letting_them_break_a_line)
{
    faults_t faults = {0};
    char *bytes = NULL;
    size_t size = 0;
    faults_add(&faults, 1, 1, "'a\nb\r\t' is no number");
    report_t report = {.language = LANGUAGE_EN, .name = "a\n{1}\xFF.csv", .path = "p", .faults = &faults};
    OK(report_make(&report, &bytes, &size));
    cr_assert(strstr(bytes, "File:     a\xEF\xBF\xBD{1}\xEF\xBF\xBD.csv\r\n"), "%s", bytes);
    cr_assert(strstr(bytes, "   'a\xEF\xBF\xBD"
                            "b\xEF\xBF\xBD\xEF\xBF\xBD' is no number\r\n"),
              "%s", bytes);
    for (size_t i = 1; i < size; i++)
        cr_assert(bytes[i] != '\n' || bytes[i - 1] == '\r');
    free(bytes);
    faults_fini(&faults);
}

Test(report, names_cells_as_spreadsheets_do)
{
    static const struct {
        uint32_t column;
        const char *letters;
    } CELLS[] = {{1, "A9"}, {26, "Z9"}, {27, "AA9"}, {52, "AZ9"}, {702, "ZZ9"}, {703, "AAA9"}, {16384, "XFD9"}};
    char cell[REPORT_CELL_SIZE];
    for (size_t i = 0; i < sizeof CELLS / sizeof *CELLS; i++)
        cr_assert_str_eq(report_cell(9, CELLS[i].column, cell), CELLS[i].letters);
    report_cell(UINT32_MAX, UINT32_MAX, cell);
}

Test(report, has_every_word_in_both_languages_with_the_same_values)
{
    for (report_word_t i = 0; i < WORD_COUNT; i++) {
        const char *zh = report_words_text(LANGUAGE_ZH, i), *en = report_words_text(LANGUAGE_EN, i);
        cr_assert(zh && en && *zh && *en, "word %d", i);
        for (char digit = '1'; digit <= '9'; digit++) {
            const char place[] = {'{', digit, '}', '\0'};
            cr_assert_eq(!strstr(zh, place), !strstr(en, place), "%s / %s", zh, en);
        }
    }
}

/* ---- what the hub refused ---- */

static filing_t refused(void)
{
    filing_t filing = filing_of("D0001", JUNE, 1);
    filing.number = 17;
    filing.source = "june.csv";
    filing.line = 3;
    filing.time_ms = TIME;
    filing.settled_ms = TIME + 60000;
    filing.refused = STATUS_MONTH_CLOSED;
    filing.reason =
        "2025-06 is closed since 2025-07-01 00:00; ask headquarters for an exception (`yardstick month allow "
        "D0001 2025-06 --until … --why …`)\nwords of a newer hub";
    return filing;
}

Test(report, of_a_refusal_gives_the_hub_s_words_and_what_to_do)
{
    static const char *const ENDINGS[] = {[LANGUAGE_ZH] = "refused.zh.txt", [LANGUAGE_EN] = "refused.en.txt"};
    filing_t filing = refused();
    for (language_t i = 0; i < LANGUAGE_COUNT; i++) {
        char *bytes = NULL;
        size_t size = 0;
        OK(report_refused_make(&filing, i, &bytes, &size));
        assert_file(ENDINGS[i], bytes, size);
        free(bytes);
    }
}

/* Whether the text of a refusal holds some words. */
static bool refusal_says(status_t status, bool is_withdrawal, report_word_t word)
{
    char *bytes = NULL;
    size_t size = 0;
    filing_t filing = refused();
    filing.refused = status;
    filing.is_withdrawal = is_withdrawal;
    OK(report_refused_make(&filing, LANGUAGE_ZH, &bytes, &size));
    bool is_said = strstr(bytes, report_words_text(LANGUAGE_ZH, word));
    free(bytes);
    return is_said;
}

Test(report, of_a_refusal_begins_with_what_mends_it)
{
    static const struct {
        status_t status;
        report_word_t first;
    } STEPS[] = {{STATUS_INVALID, WORD_REFUSED_CORRECT},     {STATUS_MONTH_CLOSED, WORD_REFUSED_CLOSED},
                 {STATUS_NOT_ALLOWED, WORD_REFUSED_ALLOWED}, {STATUS_UNKNOWN, WORD_REFUSED_STORE},
                 {STATUS_MALFORMED, WORD_REFUSED_VERSION},   {STATUS_UNSUPPORTED, WORD_REFUSED_VERSION}};
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        cr_assert(refusal_says(STEPS[i].status, false, STEPS[i].first), "%s", status_name(STEPS[i].status));
        cr_assert_eq(refusal_says(STEPS[i].status, false, WORD_REFUSED_CORRECT), STEPS[i].status == STATUS_INVALID,
                     "no file is to be corrected where that mends nothing");
    }
    cr_assert_not(refusal_says(STATUS_INVALID, true, WORD_REFUSED_CORRECT), "a withdrawal has no file");
}

Test(report, of_a_refusal_has_a_name_that_every_file_system_takes)
{
    char name[NAME_MAX + 1];
    filing_t filing = refused();
    report_refused_name(&filing, name);
    cr_assert_str_eq(name, "june.csv D0001 2025-06");
    filing.source = "";
    report_refused_name(&filing, name);
    cr_assert_str_eq(name, "D0001 2025-06");
    filing.source = "/home/x/../a:b?.csv";
    filing.dealer = "D/1*";
    report_refused_name(&filing, name);
    cr_assert_str_eq(name, "a_b_.csv D_1_ 2025-06");
    filing.source = "..";
    report_refused_name(&filing, name);
    cr_assert_eq(name[0], '_');
}

/* ---- receipts.csv ---- */

Test(report, a_pipe_in_the_place_of_the_receipts_is_replaced)
{
    directory_t home = directory_make();
    faults_t faults = {0};
    outbox_t *outbox = outbox_at(&home);
    int folder = open(home.path, O_RDONLY | O_DIRECTORY);
    struct stat info;
    cr_assert_eq(mkfifo(path_in(&home, RECEIPTS_FILE), 0666), 0);
    cr_assert_eq(mkfifo(path_in(&home, "." RECEIPTS_FILE ".tmp"), 0666), 0);
    OK(report_receipts_write(outbox, folder, &faults));
    cr_assert(stat(path_in(&home, RECEIPTS_FILE), &info) == 0 && S_ISREG(info.st_mode));
    close(folder);
    outbox_close(&outbox);
    directory_remove(&home);
}

Test(report, lists_every_receipt_and_is_written_only_where_it_changes)
{
    directory_t home = directory_make();
    faults_t faults = {0};
    outbox_t *outbox = outbox_at(&home);
    int folder = open(home.path, O_RDONLY | O_DIRECTORY);
    uint64_t number = add_one(outbox, "D0001", JUNE, 1);
    OK(report_receipts_write(outbox, folder, &faults));
    size_t size = 0;
    uint8_t *bytes = file_read(path_in(&home, RECEIPTS_FILE), &size);
    cr_assert_str_eq(
        (char *)bytes,
        "\xEF\xBB\xBFnumber,dealer,period,outcome,revision,late,time,facts_dropped,consultants_dropped,digest\r\n");
    free(bytes);

    receipt_t receipt = {.outcome = OUTCOME_ACCEPTED,
                         .revision = 2,
                         .time_ms = TIME,
                         .late = true,
                         .is_signed = true,
                         .facts_dropped = 1,
                         .consultants_dropped = 12};
    memset(receipt.facts_digest, 0xA5, DIGEST_SIZE);
    OK(put_receipt(outbox, number, &receipt));
    OK(report_receipts_write(outbox, folder, &faults));
    bytes = file_read(path_in(&home, RECEIPTS_FILE), &size);
    cr_assert(strstr((char *)bytes, "\r\n1,D0001,2025-06,accepted,2,yes,2025-07-03T10:15:02+00:00,1,12,a5a5a5"), "%s",
              bytes);
    free(bytes);

    struct stat first, second;
    cr_assert_eq(stat(path_in(&home, RECEIPTS_FILE), &first), 0);
    OK(report_receipts_write(outbox, folder, &faults));
    cr_assert_eq(stat(path_in(&home, RECEIPTS_FILE), &second), 0);
    cr_assert_eq(first.st_ino, second.st_ino, "what is the same is not replaced");
    close(folder);
    outbox_close(&outbox);
    directory_remove(&home);
}
