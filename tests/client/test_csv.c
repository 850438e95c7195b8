#include "client/csv.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "LINE:cell|cell;" of each record. */
typedef struct {
    char text[2000];
    size_t records;
} seen_t;

static status_t see(void *context, const csv_record_t *record)
{
    seen_t *seen = context;
    size_t used = strlen(seen->text);
    seen->records++;
    used += (size_t)snprintf(seen->text + used, sizeof seen->text - used, "%u:", record->line);
    for (size_t i = 0; i < record->count && used < sizeof seen->text; i++)
        used += (size_t)snprintf(seen->text + used, sizeof seen->text - used, "%s%s", i ? "|" : "", record->cells[i]);
    if (used < sizeof seen->text)
        snprintf(seen->text + used, sizeof seen->text - used, ";");
    return STATUS_OK;
}

static status_t refuse(void *context, const csv_record_t *record)
{
    see(context, record);
    return STATUS_NO_MEMORY;
}

static void expect(const char *text, const char *want)
{
    faults_t faults = {0};
    seen_t seen = {0};
    cr_assert_eq(csv_read_bytes((span_t){(const uint8_t *)text, strlen(text)}, see, &seen, &faults), STATUS_OK);
    cr_assert_str_eq(seen.text, want);
    cr_assert(faults_empty(&faults));
}

static void expect_fault(const char *text, const char *want)
{
    faults_t faults = {0};
    seen_t seen = {0};
    char line[500];
    cr_assert_eq(csv_read_bytes((span_t){(const uint8_t *)text, strlen(text)}, see, &seen, &faults), STATUS_INVALID);
    cr_assert_eq(faults.count, 1);
    fault_format(&faults.items[0], line, sizeof line);
    cr_assert_str_eq(line, want);
    faults_fini(&faults);
}

Test(csv, the_separator_is_the_one_in_the_header)
{
    expect("a,b\n1,2\n", "1:a|b;2:1|2;");
    expect("a;b\n1,5;2\n", "1:a|b;2:1,5|2;");
    expect("a\tb\n1, 5\t\n", "1:a|b;2:1, 5|;");
    expect("\ta\n\t2\n", "1:|a;2:|2;");
    expect("a\n1\n", "1:a;2:1;");
    expect("\"a,b\";c\n1;2\n", "1:a,b|c;2:1|2;");
}

Test(csv, two_separators_in_the_header_are_never_guessed_at)
{
    expect_fault("a,b;c\n1,2\n", "1: the line holds several of comma, semicolon and tab; keep one as the separator, "
                                 "and put titles that hold another in quotes");
}

Test(csv, a_caption_above_the_header_does_not_hide_the_separator)
{
    expect("2025 KPI\na;b\n1;2\n", "1:2025 KPI;2:a|b;3:1|2;");
    expect("\"a\nb, c\"\na\tb\n", "1:a\nb, c;3:a|b;");
    expect_fault("2025\na;b,c\n", "2: the line holds several of comma, semicolon and tab; keep one as the separator, "
                                  "and put titles that hold another in quotes");
}

Test(csv, every_line_end_is_taken_and_blank_lines_are_not_records)
{
    expect("a,b\r\n1,2\r\n", "1:a|b;2:1|2;");
    expect("a,b\r1,2\r3,4", "1:a|b;2:1|2;3:3|4;");
    expect("\n\na,b\n\n 1 , 2 \n,\n\n3,4\n\n\n", "3:a|b;5:1|2;8:3|4;");
}

Test(csv, a_newline_inside_quotes_counts_as_a_line_of_the_file)
{
    expect("a,\"b\r\nc\"\n1,\"x\"\"y\"\n", "1:a|b\r\nc;3:1|x\"y;");
    expect("a,b\n\"\n\n1\",2\n3,4\n", "1:a|b;2:\n\n1|2;5:3|4;");
}

Test(csv, a_quote_that_is_never_closed_is_a_fault_where_it_opens)
{
    expect_fault("a,b\n1,2\n3,\"4\n5,6\n7,8\n",
                 "3:2: the quote that opens here is never closed; close it, or remove it");
    expect_fault("a,b\n\"3\n", "2:1: the quote that opens here is never closed; close it, or remove it");
    expect_fault("a,b\n\"3\n\",\"x", "3:2: the quote that opens here is never closed; close it, or remove it");
}

Test(csv, a_quote_inside_a_bare_cell_is_a_fault)
{
    expect_fault("a,b\n1,2\"\n",
                 "2:2: a quote stands where none may; put the whole cell in quotes and double those inside");
    expect_fault("a,b\n\"1\"2,3\n",
                 "2:1: a quote stands where none may; put the whole cell in quotes and double those inside");
}

Test(csv, an_empty_file_is_a_fault)
{
    expect_fault("", "the file is empty; it needs a header line");
    expect_fault(" \r\n\n,,\n", "the file is empty; it needs a header line");
}

