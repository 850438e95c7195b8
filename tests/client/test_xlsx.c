#include "client/xlsx.h"
#include "workbook.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHEET(inner)  "<worksheet><sheetData>" inner "</sheetData></worksheet>"
#define ROW(inner)    SHEET("<row>" inner "</row>")
#define INLINE(inner) "<c t=\"inlineStr\"><is>" inner "</is></c>"

static xlsx_t *book;
static faults_t faults, notes;

static void end(void)
{
    xlsx_close(&book);
    faults_fini(&faults);
    faults_fini(&notes);
}

TestSuite(xlsx, .fini = end, .timeout = 120);

static span_t text_span(const char *text)
{
    return (span_t){(const uint8_t *)text, strlen(text)};
}

static status_t open_and_free(span_t bytes)
{
    end();
    status_t status = xlsx_open(bytes, &book, &faults, &notes);
    free((void *)(uintptr_t)bytes.data);
    return status;
}

/* ---- What a sheet holds: "LINE:COLUMN=text|COLUMN=text;" of each row */

static status_t see(void *context, const csv_record_t *record)
{
    char *text = context, *mark = ":";
    size_t used = strlen(text);
    used += (size_t)sprintf(text + used, "%u", record->line);
    for (size_t i = 0; i < record->count; i++) {
        if (!*record->cells[i])
            continue;
        used += (size_t)sprintf(text + used, "%s%zu=%s", mark, i + 1, record->cells[i]);
        mark = "|";
    }
    strcpy(text + used, ";");
    return STATUS_OK;
}

static const char *cells_of(size_t sheet)
{
    static char text[5000];
    text[0] = '\0';
    cr_assert_eq(xlsx_read_sheet(book, sheet, see, text), STATUS_OK);
    return text;
}

static void expect_parts(const char *xml, const char *styles, const char *strings, const char *want)
{
    workbook_t *workbook = workbook_create(true);
    workbook_add_frame(workbook, text_span(xml), styles, strings);
    status_t status = open_and_free(workbook_finish(&workbook));
    cr_assert_eq(status, STATUS_OK, "%s: %s", xml, faults.count ? faults.items[0].message : "");
    cr_assert_str_eq(cells_of(0), want);
}

static void expect(const char *xml, const char *want)
{
    expect_parts(xml, NULL, NULL, want);
}

Test(xlsx, cells_stand_where_their_names_say_or_one_behind_the_other)
{
    expect(SHEET("<row r=\"3\"><c r=\"B3\"><v>1</v></c><c r=\"D3\"><v>2</v></c></row><row r=\"7\"><c "
                 "r=\"A7\"><v>3</v></c></row>"),
           "3:2=1|4=2;7:1=3;");
    expect(
        SHEET("<row><c><v>1</v></c><c/><c><v>2</v></c></row><row/><row><c r=\"C3\"><v>3</v></c><c><v>4</v></c></row>"),
        "1:1=1|3=2;3:3=3|4=4;");
    expect(SHEET("<row r=\"1\"><c r=\"C1\"><v>3</v></c><c r=\"A1\"><v>1</v></c></row>"), "1:1=1|3=3;");
    expect(SHEET("<row r=\"2\"><c r=\"Z2\"><v>3</v></c><c r=\"AA2\"><v>1</v></c><c r=\"$AB$2\"><v>2</v></c><c "
                 "r=\"AZ2\"><v>4</v></c></row>"),
           "2:26=3|27=1|28=2|52=4;");
}

Test(xlsx, every_type_of_cell_is_what_a_person_sees)
{
    expect_parts(ROW("<c t=\"s\"><v>1</v></c>" INLINE("<t>b</t>") "<c t=\"str\"><f>X</f><v>c</v></c><c><v>1E2</v></c>"
                                                                  "<c t=\"n\"><v>2.50</v></c><c t=\"b\"><v>1</v></c><c "
                                                                  "t=\"b\"><v>0</v></c><c t=\"e\"><v>#N/A</v></c>"
                                                                  "<c t=\"d\"><v>2025-06-30T00:00:00</v></c><c "
                                                                  "s=\"1\"><v>45809</v></c><c s=\"99\"><v>45809</v></c>"
                                                                  "<c><v>odd</v></c><c t=\"new\"><v>x</v></c>"),
                 NULL, "<sst><si/><si><t>a</t></si></sst>",
                 "1:1=a|2=b|3=c|4=100|5=2.5|6=TRUE|7=FALSE|8=#N/A|9=2025-06-30T00:00:00|10=2025-06-01|11=45809|12=odd|"
                 "13=x;");
}

