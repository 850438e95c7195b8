#include "client/xlsx_package.h"

#include "client/csv.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define PIECE_SIZE 65536

struct package {
    zip_t *zip;
    size_t left; /* of XLSX_UNPACKED_MAX */
};

void package_close(package_t **package)
{
    if (!*package)
        return;
    if ((*package)->zip)
        zip_discard((*package)->zip);
    free(*package);
    *package = NULL;
}

status_t package_refuse(faults_t *faults, const char *how)
{
    faults_add(faults, 0, 0, "the workbook is damaged (%s); open it in Excel or LibreOffice and save it again",
               faults_text(faults, how));
    return STATUS_INVALID;
}

/* ---- The archive ---- */

static status_t open_zip(span_t bytes, zip_t **out, faults_t *faults)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes.data, bytes.size, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : NULL;
    bool is_memory = zip_error_code_zip(&error) == ZIP_ER_MEMORY;
    zip_error_fini(&error);
    if (zip) {
        *out = zip;
        return STATUS_OK;
    }
    zip_source_free(source);
    return is_memory ? STATUS_NO_MEMORY : package_refuse(faults, TRANSLATED("its ZIP archive"));
}

static zip_int64_t find_part(const package_t *package, const char *part)
{
    return zip_name_locate(package->zip, part, ZIP_FL_NOCASE);
}

bool package_has(const package_t *package, const char *part)
{
    return find_part(package, part) >= 0;
}

static void close_file(zip_file_t **file)
{
    if (*file)
        zip_fclose(*file);
}

/* An OpenDocument file names itself in its first entry. */
static bool is_open_document(const package_t *package)
{
    CLEANUP(close_file) zip_file_t *file = zip_fopen(package->zip, "mimetype", 0);
    char type[64] = "";
    if (!file || zip_fread(file, type, sizeof type - 1) < 0)
        return false;
    return strncmp(type, "application/vnd.oasis.opendocument", 34) == 0;
}

status_t package_open(span_t bytes, package_t **out, faults_t *faults)
{
    CLEANUP(package_close) package_t *package = calloc(1, sizeof *package);
    if (!package)
        return STATUS_NO_MEMORY;
    package->left = XLSX_UNPACKED_MAX;
    TRY(open_zip(bytes, &package->zip, faults));
    if (is_open_document(package)) {
        faults_add(faults, 0, 0, "is an OpenDocument file (.ods); save it as .xlsx or CSV UTF-8");
        return STATUS_INVALID;
    }
    if (!package_has(package, "[Content_Types].xml") || !package_has(package, "_rels/.rels")) {
        faults_add(faults, 0, 0, "is a ZIP file and no workbook; unpack it, or save it as .xlsx or CSV UTF-8");
        return STATUS_INVALID;
    }
    *out = package;
    package = NULL;
    return STATUS_OK;
}

/* ---- XML ---- */

typedef struct {
    part_t *part;
    XML_Parser parser;
    char name[CSV_EXCERPT_SIZE]; /* for messages */
    faults_t *faults;
} parsing_t;

static const char *without_prefix(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon ? colon + 1 : name;
}

static void stop_where_failed(parsing_t *parsing)
{
    if (parsing->part->status != STATUS_OK)
        XML_StopParser(parsing->parser, XML_FALSE);
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    parsing_t *parsing = data;
    part_t *part = parsing->part;
    if (part->status != STATUS_OK)
        return;
    if (++part->depth > XLSX_DEPTH_MAX) {
        faults_add(parsing->faults, 0, 0,
                   "the workbook's part %s is nested more than %d deep, as no spreadsheet saves it; make the file anew",
                   parsing->name, XLSX_DEPTH_MAX);
        part->status = STATUS_INVALID;
    } else
        part->on_start(part, without_prefix(name), (const char *const *)attributes);
    stop_where_failed(parsing);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
    parsing_t *parsing = data;
    if (parsing->part->status != STATUS_OK)
        return;
    parsing->part->on_end(parsing->part, without_prefix(name));
    parsing->part->depth--;
    stop_where_failed(parsing);
}

static void XMLCALL on_text(void *data, const XML_Char *text, int size)
{
    parsing_t *parsing = data;
    if (parsing->part->status != STATUS_OK)
        return;
    parsing->part->on_text(parsing->part, text, (size_t)size);
    stop_where_failed(parsing);
}

