#include "dealer-agent/results_xlsx.h"

#include "core/arena.h"
#include "dealer-agent/results_finish.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zip.h>

/* ---- A workbook by hand, and its parts ---- */

enum { LINES = 100, COLUMNS = 5 };

static paper_line_t lines[LINES];
static paper_cell_t cells[LINES][COLUMNS];

/* A title, heads, then numbers that need 17 digits, each other than the rest. */
static paper_t make_paper(void)
{
    number_look_t look = {1, true, false};
    for (size_t i = 0; i < LINES; i++) {
        lines[i] = (paper_line_t){.cells = cells[i], .used = COLUMNS};
        for (size_t j = 0; j < COLUMNS; j++)
            cells[i][j] = (paper_cell_t){.kind = PAPER_NUMBER,
                                         .look = LOOK_VALUE,
                                         .number = look,
                                         .value = 10.0 / 77 + (double)(i * COLUMNS + j)};
        cells[i][0] = (paper_cell_t){.kind = PAPER_TEXT, .look = LOOK_LABEL, .text = "row"};
    }
    lines[0].used = 1;
    cells[0][0] = (paper_cell_t){.kind = PAPER_TEXT, .look = LOOK_TITLE, .text = "title"};
    return (paper_t){.name = "横向对比",
                     .column_count = COLUMNS,
                     .lines = lines,
                     .line_count = LINES,
                     .top = 2,
                     .language = LANGUAGE_ZH};
}

static char *make(const paper_t *papers, size_t count, size_t *size)
{
    char *bytes = NULL;
    cr_assert_eq(results_xlsx_make(papers, count, "title", &bytes, size), STATUS_OK);
    return bytes;
}

/* The text of one part, NUL-terminated; the caller frees it. */
static char *part_of(const char *bytes, size_t size, const char *name)
{
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, NULL);
    zip_t *archive = zip_open_from_source(source, ZIP_RDONLY, NULL);
    cr_assert(archive);
    zip_stat_t info;
    cr_assert_eq(zip_stat(archive, name, 0, &info), 0, "%s", name);
    char *text = calloc(1, info.size + 1);
    zip_file_t *part = zip_fopen(archive, name, 0);
    cr_assert_eq(zip_fread(part, text, info.size), (zip_int64_t)info.size);
    zip_fclose(part);
    zip_discard(archive);
    return text;
}

/* The text of a cell's value in a sheet's XML. */
static void value_at(const char *xml, const char *reference, char out[64])
{
    char start[40];
    snprintf(start, sizeof start, "<c r=\"%s\"", reference);
    const char *cell = strstr(xml, start);
    cr_assert(cell, "%s", reference);
    const char *value = strstr(cell, "<v>") + 3;
    snprintf(out, 64, "%.*s", (int)strcspn(value, "<"), value);
}

/* ---- Tests ---- */

Test(results_xlsx, formats_are_those_of_the_row)
{
    static const struct {
        number_look_t look;
        int mark;
        const char *format;
    } FORMATS[] = {{{0, false, false}, 0, "#,##0"},
                   {{2, false, false}, 0, "#,##0.00"},
                   {{6, false, false}, 0, "#,##0.000000"},
                   {{0, true, false}, 0, "#,##0%"},
                   {{1, true, false}, 0, "#,##0.0%"},
                   {{1, true, true}, 0, "+#,##0.0%;-#,##0.0%;0.0%"},
                   {{1, true, false}, 1, "\"▲ \"#,##0.0%"},
                   {{0, false, false}, -1, "\"▼ \"#,##0"},
                   {{1, true, true}, -1, "\"▼ \"+#,##0.0%;\"▼ \"-#,##0.0%;\"▼ \"0.0%"}};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        char format[NUMBER_FORMAT_SIZE];
        results_xlsx_number_format(FORMATS[i].look, FORMATS[i].mark, format);
        cr_assert_str_eq(format, FORMATS[i].format);
    }
}