Test(xlsx, formulas_have_their_result_or_say_that_they_have_none)
{
    expect(ROW("<c><f>1+1</f><v>2</v></c><c><f>1+2</f></c><c><f>1+3</f><v/></c><c t=\"str\"><f>X</f><v></v></c>"
               "<c><f t=\"shared\" si=\"0\"/></c><c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c><c><v>5</v></c>"),
           "1:1=2|2==1+2|3==1+3|5==|6=#DIV/0!|7=5;");
}

Test(xlsx, texts_are_joined_without_their_phonetic_guides)
{
    expect(ROW(INLINE("<r><t>来</t></r><r><rPr><b/></rPr><t xml:space=\"preserve\">店 </t></r><rPh sb=\"0\" "
                      "eb=\"1\"><t>rai</t></rPh>"
                      "<r><t>批次</t></r><phoneticPr/>")),
           "1:1=来店 批次;");
    expect_parts(ROW("<c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c>"), NULL,
                 "<sst><si><r><t>a</t></r><rPh><r><t>x</t></r></rPh><r><t>b</t></r></si><si><t>c</t></si></sst>",
                 "1:1=ab|2=c;");
}

Test(xlsx, texts_lose_blanks_at_their_ends_and_their_escapes)
{
    expect(ROW(INLINE("<t>  a b\n</t>") INLINE("<t>&#x3000;\t&#xA0;</t>") INLINE("<t>&#x3000;c&#x3000;</t>")),
           "1:1=a b|3=c;");
    expect(ROW(INLINE("<t>a_x000D__x000a_b</t>") INLINE("<t>_x005F_x000D_</t>") INLINE("<t>_x4E00__x000_</t>")
                   INLINE("<t>_xD800_</t>") INLINE("<t>_x0000_</t>") INLINE("<t>&lt;&amp;&#65;</t>")),
           "1:1=a  b|2=_x000D_|3=一_x000_|4=_xD800_|6=<&A;");
}

Test(xlsx, a_multiple_that_a_format_writes_stands_behind_the_number)
{
    expect_parts(ROW("<c s=\"1\"><v>5.61</v></c><c s=\"2\"><v>56057.1</v></c><c s=\"1\" t=\"str\"><v>7</v></c>"),
                 "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"0.00&quot;万&quot;\"/>"
                 "<numFmt numFmtId=\"165\" formatCode=\"0!.0,&quot;万&quot;\"/></numFmts>"
                 "<cellXfs><xf/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/></cellXfs></styleSheet>",
                 NULL, "1:1=5.61万|2=56057.1|3=7;");
}

Test(xlsx, styles_tell_dates_from_numbers)
{
    expect_parts(ROW("<c s=\"0\"><v>45809</v></c><c s=\"1\"><v>45809</v></c><c s=\"2\"><v>45809</v></c><c "
                     "s=\"3\"><v>45809</v></c>"
                     "<c s=\"4\"><v>45809</v></c><c s=\"5\"><v>-5</v></c>"),
                 "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/>"
                 "<numFmt numFmtId=\"4\" formatCode=\"m&quot;月&quot;\"/></numFmts><cellStyleXfs><xf "
                 "numFmtId=\"14\"/></cellStyleXfs>"
                 "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"4\"/><xf/><xf "
                 "numFmtId=\"165\"/><xf numFmtId=\"14\"/>"
                 "</cellXfs></styleSheet>",
                 NULL, "1:1=45809|2=2025-06-01|3=6月|4=45809|5=45809|6=-5;");
}

Test(xlsx, a_merged_area_is_its_first_cell)
{
    expect("<worksheet><sheetData><row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row><row><c><v>4</v></c><c><v>5</"
           "v></c></row>"
           "<row><c><v>6</v></c></row></sheetData><mergeCells><mergeCell ref=\"A1:B2\"/><mergeCell ref=\"A3\"/>"
           "<mergeCell ref=\"C9:D1048576\"/></mergeCells></worksheet>",
           "1:1=1|3=3;3:1=6;");
}