/* Entities of a document type could make much of little, and no spreadsheet writes one. */
static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                               int has_subset)
{
    (void)name, (void)system, (void)public, (void)has_subset;
    parsing_t *parsing = data;
    faults_add(parsing->faults, 0, 0,
               "the workbook's part %s declares a document type, as no spreadsheet saves it; make the file anew",
               parsing->name);
    parsing->part->status = STATUS_INVALID;
    stop_where_failed(parsing);
}

/* A tag or a comment of which the end is not there yet is looked over anew with each piece: without this, one of 256
 * MiB would take hours. */
static status_t check_waiting(const parsing_t *parsing, size_t fed)
{
    XML_Index begin = XML_GetCurrentByteIndex(parsing->parser);
    if (begin < 0 || fed - (size_t)begin <= XLSX_TOKEN_MAX)
        return STATUS_OK;
    return package_refuse(parsing->faults, TRANSLATED("its XML"));
}

static status_t feed(package_t *package, zip_file_t *file, parsing_t *parsing)
{
    size_t fed = 0;
    for (zip_int64_t size = 1; size;) {
        void *piece = XML_GetBuffer(parsing->parser, PIECE_SIZE);
        if (!piece)
            return STATUS_NO_MEMORY;
        size = zip_fread(file, piece, PIECE_SIZE);
        if (size < 0)
            return package_refuse(parsing->faults, TRANSLATED("its ZIP archive"));
        if ((size_t)size > package->left) {
            faults_add(parsing->faults, 0, 0,
                       "the workbook unpacks to more than %u MiB; leave out sheets that hold no facts",
                       XLSX_UNPACKED_MAX >> 20);
            return STATUS_INVALID;
        }
        package->left -= (size_t)size;
        enum XML_Status parsed = XML_ParseBuffer(parsing->parser, (int)size, size == 0);
        TRY(parsing->part->status);
        if (parsed != XML_STATUS_OK)
            return XML_GetErrorCode(parsing->parser) == XML_ERROR_NO_MEMORY
                       ? STATUS_NO_MEMORY
                       : package_refuse(parsing->faults, TRANSLATED("its XML"));
        TRY(check_waiting(parsing, fed += (size_t)size));
    }
    return STATUS_OK;
}

static void free_parser(XML_Parser *parser)
{
    XML_ParserFree(*parser);
}

static status_t parse_file(package_t *package, zip_file_t *file, parsing_t *parsing)
{
    CLEANUP(free_parser) XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser)
        return STATUS_NO_MEMORY;
    parsing->parser = parser;
    XML_SetUserData(parser, parsing);
    XML_SetElementHandler(parser, on_start, on_end);
    if (parsing->part->on_text)
        XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    return feed(package, file, parsing);
}

static status_t refuse_open(package_t *package, const char *name, faults_t *faults)
{
    int code = zip_error_code_zip(zip_get_error(package->zip));
    if (code == ZIP_ER_MEMORY)
        return STATUS_NO_MEMORY;
    if (code == ZIP_ER_NOPASSWD || code == ZIP_ER_ENCRNOTSUPP || code == ZIP_ER_WRONGPASSWD) {
        faults_add(faults, 0, 0, "is a workbook with a password; take the password off and save it as .xlsx again");
        return STATUS_INVALID;
    }
    if (code != ZIP_ER_NOENT)
        return package_refuse(faults, TRANSLATED("its ZIP archive"));
    char excerpt[CSV_EXCERPT_SIZE];
    faults_add(faults, 0, 0,
               "the workbook is damaged (its part %s is missing); open it in Excel or LibreOffice and save it again",
               csv_excerpt(name, excerpt));
    return STATUS_INVALID;
}

status_t package_parse(package_t *package, const char *name, part_t *part, faults_t *faults)
{
    CLEANUP(close_file) zip_file_t *file = zip_fopen(package->zip, name, ZIP_FL_NOCASE);
    if (!file)
        return refuse_open(package, name, faults);
    parsing_t parsing = {.part = part, .faults = faults};
    csv_excerpt(name, parsing.name);
    part->status = STATUS_OK;
    part->depth = 0;
    return parse_file(package, file, &parsing);
}

const char *part_attribute(const char *const *attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(without_prefix(attributes[0]), name) == 0)
            return attributes[1];
    return NULL;
}

bool part_flag(const char *const *attributes, const char *name)
{
    const char *value = part_attribute(attributes, name);
    return value && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0);
}