Test(results_xlsx, the_same_papers_give_the_same_bytes)
{
    paper_t paper = make_paper();
    size_t size = 0, again_size = 0;
    char *bytes = make(&paper, 1, &size), *again = make(&paper, 1, &again_size);
    cr_assert_eq(size, again_size);
    cr_assert_eq(memcmp(bytes, again, size), 0);
    char *properties = part_of(bytes, size, "docProps/core.xml");
    cr_assert(strstr(properties, "<dcterms:created xsi:type=\"dcterms:W3CDTF\">2000-01-01T00:00:00Z<"), "%s",
              properties);
    cr_assert(strstr(properties, "<dcterms:modified xsi:type=\"dcterms:W3CDTF\">2000-01-01T00:00:00Z<"), "%s",
              properties);
    for (size_t i = 0; i + 4 < size; i++) /* each member's local header: DOS time 0, date 1980-01-01 */
        if (!memcmp(bytes + i, "PK\3\4", 4))
            cr_assert_eq(memcmp(bytes + i + 10, "\0\0\x21\0", 4), 0, "at %zu", i);
    free(properties);
    free(bytes);
    free(again);
}

Test(results_xlsx, one_number_changed_gives_other_bytes)
{
    paper_t paper = make_paper();
    size_t size = 0, other_size = 0;
    char *bytes = make(&paper, 1, &size);
    cells[50][2].value = nextafter(cells[50][2].value, 1e9); /* libxlsxwriter alone writes both the same */
    char *other = make(&paper, 1, &other_size);
    cr_assert(size != other_size || memcmp(bytes, other, size) != 0);
    free(bytes);
    free(other);
}

Test(results_xlsx, every_number_reads_back_the_same_double)
{
    paper_t papers[2] = {make_paper(), make_paper()};
    papers[1].name = "second";
    size_t size = 0;
    char *bytes = make(papers, 2, &size);
    for (int sheet = 1; sheet <= 2; sheet++) {
        char name[64], text[64], reference[16];
        snprintf(name, sizeof name, "xl/worksheets/sheet%d.xml", sheet);
        char *xml = part_of(bytes, size, name);
        for (size_t i = 1; i < LINES; i++) {
            for (size_t j = 1; j < COLUMNS; j++) {
                snprintf(reference, sizeof reference, "%c%zu", (char)('A' + j), i + 1);
                value_at(xml, reference, text);
                cr_assert(strtod(text, NULL) == cells[i][j].value, "%s: %s", reference, text);
            }
        }
        free(xml);
    }
    free(bytes);
}

Test(results_xlsx, texts_stay_texts_whatever_they_begin_with)
{
    static const char *const TEXTS[] = {"=1+1", "+1", "-1", "@SUM(A1)", "42"};
    paper_t paper = make_paper();
    for (size_t i = 0; i < 5; i++)
        cells[10 + i][0].text = TEXTS[i];
    size_t size = 0;
    char *bytes = make(&paper, 1, &size);
    char *xml = part_of(bytes, size, "xl/worksheets/sheet1.xml"),
         *strings = part_of(bytes, size, "xl/sharedStrings.xml");
    cr_assert_null(strstr(xml, "<f"), "no formula");
    for (size_t i = 0; i < 5; i++) {
        char start[40], item[64];
        snprintf(start, sizeof start, "<c r=\"A%zu\"", 11 + i);
        const char *cell = strstr(xml, start);
        cr_assert(cell && strstr(cell, "t=\"s\"") < strchr(cell, '>'), "%s is a string", TEXTS[i]);
        snprintf(item, sizeof item, "<t>%s</t>", TEXTS[i]);
        cr_assert(strstr(strings, item), "%s as it is", TEXTS[i]);
    }
    free(xml);
    free(strings);
    free(bytes);
}

Test(results_xlsx, texts_come_back_as_they_are)
{
    paper_t paper = make_paper();
    cells[10][0].text = "_x0041_<&>";
    cells[11][0].text = "no such character: \xEF\xBF\xBF";
    size_t size = 0;
    char *bytes = make(&paper, 1, &size), *strings = part_of(bytes, size, "xl/sharedStrings.xml");
    cr_assert(strstr(strings, "<t>_x005F_x0041_&lt;&amp;&gt;</t>"), "a spreadsheet would read A: %s", strings);
    cr_assert(strstr(strings, "<t>no such character: \xEF\xBF\xBD</t>"), "%s", strings);
    free(strings);
    free(bytes);
}

/* libxlsxwriter writes its parts to temporary files and does not notice that they are cut off. Here a limit cuts off
 * the part `name`; the workbook itself is small enough for it. */