static status_t keep_merged(void *context, const csv_record_t *record)
{
    char *text = context;
    for (size_t i = 0; i < record->count; i++)
        strcat(text, record->merged[i] ? "m" : "-");
    return STATUS_OK;
}

Test(xlsx, a_cell_that_stands_for_a_merged_area_is_marked)
{
    char marks[20] = "";
    cr_assert_eq(
        open_and_free(workbook_of_sheet(
            text_span(
                "<worksheet><sheetData><row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row><row><c><v>4</v></"
                "c><c><v>5<"
                "/v></c><c><v>6</v></c></row></sheetData><mergeCells><mergeCell ref=\"B1:B2\"/><mergeCell ref=\"A2\"/>"
                "<mergeCell ref=\"C2:D2\"/></mergeCells></worksheet>"),
            true)),
        STATUS_OK);
    cr_assert_eq(xlsx_read_sheet(book, 0, keep_merged, marks), STATUS_OK);
    cr_assert_str_eq(marks, "-m---m");
}

Test(xlsx, hidden_lines_and_columns_are_read_and_noted)
{
    static const char DATA[] =
        "<sheetData><row r='1'><c><v>1</v></c><c><v>2</v></c></row><row r='2' hidden='1'/><row r='3' "
        "hidden='1'><c><v>3</v></c></row></sheetData></worksheet>";
    char xml[600];
    snprintf(xml, sizeof xml,
             "<worksheet><cols><col min='2' max='3' hidden='1'/><col min='9' max='99999' hidden='1'/>"
             "</cols>%s",
             DATA);
    expect(xml, "1:1=1|2=2;3:1=3;");
    cr_assert_eq(notes.count, 2);
    cr_assert_str_eq(notes.items[0].message, "the line is hidden and read like the others");
    cr_assert(notes.items[0].line == 3 && notes.items[0].column == 0);
    cr_assert_str_eq(notes.items[1].message, "the column is hidden and read like the others");
    cr_assert(notes.items[1].line == 1 && notes.items[1].column == 2);
    snprintf(xml, sizeof xml,
             "<worksheet><cols><col min='3' max='3' hidden='1'/><col min='1' max='2' hidden='0'/></cols>"
             "<sheetData><row><c><v>1</v></c></row><row hidden='1'><c/></row></sheetData></worksheet>");
    expect(xml, "1:1=1;");
    cr_assert(faults_empty(&notes), "what holds nothing is not spoken of");
}

/* ---- Sheets ---- */

static const char WORKBOOK[] =
    "<workbook><workbookPr date1904=\"true\"/><sheets><sheet name=\"one\" id=\"r1\"/><sheet name=\"two\" id=\"r1\" "
    "state=\"hidden\"/>"
    "<sheet name=\"three\" id=\"r4\" state=\"visible\"/><sheet name=\"chart\" id=\"r5\"/>"
    "<sheet name=\"a name of more than forty characters, cut\" id=\"r1\"/></sheets></workbook>";

static const char RELATIONS[] =
    "<Relationships><Relationship Id=\"r1\" Type=\"t/worksheet\" Target=\"/xl/sheet.xml\"/>"
    "<Relationship Id=\"r4\" Type=\"t/worksheet\" Target=\"../xl/empty.xml\"/>"
    "<Relationship Id=\"r5\" Type=\"t/chartsheet\" Target=\"chart.xml\"/>"
    "<Relationship Id=\"r6\" Type=\"t/worksheet\" Target=\"http://far/away\" TargetMode=\"External\"/>"
    "<Relationship Id=\"r7\" Type=\"t/styles\" Target=\"styles.xml\" TargetMode=\"External\"/></Relationships>";

