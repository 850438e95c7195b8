#include "workbook.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define MAIN   "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

struct workbook {
    zip_source_t *source;
    zip_t *zip;
    bool is_packed;
    size_t size;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

workbook_t *workbook_create(bool is_packed)
{
    workbook_t *workbook = calloc(1, sizeof *workbook);
    require(workbook != NULL);
    workbook->source = zip_source_buffer_create(NULL, 0, 0, NULL);
    require(workbook->source != NULL);
    workbook->zip = zip_open_from_source(workbook->source, ZIP_TRUNCATE, NULL);
    require(workbook->zip != NULL);
    zip_source_keep(workbook->source); /* for its bytes once the archive is closed */
    workbook->is_packed = is_packed;
    return workbook;
}

void workbook_add(workbook_t *workbook, const char *part, const void *bytes, size_t size)
{
    zip_source_t *source = zip_source_buffer(workbook->zip, bytes, size, 0);
    require(source != NULL);
    zip_int64_t index = zip_file_add(workbook->zip, part, source, ZIP_FL_OVERWRITE);
    require(index >= 0);
    zip_int32_t method = workbook->is_packed ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    require(zip_set_file_compression(workbook->zip, (zip_uint64_t)index, method, 1) == 0);
    workbook->size += size;
    require(zip_file_set_mtime(workbook->zip, (zip_uint64_t)index, 1751284800, 0) == 0);
}

void workbook_add_text(workbook_t *workbook, const char *part, const char *text)
{
    workbook_add(workbook, part, text, strlen(text));
}

void workbook_add_frame(workbook_t *workbook, span_t sheet, const char *styles, const char *strings)
{
    workbook_add_text(workbook, "[Content_Types].xml", "<Types/>");
    workbook_add_text(workbook, "_rels/.rels",
                      "<Relationships><Relationship Id=\"r\" Type=\"" OFFICE
                      "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
    workbook_add_text(workbook, "xl/workbook.xml",
                      "<workbook " MAIN " xmlns:r=\"" OFFICE
                      "\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>");
    workbook_add_text(workbook, "xl/_rels/workbook.xml.rels",
                      "<Relationships><Relationship Id=\"r1\" Type=\"" OFFICE "/worksheet\" Target=\"sheet.xml\"/>"
                      "<Relationship Id=\"r2\" Type=\"" OFFICE "/styles\" Target=\"styles.xml\"/>"
                      "<Relationship Id=\"r3\" Type=\"" OFFICE "/sharedStrings\" Target=\"strings.xml\"/>"
                      "</Relationships>");
    workbook_add_text(workbook, "xl/styles.xml",
                      styles ? styles : "<styleSheet><cellXfs><xf/><xf numFmtId=\"14\"/></cellXfs></styleSheet>");
    workbook_add_text(workbook, "xl/strings.xml", strings ? strings : "<sst><si><t>period</t></si></sst>");
    if (sheet.data)
        workbook_add(workbook, "xl/sheet.xml", sheet.data, sheet.size);
}

size_t workbook_size(const workbook_t *workbook)
{
    return workbook->size;
}

span_t workbook_finish(workbook_t **workbook)
{
    zip_source_t *source = (*workbook)->source;
    require(zip_close((*workbook)->zip) == 0);
    zip_stat_t found;
    require(zip_source_open(source) == 0 && zip_source_stat(source, &found) == 0);
    uint8_t *bytes = malloc(found.size ? found.size : 1);
    require(bytes && zip_source_read(source, bytes, found.size) == (zip_int64_t)found.size);
    zip_source_close(source);
    zip_source_free(source);
    free(*workbook);
    *workbook = NULL;
    return (span_t){bytes, found.size};
}

span_t workbook_of_sheet(span_t sheet, bool is_packed)
{
    workbook_t *workbook = workbook_create(is_packed);
    workbook_add_frame(workbook, sheet, NULL, NULL);
    return workbook_finish(&workbook);
}