static void expect_loss(const paper_t *paper, const char *name)
{
    size_t size = 0;
    char *bytes = make(paper, 1, &size), *xml = part_of(bytes, size, name);
    cr_assert_gt(strlen(xml), 20000);
    cr_assert_lt(size, 20000);
    free(bytes);
    free(xml);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){20000, 20000}), 0);
    bytes = NULL;
    cr_assert_eq(results_xlsx_make(paper, 1, "title", &bytes, &size), STATUS_IO);
    cr_assert_null(bytes);
}

Test(results_xlsx, a_workbook_that_lost_numbers_is_none)
{
    paper_t paper = make_paper();
    expect_loss(&paper, "xl/worksheets/sheet1.xml");
}

Test(results_xlsx, a_workbook_that_lost_texts_is_none)
{
    static char texts[LINES][300];
    paper_t paper = make_paper();
    for (size_t i = 0; i < LINES; i++) {
        snprintf(texts[i], sizeof texts[i], "%0250zu", i);
        cells[i][0].text = texts[i];
        lines[i].used = 2;
    }
    lines[0].used = 1;
    expect_loss(&paper, "xl/sharedStrings.xml");
}

Test(results_xlsx, a_workbook_with_other_numbers_than_its_papers_is_none)
{
    paper_t paper = make_paper();
    size_t size = 0, out_size = 0;
    char *bytes = make(&paper, 1, &size), *out = NULL;
    cr_assert_eq(results_finish(bytes, size, &paper, 1, &out, &out_size), STATUS_OK);
    cr_assert(out_size == size && memcmp(bytes, out, size) == 0, "what is finished stays as it is");
    free(out);
    out = NULL;
    cells[0][1] = cells[1][1]; /* one more than the sheet has */
    lines[0].used = 2;
    cr_assert_eq(results_finish(bytes, size, &paper, 1, &out, &out_size), STATUS_IO);
    lines[0].used = 1;
    cells[5][1].kind = PAPER_TEXT; /* one less */
    cr_assert_eq(results_finish(bytes, size, &paper, 1, &out, &out_size), STATUS_IO);
    cr_assert_eq(results_finish(bytes, size / 2, &paper, 1, &out, &out_size), STATUS_IO, "half a workbook");
    paper_t papers[2] = {make_paper(), make_paper()};
    cr_assert_eq(results_finish(bytes, size, papers, 2, &out, &out_size), STATUS_IO, "a sheet too few");
    cr_assert_null(out);
    free(bytes);
}

Test(results_xlsx, a_chart_draws_its_line_over_the_months)
{
    paper_t paper = make_paper();
    paper_chart_t charts[] = {{"↑ =1", 4, 1, 1, 4, {1, true, false}}, {"↓ two", 5, 1, 1, 4, {0, true, false}}};
    paper.charts = charts;
    paper.chart_count = 2;
    for (size_t i = 0; i < COLUMNS; i++)
        cells[1][i] = (paper_cell_t){.kind = PAPER_TEXT, .look = LOOK_TOP, .text = "month"};
    cells[4][2] = (paper_cell_t){.kind = PAPER_EMPTY, .look = LOOK_PLAIN};
    size_t size = 0;
    char *bytes = make(&paper, 1, &size), *chart = part_of(bytes, size, "xl/charts/chart1.xml");
    cr_assert(strstr(chart, "<c:lineChart>"));
    cr_assert(strstr(chart, "<c:cat><c:strRef><c:f>'横向对比'!$B$2:$E$2</c:f>"), "%s", chart);
    cr_assert(strstr(chart, "<c:val><c:numRef><c:f>'横向对比'!$B$5:$E$5</c:f>"), "%s", chart);
    cr_assert_null(strstr(chart, "dispBlanksAs"), "a gap is what a spreadsheet leaves where nothing is said");
    const char *cache = strstr(strstr(chart, "<c:val>"), "<c:ptCount");
    cr_assert(strstr(cache, "<c:pt idx=\"0\">") && !strstr(cache, "<c:pt idx=\"1\">"), "%s", chart);
    cr_assert(strstr(chart, "<a:t>↑ =1</a:t>"), "a title, no reference");
    cr_assert(strstr(chart, "<c:numFmt formatCode=\"#,##0.0%\""), "%s", chart);
    free(chart);
    chart = part_of(bytes, size, "xl/charts/chart2.xml");
    cr_assert(strstr(chart, "'横向对比'!$B$6:$E$6"));
    free(chart);
    free(bytes);
}