Test(xlsx, visible_sheets_that_hold_something_are_read_and_hidden_ones_are_noted)
{
    workbook_t *workbook = workbook_create(true);
    workbook_add_frame(workbook, text_span(ROW("<c s=\"1\"><v>44347</v></c>")), NULL, NULL);
    workbook_add_text(workbook, "xl/workbook.xml", WORKBOOK);
    workbook_add_text(workbook, "xl/_rels/workbook.xml.rels", RELATIONS);
    workbook_add_text(workbook, "xl/empty.xml", ROW("<c/>" INLINE("<t> </t>")));
    cr_assert_eq(open_and_free(workbook_finish(&workbook)), STATUS_OK);
    cr_assert_eq(xlsx_sheet_count(book), 2);
    cr_assert_str_eq(xlsx_sheet_name(book, 0), "one");
    cr_assert_str_eq(xlsx_sheet_name(book, 1), "a name of more than forty characters, cu…");
    cr_assert_str_eq(cells_of(1), "1:1=44347;", "no styles part inside is named: a number");
    cr_assert_eq(notes.count, 1);
    cr_assert_str_eq(notes.items[0].message, "the sheet 'two' is hidden and left out");
}

Test(xlsx, results_are_not_trusted_where_the_workbook_says_that_it_is_to_be_calculated_anew)
{
    static const struct {
        const char *properties, *want;
    } CASES[] = {{"<calcPr fullCalcOnLoad=\"1\"/>", "1:1==1+1|2=7;"},
                 {"<calcPr fullCalcOnLoad=\"0\"/>", "1:1=5|2=7;"},
                 {"<other fullCalcOnLoad=\"1\"/>", "1:1=5|2=7;"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char xml[400];
        workbook_t *workbook = workbook_create(true);
        workbook_add_frame(workbook, text_span(ROW("<c><f>1+1</f><v>5</v></c><c><v>7</v></c>")), NULL, NULL);
        snprintf(xml, sizeof xml, "<workbook><sheets><sheet name=\"S\" id=\"r1\"/></sheets>%s</workbook>",
                 CASES[i].properties);
        workbook_add_text(workbook, "xl/workbook.xml", xml);
        workbook_add_text(workbook, "xl/_rels/workbook.xml.rels", RELATIONS);
        cr_assert_eq(open_and_free(workbook_finish(&workbook)), STATUS_OK);
        cr_assert_str_eq(cells_of(0), CASES[i].want, "%s", CASES[i].properties);
    }
}

static status_t stop(void *context, const csv_record_t *record)
{
    (void)record;
    *(int *)context += 1;
    return STATUS_NO_MEMORY;
}

Test(xlsx, a_reader_that_refuses_a_record_ends_the_reading)
{
    int seen = 0;
    cr_assert_eq(open_and_free(
                     workbook_of_sheet(text_span(SHEET("<row><c><v>1</v></c></row><row><c><v>2</v></c></row>")), true)),
                 STATUS_OK);
    cr_assert_eq(xlsx_read_sheet(book, 0, stop, &seen), STATUS_NO_MEMORY);
    cr_assert_eq(seen, 1);
}

/* ---- Faults ---- */

static void expect_refused(span_t bytes, const char *want)
{
    cr_assert_eq(open_and_free(bytes), STATUS_INVALID, "accepted; not: %s", want);
    cr_assert_null(book);
    cr_assert_eq(faults.count, 1);
    char line[500];
    fault_format(&faults.items[0], line, sizeof line);
    cr_assert_str_eq(line, want);
}

/* A workbook whose sheet, or other part where it is named, is that text. */
static span_t with_part(const char *part, const char *text)
{
    workbook_t *workbook = workbook_create(true);
    workbook_add_frame(workbook, text_span(ROW("<c><v>1</v></c>")), NULL, NULL);
    workbook_add_text(workbook, part, text);
    return workbook_finish(&workbook);
}

#define DAMAGED(how) "the workbook is damaged (" how "); open it in Excel or LibreOffice and save it again"

Test(xlsx, a_damaged_sheet_says_how)
{
    static const struct {
        const char *xml, *want;
    } CASES[] = {
        {SHEET("<row r=\"2\"/><row r=\"2\"/>"), DAMAGED("a sheet's rows are not in order")},
        {SHEET("<row r=\"0\"/>"), DAMAGED("a sheet's rows are not in order")},
        {SHEET("<row r=\"2\"><c r=\"A1\"/></row>"), DAMAGED("a cell stands in the wrong row")},
        {SHEET("<row r=\"1\"><c r=\"1A\"/></row>"), DAMAGED("a cell stands in the wrong row")},
        {SHEET("<row r=\"1\"><c r=\"AAAAAA1\"/></row>"), DAMAGED("a cell stands in the wrong row")},
        {SHEET("<row><c r=\"A1\"><v>1</v></c><c r=\"A1\"><v>2</v></c></row>"), DAMAGED("a cell stands twice")},
        {ROW("<c t=\"s\"><v>1</v></c>"), DAMAGED("a shared text is missing")},
        {ROW("<c t=\"s\"><v>x</v></c>"), DAMAGED("a shared text is missing")},
        {ROW("<c t=\"s\"><v>-1</v></c>"), DAMAGED("a shared text is missing")},
        {"<chartsheet/>", DAMAGED("a sheet is none")},
        {"<worksheet><sheetData>", DAMAGED("its XML")},
        {"<worksheet>&nothing;</worksheet>", DAMAGED("its XML")},
        {"", DAMAGED("its XML")},
        {"<worksheet><mergeCells><mergeCell ref=\"A1:\"/></mergeCells></worksheet>", DAMAGED("a merged area")},
        {"<worksheet><mergeCells><mergeCell/></mergeCells></worksheet>", DAMAGED("a merged area")},
        {SHEET(""), "the workbook has no visible sheet with anything in it; fill one in, or show it"},
        {"<!DOCTYPE worksheet [<!ENTITY a \"b\">]><worksheet/>",
         "the workbook's part xl/sheet.xml declares a document type, as no spreadsheet saves it; make the file anew"},
        {"<!DOCTYPE worksheet SYSTEM \"file:///etc/passwd\"><worksheet/>",
         "the workbook's part xl/sheet.xml declares a document type, as no spreadsheet saves it; make the file anew"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        expect_refused(with_part("xl/sheet.xml", CASES[i].xml), CASES[i].want);
}

Test(xlsx, a_damaged_package_says_how)
{
    static const struct {
        const char *part, *text, *want;
    } CASES[] = {
        {"_rels/.rels", "<Relationships/>", DAMAGED("its relationships")},
        {"xl/workbook.xml", "<workbook><sheets><sheet name=\"a\" id=\"none\"/></sheets></workbook>",
         DAMAGED("its list of sheets")},
        {"xl/workbook.xml", "<workbook><sheets/></workbook>",
         "the workbook has no visible sheet with anything in it; fill one in, or show it"},
        {"xl/workbook.xml", "<document/>", "is an Office file, but no workbook; save the table as .xlsx or CSV UTF-8"},
        {"xl/strings.xml", "<sst>", DAMAGED("its XML")},
        {"xl/styles.xml", "<styleSheet></sst>", DAMAGED("its XML")},
        {"_rels/.rels",
         "<Relationships><Relationship Id=\"r\" Type=\"/officeDocument\" Target=\"xl/workbook.bin\"/></Relationships>",
         "is a binary workbook (.xlsb); save it as .xlsx or CSV UTF-8"},
        {"_rels/.rels",
         "<Relationships><Relationship Id=\"r\" Type=\"/officeDocument\" Target=\"xl/none.xml\"/></Relationships>",
         DAMAGED("its part xl/none.xml is missing")},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        expect_refused(with_part(CASES[i].part, CASES[i].text), CASES[i].want);
}

static span_t archive_of(const char *part, const char *text)
{
    workbook_t *workbook = workbook_create(false);
    workbook_add_text(workbook, part, text);
    return workbook_finish(&workbook);
}

Test(xlsx, other_archives_are_told_apart)
{
    expect_refused(archive_of("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
                   "is an OpenDocument file (.ods); save it as .xlsx or CSV UTF-8");
    expect_refused(archive_of("a.txt", "hello"),
                   "is a ZIP file and no workbook; unpack it, or save it as .xlsx or CSV UTF-8");
}

/* A copy of a workbook whose byte at `at` (from the end where it is negative) is changed, or that ends there. */
static span_t hurt(long at, bool is_cut, uint8_t change)
{
    span_t bytes = workbook_of_sheet(text_span(ROW("<c><v>1</v></c>")), true);
    size_t place = at < 0 ? bytes.size - (size_t)-at : (size_t)at;
    ((uint8_t *)(uintptr_t)bytes.data)[place] ^= change;
    return (span_t){bytes.data, is_cut ? place : bytes.size};
}

Test(xlsx, a_damaged_archive_is_refused_and_never_read_in_part)
{
    expect_refused(hurt(-1, true, 0), DAMAGED("its ZIP archive"));
    expect_refused(hurt(200, true, 0), DAMAGED("its ZIP archive"));
    expect_refused(hurt(4, true, 0), DAMAGED("its ZIP archive"));
    /* In the packed bytes of any part: the checksum does not fit, or they cannot be unpacked. */
    span_t whole = workbook_of_sheet(text_span(ROW("<c><v>1</v></c>")), true);
    size_t size = whole.size;
    free((void *)(uintptr_t)whole.data);
    for (size_t at = 4; at < size; at += 7)
        if (open_and_free(hurt((long)at, false, 0x40)) == STATUS_OK)
            cr_assert_str_eq(cells_of(0), "1:1=1;", "changed at %zu", at);
}

Test(xlsx, an_encrypted_part_asks_for_the_password_to_be_taken_off)
{
    span_t bytes = workbook_of_sheet(text_span(ROW("<c><v>1</v></c>")), true);
    uint8_t *data = (uint8_t *)(uintptr_t)bytes.data;
    for (size_t i = 0; i + 4 < bytes.size; i++) { /* the flag "encrypted" of each entry */
        if (memcmp(data + i, "PK\x03\x04", 4) == 0)
            data[i + 6] |= 1;
        if (memcmp(data + i, "PK\x01\x02", 4) == 0)
            data[i + 8] |= 1;
    }
    expect_refused(bytes, "is a workbook with a password; take the password off and save it as .xlsx again");
}

/* ---- Limits, each at the cap and one past it ---- */

/* `head`, then `count` times `item`, then `tail`; the caller frees it. */
static char *repeat(const char *head, const char *item, size_t count, const char *tail)
{
    size_t size = strlen(item);
    char *text = malloc(strlen(head) + count * size + strlen(tail) + 1), *at = stpcpy(text, head);
    for (size_t i = 0; i < count; i++, at += size)
        memcpy(at, item, size);
    strcpy(at, tail);
    return text;
}

static void expect_part(const char *part, char *text, const char *want)
{
    if (want)
        expect_refused(with_part(part, text), want);
    else
        cr_assert_eq(open_and_free(with_part(part, text)), STATUS_OK, "%s",
                     faults.count ? faults.items[0].message : "");
    free(text);
}

Test(xlsx, sheets_are_counted)
{
    static const char HEAD[] = "<workbook><sheets>", TAIL[] = "</sheets></workbook>",
                      ITEM[] = "<sheet name=\"a\" id=\"r1\"/>";
    expect_part("xl/workbook.xml", repeat(HEAD, ITEM, XLSX_SHEETS_MAX, TAIL), NULL);
    expect_part("xl/workbook.xml", repeat(HEAD, ITEM, XLSX_SHEETS_MAX + 1, TAIL),
                "the workbook has more than 256 sheets; split it");
}

Test(xlsx, relationships_are_counted)
{
    static const char HEAD[] = "<R><Relationship Id=\"r1\" Type=\"/worksheet\" Target=\"sheet.xml\"/>", TAIL[] = "</R>";
    static const char ITEM[] = "<Relationship Id=\"x\" Type=\"x\" Target=\"x\"/>";
    expect_part("xl/_rels/workbook.xml.rels", repeat(HEAD, ITEM, XLSX_RELATIONS_MAX - 1, TAIL), NULL);
    expect_part("xl/_rels/workbook.xml.rels", repeat(HEAD, ITEM, XLSX_RELATIONS_MAX, TAIL),
                "the workbook has more than 4096 parts; copy the table into a new workbook");
}

Test(xlsx, rows_and_columns_are_counted)
{
    expect(SHEET("<row r=\"1048576\"><c r=\"ALL1048576\"><v>1</v></c></row>"), "1048576:1000=1;");
    expect_refused(with_part("xl/sheet.xml", SHEET("<row r=\"1048577\"/>")),
                   "the sheet has more than 1048576 rows; leave out those that hold no facts");
    expect(SHEET("<row r=\"1\"><c r=\"ALM1\" s=\"1\"/><c r=\"A1\"><v>1</v></c><c r=\"XFD1\"/></row>"), "1:1=1;");
    expect_refused(with_part("xl/sheet.xml", SHEET("<row r=\"1\"><c r=\"ALM1\"><v>1</v></c></row>")),
                   "1:1001: the line has more than 1000 cells; leave out what is over");
}

Test(xlsx, cells_are_counted)
{
    char *row = repeat("<row>", "<c><v>1</v></c>", CSV_COLUMNS_MAX, "</row>");
    static const size_t ROWS = XLSX_CELLS_MAX / CSV_COLUMNS_MAX;
    static const char HEAD[] = "<worksheet><sheetData>";
    expect_part("xl/sheet.xml", repeat(HEAD, row, ROWS, "</sheetData></worksheet>"), NULL);
    expect_part("xl/sheet.xml", repeat(HEAD, row, ROWS, "<row><c/><c><v>1</v></c></row></sheetData></worksheet>"),
                "1001:2: the workbook has more than 1000000 cells with something in them; split it");
    free(row);
}

Test(xlsx, shared_texts_are_counted)
{
    expect_part("xl/strings.xml", repeat("<sst>", "<si/>", XLSX_STRINGS_MAX, "</sst>"), NULL);
    expect_part("xl/strings.xml", repeat("<sst>", "<si/>", XLSX_STRINGS_MAX + 1, "</sst>"),
                "the workbook has more than 1000000 different texts; split it");
}

Test(xlsx, styles_and_formats_are_counted)
{
    static const char HEAD[] = "<s><cellXfs>", TAIL[] = "</cellXfs></s>",
                      FORMAT[] = "<numFmt numFmtId=\"200\" formatCode=\"0\"/>";
    expect_part("xl/styles.xml", repeat(HEAD, "<xf/>", XLSX_STYLES_MAX, TAIL), NULL);
    expect_part("xl/styles.xml", repeat(HEAD, "<xf/>", XLSX_STYLES_MAX + 1, TAIL),
                "the workbook has more than 65536 cell styles or number formats; copy the table into a new workbook");
    expect_part("xl/styles.xml", repeat("<s><f>", FORMAT, XLSX_FORMATS_MAX, "</f></s>"), NULL);
    expect_part("xl/styles.xml", repeat("<s><f>", FORMAT, XLSX_FORMATS_MAX + 1, "</f></s>"),
                "the workbook has more than 4096 cell styles or number formats; copy the table into a new workbook");
}

Test(xlsx, merged_areas_are_counted_and_may_not_overlap_without_end)
{
    static const char HEAD[] = "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData><m/><mergeCells>";
    static const char TAIL[] = "</mergeCells></worksheet>", ITEM[] = "<m ref=\"A1:B1\"/>";
    expect_part("xl/sheet.xml", repeat(HEAD, ITEM, XLSX_MERGES_MAX, TAIL), NULL);
    expect_part("xl/sheet.xml", repeat(HEAD, ITEM, XLSX_MERGES_MAX + 1, TAIL),
                "the sheet has more than 100000 merged areas; split them");
    char *rows = repeat("<worksheet><sheetData>", "<row><c><v>1</v></c></row>", 1024, "</sheetData><mergeCells>");
    cr_assert_eq(XLSX_MERGED_ROWS_MAX, 8192 * 1024);
    expect_part("xl/sheet.xml", repeat(rows, "<m ref=\"B1:B1024\"/>", 8192, TAIL), NULL);
    expect_part("xl/sheet.xml", repeat(rows, "<m ref=\"B1:B1024\"/>", 8192, "<m ref=\"B1\"/></mergeCells></worksheet>"),
                DAMAGED("its merged areas overlap"));
    free(rows);
}

Test(xlsx, elements_may_be_nested_so_deep)
{
    char *open = repeat("", "<a>", XLSX_DEPTH_MAX - 1, ""), *close = repeat("", "</a>", XLSX_DEPTH_MAX - 1, "");
    static const char DATA[] = "<sheetData><row><c><v>1</v></c></row></sheetData></worksheet>";
    char text[2000];
    snprintf(text, sizeof text, "<worksheet>%s%s%s", open, close, DATA);
    cr_assert_eq(open_and_free(with_part("xl/sheet.xml", text)), STATUS_OK);
    snprintf(text, sizeof text, "<worksheet><a>%s%s</a>%s", open, close, DATA);
    expect_refused(with_part("xl/sheet.xml", text),
                   "the workbook's part xl/sheet.xml is nested more than 64 deep, as no "
                   "spreadsheet saves it; make the file anew");
    free(open);
    free(close);
}

Test(xlsx, a_tag_or_comment_has_an_end_in_sight)
{
    static const char DATA[] = "<sheetData><row><c><v>1</v></c></row></sheetData></worksheet>";
    static const char *const OPEN[] = {"<worksheet><!--", "<worksheet><a b='"}, *const CLOSE[] = {"-->", "'/>"};
    for (size_t i = 0; i < 2; i++) {
        char tail[100];
        snprintf(tail, sizeof tail, "%s%s", CLOSE[i], DATA);
        expect_part("xl/sheet.xml", repeat(OPEN[i], "a", XLSX_TOKEN_MAX - 10, tail), NULL);
        expect_part("xl/sheet.xml", repeat(OPEN[i], "a", XLSX_TOKEN_MAX + 131072, tail), DAMAGED("its XML"));
    }
}

Test(xlsx, texts_are_kept_so_far)
{
    static const char *const MARKS[] = {"a", "一"};
    for (size_t i = 0; i < 2; i++) {
        size_t size = strlen(MARKS[i]), fitting = XLSX_TEXT_MAX / size;
        char *whole = repeat("", MARKS[i], fitting, ""), *text = repeat("1:1=", MARKS[i], fitting, ";");
        char xml[4000];
        snprintf(xml, sizeof xml, ROW(INLINE("<t>%s</t>")), whole);
        expect(xml, text);
        snprintf(xml, sizeof xml, ROW(INLINE("<t>%s%s</t>")), whole, MARKS[i]);
        cr_assert_eq(open_and_free(with_part("xl/sheet.xml", xml)), STATUS_OK);
        const char *cut = cells_of(0);
        cr_assert_eq(strncmp(cut, text, strlen("1:1=") + (fitting - 1) * size), 0);
        cr_assert_str_eq(cut + strlen(cut) - strlen("…;"), "…;");
        snprintf(xml, sizeof xml, ROW(INLINE("<t>%s%s</t>") INLINE("<t>whole</t>")), whole, MARKS[i]);
        cr_assert_eq(open_and_free(with_part("xl/sheet.xml", xml)), STATUS_OK);
        cut = cells_of(0);
        cr_assert_str_eq(cut + strlen(cut) - strlen("…|2=whole;"), "…|2=whole;",
                         "only the one that is too long is cut");
        free(whole);
        free(text);
    }
}

/* A workbook that unpacks to XLSX_UNPACKED_MAX bytes and so many more, most of them blanks in its sheet. */
static span_t bomb(size_t more)
{
    static const char HEAD[] = "<worksheet><sheetData><row><c><v>1</v></c></row>", TAIL[] = "</sheetData></worksheet>";
    workbook_t *workbook = workbook_create(true);
    workbook_add_frame(workbook, (span_t){NULL, 0}, NULL, NULL);
    size_t size = XLSX_UNPACKED_MAX + more + strlen("<Types/>") - workbook_size(workbook);
    char *text = malloc(size);
    memset(text, ' ', size);
    memcpy(text, HEAD, strlen(HEAD));
    memcpy(text + size - strlen(TAIL), TAIL, strlen(TAIL));
    workbook_add(workbook, "xl/sheet.xml", text, size);
    span_t bytes = workbook_finish(&workbook);
    free(text);
    return bytes;
}

Test(xlsx, parts_unpack_to_so_much_in_all)
{
    cr_assert_eq(open_and_free(bomb(0)), STATUS_OK);
    expect_refused(bomb(1), "the workbook unpacks to more than 256 MiB; leave out sheets that hold no facts");
}