Test(csv, a_reader_that_refuses_a_record_ends_the_reading)
{
    faults_t faults = {0};
    seen_t seen = {0};
    const char *text = "a\n1\n2\n";
    cr_assert_eq(csv_read_bytes((span_t){(const uint8_t *)text, strlen(text)}, refuse, &seen, &faults),
                 STATUS_NO_MEMORY);
    cr_assert_eq(seen.records, 1);
}

static status_t count_cells(void *context, const csv_record_t *record)
{
    *(size_t *)context = record->count;
    return STATUS_OK;
}

Test(csv, a_record_holds_cells_up_to_the_cap_and_not_one_more)
{
    char text[CSV_COLUMNS_MAX + 3];
    memset(text, ',', sizeof text);
    text[0] = 'a';
    faults_t faults = {0};
    size_t count = 0;
    cr_assert_eq(csv_read_bytes((span_t){(uint8_t *)text, CSV_COLUMNS_MAX}, count_cells, &count, &faults), STATUS_OK);
    cr_assert_eq(count, CSV_COLUMNS_MAX);
    cr_assert_eq(csv_read_bytes((span_t){(uint8_t *)text, CSV_COLUMNS_MAX + 1}, count_cells, &count, &faults),
                 STATUS_INVALID);
    cr_assert_eq(faults.count, 1);
    cr_assert_eq(faults.items[0].column, CSV_COLUMNS_MAX + 1);
    faults_fini(&faults);
}

static status_t read_sparse(off_t size, faults_t *faults)
{
    char path[] = "/tmp/test_csv_XXXXXX";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(ftruncate(file, size), 0);
    close(file);
    size_t count;
    status_t status = csv_read_file(path, count_cells, &count, faults);
    unlink(path);
    return status;
}

Test(csv, a_file_may_have_the_size_of_the_cap_and_not_a_byte_more)
{
    faults_t faults = {0};
    cr_assert_eq(read_sparse(INPUT_SIZE_MAX, &faults), STATUS_INVALID);
    cr_assert(strstr(faults.items[0].message, "control character"), "it is read: %s", faults.items[0].message);
    cr_assert_eq(read_sparse((off_t)INPUT_SIZE_MAX + 1, &faults), STATUS_INVALID);
    cr_assert_str_eq(faults.items[1].message, "is larger than 64 MiB; split it");
    faults_fini(&faults);
}

Test(csv, a_file_that_cannot_be_read_says_why)
{
    faults_t faults = {0};
    size_t count;
    cr_assert_eq(csv_read_file("/nonexistent/facts.csv", count_cells, &count, &faults), STATUS_IO);
    cr_assert_str_eq(faults.items[0].message, "cannot be read: No such file or directory");
    cr_assert_eq(csv_read_file("/", count_cells, &count, &faults), STATUS_IO);
    cr_assert_str_eq(faults.items[1].message, "cannot be read: Is a directory");
    faults_fini(&faults);
}

Test(csv, an_excerpt_is_one_line_of_at_most_forty_characters)
{
    char out[CSV_EXCERPT_SIZE];
    cr_assert_str_eq(csv_excerpt("a\r\nb\tc", out), "a  b c");
    cr_assert_str_eq(csv_excerpt("0123456789012345678901234567890123456789", out),
                     "0123456789012345678901234567890123456789");
    cr_assert_str_eq(csv_excerpt("01234567890123456789012345678901234567890", out),
                     "0123456789012345678901234567890123456789…");
    char wide[41 * 4 + 1] = "";
    for (int i = 0; i < 41; i++)
        strcat(wide, "\xF0\xA0\x80\x80");
    cr_assert_eq(strlen(csv_excerpt(wide, out)), 160 + strlen("…"));
}

static void expect_written(void (*write)(FILE *out, const char *text), const char *text, const char *want)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    write(out, text);
    fclose(out);
    cr_expect_str_eq(written, want);
    free(written);
}

Test(csv, a_cell_is_quoted_where_needed_and_never_a_formula_unless_it_must_stay_as_it_is)
{
    static const char *const TEXTS[][3] = {
        {"", "", ""},
        {"D0001", "D0001", "D0001"},
        {"a,b", "\"a,b\"", "\"a,b\""},
        {"a;b\t", "\"a;b\t\"", "\"a;b\t\""},
        {"say \"a\"\n", "\"say \"\"a\"\"\n\"", "\"say \"\"a\"\"\n\""},
        {"=A1", "'=A1", "=A1"},
        {"-D1", "'-D1", "-D1"},
        {"@a,b", "\"'@a,b\"", "\"@a,b\""},
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        expect_written(csv_write_text, TEXTS[i][0], TEXTS[i][1]);
        expect_written(csv_write_exact, TEXTS[i][0], TEXTS[i][2]);
    }
}
