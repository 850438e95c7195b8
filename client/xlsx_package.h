/* The parts of a workbook: XML files in a ZIP archive, unpacked piece by piece within XLSX_UNPACKED_MAX in all and
 * parsed on the way. For client/xlsx*.c only. */
#pragma once

#include "core/faults.h"
#include "core/span.h"

typedef struct package package_t;

/* Opens the archive; the bytes must outlive it. STATUS_INVALID with a fault where it is damaged, or is something else
 * than a package of Office Open XML: an OpenDocument workbook, a plain ZIP file; STATUS_NO_MEMORY. */
status_t package_open(span_t bytes, package_t **out, faults_t *faults) NODISCARD;
void package_close(package_t **package);

bool package_has(const package_t *package, const char *part);

/* One part while it is parsed. Names are without their namespace's prefix. A handler that sets `status` ends the
 * parsing with it, with a fault of its own where that is STATUS_INVALID. */
typedef struct part part_t;
struct part {
    void *context;
    void (*on_start)(part_t *part, const char *name, const char *const *attributes);
    void (*on_end)(part_t *part, const char *name);
    void (*on_text)(part_t *part, const char *text, size_t size); /* NULL: not wanted */
    status_t status;
    unsigned depth; /* of the element at hand: 1 for the part's root */
};

/* Parses a part. STATUS_INVALID with a fault where it is missing, encrypted, damaged, no XML, nested deeper than
 * XLSX_DEPTH_MAX, holds a document type declaration, or has more bytes than are left of XLSX_UNPACKED_MAX; what a
 * handler set; STATUS_NO_MEMORY. */
status_t package_parse(package_t *package, const char *name, part_t *part, faults_t *faults) NODISCARD;

/* An attribute's value by its name without prefix; NULL where there is none. */
const char *part_attribute(const char *const *attributes, const char *name);

/* Whether an attribute says yes: "1", "true", "on". */
bool part_flag(const char *const *attributes, const char *name);

/* Adds the fault that says that the workbook is damaged, and how ("a shared string is missing"); gives STATUS_INVALID.
 */
status_t package_refuse(faults_t *faults, const char *how) NODISCARD;
